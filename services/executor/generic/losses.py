"""What an operation takes away for good: that it does, how many things, and where data goes with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from services.executor.generic.change import Change
from services.executor.generic.table import evaluate

_TAKES_AWAY = re.compile(
    r"^(Batch|Admin)?(Delete|Terminate|Purge|Deregister|Discard|Destroy|Erase)(?=[A-Z])|^ScheduleKeyDeletion$"
)
# What only says that something is not attached, allowed or set any more holds nothing.
_HOLDS_NOTHING = re.compile(
    r"(Tags?|Policy|Policies|Permissions?|PermissionsBoundary|Alias|Concurrency|Configuration|Config|Targets?|Filters?"
    r"|Attributes?|Association|Route|Rule|Rules|Listener|AccessKey|LoginProfile|Encryption|PublicAccessBlock|Tagging"
    r"|Lifecycle|Cors|Website|OwnershipControls|Message|MessageBatch|Subscription|Subscriptions)$"
)
# "service:Operation" → what it deletes can hold data, and the parameters that name it.
DATA: Mapping[str, str] = MappingProxyType(
    {
        "backup:DeleteBackupVault": "BackupVaultName",
        "backup:DeleteRecoveryPoint": "RecoveryPointArn",
        "cloudformation:DeleteStack": "StackName",
        "cloudwatch:DeleteDashboards": "DashboardNames",
        "cognito-idp:AdminDeleteUser": "Username",
        "cognito-idp:DeleteUserPool": "UserPoolId",
        "docdb:DeleteDBCluster": "DBClusterIdentifier",
        "docdb:DeleteDBClusterSnapshot": "DBClusterSnapshotIdentifier",
        "docdb:DeleteDBInstance": "DBInstanceIdentifier",
        "dynamodb:DeleteBackup": "BackupArn",
        "dynamodb:DeleteItem": "TableName",
        "dynamodb:DeleteTable": "TableName",
        "ec2:DeleteSnapshot": "SnapshotId",
        "ec2:DeleteVolume": "VolumeId",
        "ec2:DeregisterImage": "ImageId",
        "ec2:TerminateInstances": "InstanceIds",
        "ecr:BatchDeleteImage": "repositoryName",
        "ecr:DeleteRepository": "repositoryName",
        "efs:DeleteFileSystem": "FileSystemId",
        "eks:DeleteCluster": "name",
        "elasticache:DeleteCacheCluster": "CacheClusterId",
        "elasticache:DeleteReplicationGroup": "ReplicationGroupId",
        "elasticache:DeleteSnapshot": "SnapshotName",
        "es:DeleteElasticsearchDomain": "DomainName",
        "fsx:DeleteFileSystem": "FileSystemId",
        "glacier:DeleteArchive": "archiveId",
        "glue:DeleteDatabase": "Name",
        "glue:DeleteTable": "Name",
        "iam:DeleteUser": "UserName",
        "kinesis:DeleteStream": "StreamName",
        "kms:ScheduleKeyDeletion": "KeyId",
        "lambda:DeleteFunction": "FunctionName",
        "logs:DeleteLogGroup": "logGroupName",
        "logs:DeleteLogStream": "logStreamName",
        "neptune:DeleteDBCluster": "DBClusterIdentifier",
        "opensearch:DeleteDomain": "DomainName",
        "rds:DeleteDBCluster": "DBClusterIdentifier",
        "rds:DeleteDBClusterSnapshot": "DBClusterSnapshotIdentifier",
        "rds:DeleteDBInstance": "DBInstanceIdentifier",
        "rds:DeleteDBInstanceAutomatedBackup": "DbiResourceId",
        "rds:DeleteDBSnapshot": "DBSnapshotIdentifier",
        "redshift:DeleteCluster": "ClusterIdentifier",
        "redshift:DeleteClusterSnapshot": "SnapshotIdentifier",
        "route53:DeleteHostedZone": "Id",
        "s3:DeleteBucket": "Bucket",
        "s3:DeleteObject": "Key",
        "s3:DeleteObjects": "Delete.Objects[].Key",
        "secretsmanager:DeleteSecret": "SecretId",
        "sqs:DeleteQueue": "QueueUrl",
        "sqs:PurgeQueue": "QueueUrl",
        "ssm:DeleteParameter": "Name",
        "ssm:DeleteParameters": "Names",
        "timestream-write:DeleteDatabase": "DatabaseName",
        "timestream-write:DeleteTable": "TableName",
    }
)


def takes_away(change: Change) -> bool:
    """Whether something is gone for good afterwards that could hold more than a setting."""
    if change.called in DATA:
        return True
    return _TAKES_AWAY.search(change.name) is not None and _HOLDS_NOTHING.search(change.name) is None


def data_lost(change: Change) -> str | None:
    """What a person types who approves it: the name of what it deletes, where that can hold data. None for the rest."""
    expression = DATA.get(change.called)
    found: Any = evaluate(expression, change.parameters) if expression else None
    if isinstance(found, list):
        return ", ".join(map(str, found)) if found else None
    return str(found) if found is not None else None


def count(change: Change) -> int:
    """How many things it takes away."""
    expression = DATA.get(change.called)
    found: Any = evaluate(expression, change.parameters) if expression else None
    return len(found) if isinstance(found, list) else int(takes_away(change))
