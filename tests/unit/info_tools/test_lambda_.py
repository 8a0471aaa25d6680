"""Lambda functions of every region."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3

from services.info_tools.tools.lambda_ import list_lambda_functions
from shared.aws.clients import Aws

MakeAws = Callable[..., Aws]
KEYS = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}


def package() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): return event")
    return packed.getvalue()


def test_all_functions_of_all_regions_and_pages_are_found(make_aws: MakeAws) -> None:
    role = boto3.client("iam", "us-east-1", **KEYS).create_role(RoleName="runner", AssumeRolePolicyDocument="{}")
    code = package()
    for region, count in [("us-east-1", 3), ("eu-west-1", 1)]:
        for index in range(count):
            boto3.client("lambda", region, **KEYS).create_function(
                FunctionName=f"f{index}",
                Runtime="python3.12",
                Role=role["Role"]["Arn"],
                Handler="app.handler",
                Code={"ZipFile": code},
                MemorySize=256,
                Timeout=7,
            )
    aws = make_aws(page_size=2)
    found = list_lambda_functions(aws)
    assert found.function_count == 4
    assert found.by_region == {"us-east-1": 3, "eu-west-1": 1}
    function = found.functions[-1]
    assert (function.function_name, function.region, function.runtime) == ("f0", "eu-west-1", "python3.12")
    assert (function.memory_mib, function.timeout_seconds, function.code_size_bytes) == (256, 7, len(code))
    assert function.role_arn == "arn:aws:iam::123456789012:role/runner"
    assert not aws.gaps


def test_a_container_image_has_no_runtime(make_aws: MakeAws) -> None:
    image: dict[str, Any] = {
        "FunctionName": "image",
        "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:image",
        "Role": "arn:aws:iam::123456789012:role/runner",
        "MemorySize": 128,
        "Timeout": 3,
        "CodeSize": 0,
        "LastModified": "2026-01-31T10:00:00.000+0000",
    }
    (function,) = list_lambda_functions(
        make_aws(script=lambda _: {"Functions": [image]}), regions=["us-east-1"]
    ).functions
    assert function.runtime is None
    assert function.handler is None
    assert function.last_modified == datetime(2026, 1, 31, 10, tzinfo=UTC)
