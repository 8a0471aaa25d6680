"""No operation takes a secret or answers with one, as AWS's own models of what it calls say.

An operation that needs one fails here: then its value has to be given at the approval, sealed for the executor, and
what AWS answers sealed for the person, before the operation is offered.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from services.executor.operations import OPERATIONS
from services.executor.registry.operation import Operation
from shared.access.secret_members import holds_secret
from shared.secrets.in_plans import is_secret_name

SESSION = botocore.session.Session()
# Which call of AWS an action is for, where its name is another.
CALLS = {
    "s3:ListBucket": "s3:HeadBucket",
    "s3:ListBucketVersions": "s3:ListObjectVersions",
    "s3:ListAllMyBuckets": "s3:ListBuckets",
    "s3:TagResource": "s3control:TagResource",
    **{
        f"cloudformation:{name}": f"cloudcontrol:{name}"
        for name in ("CreateResource", "UpdateResource", "DeleteResource", "GetResource", "GetResourceRequestStatus")
    },
}
# AWS calls all properties of a resource sensitive; which of them are secrets its type says, and those are not kept
# (`tests/integration/resources`).
WITHOUT_SECRETS = {"cloudformation:GetResource": {"properties"}}
# A permission that no call is named after.
NO_CALL = {"iam:PassRole"}


def model(action: str) -> Any:
    """Botocore's model of the call that an IAM action is for."""
    service, name = CALLS.get(action, action).split(":")
    return SESSION.get_service_model(service).operation_model(name)


def secret_members(service: str, shape: Any, path: str = "", seen: frozenset[str] = frozenset()) -> Iterator[str]:
    if shape is None or shape.name in seen:
        return
    if shape.type_name == "structure":
        for name, target in shape.members.items():
            if holds_secret(service, shape.name, name, target):
                yield f"{path}.{name}"
            else:
                yield from secret_members(service, target, f"{path}.{name}", seen | {shape.name})
    elif shape.type_name in ("list", "map"):
        inner = shape.member if shape.type_name == "list" else shape.value
        yield from secret_members(service, inner, f"{path}[]", seen)


def fields(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties") or {}
        for value in schema.values():
            yield from fields(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from fields(value)


@pytest.mark.parametrize("operation", list(OPERATIONS), ids=lambda one: one.name)
def test_no_argument_and_no_result_is_a_secrets(operation: Operation) -> None:
    assert [name for name in fields(operation.parameters) if is_secret_name(name)] == []
    assert [name for name in fields(operation.returns) if is_secret_name(name)] == []


@pytest.mark.parametrize("operation", list(OPERATIONS), ids=lambda one: one.name)
def test_what_aws_answers_with_a_secret_is_in_no_result(operation: Operation) -> None:
    kept = set(fields(operation.returns))
    for action in operation.iam_actions:
        if action in NO_CALL:
            continue
        call = model(action)
        answered = set(secret_members(call.service_model.service_name, call.output_shape))
        leaves = {path.rpartition(".")[2].lower() for path in answered}
        leaves -= WITHOUT_SECRETS.get(action, set())
        assert not leaves & {name.replace("_", "") for name in kept}, action


def test_the_rule_finds_what_is_one() -> None:
    assert list(secret_members("iam", model("iam:CreateAccessKey").output_shape)) == [".AccessKey.SecretAccessKey"]
    assert list(secret_members("ec2", model("ec2:CreateKeyPair").output_shape)) == [".KeyMaterial"]
