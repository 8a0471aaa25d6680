"""Writes `docs/iam/`: the least policy of each worker, and the role a customer creates for the assistant.

python -m scripts.iam_policies            write them
python -m scripts.iam_policies --check    exit 1 where one is not fresh
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from scripts.change_policies import IN_ALL, change_policies
from scripts.change_policies import IN_COMMON as CHANGES_IN_COMMON
from scripts.generated import write_or_check
from scripts.read_policies import IN_ROLE, read_policies
from scripts.role_template import ITSELF, one_line, role_template
from services.executor.operations import OPERATIONS
from services.executor.pricing.account import ACTIONS as PRICES_DEPEND_ON
from services.executor.pricing.reading import ACTION as GET_PRICES
from services.executor.reading.logs import DESCRIBE, FILTER
from services.executor.registry.facts import fact_actions
from services.executor.registry.operation import Operation, fields_of
from services.orchestrator.sessions.scoping import session_policy
from shared.catalog import CATALOG
from shared.iam.gather import ACTIONS as POLICY_READS

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs/iam"
# What the gateway and the informational worker know of the read policies.
SHIPPED = ROOT / "shared/read_policies/policies.json"
# The read policies of the template `common`: what most accounts use.
IN_COMMON = 2
CLAUDE = (
    "arn:aws:bedrock:*::foundation-model/anthropic.claude-*",
    "arn:aws:bedrock:*:*:inference-profile/*.anthropic.claude-*",
)

# Prices, and what of the account they depend on; the role may describe that anyway.
PRICES = [GET_PRICES, *PRICES_DEPEND_ON]

# What `read_sensitive` reads of the services that most accounts use; any other sensitive read is added by hand.
FOR_PERSONS = [
    *("athena:GetQueryResults", "cloudformation:GetTemplate", "dynamodb:BatchGetItem", "dynamodb:GetItem"),
    *("dynamodb:Query", "dynamodb:Scan", "ec2:DescribeInstanceAttribute", "ec2:DescribeLaunchTemplateVersions"),
    *("ec2:GetConsoleOutput", "ec2:GetPasswordData", "ecs:DescribeTaskDefinition", "lambda:GetFunction"),
    *("logs:FilterLogEvents", "logs:GetLogEvents", "logs:GetQueryResults", "s3:GetObject", "s3:GetObjectVersion"),
    *("secretsmanager:GetSecretValue", "ssm:GetCommandInvocation", "ssm:GetParameter", "ssm:GetParameterHistory"),
    *("ssm:GetParameters", "ssm:GetParametersByPath", "states:DescribeExecution", "states:GetExecutionHistory"),
]

# The role must not widen itself: another one it makes is in a plan for a person to see.
_NOT_ITSELF = {
    "Sid": "NotItself",
    "Effect": "Deny",
    "Action": [
        f"iam:{name}"
        for name in (
            *("AttachRolePolicy", "DeleteRole", "DeleteRolePolicy", "DetachRolePolicy", "PassRole", "PutRolePolicy"),
            *("DeleteRolePermissionsBoundary", "PutRolePermissionsBoundary", "UpdateAssumeRolePolicy", "UpdateRole"),
        )
    ],
    "Resource": [ITSELF],
}


def statement(sid: str, actions: list[str], resources: list[str], condition: Any = None) -> dict[str, Any]:
    made = {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": sorted(resources)}
    return made | ({"Condition": condition} if condition else {})


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def info_tools() -> dict[str, Any]:
    """What the informational tools declare, and no more."""
    actions = {action for entry in CATALOG if entry.agent == "info" for action in entry.iam_actions}
    return policy(statement("Look", [*actions], ["*"]))


def bedrock_advisor() -> dict[str, Any]:
    actions = {action for entry in CATALOG if entry.agent == "advisor" for action in entry.iam_actions}
    return policy(statement("AskClaude", [*actions], [*CLAUDE]))


def changes() -> list[dict[str, Any]]:
    """What the operations declare, with a wildcard for each argument: actions on the same resources together."""
    resources: dict[tuple[str, str], set[str]] = {}
    for operation in OPERATIONS:
        for action, templates in operation.iam.items():
            key = (action, _condition(operation, action))
            resources.setdefault(key, set()).update(_any(template) for template in templates)
    grouped: dict[tuple[str, ...], list[str]] = {}
    for (action, condition), found in resources.items():
        grouped.setdefault((*sorted(found), condition), []).append(action)
    return [
        statement(f"Change{number}", actions, [*key[:-1]], json.loads(key[-1] or "null"))
        for number, (key, actions) in enumerate(sorted(grouped.items()), 1)
    ]


def _condition(operation: Operation, action: str) -> str:
    """The condition, as JSON, that holds for each request of this action that the operation makes; empty for none.

    Passing a role hands its power on: only to the service that the operation says.
    """
    keys = operation.context_keys.get(action, {})
    always = {key: value for key, value in keys.items() if not fields_of(value)}
    return json.dumps({"StringEquals": always}) if always else ""


def _any(template: str) -> str:
    """An ARN template as a pattern: partition "aws", anything for every argument."""
    if template == "{role_arn}":
        return "arn:aws:iam::*:role/*"
    pattern = template.format_map(dict.fromkeys(fields_of(template), "*") | {"partition": "aws"})
    return pattern.replace("role/*/*", "role/*")


def executor() -> dict[str, Any]:
    return policy(
        *changes(),
        statement("CheckPermissions", [*POLICY_READS, "iam:SimulatePrincipalPolicy"], ["*"]),
        statement("FindConflicts", [*fact_actions()], ["*"]),
        statement("ReadPrices", PRICES, ["*"]),
        statement("ReadGrantedLogs", [DESCRIBE, FILTER], ["*"]),
    )


def look_and_ask() -> dict[str, Any]:
    """The part of the customer's role that changes nothing: what the session policies of two agents let through."""
    allowed = json.loads(session_policy("info"))["Statement"][0]["Action"]
    look = statement("Look", [*allowed, "iam:SimulatePrincipalPolicy"], ["*"])
    prices = statement("ReadPrices", [GET_PRICES], ["*"])
    logs = statement("ReadGrantedLogs", [FILTER], ["*"])
    return policy(look, prices, logs, bedrock_advisor()["Statement"][0])


