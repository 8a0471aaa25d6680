"""A region is one of a partition, and of all of them together."""

from __future__ import annotations

from shared.regions import all_regions, regions_of


def test_a_partition_has_its_own_regions_and_no_others() -> None:
    assert {"eu-central-1", "us-east-1"} <= set(regions_of("aws"))
    assert "cn-north-1" not in regions_of("aws")
    assert "cn-north-1" in regions_of("aws-cn")
    assert regions_of("no-such-partition") == ()


def test_all_regions_are_those_of_every_partition() -> None:
    assert {"eu-central-1", "us-gov-west-1", "cn-north-1"} <= all_regions()
    assert "eu-nowhere-1" not in all_regions()
