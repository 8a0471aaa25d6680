"""Which sensitive reads a plan may make for a person, over every operation that AWS has."""

from __future__ import annotations

import pytest

from shared.access.revealing import check_sensitive, more_than_reads
from shared.aws_operations.catalogue import find, operations, services
from shared.errors import AssistantError
from shared.messages import Effect


def outcome(called: str) -> str:
    service, _, operation = called.partition(":")
    try:
        check_sensitive(find(service, operation))
    except AssistantError as refusal:
        return refusal.code
    return "taken"


@pytest.mark.parametrize(
    "called",
    [
        "secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue", "ssm:GetParameter", "ssm:GetParameters",
        "ssm:GetParametersByPath", "ssm:GetCommandInvocation", "s3:GetObject", "lambda:GetFunction", "kms:Decrypt",
        "ec2:DescribeInstanceAttribute", "ec2:GetPasswordData", "ec2:GetConsoleOutput", "athena:GetQueryResults",
        "logs:FilterLogEvents", "logs:GetLogEvents", "logs:GetQueryResults", "dynamodb:GetItem", "dynamodb:Query",
        "dynamodb:Scan", "ecs:DescribeTaskDefinition", "cloudformation:GetTemplate", "iam:GetCredentialReport",
        "rds:DownloadDBLogFilePortion", "stepfunctions:GetExecutionHistory", "codebuild:BatchGetProjects",
        "apigateway:GetApiKey", "redshift-data:GetStatementResult", "acm:ExportCertificate", "xray:BatchGetTraces",
    ],
)  # fmt: skip
def test_secrets_contents_environments_and_query_results_are_taken(called: str) -> None:
    assert outcome(called) == "taken"


@pytest.mark.parametrize(
    "called",
    [
        "sqs:ReceiveMessage", "logs:StartQuery", "logs:StartLiveTail", "kinesis:SubscribeToShard",
        "bedrock-runtime:InvokeModel", "bedrock-runtime:Converse", "sts:AssumeRole", "sts:GetSessionToken",
        "sts:GetFederationToken", "cognito-identity:GetCredentialsForIdentity", "ecr:GetAuthorizationToken",
        "codeartifact:GetAuthorizationToken", "s3control:GetDataAccess", "ssm:GetAccessToken",
        "lakeformation:GetTemporaryGlueTableCredentials", "redshift:GetIdentityCenterAuthToken",
        "quicksight:GetDashboardEmbedUrl", "iam:GenerateCredentialReport", "cloudcontrol:GetResource",
        "rekognition:DetectFaces", "translate:TranslateText", "kendra:Query", "s3:SelectObjectContent",
        "transfer:TestIdentityProvider", "eks-auth:AssumeRoleForPodIdentity",
    ],
)  # fmt: skip
def test_what_takes_starts_runs_computes_or_hands_out_power_is_not_just_a_read(called: str) -> None:
    assert outcome(called) == "more_than_a_read"


@pytest.mark.parametrize(
    ("called", "code"),
    [
        ("s3:ListBuckets", "plain_read"),
        ("ec2:DescribeInstances", "plain_read"),
        ("secretsmanager:ListSecrets", "plain_read"),
        ("secretsmanager:PutSecretValue", "not_a_read"),
        ("iam:CreateAccessKey", "not_a_read"),
        ("s3:PutObject", "not_a_read"),
        ("ec2:CreateTags", "not_a_read"),
    ],
)
def test_plain_reads_and_changes_belong_elsewhere(called: str, code: str) -> None:
    assert outcome(called) == code


def test_nothing_but_a_sensitive_read_is_taken_of_all_that_aws_has() -> None:
    taken = 0
    for service in services():
        for operation in operations(service).values():
            # botocore's model of a service is read only for what may be taken at all.
            if operation.effect is not Effect.SENSITIVE_READ:
                continue
            if more_than_reads(operation) is None:
                taken += 1
                assert operation.actions, operation
    assert taken > 250
