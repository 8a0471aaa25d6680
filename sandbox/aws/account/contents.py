"""What the sandbox's account contains: names, sizes, states and policies, as constants for seed and tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.aws.moto.patches import ACCOUNT_ID

REGION = "us-east-1"
USER_NAME = "assistant-user"
ADMIN_NAME = "sandbox-admin"
ROLE_NAME = "AssistantRole"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/{ROLE_NAME}"

MIB = 1024 * 1024


@dataclass(frozen=True)
class Bucket:
    """A seeded bucket and the sizes of its objects, by key."""

    name: str
    region: str
    objects: Mapping[str, int]

    @property
    def size(self) -> int:
        """Total bytes."""
        return sum(self.objects.values())


@dataclass(frozen=True)
class Instance:
    """A seeded EC2 instance."""

    name: str
    region: str
    instance_type: str
    state: str
    environment: str


@dataclass(frozen=True)
class Function:
    """A seeded Lambda function."""

    name: str
    region: str
    runtime: str
    handler: str
    memory: int
    timeout: int


BUCKETS = (
    Bucket(
        "acme-website-assets",
        "us-east-1",
        {"index.html": 4_096, "css/site.css": 18_432, "img/logo.png": 65_536, "img/hero.jpg": 524_288},
    ),
    Bucket("acme-app-logs", "eu-west-1", {f"2026/app-{n:04d}.log": 512 for n in range(1, 1_206)}),
    Bucket(
        "acme-data-lake",
        "us-west-2",
        {"raw/events-1.parquet": 2 * MIB, "raw/events-2.parquet": MIB, "curated/daily.parquet": 786_432},
    ),
    Bucket("acme-backups", "eu-central-1", {"db/monday.dump": MIB, "db/tuesday.dump": MIB + 1}),
    Bucket("acme-invoices-archive", "eu-west-1", {f"2025/invoice-{n:02d}.pdf": 20_000 + n for n in range(1, 13)}),
    Bucket("acme-staging-empty", "us-east-1", {}),
)

INSTANCES = (
    Instance("web-1", "us-east-1", "t3.micro", "running", "production"),
    Instance("web-2", "us-east-1", "t3.micro", "running", "production"),
    Instance("batch-1", "us-east-1", "m5.large", "stopped", "staging"),
    Instance("api-1", "eu-west-1", "t3.small", "running", "production"),
    Instance("api-old", "eu-west-1", "t3.small", "terminated", "production"),
    Instance("etl-1", "us-west-2", "c5.xlarge", "stopped", "production"),
    Instance("bastion", "ap-southeast-1", "t3.nano", "running", "production"),
)

FUNCTIONS = (
    Function("thumbnail-generator", "us-east-1", "python3.12", "app.handler", 256, 30),
    Function("order-notifier", "us-east-1", "nodejs20.x", "index.handler", 128, 10),
    Function("log-shipper", "eu-west-1", "python3.12", "ship.main", 128, 60),
    Function("invoice-renderer", "eu-west-1", "nodejs20.x", "render.handler", 512, 120),
)


def trust(*principals: tuple[str, str], actions: tuple[str, ...] = ("sts:AssumeRole",)) -> dict[str, Any]:
    """A trust policy for `("Service", "lambda.amazonaws.com")`-like principals."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {kind: name}, "Action": list(actions)} for kind, name in principals
        ],
    }


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(sid: str, actions: list[str], resource: str | list[str] = "*") -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}


_READ = [
    "s3:List*", "s3:GetBucket*", "s3:GetObject*", "s3:Get*Configuration", "s3:GetAccountPublicAccessBlock",
    "s3express:ListAllMyDirectoryBuckets",
    "ec2:Describe*", "ec2:GetEbsEncryptionByDefault",
    "lambda:List*", "lambda:Get*",
    "iam:Get*", "iam:List*", "iam:Simulate*", "iam:GenerateServiceLastAccessedDetails",
    "ce:Get*", "ce:List*", "cloudwatch:Get*", "cloudwatch:List*", "cloudwatch:Describe*",
    "logs:Describe*", "logs:List*", "tag:Get*", "sts:GetCallerIdentity",
    "dynamodb:List*", "dynamodb:Describe*", "rds:Describe*", "rds:List*", "sqs:List*", "sqs:Get*",
    "sns:List*", "sns:Get*", "kms:List*", "kms:Describe*", "secretsmanager:ListSecrets",
    "secretsmanager:DescribeSecret", "ssm:DescribeParameters", "elasticloadbalancing:Describe*",
    "ecs:List*", "ecs:Describe*", "ecr:Describe*", "events:List*", "events:Describe*", "route53:List*",
    "cloudformation:List*", "cloudformation:Describe*", "states:List*", "states:Describe*",
    "cloudtrail:LookupEvents", "cloudtrail:Describe*", "autoscaling:Describe*", "eks:List*", "acm:List*",
    "elasticache:Describe*", "redshift:Describe*", "elasticfilesystem:Describe*", "kinesis:List*", "es:List*",
    "cloudfront:List*", "guardduty:List*", "pricing:GetProducts",
]  # fmt: skip

