"""A region is one of a partition, and of all of them together."""

from __future__ import annotations

import pytest

from shared.aws.regions import all_regions, home_region, regions_of


def test_a_partition_has_its_own_regions_and_no_others() -> None:
    assert {"eu-central-1", "us-east-1"} <= set(regions_of("aws"))
    assert "cn-north-1" not in regions_of("aws")
    assert "cn-north-1" in regions_of("aws-cn")
    assert regions_of("no-such-partition") == ()


def test_all_regions_are_those_of_every_partition() -> None:
    assert {"eu-central-1", "us-gov-west-1", "cn-north-1"} <= all_regions()
    assert "eu-nowhere-1" not in all_regions()


@pytest.mark.parametrize(
    ("service", "partition", "region"),
    [
        ("ce", "aws", "us-east-1"),
        ("ce", "aws-cn", "cn-northwest-1"),
        ("ce", "aws-us-gov", None),
        ("ce", "aws-eusc", None),
        ("iam", "aws", "us-east-1"),
        ("iam", "aws-cn", "cn-north-1"),
        ("iam", "aws-us-gov", "us-gov-west-1"),
        ("ec2", "aws", None),
        ("iam", "no-such-partition", None),
    ],
)
def test_a_service_that_a_partition_has_once_is_at_home_in_one_region(
    service: str, partition: str, region: str | None
) -> None:
    assert home_region(service, partition) == region
