"""Narrower versions of an IAM policy, which allow less and nothing new."""

from collections.abc import Mapping
from typing import Any

from sandbox.bedrock.policies import Json, statements_of, values_of

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
    actions, resources = values_of(statement.get("Action")), values_of(statement.get("Resource"))
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