# What a person grants each time: the lines of log groups.
_READ_GRANTED = ["logs:FilterLogEvents"]

# What a person approves each time, and what they alone see.
_READ_FOR_PERSONS = [
    "secretsmanager:GetSecretValue", "ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath",
    "dynamodb:Query", "dynamodb:Scan", "ec2:GetConsoleOutput", "logs:GetLogEvents",
    "cloudformation:GetTemplate",
]  # fmt: skip

_WRITE = [
    "s3:CreateBucket", "s3:DeleteBucket", "s3:PutBucketTagging", "s3:TagResource", "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration", "s3:PutBucketPublicAccessBlock", "s3:PutLifecycleConfiguration",
    "s3:PutObject", "s3:DeleteObject",
    "lambda:CreateFunction", "lambda:DeleteFunction", "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration", "lambda:TagResource", "lambda:UntagResource",
    "ec2:StartInstances", "ec2:StopInstances", "ec2:RebootInstances", "ec2:CreateTags", "ec2:DeleteTags",
    "sqs:CreateQueue", "sqs:DeleteQueue", "sqs:TagQueue", "sqs:UntagQueue",
    "sns:CreateTopic", "sns:DeleteTopic", "sns:TagResource", "sns:UntagResource",
    "dynamodb:CreateTable", "dynamodb:DeleteTable", "dynamodb:TagResource", "dynamodb:UntagResource",
    "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:PutRetentionPolicy", "logs:TagResource",
    "tag:TagResources", "tag:UntagResources",
]  # fmt: skip

_ROLE_CHANGES = [
    "iam:CreateRole", "iam:DeleteRole", "iam:UpdateRole", "iam:UpdateAssumeRolePolicy",
    "iam:AttachRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy",
    "iam:TagRole", "iam:UntagRole", "iam:PassRole",
]  # fmt: skip


def assistant_permissions(account: str) -> dict[str, Any]:
    """What `AssistantRole` may do in an account: read broadly, and a bounded set of changes."""
    return _document(
        _allow("Read", _READ),
        _allow("Write", _WRITE),
        _allow("ReadGrantedLogs", _READ_GRANTED),
        _allow("ReadForPersons", _READ_FOR_PERSONS),
        _allow("Roles", _ROLE_CHANGES, f"arn:aws:iam::{account}:role/*"),
        _allow("Models", ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]),
    )


ASSISTANT_PERMISSIONS = assistant_permissions(ACCOUNT_ID)

ASSUME_ASSISTANT_ROLE = _document(
    _allow("Assume", ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"], f"arn:aws:iam::*:role/{ROLE_NAME}"),
    _allow("Accounts", ["organizations:ListAccounts"]),
)

MANAGED_POLICIES: Mapping[str, dict[str, Any]] = {
    "AcmeReadDataLake": _document(
        _allow("List", ["s3:ListBucket"], "arn:aws:s3:::acme-data-lake"),
        _allow("Read", ["s3:GetObject"], "arn:aws:s3:::acme-data-lake/*"),
    ),
    "AcmeDeploy": _document(
        _allow("Deploy", ["lambda:UpdateFunctionCode", "lambda:PublishVersion", "s3:PutObject"]),
        _allow("PassAnyRole", ["iam:PassRole"]),
    ),
}

_AWS = "arn:aws:iam::aws:policy/"
_LAMBDA, _EC2 = ("Service", "lambda.amazonaws.com"), ("Service", "ec2.amazonaws.com")
_ROOT = ("AWS", f"arn:aws:iam::{ACCOUNT_ID}:root")


@dataclass(frozen=True)
class SeededRole:
    """A seeded role with what is attached to it."""

    name: str
    trust_policy: Mapping[str, Any]
    description: str
    attached: tuple[str, ...] = ()
    inline: Mapping[str, Mapping[str, Any]] | None = None
    max_session_seconds: int = 3600


ROLES = (
    SeededRole(
        ROLE_NAME,
        trust(_ROOT, actions=("sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession")),
        "What AWS Assistant may do in this account",
        inline={"AssistantPermissions": ASSISTANT_PERMISSIONS},
        max_session_seconds=14_400,
    ),
    SeededRole(
        "lambda-basic-execution",
        trust(_LAMBDA),
        "Runs functions that only write logs",
        (f"{_AWS}service-role/AWSLambdaBasicExecutionRole",),
    ),
    SeededRole(
        "data-pipeline-role",
        trust(_LAMBDA),
        "Runs the nightly pipeline",
        inline={"TooPermissive": _document(_allow("Everything", ["*"]))},
    ),
    SeededRole("web-server-role", trust(_EC2), "Instance role of the web tier", (f"{_AWS}AmazonS3ReadOnlyAccess",)),
    SeededRole(
        "ci-deploy-role",
        trust(_ROOT),
        "Deploys from the build server",
        (f"arn:aws:iam::{ACCOUNT_ID}:policy/AcmeDeploy",),
    ),
    SeededRole(
        "analytics-reader-role",
        trust(_EC2),
        "Reads the data lake",
        (f"arn:aws:iam::{ACCOUNT_ID}:policy/AcmeReadDataLake",),
    ),
)
