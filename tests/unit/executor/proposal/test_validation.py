"""What AWS would not take is told offline, by AWS's own description of its API."""

from __future__ import annotations

from typing import Any

import pytest

from services.executor.operations import OPERATIONS
from services.executor.proposal.validation import refuse_secrets, validate_request
from services.executor.registry.location import Location
from shared.errors import AssistantError
from tests.unit.executor.conftest import Executor, step


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "says"),
    [
        ("s3", "CreateBucket", {}, 'Missing required parameter in input: "Bucket"'),
        ("s3", "CreateBucket", {"Bucket": 5}, "Invalid type for parameter Bucket"),
        ("s3", "CreateBucket", {"Bucket": "b", "Regoin": "x"}, 'Unknown parameter in input: "Regoin"'),
        (
            "iam",
            "CreateRole",
            {"RoleName": "", "AssumeRolePolicyDocument": "{}"},
            "Invalid length for parameter RoleName",
        ),
        ("iam", "CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": "{}", "Tags": [{"Key": "k"}]}, "Tags[0]"),
        ("sts", "GetCallerIdentity", {"What": 1}, "What"),
        ("s3", "MakeBucket", {}, "no operation s3:MakeBucket"),
        ("ess3", "CreateBucket", {}, "no operation ess3:CreateBucket"),
    ],
)
def test_what_is_wrong_is_named(service: str, operation: str, parameters: dict[str, Any], says: str) -> None:
    with pytest.raises(AssistantError) as caught:
        validate_request(service, operation, parameters)
    assert caught.value.code == "invalid_arguments"
    assert says in caught.value.detail


def test_a_wrong_value_is_not_repeated_at_length() -> None:
    with pytest.raises(AssistantError) as caught:
        validate_request("s3", "CreateBucket", {"Bucket": ["x" * 100_000]})
    assert len(caught.value.detail) < 800


def test_what_fits_passes() -> None:
    validate_request(
        "s3", "CreateBucket", {"Bucket": "b", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
    )
    validate_request("s3", "ListBuckets", {})
    validate_request("lambda", "DeleteFunction", {"FunctionName": "f"})


def test_a_plan_with_such_a_request_is_refused_by_step(executor: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = OPERATIONS["delete_s3_bucket"]
    [request] = operation.requests_of({"bucket_name": "b", "region": None}, Location.of(executor.info), {})
    wrong = type(request)(request.service, request.operation, {"Bucket": "b", "Force": True}, request.region)
    original = operation.requests
    object.__setattr__(operation, "requests", lambda bucket_name: [wrong])
    monkeypatch.setattr(executor, "calls", 0)
    try:
        with pytest.raises(AssistantError, match=r"step 'gone' \(delete_s3_bucket\).*Force"):
            executor.prepare(step("delete_s3_bucket", "gone", bucket_name="old-bucket"))
    finally:
        object.__setattr__(operation, "requests", original)


FUNCTION = {"FunctionName": "f", "Role": "arn:aws:iam::123456789012:role/r", "Code": {"ZipFile": b"password=Hunter2"}}
SECRETS: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    ("lambda", "CreateFunction", FUNCTION | {"Environment": {"Variables": {"DB_PASSWORD": "x"}}}, "DB_PASSWORD"),
    ("rds", "CreateDBInstance", {"DBInstanceIdentifier": "d", "MasterUserPassword": "x"}, "MasterUserPassword"),
    ("iam", "CreateLoginProfile", {"UserName": "u", "Password": "x"}, "Password"),
    ("secretsmanager", "CreateSecret", {"Name": "s", "SecretString": "x"}, "SecretString"),
)


@pytest.mark.parametrize(("service", "operation", "parameters", "where"), SECRETS)
def test_a_literal_in_a_sensitive_member_of_awss_api_is_refused(
    service: str, operation: str, parameters: dict[str, Any], where: str
) -> None:
    with pytest.raises(AssistantError) as refused:
        refuse_secrets(service, operation, parameters)
    assert refused.value.code == "secret_in_plan"
    assert refused.value.detail.startswith(f"{service}:{operation}, ")
    assert where in refused.value.detail


def test_a_reference_there_is_none() -> None:
    reference = "{{resolve:secretsmanager:db:SecretString:password}}"
    refuse_secrets("iam", "CreateLoginProfile", {"UserName": "u", "Password": reference})
    variables = {"DB_PASSWORD": reference, "LOG_LEVEL": "info", "SECRET_ARN": "x"}
    refuse_secrets("lambda", "CreateFunction", FUNCTION | {"Environment": {"Variables": variables}})
