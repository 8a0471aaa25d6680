"""How AWS's operations name what the variables of its ARN forms name otherwise, and which actions they need besides
their own; maintained by hand.

Sources: Service Authorization Reference (forms, dependent actions), botocore's models (arguments).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from shared.access.levels import actions_of

# Parameters that say nothing but "this one": they are of the type that the operation is named after.
BARE = frozenset({"name", "id", "identifier", "arn", "resource", "resourcearn", "resourcename", "resourceid"})

# (IAM prefix, resource type) → the parameters that name it, where none has the variable's name.
NAMES: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        ("autoscaling", "autoscalinggroup"): ("autoscalinggroupname",),
        ("cloudtrail", "trail"): ("trailname", "name"),
        ("codebuild", "project"): ("projectname", "name"),
        ("cloudwatch", "alarm"): ("alarmname",),
        ("dynamodb", "table"): ("tablename", "requestitems"),
        ("ec2", "elastic-ip"): ("allocationid",),
        ("ec2", "key-pair"): ("keyname", "keypairid"),
        ("ec2", "security-group"): ("groupid", "securitygroupid"),
        ("ec2", "network-acl"): ("networkaclid",),
        ("eks", "cluster"): ("clustername", "name"),
        ("elasticmapreduce", "cluster"): ("jobflowid", "clusterid"),
        ("kms", "alias"): ("aliasname",),
        ("kms", "key"): ("keyid", "targetkeyid"),
        ("logs", "log-group"): ("loggroupname", "loggroupidentifier"),
        ("rds", "db"): ("dbinstanceidentifier",),
        ("rds", "cluster"): ("dbclusteridentifier",),
        ("rds", "snapshot"): ("dbsnapshotidentifier",),
        ("rds", "cluster-snapshot"): ("dbclustersnapshotidentifier",),
        ("rds", "pg"): ("dbparametergroupname",),
        ("rds", "cluster-pg"): ("dbclusterparametergroupname",),
        ("rds", "subgrp"): ("dbsubnetgroupname",),
        ("rds", "secgrp"): ("dbsecuritygroup", "dbsecuritygroupname"),
        ("rds", "og"): ("optiongroupname",),
        ("route53", "hostedzone"): ("hostedzoneid",),
        ("route53", "healthcheck"): ("healthcheckid",),
        ("s3", "bucket"): ("bucket",),
        ("s3", "object"): ("key",),
        ("sns", "topic"): ("topicarn",),
        ("sqs", "queue"): ("queueurl", "queuename"),
        ("secretsmanager", "secret"): ("secretid", "secretidlist"),
        ("ssm", "parameter"): ("name", "parametername", "path"),
        ("ssm", "instance"): ("target",),
        ("ssm", "managed-instance"): ("target",),
        ("ssm", "document"): ("documentname", "name"),
    }
)
# (IAM prefix, variable of a template) → the arguments that are it, where another follows in the template.
VARIABLES: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {("ssm", "AutomationDefinitionName"): ("documentname",)}
)

# Ids of EC2 begin with what they are of:
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
EC2_IDS: Mapping[str, str] = MappingProxyType(
    {
        "ami-": "image",
        "acl-": "network-acl",
        "dopt-": "dhcp-options",
        "eipalloc-": "elastic-ip",
        "eni-": "network-interface",
        "fl-": "vpc-flow-log",
        "i-": "instance",
        "igw-": "internet-gateway",
        "key-": "key-pair",
        "lt-": "launch-template",
        "nat-": "natgateway",
        "pcx-": "vpc-peering-connection",
        "pl-": "prefix-list",
        "rtb-": "route-table",
        "sg-": "security-group",
        "sgr-": "security-group-rule",
        "snap-": "snapshot",
        "subnet-": "subnet",
        "tgw-": "transit-gateway",
        "vgw-": "vpn-gateway",
        "vol-": "volume",
        "vpc-": "vpc",
        "vpce-": "vpc-endpoint",
        "vpn-": "vpn-connection",
    }
)

# Maps whose keys are names of resources.
MAPS_OF_NAMES = frozenset({"RequestItems"})

# Actions that an operation needs besides, where it is given an argument ("": always).
_BESIDES: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
        "secretsmanager:BatchGetSecretValue": {
            "": ("secretsmanager:GetSecretValue",),
            "Filters": ("secretsmanager:ListSecrets",),
        },
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
        **{
            f"s3:{name}": {
                "ACL": ("s3:PutObjectAcl",),
                "GrantFullControl": ("s3:PutObjectAcl",),
                "GrantRead": ("s3:PutObjectAcl",),
                "GrantReadACP": ("s3:PutObjectAcl",),
                "GrantWriteACP": ("s3:PutObjectAcl",),
                "Tagging": ("s3:PutObjectTagging",),
                "ObjectLockLegalHoldStatus": ("s3:PutObjectLegalHold",),
                "ObjectLockMode": ("s3:PutObjectRetention",),
            }
            for name in ("PutObject", "CopyObject", "CreateMultipartUpload")
        },
        "s3:CreateBucket": {
            "ACL": ("s3:PutBucketAcl",),
            "GrantFullControl": ("s3:PutBucketAcl",),
            "GrantRead": ("s3:PutBucketAcl",),
            "GrantReadACP": ("s3:PutBucketAcl",),
            "GrantWrite": ("s3:PutBucketAcl",),
            "GrantWriteACP": ("s3:PutBucketAcl",),
            "ObjectLockEnabledForBucket": ("s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning"),
            "ObjectOwnership": ("s3:PutBucketOwnershipControls",),
        },
        "s3:DeleteObject": {
            "VersionId": ("s3:DeleteObjectVersion",),
            "BypassGovernanceRetention": ("s3:BypassGovernanceRetention",),
        },
        "s3:DeleteObjectTagging": {"VersionId": ("s3:DeleteObjectVersionTagging",)},
        "s3:GetObject": {"VersionId": ("s3:GetObjectVersion",)},
        "s3:GetObjectAcl": {"VersionId": ("s3:GetObjectVersionAcl",)},
        "s3:GetObjectAttributes": {"VersionId": ("s3:GetObjectVersionAttributes", "s3:GetObjectVersion")},
        "s3:GetObjectTagging": {"VersionId": ("s3:GetObjectVersionTagging",)},
        "s3:HeadObject": {"VersionId": ("s3:GetObjectVersion",)},
        "s3:PutObjectAcl": {"VersionId": ("s3:PutObjectVersionAcl",)},
        "s3:PutObjectRetention": {"BypassGovernanceRetention": ("s3:BypassGovernanceRetention",)},
        "s3:PutObjectTagging": {"VersionId": ("s3:PutObjectVersionTagging",)},
    }
)


def actions_of_call(service: str, operation: str, arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """The IAM actions that a call with these arguments needs: those of its operation, and what arguments add."""
    known = _BESIDES.get(f"{service}:{operation}", {})
    found = (more for given, more in known.items() if not given or arguments.get(given))
    besides = dict.fromkeys(action for more in found for action in more)
    return (*actions_of(service, operation), *besides)


def with_parts(arn: str, operation: str) -> tuple[str, ...]:
    """The ARN, with those of its parts that the operation reads too.

    A version or alias of a function is a resource of its own; what is below a path of parameters is read with it.
    """
    if re.search(r":lambda:[^:]*:[^:]*:function:[^:*]+$", arn):
        return (arn, f"{arn}:*")
    if operation == "GetParametersByPath" and not arn.endswith("*"):
        path = arn.rstrip("/")
        return (f"{path}/*",) if path.endswith(":parameter") else (path, f"{path}/*")
    return (arn,)
