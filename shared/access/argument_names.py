"""How AWS's operations name what the variables of its ARN forms name otherwise; maintained by hand.

Sources: Service Authorization Reference (forms), botocore's models (arguments).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

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
