"""No argument of an operation written by hand gets into a policy as a pattern, whether it was checked before or not."""

from __future__ import annotations

from typing import Any

import pytest

from services.executor.operations import OPERATIONS
from services.executor.registry.location import Location
from shared.errors import InvalidArguments

HERE = Location("aws", "111122223333", "eu-west-1")
ARN = "arn:aws:iam::111122223333:role/x"
ARGUMENTS: dict[str, dict[str, Any]] = {
    "create_s3_bucket": {"bucket_name": "b", "region": "eu-west-1"},
    "delete_s3_bucket": {"bucket_name": "b"},
    "create_iam_role": {"name": "r", "policy_document": "{}"},
    "delete_iam_role": {"role_name": "r"},
    "assign_policy_to_role": {"role_name": "r", "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
    "detach_policy_from_role": {"role_name": "r", "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
    "create_lambda_function": {
        "function_name": "f",
        "runtime": "python3.12",
        "handler": "a.b",
        "role_arn": ARN,
        "zip_file_path": "s3://bucket/key",
    },
    "delete_lambda_function": {"function_name": "f"},
    "tag_resource": {"resource_arn": "arn:aws:s3:::b", "tags": [{"key": "k", "value": "v"}]},
}
# What a plan's step of these may need follows from AWS's own forms.
BY_FORMS = {"create_aws_resource", "update_aws_resource", "delete_aws_resource", "change_aws", "read_sensitive"}


def test_every_operation_is_attacked_here_or_by_its_forms() -> None:
    assert {*ARGUMENTS, *BY_FORMS} == {one.name for one in OPERATIONS}


@pytest.mark.parametrize("operation", ARGUMENTS)
@pytest.mark.parametrize("hostile", ["zq*", "zq?", "zq${aws:username}"])
def test_no_argument_of_an_operation_is_a_pattern(operation: str, hostile: str) -> None:
    made, given = OPERATIONS[operation], ARGUMENTS[operation]
    for name, value in given.items():
        if not isinstance(value, str):
            continue
        for attack in (hostile, value + hostile):
            try:
                needs = made.declared(made.validate({**given, name: attack}), HERE).needs
            except InvalidArguments:
                continue
            assert not [need for need in needs if hostile in need[1]], (name, attack)


def test_a_name_that_is_a_pattern_is_refused_where_nothing_else_did() -> None:
    made = OPERATIONS["delete_lambda_function"]
    with pytest.raises(InvalidArguments) as refused:
        made.declared(made.validate({"function_name": "f*", "region": "eu-west-1"}), HERE)
    assert refused.value.code == "unnameable_resource"
