"""Reads IAM policies for the Bedrock double: statements in words, risks, and narrower versions."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Risk:
    """A risk in a policy and what to do about it."""

    severity: Literal["low", "medium", "high"]
    title: str
    detail: str
    advice: str


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

_ESCALATION = {
    "iam:createaccesskey", "iam:createloginprofile", "iam:updateloginprofile", "iam:attachuserpolicy",
    "iam:attachgrouppolicy", "iam:attachrolepolicy", "iam:putuserpolicy", "iam:putgrouppolicy",
    "iam:putrolepolicy", "iam:createpolicyversion", "iam:setdefaultpolicyversion", "iam:addusertogroup",
    "iam:updateassumerolepolicy",
}  # fmt: skip

_NARROW_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "dynamodb": ("GetItem", "Query", "PutItem", "UpdateItem"),
    "sqs": ("SendMessage", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes"),
    "sns": ("Publish",),
    "logs": ("CreateLogGroup", "CreateLogStream", "PutLogEvents"),
    "lambda": ("InvokeFunction", "GetFunction", "ListFunctions"),
    "ec2": ("DescribeInstances", "StartInstances", "StopInstances"),
    "kms": ("Encrypt", "Decrypt", "GenerateDataKey"),
    "secretsmanager": ("GetSecretValue", "DescribeSecret"),
    "cloudwatch": ("GetMetricData", "ListMetrics"),
}

_S3_LIST, _S3_OBJECTS = ("ListBucket", "GetBucketLocation"), ("GetObject", "PutObject")
_PLACEHOLDER_BUCKET = "arn:aws:s3:::EXAMPLE-BUCKET"


def statements_of(document: Json) -> list[Json]:
    """The statements, also where there is only one."""
    raw = document.get("Statement")
    return [item for item in (raw if isinstance(raw, list) else [raw]) if isinstance(item, dict)]


def _list(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _join(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else "nothing"


def _principals(raw: Any) -> list[str]:
    if isinstance(raw, dict):
        return [f"{kind} {value}" for kind, values in raw.items() for value in _list(values)]
    return ["anyone"] if raw == "*" else _list(raw)


def _actions_in_words(statement: Json) -> str:
    if "NotAction" in statement:
        return f"every action except {_join(_list(statement['NotAction']))}"
    words = []
    for action in _list(statement.get("Action")):
        service, _, name = action.partition(":")
        words.append(
            "every action of every service" if action == "*" else f"every {service} action" if name == "*" else action
        )
    return _join(words)


def _resources_in_words(statement: Json) -> str:
    if "NotResource" in statement:
        return f" on every resource except {_join(_list(statement['NotResource']))}"
    resources = _list(statement.get("Resource"))
    if not resources:
        return ""
    return " on every resource" if resources == ["*"] else f" on {_join(resources)}"


def _conditions_in_words(block: Any) -> str:
    parts = [
        f"{key} {operator} {_join(_list(value))}"
        for operator, keys in (block or {}).items()
        if isinstance(keys, dict)
        for key, value in keys.items()
    ]
    return f", only if {_join(parts)}" if parts else ""


def explain_statement(statement: Json) -> str:
    """One statement in one sentence."""
    verb = "Allows" if statement.get("Effect") == "Allow" else "Denies"
    who = _principals(statement.get("Principal"))
    subject = f" {_join(who)} to use" if who else ""
    return (
        f"{verb}{subject} {_actions_in_words(statement)}{_resources_in_words(statement)}"
        f"{_conditions_in_words(statement.get('Condition'))}."
    )


def summary_of(name: str, document: Json) -> str:
    """What a policy comes down to."""
    statements = statements_of(document)
    allows = [item for item in statements if item.get("Effect") == "Allow"]
    what = _join([_actions_in_words(item) + _resources_in_words(item) for item in allows])
    count = "1 statement" if len(statements) == 1 else f"{len(statements)} statements"
    return f"{name} has {count} and allows {what}."


def risks_of(document: Json, kind: str) -> list[Risk]:
    """The risks of a policy, in the order of its statements."""
    return [
        risk
        for statement in statements_of(document)
        for risk in (
            *_steering(statement),
            *(_statement_risks(statement, kind) if statement.get("Effect") == "Allow" else ()),
        )
    ]


def _steering(statement: Json) -> Iterator[Risk]:
    if re.search(r"ignore|instruct|approve|looks?.?fine|do.?not.?report", str(statement.get("Sid", "")), re.I):
        yield Risk(
            "high",
            "Text that tries to steer the review",
            f'The Sid "{statement["Sid"]}" reads like an instruction to the reviewer.',
            "Find out who wrote this policy before using it.",
        )


def _statement_risks(statement: Json, kind: str) -> Iterator[Risk]:
    actions = [action.lower() for action in _list(statement.get("Action"))]
    everywhere = "*" in _list(statement.get("Resource")) or "NotResource" in statement
    principal = statement.get("Principal")
    public = principal == "*" or (isinstance(principal, dict) and "*" in _list(principal.get("AWS")))
    if public:
        detail = "Principal * lets every AWS account" + (" assume the role." if kind == "trust" else " in.")
        yield Risk("high", "Open to everyone", detail, "Name the accounts, roles or services that need access.")
    if "NotAction" in statement:
        yield Risk(
            "high" if everywhere else "medium",
            "NotAction with Allow",
            "It allows every action that is not listed, also of services that do not exist yet.",
            "List the actions that are needed instead of those that are not.",
        )
    if "*" in actions:
        yield Risk(
            "high",
            "Administrator access",
            "Action * allows everything" + (" on every resource." if everywhere else "."),
            "Replace Action * by the actions that are needed.",
        )
    yield from _service_risks(actions, everywhere)
    yield from _privilege_risks(actions, everywhere, bool(statement.get("Condition")))


def _service_risks(actions: list[str], everywhere: bool) -> Iterator[Risk]:
    for action in actions:
        service, _, name = action.partition(":")
        if name == "*":
            where = "every resource" if everywhere else "the named resources"
            yield Risk(
                "high" if service in ("iam", "sts", "organizations") else "medium" if everywhere else "low",
                f"Full access to {service}",
                f"{action} allows every {service} action on {where}, deleting included.",
                f"Replace {action} by the {service} actions that are needed, on named resources.",
            )
        elif "*" in name and everywhere and not name.startswith(("get", "list", "describe")):
            yield Risk(
                "medium",
                f"Wildcard in {action}",
                f"{action} covers actions that nobody listed, on every resource.",
                f"Spell out the actions behind {action}.",
            )
    if everywhere and any(":*" not in a and a != "*" and not _reads(a) and a not in _ESCALATION for a in actions):
        yield Risk(
            "low",
            "Every resource",
            "Resource * is wider than one workload usually needs.",
            "Name the resources instead of *.",
        )


def _reads(action: str) -> bool:
    return action.partition(":")[2].startswith(("get", "list", "describe", "head", "batchget"))


def _privilege_risks(actions: list[str], everywhere: bool, conditional: bool) -> Iterator[Risk]:
    if "iam:passrole" in actions and everywhere and not conditional:
        yield Risk(
            "high",
            "iam:PassRole on every role",
            "The holder can hand any role, an administrator's too, to a service that it controls.",
            "Name the roles that may be passed, and add the condition iam:PassedToService.",
        )
    escalating = sorted(set(actions) & _ESCALATION)
    if escalating:
        yield Risk(
            "high",
            "Privilege escalation",
            f"With {_join(escalating)} the holder can give itself more permissions.",
            "Leave permissions management to administrators, or require a permissions boundary.",
        )


def narrower(document: Json, placeholders: bool) -> Json | None:
    """A version that allows less and nothing new, or None where none is certain.

    Deny statements stay as they are. Each narrowed statement has one resource.
    """
    changed, result = False, []
    for statement in statements_of(document):
        replaced = _narrower_statement(statement, placeholders)
        changed = changed or replaced is not None
        result += replaced if replaced is not None else [dict(statement)]
    if not changed or not result:
        return None
    for number, statement in enumerate(result, 1):
        if not statement.get("Sid"):
            statement["Sid"] = f"Narrowed{number}"
    return {"Version": "2012-10-17", "Statement": result}


def _narrower_statement(statement: Json, placeholders: bool) -> list[dict[str, Any]] | None:
    actions, resources = _list(statement.get("Action")), _list(statement.get("Resource"))
    if statement.get("Effect") != "Allow" or not resources or not actions:
        return None
    kept: list[str] = []
    parts: list[dict[str, Any]] = []
    for action in actions:
        service, _, name = action.partition(":")
        service = service.lower()
        if name == "*" and service == "s3":
            parts += [
                part
                for resource in resources
                if _fits("s3", resource)
                for part in _narrower_s3(statement, resource, placeholders)
            ]
        elif name == "*" and service in _NARROW_ACTIONS:
            listed = [f"{service}:{item}" for item in _NARROW_ACTIONS[service]]
            parts += [_part(statement, listed, resource) for resource in resources if _fits(service, resource)]
        elif name == "*" and service == "s3-object-lambda":
            continue  # part of AmazonS3FullAccess that hardly anybody uses
        else:
            kept.append(action)
    if not parts:
        return None
    return parts + [_part(statement, kept, resource) for resource in resources if kept]


def _fits(service: str, resource: str) -> bool:
    return resource == "*" or resource.startswith(f"arn:aws:{service}:")


def _part(statement: Json, actions: list[str], resource: str) -> dict[str, Any]:
    part: dict[str, Any] = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return {**part, "Condition": statement["Condition"]} if statement.get("Condition") else part


def _narrower_s3(statement: Json, resource: str, placeholders: bool) -> list[dict[str, Any]]:
    listing, objects = [f"s3:{name}" for name in _S3_LIST], [f"s3:{name}" for name in _S3_OBJECTS]
    if resource == "*" and placeholders:
        return [
            _part(statement, listing, _PLACEHOLDER_BUCKET),
            _part(statement, objects, f"{_PLACEHOLDER_BUCKET}/*"),
        ]
    if resource == "*":
        return [_part(statement, listing + objects, "*")]
    return [_part(statement, objects if "/" in resource else listing, resource)]
