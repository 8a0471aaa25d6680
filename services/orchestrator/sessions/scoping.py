"""What each agent may do in a session: its IAM session policy, and the sentences that tell a client of it.

The sentences are `scoping` and `agents` in the answer to `POST /v1/sessions`.

A session policy can only narrow the assumed role (AWS: IAM User Guide, "Session policies"), and takes 2,048
characters at most. The informational agent's policy allows listing and reading, and denies the actions that AWS
classifies as Read although they return secrets or contents.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field

from shared.messages import Agent, Record

MAX_POLICY_CHARS = 2048

INFO_ALLOWED = (
    "s3:List*",
    "s3:GetBucket*",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetAccountPublicAccessBlock",
    "s3express:ListAllMyDirectoryBuckets",
    "ec2:Describe*",
    "lambda:List*",
    "lambda:GetFunctionConfiguration",
    "lambda:GetAccountSettings",
    "lambda:GetPolicy",
    "iam:Get*",
    "iam:List*",
    "ce:Get*",
    "ce:List*",
    "cloudwatch:GetMetric*",
    "cloudwatch:List*",
    "cloudwatch:Describe*",
    "logs:Describe*",
    "tag:Get*",
    "sts:GetCallerIdentity",
    "rds:Describe*",
    "dynamodb:List*",
    "dynamodb:Describe*",
    "ecs:List*",
    "ecs:Describe*",
    "eks:List*",
    "eks:Describe*",
    "elasticloadbalancing:Describe*",
    "autoscaling:Describe*",
    "cloudformation:List*",
    "cloudformation:Describe*",
    "sns:List*",
    "sqs:List*",
    "sqs:GetQueueAttributes",
    "sns:GetTopicAttributes",
    "kms:List*",
    "kms:Describe*",
    "route53:List*",
    "cloudfront:List*",
    "secretsmanager:List*",
    "ssm:Describe*",
    "organizations:Describe*",
    "acm:List*",
    "acm:Describe*",
    "cloudtrail:Describe*",
    "cloudtrail:LookupEvents",
    "elasticache:Describe*",
    "redshift:Describe*",
    "ecr:Describe*",
    "events:List*",
    "states:List*",
    "elasticfilesystem:Describe*",
    "guardduty:List*",
    "kinesis:List*",
    "es:List*",
)
# Each pattern denies sensitive reads (`shared/access/sensitive.py`) that a wildcard above would allow. The others are
# denied by name, so that a wildcard added above cannot allow them.
_INFO_DENIED = (
    "secretsmanager:*SecretValue",
    "ssm:GetParameter*",
    "ssm:DescribeMaintenanceWindowExecution*",
    "ssm:DescribeSessions",
    "s3:GetObject*",
    "s3:ListCallerAccessGrants",
    "lambda:GetFunction",
    "ec2:GetPasswordData",
    "ec2:GetConsole*",
    "ec2:DescribeBundleTasks",
    "ec2:DescribeConversionTasks",
    "ec2:DescribeInstanceAttribute",
    "ec2:DescribeLaunchTemplateVersions",
    "ec2:DescribeSpotFleet*",
    "ec2:DescribeSpotInstanceRequests",
    "ec2:DescribeVpnConnections",
    "autoscaling:DescribeLaunchConfigurations",
    "cloudformation:ListResources",
    "ecs:DescribeTask*",
    "iam:GetCredentialReport",
    "kms:Decrypt",
    "logs:Get*",
    "logs:StartQuery",
    "dynamodb:Get*",
    "dynamodb:Query",
    "dynamodb:Scan",
    "sqs:ReceiveMessage",
    "bedrock:InvokeModel*",
    "sts:AssumeRole*",
)
_ADVISOR_ALLOWED = ("bedrock:InvokeModel*",)


class AgentScope(Record):
    """What one agent holds: the identity it acts as, what it can do, and what AWS itself keeps it from."""

    identity: str
    can: str
    cannot: str


class Scoping(Record):
    """How the session's credentials are narrowed, and what that means."""

    mode: Literal["role", "session_token", "temporary"]
    notes: tuple[str, ...] = ()
    recommendation: str | None = Field(default=None, description="What would narrow the agents further.")


# With read policies (`shared/read_policies`) the inline policy only denies: the above, and what API Gateway's one
# action for all reads would give of API keys and whole definitions.
_API_GATEWAY_DENIED = {
    "Effect": "Deny",
    "Action": "apigateway:GET",
    "Resource": [
        f"arn:aws:apigateway:*::/{path}" for path in ("apikeys*", "*/exports/*", "*/sdks/*", "usageplans/*/keys*")
    ],
}
NARROWING_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": list(_INFO_DENIED), "Resource": "*"}, _API_GATEWAY_DENIED],
    },
    separators=(",", ":"),
)


def session_policy(agent: Literal["info", "advisor"]) -> str:
    """The agent's session policy, compact JSON. The executor's is made per plan, at run time."""
    if agent == "info":
        return _compact([_statement("Allow", INFO_ALLOWED), _statement("Deny", _INFO_DENIED)])
    return _compact([_statement("Allow", _ADVISOR_ALLOWED)])


