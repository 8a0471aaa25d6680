"""What is known of IAM actions and AWS managed policies without asking AWS."""

from __future__ import annotations

import re

from shared.messages import Finding

# Ways from these permissions to more. Source: Rhino Security Labs, "AWS IAM Privilege Escalation - Methods and
# Mitigation" (methods 1-24 and later additions); an entry needs all of its actions.
ESCALATIONS: tuple[tuple[str, ...], ...] = (
    ("iam:CreatePolicyVersion",),
    ("iam:SetDefaultPolicyVersion",),
    ("iam:CreateAccessKey",),
    ("iam:CreateLoginProfile",),
    ("iam:UpdateLoginProfile",),
    ("iam:AttachUserPolicy",),
    ("iam:AttachGroupPolicy",),
    ("iam:AttachRolePolicy",),
    ("iam:PutUserPolicy",),
    ("iam:PutGroupPolicy",),
    ("iam:PutRolePolicy",),
    ("iam:AddUserToGroup",),
    ("iam:UpdateAssumeRolePolicy",),
    ("iam:DeleteRolePermissionsBoundary",),
    ("iam:DeleteUserPermissionsBoundary",),
    ("lambda:UpdateFunctionCode",),
    ("lambda:UpdateFunctionConfiguration",),
    ("glue:UpdateDevEndpoint",),
    ("codestar:AssociateTeamMember",),
    ("sagemaker:CreatePresignedNotebookInstanceUrl",),
    ("ssm:SendCommand",),
    ("iam:PassRole", "ec2:RunInstances"),
    ("iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"),
    ("iam:PassRole", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"),
    ("iam:PassRole", "glue:CreateDevEndpoint"),
    ("iam:PassRole", "cloudformation:CreateStack"),
    ("iam:PassRole", "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition"),
    ("iam:PassRole", "codestar:CreateProject"),
    ("iam:PassRole", "codebuild:CreateProject", "codebuild:StartBuild"),
    ("iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:RunTask"),
    ("iam:PassRole", "sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"),
)

# Read by name, but what they read is the data or a secret itself.
SENSITIVE_READS = (
    "s3:GetObject",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "kms:Decrypt",
    "dynamodb:GetItem",
    "dynamodb:Scan",
    "lambda:GetFunction",
)

# Services where `service:*` is close to holding the account.
CONTROL_SERVICES = frozenset({"iam", "sts", "organizations", "sso", "sso-admin", "kms"})

_READ_VERBS = ("get", "list", "describe", "head", "batchget", "search", "lookup", "view", "simulate", "filter", "test")


def is_read(action: str) -> bool:
    """True where the action's name says it only reads: `s3:GetObject`, `ec2:Describe*`; `s3:G*` is not sure."""
    name = action.partition(":")[2].casefold()
    return name.startswith(_READ_VERBS)


# The AWS managed policies whose reach their name does not tell.
_MANAGED: dict[str, tuple[str, str]] = {
    "AdministratorAccess": ("high", "allows every action on every resource"),
    "PowerUserAccess": ("high", "allows every action but IAM, Organizations and account management"),
    "IAMFullAccess": ("high", "allows every IAM action, so its holder can give itself any permission"),
    "SystemAdministrator": ("high", "allows wide changes across many services"),
    "DatabaseAdministrator": ("medium", "allows every action of the database services"),
    "NetworkAdministrator": ("medium", "allows every change of the network"),
    "SecurityAudit": ("low", "reads the configuration of every service"),
    "ReadOnlyAccess": ("medium", "reads every service, the data in buckets and tables included"),
    "ViewOnlyAccess": ("low", "lists the resources of every service"),
}
_MANAGED_ARN = re.compile(r"^arn:aws[a-z-]*:iam::aws:policy/(?:[\w+=,.@-]+/)*(?P<name>[\w+=,.@-]+)$")

# Action patterns of managed policies that a narrower suggestion is often made for.
_MANAGED_ACTIONS: dict[str, tuple[str, ...]] = {
    "AdministratorAccess": ("*",),
    "IAMFullAccess": ("iam:*", "organizations:Describe*", "organizations:List*"),
    "AmazonS3FullAccess": ("s3:*", "s3-object-lambda:*"),
    "AmazonDynamoDBFullAccess": ("dynamodb:*", "dax:*"),
    "AmazonSQSFullAccess": ("sqs:*",),
    "AmazonSNSFullAccess": ("sns:*",),
}


def managed_policy_name(arn: str) -> str | None:
    """The name in the ARN of an AWS managed policy; None for any other ARN."""
    found = _MANAGED_ARN.match(arn)
    return found["name"] if found else None


def managed_policy_document(arn: str) -> dict[str, object] | None:
    """What a well-known AWS managed policy allows, at its widest; None where that is not known here."""
    actions = _MANAGED_ACTIONS.get(managed_policy_name(arn) or "")
    if actions is None:
        return None
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}],
    }


def managed_policy_finding(arn: str, step: str | None = None) -> Finding | None:
    """Say how broad an AWS managed policy is, by table or by its name; None where the name tells nothing."""
    name = managed_policy_name(arn)
    if name is None:
        return None
    if name in _MANAGED:
        severity, reach = _MANAGED[name]
    elif name.endswith(("FullAccess", "_FullAccess")):
        service = re.sub(r"^(Amazon|AWS)", "", name.removesuffix("FullAccess").rstrip("_")) or name
        severity, reach = "medium", f"allows every action of {service} on every resource"
    else:
        return None
    return Finding(
        code="broad_managed_policy",
        severity="high" if severity == "high" else "medium" if severity == "medium" else "low",
        message=f"The AWS managed policy {name} {reach}.",
        step=step,
        path=arn,
    )