def customer_role_policy() -> dict[str, Any]:
    return policy(*look_and_ask()["Statement"], *changes(), _NOT_ITSELF)


def customer_role(reads: int, *, with_changes: bool, calls: int = 0) -> str:
    """A CloudFormation template of the role: with the first `reads` of the read policies, and the changes' if asked.

    `calls` is how many of the policies for calls of `change_aws` it brings.
    """
    return role_template(
        look_and_ask(),
        dict(list(read_policies().items())[:reads]),
        change=policy(*changes(), _NOT_ITSELF) if with_changes else None,
        reveal=policy(statement("ReadForPersons", FOR_PERSONS, ["*"])) if with_changes else None,
        calls=dict(list(change_policies().items())[:calls]),
    )


def files() -> dict[str, str]:
    """Every generated file by name, with its text."""
    documents = {
        "info_tools": info_tools(),
        "bedrock_advisor": bedrock_advisor(),
        "executor": executor(),
        "customer-role-policy": customer_role_policy(),
    }
    made = {f"{name}.json": json.dumps(document, indent=2) + "\n" for name, document in documents.items()}
    for policies in (read_policies(), change_policies()):
        made |= {f"{name}.json": one_line(document) + "\n" for name, document in policies.items()}
    return made | {
        "role-read.yaml": customer_role(IN_ROLE, with_changes=False),
        "role-common.yaml": customer_role(IN_COMMON, with_changes=True),
        "role-all.yaml": customer_role(IN_ROLE, with_changes=True),
        "role-change-common.yaml": customer_role(IN_COMMON, with_changes=True, calls=CHANGES_IN_COMMON),
        "role-change-all.yaml": customer_role(IN_COMMON, with_changes=True, calls=IN_ALL),
    }


def main(check: bool) -> int:
    made = {FOLDER / name: text for name, text in files().items()}
    made[SHIPPED] = one_line(read_policies()) + "\n"
    return write_or_check(made, "make iam", check=check)


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
