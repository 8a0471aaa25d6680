"""What bounds the resources of actions that AWS's data says nothing of: a handler's patterns, and what is made too."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shared.access.arn_forms import Place

MADE_TOO: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "AWS::EC2::Instance": ("volume", "network-interface", "spot-instances-request"),
        "AWS::EC2::EC2Fleet": ("instance", "volume", "network-interface", "launch-template", "spot-instances-request"),
        "AWS::EC2::SpotFleet": ("instance", "volume", "network-interface", "spot-instances-request"),
    }
)
"""Type → the kinds of resources that making one makes, and tags, besides."""

# Patterns of actions that change something, by type: what stands for them, on which resources ({0}: partition,
# {1}: region, {2}: account). Source: AWS's managed policies AmazonSecurityLakeAdministrator and
# AWSSupplyChainFederationAdminAccess.
_LAKE = (
    "CreateBucket PutBucketPolicy PutBucketPublicAccessBlock PutBucketNotification PutBucketTagging PutObject"
    " PutEncryptionConfiguration PutBucketVersioning PutReplicationConfiguration PutLifecycleConfiguration"
    " ListBucket Get* List*"
)
_RULES = "PutTargets PutRule DescribeRule ListTargetsByRule RemoveTargets DeleteRule"
_QUEUES = "CreateQueue SetQueueAttributes GetQueueUrl AddPermission GetQueueAttributes DeleteQueue"
_HERE = "arn:{0}:%s:{1}:{2}:%s"
_PATTERNS: Mapping[tuple[str, str], tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        ("AWS::SecurityLake::DataLake", "s3:*"): (_LAKE, ("arn:{0}:s3:::aws-security-data-lake*",)),
        ("AWS::SecurityLake::DataLake", "glue:*"): (
            "CreateDatabase GetDatabase CreateTable GetTable",
            tuple(
                _HERE % ("glue", one)
                for one in (
                    "catalog",
                    "database/amazon_security_lake_glue_db*",
                    "table/amazon_security_lake_glue_db*/*",
                )
            ),
        ),
        ("AWS::SecurityLake::DataLake", "lambda:*"): (
            "CreateFunction AddPermission",
            tuple(
                _HERE % ("lambda", f"function:{one}*")
                for one in ("SecurityLake_Glue_Partition_Updater_Lambda", "AmazonSecurityLake")
            ),
        ),
        ("AWS::SecurityLake::DataLake", "events:*"): (
            _RULES,
            (_HERE % ("events", "rule/AmazonSecurityLake*"), _HERE % ("events", "rule/SecurityLake*")),
        ),
        ("AWS::SecurityLake::DataLake", "sqs:*"): (
            _QUEUES,
            (_HERE % ("sqs", "SecurityLake*"), _HERE % ("sqs", "AmazonSecurityLake*")),
        ),
        ("AWS::SecurityLake::DataLake", "lakeformation:*"): (
            "GrantPermissions ListPermissions RegisterResource RevokePermissions GetDataLakeSettings",
            ("*",),
        ),
        ("AWS::SecurityLake::DataLake", "organizations:*"): (
            "DescribeOrganization ListDelegatedServicesForAccount ListAccounts",
            ("*",),
        ),
        ("AWS::SCN::Instance", "s3:*"): ("*", ("arn:{0}:s3:::aws-supply-chain-data-*",)),
        ("AWS::SCN::Instance", "chime:*"): ("*", (_HERE % ("chime", "app-instance/*"),)),
        ("AWS::SCN::Instance", "events:*"): (_RULES, (_HERE % ("events", "rule/*"),)),
    }
)


def bounded(type_name: str, pattern: str, place: Place) -> tuple[tuple[str, str], ...]:
    """Actions, each with a resource, for a handler's pattern of actions that change something.

    A pattern that is in no table is on its service's resources in this place alone.
    """
    prefix = pattern.partition(":")[0]
    names, resources = _PATTERNS.get((type_name, pattern), ("", (_HERE % (prefix, "*"),)))
    actions = [f"{prefix}:{name}" for name in names.split()] or [pattern]
    filled = [resource.format(place.partition, place.region, place.account) for resource in resources]
    return tuple((action, resource) for action in actions for resource in filled)
