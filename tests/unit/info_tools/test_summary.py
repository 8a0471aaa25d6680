"""The overview: counts and totals, with a gap for a part that could not be read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from services.info_tools.inventory import integration
from services.info_tools.inventory import sweep as inventory
from services.info_tools.tools import toolbox
from services.info_tools.tools.identity import get_caller_identity
from services.info_tools.tools.summary import summarize_aws_usage
from shared.aws.clients import Aws
from shared.errors import Unauthenticated

MakeAws = Callable[..., Aws]
Failing = Callable[..., Any]

# What read_aws needs is what the operation that it is asked for needs; the others look into what is here already.
WITHOUT_ACTIONS = {
    "describe_resource_type",
    "query_result",
    "read_aws",
    "search_aws_operations",
    "search_resource_types",
}


@pytest.fixture(autouse=True)
def short_inventory(monkeypatch: pytest.MonkeyPatch) -> None:
    """`test_inventory.py` tests all of it."""
    monkeypatch.setattr(inventory, "LISTINGS", integration.LISTINGS[:2])


def test_the_summary_has_every_part_under_its_own_name(make_aws: MakeAws) -> None:
    client = boto3.client("s3", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    client.create_bucket(Bucket="one-bucket")
    client.put_object(Bucket="one-bucket", Key="a", Body=b"x" * 10)
    aws = make_aws()
    summary = summarize_aws_usage(aws).model_dump(mode="json")
    assert list(summary) == ["s3", "ec2", "lambda", "iam", "cost", "services"]
    # CloudWatch's daily figure, which moto makes of the number of objects.
    today = datetime.now(UTC).date()
    assert summary["s3"].pop("as_of")[:10] in (str(today), str(today - timedelta(days=1)))
    assert summary["s3"] == {
        "bucket_count": 1,
        "total_objects": 1,
        "total_bytes": 64,
        "total_human": "64 B",
        "method": "cloudwatch",
    }
    assert summary["lambda"]["function_count"] == summary["ec2"]["instance_count"] == 0
    assert summary["cost"]["total"] == "0"
    assert summary["services"] == [
        {"service": "sqs", "resource": "queues", "count": 0},
        {"service": "sns", "resource": "topics", "count": 0},
    ]
    assert not aws.gaps


def test_a_part_that_fails_is_null_and_a_gap(make_aws: MakeAws, failing: Failing) -> None:
    aws = make_aws(script=failing("AccessDeniedException", "GetCostAndUsage"))
    summary = summarize_aws_usage(aws)
    assert summary.cost is None
    assert summary.iam is not None
    assert [(gap.code, gap.resource) for gap in aws.gaps] == [("aws_access_denied", "cost")]


def test_a_region_missing_in_a_part_is_a_gap_of_the_summary(make_aws: MakeAws, failing: Failing) -> None:
    aws = make_aws(script=failing("AccessDeniedException", "ListFunctions", region="eu-west-1"))
    assert summarize_aws_usage(aws).lambda_ is not None
    assert [(gap.code, gap.region) for gap in aws.gaps] == [("aws_access_denied", "eu-west-1")]


def test_expired_credentials_are_an_error_and_not_five_gaps(make_aws: MakeAws, failing: Failing) -> None:
    with pytest.raises(Unauthenticated):
        summarize_aws_usage(make_aws(script=failing("ExpiredToken", "ListRoles")))


def test_the_caller_is_named(make_aws: MakeAws) -> None:
    identity = get_caller_identity(make_aws())
    assert identity.account == "123456789012"
    assert identity.arn.startswith("arn:aws:")


def test_every_argument_of_every_tool_is_described() -> None:
    assert {tool.name for tool in toolbox} >= {
        "count_s3_objects",
        "describe_iam_role",
        "get_caller_identity",
        "get_cost_summary",
        "get_s3_bucket_sizes",
        "get_s3_usage",
        "list_ec2_instances",
        "list_iam_roles",
        "list_lambda_functions",
        "list_s3_buckets",
        "query_result",
        "summarize_aws_usage",
    }
    for tool in toolbox:
        assert tool.internal or bool(tool.iam_actions) == (tool.name not in WITHOUT_ACTIONS)
        for name, schema in tool.parameters["properties"].items():
            assert schema.get("description"), f"{tool.name}.{name}"
