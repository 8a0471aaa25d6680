"""Fences at the informational agent: every call of AWS that they leave out is refused, whoever asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from services.info_tools.aws import in_region, read_each
from services.info_tools.tools import toolbox
from shared.aws.clients import Aws
from shared.errors import Forbidden
from shared.sessions.fences import Fences, Perimeter

MakeAws = Callable[..., Aws]


def fenced(aws: Aws, **fences: Any) -> Aws:
    return replace(aws, perimeter=Perimeter.of(Fences.model_validate(fences)))


def test_a_service_outside_is_not_called(make_aws: MakeAws) -> None:
    aws = fenced(make_aws(), services=["s3"])
    toolbox["list_s3_buckets"].call(aws, {})
    with pytest.raises(Forbidden) as raised:
        toolbox["list_ec2_instances"].call(aws, {})
    assert raised.value.code == "service_outside_fence"
    assert "DescribeInstances" not in {call.operation for call in aws.cache.calls}  # type: ignore[attr-defined]


def test_a_part_that_is_outside_is_a_gap(make_aws: MakeAws) -> None:
    aws = fenced(make_aws(), regions=["us-*"])
    found = toolbox["list_ec2_instances"].call(aws, {})
    assert found.regions_searched == ("us-east-1",)
    assert {(gap.code, gap.region) for gap in aws.gaps} == {
        ("region_outside_fence", "eu-west-1"),
        ("region_outside_fence", "eu-central-1"),
    }


def test_pages_waiters_and_a_hostile_tool_meet_the_fence_too(make_aws: MakeAws) -> None:
    aws = fenced(make_aws(), operations=["ec2:DescribeRegions"])
    client = aws.client("ec2", "us-east-1")
    for call in (
        lambda: list(client.get_paginator("describe_instances").paginate()),
        lambda: client.get_waiter("instance_running").wait(),
        lambda: client._make_api_call("DescribeInstances", {}),
        lambda: aws.of_account(aws.info.account).client("ec2").describe_instances(),
    ):
        with pytest.raises(Forbidden) as raised:
            call()
        assert raised.value.code == "operation_outside_fence"


def test_an_account_outside_is_not_entered(make_aws: MakeAws) -> None:
    aws = fenced(make_aws(), accounts=["999999999999"])
    with pytest.raises(Forbidden) as raised:
        aws.of_account(aws.info.account)
    assert raised.value.code == "account_outside_fence"


def test_who_am_i_is_answered_whatever_is_fenced(make_aws: MakeAws) -> None:
    aws = fenced(make_aws(), services=["s3"], regions=["eu-*"])
    assert toolbox["get_caller_identity"].call(aws, {}).account == "123456789012"


def test_reads_of_other_regions_inside_go_on(make_aws: MakeAws) -> None:
    aws = fenced(make_aws(), regions=["eu-*"])
    found = read_each(
        aws,
        aws.regions(),
        lambda region: aws.client("lambda", region).list_functions()["Functions"],
        place=in_region,
    )
    assert [region for region, _ in found] == ["eu-west-1", "eu-central-1"]
