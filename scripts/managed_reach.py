"""Writes `services/executor/proposal/managed_reach.json`: what AWS's common managed policies allow, in a line each.

python -m scripts.managed_reach            write it
python -m scripts.managed_reach --check    exit 1 where it is not fresh

A plan says it where its caller may not read the policy's document. Source: moto's copy of AWS's managed policies.
"""

from __future__ import annotations

import json
import sys

from moto.iam.aws_managed_policies import aws_managed_policies_data

from scripts.generated import write_or_check
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


def main(check: bool) -> int:
    return write_or_check({MANAGED_REACH_FILE: text()}, "make aws-tables", check=check)


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
