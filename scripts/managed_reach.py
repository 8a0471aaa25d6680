"""Writes what AWS's common managed policies allow, in a line each, for plans whose caller may not read them.

python -m scripts.managed_reach    write services/executor/proposal/managed_reach.json from moto's copy of the policies
"""

from __future__ import annotations

import json

from moto.iam.aws_managed_policies import aws_managed_policies_data

from services.executor.proposal.reach import MANAGED_REACH_FILE, reach

COMMON = (
    "AdministratorAccess",
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaDynamoDBExecutionRole",
    "AWSLambdaExecute",
    "AWSLambdaKinesisExecutionRole",
    "AWSLambdaSQSQueueExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AWSLambda_FullAccess",
    "AWSLambda_ReadOnlyAccess",
    "AWSXRayDaemonWriteAccess",
    "AmazonDynamoDBFullAccess",
    "AmazonDynamoDBReadOnlyAccess",
    "AmazonEC2FullAccess",
    "AmazonEC2ReadOnlyAccess",
    "AmazonECSTaskExecutionRolePolicy",
    "AmazonEventBridgeFullAccess",
    "AmazonKinesisFullAccess",
    "AmazonRDSFullAccess",
    "AmazonRDSReadOnlyAccess",
    "AmazonS3FullAccess",
    "AmazonS3ReadOnlyAccess",
    "AmazonSNSFullAccess",
    "AmazonSNSReadOnlyAccess",
    "AmazonSQSFullAccess",
    "AmazonSQSReadOnlyAccess",
    "AmazonSSMFullAccess",
    "AmazonSSMManagedInstanceCore",
    "CloudWatchFullAccess",
    "CloudWatchLogsFullAccess",
    "CloudWatchLogsReadOnlyAccess",
    "CloudWatchReadOnlyAccess",
    "IAMFullAccess",
    "IAMReadOnlyAccess",
    "PowerUserAccess",
    "ReadOnlyAccess",
    "SecretsManagerReadWrite",
    "SecurityAudit",
    "ViewOnlyAccess",
)


def text() -> str:
    """The file as it should be: a line by name."""
    documents = json.loads(aws_managed_policies_data)
    return json.dumps({name: reach(_policy(documents, name)) for name in COMMON}, indent=1) + "\n"


def _policy(documents: dict[str, dict[str, object]], name: str) -> dict[str, object]:
    document = documents[name]["Document"]
    assert isinstance(document, dict)
    return document


if __name__ == "__main__":
    MANAGED_REACH_FILE.write_text(text(), encoding="utf-8")