def _statement(effect: str, actions: tuple[str, ...]) -> dict[str, Any]:
    return {"Effect": effect, "Action": list(actions), "Resource": "*"}


def _compact(statements: list[dict[str, Any]]) -> str:
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
    if len(policy) > MAX_POLICY_CHARS:
        raise ValueError(f"a session policy of {len(policy)} characters; STS takes {MAX_POLICY_CHARS}")
    return policy


INFO_CANNOT = {
    "secret values": ("secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue"),
    "object bodies": ("s3:GetObject", "s3:GetObjectVersion"),
    "Parameter Store values": ("ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"),
    "log events": ("logs:GetLogEvents", "logs:FilterLogEvents", "logs:StartQuery", "logs:GetQueryResults"),
    "table items": ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan"),
    "function code": ("lambda:GetFunction", "lambda:GetLayerVersion"),
    "user data of instances": (
        "ec2:DescribeInstanceAttribute",
        "ec2:DescribeLaunchTemplateVersions",
        "ec2:DescribeSpotInstanceRequests",
        "autoscaling:DescribeLaunchConfigurations",
    ),
    "task definitions": ("ecs:DescribeTaskDefinition", "ecs:DescribeTasks"),
}
"""What the informational agent's session policy keeps from it, in words, with the actions that give it."""

_STRIPPED = (
    "its worker removes environment variables, passwords, tokens and connection strings from AWS's answers, "
    "which no session policy can"
)
# `cannot` says what AWS itself enforces and nothing else; what this system's code enforces is said under `can`.
_ROLE_SCOPES: dict[Agent, tuple[str, str]] = {
    "info": (
        f"list and read what the role may list and read; {_STRIPPED}",
        f"change anything, assume a role, or read {', '.join(INFO_CANNOT)}: its session policy denies that, "
        "whatever its code does",
    ),
    "advisor": ("invoke models on Amazon Bedrock", "call any other AWS API: its session policy allows nothing else"),
    "executor": (
        "assume the role, for one approved plan at a time and under a session policy of that plan's actions, or for "
        "one log group that a standing grant lets it read: its own "
        "code sees to both, and AWS enforces that policy once the role is assumed",
        "do what neither the caller nor the role may do",
    ),
}
_NO_POLICY = "do what the caller may not do: no session policy narrows it"
_GUARD_ONLY: dict[Agent, tuple[str, str]] = {
    "info": (
        "list and read what the caller may list and read: the guard in its worker refuses all else, AWS does not; "
        f"{_STRIPPED}",
        _NO_POLICY,
    ),
    "advisor": (
        "invoke models on Amazon Bedrock: the guard in its worker refuses all else, AWS does not",
        _NO_POLICY,
    ),
    "executor": (
        "carry out the steps of an approved plan with all that the caller may do: its own code refuses all else, "
        "AWS does not",
        _NO_POLICY,
    ),
}
RENEWED = (
    "AWS ends the agents' credentials after an hour at most; the executor renews them, under the same session "
    "policies, while the session lives"
)
UNNAMED = (
    "the role's trust policy (or the caller's own) does not allow sts:SetSourceIdentity, so CloudTrail shows the "
    "session's name on each call but not the caller's"
)
_NO_IAM = "; nor call IAM at all: AWS refuses IAM to GetSessionToken credentials made without MFA"
_RECOMMENDATION = (
    "open the session with role_arn (and external_id): then every agent gets credentials of its own, "
    "narrowed by a session policy that AWS enforces"
)


def role_scopes(identities: dict[Agent, str]) -> dict[Agent, AgentScope]:
    """Each agent's scope where a role is assumed."""
    return _scopes(_ROLE_SCOPES, identities)


def role_scoping(notes: list[str]) -> Scoping:
    return Scoping(mode="role", notes=tuple(notes))


def shared_scopes(mode: Literal["session_token", "temporary"], caller_arn: str) -> dict[Agent, AgentScope]:
    """Each agent's scope where all hold the same credentials."""
    scopes = _scopes(_GUARD_ONLY, dict.fromkeys(_GUARD_ONLY, caller_arn))
    if mode == "temporary":
        return scopes
    return {agent: scope.model_copy(update={"cannot": scope.cannot + _NO_IAM}) for agent, scope in scopes.items()}


def shared_scoping(mode: Literal["session_token", "temporary"], notes: list[str]) -> Scoping:
    """What it means that no role is assumed."""
    first = "all agents hold the same credentials; only the guard in each worker keeps them apart"
    if mode == "session_token":
        iam = (
            "the credentials come from GetSessionToken without MFA, which AWS does not let call IAM: "
            "no role or policy can be read, made or attached in this session"
        )
        return Scoping(mode=mode, notes=(first, iam, *notes), recommendation=_RECOMMENDATION)
    return Scoping(mode=mode, notes=(first, *notes), recommendation=_RECOMMENDATION)


def _scopes(words: dict[Agent, tuple[str, str]], identities: dict[Agent, str]) -> dict[Agent, AgentScope]:
    return {
        agent: AgentScope(identity=identities[agent], can=can, cannot=cannot) for agent, (can, cannot) in words.items()
    }
