"""Reading many places at once: nothing is silently missing, and a total failure is not an empty answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from services.info_tools.aws import in_region, read_each
from services.info_tools.tools.ec2 import list_ec2_instances
from shared.aws.clients import CLIENT_CONFIG, Aws
from shared.catalog import CATALOG
from shared.errors import AwsError, DeadlineExceeded, Forbidden, InvalidArguments, Unauthenticated
from tests.unit.info_tools.conftest import ScriptedClients

MakeAws = Callable[..., Aws]
Failing = Callable[..., Any]


def test_a_region_that_is_denied_is_a_gap(make_aws: MakeAws, failing: Failing) -> None:
    aws = make_aws(script=failing("UnauthorizedOperation", "DescribeInstances", region="eu-west-1"))
    found = list_ec2_instances(aws)
    assert found.regions_searched == ("us-east-1", "eu-central-1")
    assert [(gap.code, gap.region) for gap in aws.gaps] == [("aws_access_denied", "eu-west-1")]


def test_all_regions_denied_is_an_error_and_not_an_empty_list(make_aws: MakeAws, failing: Failing) -> None:
    with pytest.raises(Forbidden) as raised:
        list_ec2_instances(make_aws(script=failing("UnauthorizedOperation", "DescribeInstances")))
    assert raised.value.code == "aws_access_denied"


def test_an_opt_in_region_that_is_not_enabled_is_a_gap(make_aws: MakeAws, failing: Failing) -> None:
    aws = make_aws(script=failing("AuthFailure", "DescribeInstances", region="eu-west-1"))
    list_ec2_instances(aws)
    assert [(gap.code, gap.region) for gap in aws.gaps] == [("region_not_enabled", "eu-west-1")]


def test_asking_for_nothing_but_a_region_that_is_not_enabled_says_so(make_aws: MakeAws, failing: Failing) -> None:
    aws = make_aws(script=failing("AuthFailure", "DescribeInstances", region="eu-west-1"))
    with pytest.raises(AwsError) as raised:
        list_ec2_instances(aws, regions=["eu-west-1"])
    assert raised.value.code == "region_not_enabled"


def test_credentials_unknown_everywhere_are_an_error(make_aws: MakeAws, failing: Failing) -> None:
    ec2, sts = failing("AuthFailure", "DescribeInstances"), failing("InvalidClientTokenId", "GetCallerIdentity")
    with pytest.raises(Unauthenticated) as raised:
        list_ec2_instances(make_aws(script=lambda call: ec2(call) or sts(call)))
    assert raised.value.code == "credentials_invalid"


def test_one_service_does_not_condemn_credentials_that_sts_accepts(make_aws: MakeAws, failing: Failing) -> None:
    aws = make_aws(script=failing("AuthFailure", "DescribeInstances"))
    with pytest.raises(AwsError) as raised:
        list_ec2_instances(aws)
    assert raised.value.code == "service_refuses_credentials"
    # Asked once, however many regions refuse.
    assert isinstance(aws.cache, ScriptedClients)
    assert [call.operation for call in aws.cache.calls].count("GetCallerIdentity") == 1


def test_credentials_that_expire_on_the_way_are_an_error(make_aws: MakeAws, failing: Failing) -> None:
    aws = make_aws(script=failing("ExpiredToken", "DescribeInstances", region="eu-west-1"))
    with pytest.raises(Unauthenticated) as raised:
        list_ec2_instances(aws)
    assert raised.value.code == "credentials_expired"


def test_what_is_not_read_by_the_deadline_is_a_gap(make_aws: MakeAws) -> None:
    aws = make_aws(seconds=1.3)
    release = threading.Event()

    def read(region: str) -> str:
        if region == "eu-west-1":
            release.wait(10)
        return region

    found = read_each(aws, aws.regions(), read, place=in_region)
    release.set()
    assert [region for region, _ in found] == ["us-east-1", "eu-central-1"]
    assert [(gap.code, gap.region) for gap in aws.gaps] == [("deadline", "eu-west-1")]


def test_no_time_at_all_is_an_error(make_aws: MakeAws) -> None:
    with pytest.raises(DeadlineExceeded):
        list_ec2_instances(make_aws(seconds=1.1))


def test_regions_outside_the_session_are_refused(make_aws: MakeAws) -> None:
    with pytest.raises(InvalidArguments, match="sa-east-1"):
        list_ec2_instances(make_aws(), regions=["sa-east-1"])


def test_a_bug_in_a_reader_is_not_a_gap(make_aws: MakeAws) -> None:
    def read(region: str) -> str:
        raise KeyError(region)

    with pytest.raises(KeyError):
        read_each(make_aws(), ["us-east-1"], read, place=in_region)


def test_an_aws_that_is_silent_is_told_before_the_time_of_a_tool_that_lists_is_over() -> None:
    tries, longest_pauses = CLIENT_CONFIG.retries["total_max_attempts"], 1 + 2 + 4
    silent = tries * CLIENT_CONFIG.read_timeout + longest_pauses
    assert silent < min(entry.timeout for entry in CATALOG if entry.agent == "info" and entry.name.startswith("list_"))
