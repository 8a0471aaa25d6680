"""IAM policies in words: statements as sentences, and well-known AWS managed policies."""

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]


def _managed(*actions: str) -> Json:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}],
    }


KNOWN_MANAGED: Mapping[str, Json] = {
    "AdministratorAccess": _managed("*"),
    "PowerUserAccess": {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"}],
    },
    "IAMFullAccess": _managed("iam:*"),
    "AmazonS3FullAccess": _managed("s3:*", "s3-object-lambda:*"),
    "AmazonS3ReadOnlyAccess": _managed("s3:Get*", "s3:List*", "s3:Describe*"),
    "AmazonEC2FullAccess": _managed("ec2:*", "elasticloadbalancing:*", "cloudwatch:*", "autoscaling:*"),
    "AmazonDynamoDBFullAccess": _managed("dynamodb:*"),
    "AWSLambda_FullAccess": _managed("lambda:*", "iam:PassRole"),
    "AWSLambdaBasicExecutionRole": _managed("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
}
"""Well-known AWS managed policies, shortened to what matters for a review."""


def statements_of(document: Json) -> list[Json]:
    """The statements, also where there is only one."""
    raw = document.get("Statement")
    return [item for item in (raw if isinstance(raw, list) else [raw]) if isinstance(item, dict)]


def values_of(value: Any) -> list[str]:
    """One value or several, as a list."""
    if value is None:
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def joined(items: list[str]) -> str:
    """Words joined as a person would: "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else "nothing"


def _principals(raw: Any) -> list[str]:
    if isinstance(raw, dict):
        return [f"{kind} {value}" for kind, values in raw.items() for value in values_of(values)]
    return ["anyone"] if raw == "*" else values_of(raw)


def _actions_in_words(statement: Json) -> str:
    if "NotAction" in statement:
        return f"every action except {joined(values_of(statement['NotAction']))}"
    words = []
    for action in values_of(statement.get("Action")):
        service, _, name = action.partition(":")
        words.append(
            "every action of every service" if action == "*" else f"every {service} action" if name == "*" else action
        )
    return joined(words)


def _resources_in_words(statement: Json) -> str:
    if "NotResource" in statement:
        return f" on every resource except {joined(values_of(statement['NotResource']))}"
    resources = values_of(statement.get("Resource"))
    if not resources:
        return ""
    return " on every resource" if resources == ["*"] else f" on {joined(resources)}"


def _conditions_in_words(block: Any) -> str:
    parts = [
        f"{key} {operator} {joined(values_of(value))}"
        for operator, keys in (block or {}).items()
        if isinstance(keys, dict)
        for key, value in keys.items()
    ]
    return f", only if {joined(parts)}" if parts else ""


def explain_statement(statement: Json) -> str:
    """One statement in one sentence."""
    verb = "Allows" if statement.get("Effect") == "Allow" else "Denies"
    who = _principals(statement.get("Principal"))
    subject = f" {joined(who)} to use" if who else ""
    return (
        f"{verb}{subject} {_actions_in_words(statement)}{_resources_in_words(statement)}"
        f"{_conditions_in_words(statement.get('Condition'))}."
    )


def summary_of(name: str, document: Json) -> str:
    """What a policy comes down to."""
    statements = statements_of(document)
    allows = [item for item in statements if item.get("Effect") == "Allow"]
    what = joined([_actions_in_words(item) + _resources_in_words(item) for item in allows])
    count = "1 statement" if len(statements) == 1 else f"{len(statements)} statements"
    return f"{name} has {count} and allows {what}."
