"""What an answer covers is put down by whatever reads: regions that answered, lists that were cut off, how."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import boto3

from services.info_tools.tools.ec2 import list_ec2_instances
from services.info_tools.tools.iam import list_iam_roles
from services.info_tools.tools.read_aws import read_aws
from services.info_tools.tools.s3 import get_s3_usage, list_s3_buckets
from shared.aws.clients import Aws
from shared.messages import Coverage
from shared.results.body import Body
from tests.unit.info_tools.conftest import REGIONS


def covered(aws: Aws, answer: Any) -> Coverage:
    """The coverage that a worker makes of a call."""
    return aws.covered.coverage(aws.info.account, Body.of(answer).count(), complete=not aws.gaps)


def test_regions_that_answered_are_covered_with_nothing_in_them(make_aws: Callable[..., Aws]) -> None:
    aws = make_aws()
    found = covered(aws, list_ec2_instances(aws))
    assert (found.count, found.total, found.regions) == (0, 0, tuple(sorted(REGIONS)))
    assert found.accounts == ("123456789012",)
    assert found.as_of
    assert abs(found.as_of - time.time()) < 60


def test_what_a_denied_region_has_is_not_known(make_aws: Callable[..., Aws], failing: Callable[..., Any]) -> None:
    aws = make_aws(script=failing("UnauthorizedOperation", "DescribeInstances", region="eu-west-1"))
    found = covered(aws, list_ec2_instances(aws))
    assert (found.count, found.total, "eu-west-1" in found.regions) == (0, None, False)


def test_a_listing_that_time_ends_is_truncated(make_aws: Callable[..., Aws]) -> None:
    def until_the_first_page(call: Any) -> None:
        if call.operation == "ListRoles":
            aws.deadline = time.time()

    aws = make_aws(page_size=1, script=until_the_first_page)
    iam = boto3.client("iam", aws_access_key_id="a", aws_secret_access_key="b")
    for number in range(3):
        iam.create_role(RoleName=f"r{number}", AssumeRolePolicyDocument="{}")
    found = covered(aws, list_iam_roles(aws))
    assert (found.count, found.total, found.truncated) == (1, None, True)


def test_a_global_service_has_no_region(make_aws: Callable[..., Aws]) -> None:
    aws = make_aws()
    assert covered(aws, list_iam_roles(aws)).regions == ()
    assert covered(aws, read_aws(aws, "iam", "ListRoles")).regions == ()


def test_sizes_say_how_they_were_found(make_aws: Callable[..., Aws]) -> None:
    boto3.client("s3", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b").create_bucket(Bucket="one-bucket")
    aws = make_aws()
    found = covered(aws, get_s3_usage(aws))
    assert (found.count, found.method) == (1, "listing")


def test_a_region_whose_directory_buckets_are_not_known_has_not_answered(
    make_aws: Callable[..., Aws], failing: Callable[..., Any]
) -> None:
    aws = make_aws(script=failing("AccessDenied", "ListDirectoryBuckets", region="eu-west-1"))
    assert "eu-west-1" not in covered(aws, list_s3_buckets(aws)).regions
