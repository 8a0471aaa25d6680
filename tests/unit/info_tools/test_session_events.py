"""The events of a role session: all of them, wherever they are, and a gap for each region that could not be read."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sandbox.aws.trail.event import Event
from services.info_tools.pace import Pace
from services.info_tools.tools.session_events import list_session_events
from services.info_tools.trail import lookup, session
from shared.aws.clients import Aws
from tests.fakes.trail import TrailClients, event

MakeAws = Callable[..., Aws]
NAME = "assistant-executor-pln_1"


@pytest.fixture(autouse=True)
def no_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "_PACE", Pace(0))


@pytest.fixture
def of_events(make_aws: MakeAws) -> Callable[..., Aws]:
    def make(*events: Event, denied: tuple[str, ...] = (), regions: tuple[str, ...] = ("eu-west-1",)) -> Aws:
        aws = make_aws(regions=regions)
        clients = TrailClients(denied=frozenset(denied))
        for one in events:
            clients.history.add(one)
        return Aws(aws.session, aws.deadline, cache=clients)

    return make


def of_session(name: str, session_name: str = NAME, **more: Any) -> Event:
    arn = f"arn:aws:sts::123456789012:assumed-role/assistant/{session_name}"
    identity = {"type": "AssumedRole", "arn": arn, "accountId": "123456789012", "userName": session_name}
    return event(name, identity=identity | more.pop("identity", {}), **more)


def found(aws: Aws, *names: str, since: float | None = None, **more: Any) -> Any:
    return list_session_events(aws, list(names or (NAME,)), since or time.time() - 7200, **more)


def test_all_events_of_the_session_are_told_reads_too_and_nobody_elses(of_events: MakeAws) -> None:
    made = of_session("CreateBucket", region="eu-west-1")
    read = of_session("HeadBucket", region="eu-west-1", read_only=True)
    others = (of_session("DeleteBucket", f"{NAME}x", region="eu-west-1"), event("CreateUser", region="eu-west-1"))
    answer = found(of_events(made, read, *others))
    assert {(one.event_name, one.read_only, one.session_name) for one in answer.events} == {
        ("CreateBucket", False, NAME),
        ("HeadBucket", True, NAME),
    }
    one = next(one for one in answer.events if one.event_name == "CreateBucket")
    assert (one.request_id, one.source_address, one.user_agent) == ("r-1", "203.0.113.7", "aws-cli/2")


def test_the_home_of_global_services_and_the_named_regions_are_searched_too(of_events: MakeAws) -> None:
    events = [of_session(f"Create{number}", region=region) for number, region in enumerate(("us-east-1", "ap-south-1"))]
    answer = found(of_events(*events), regions=["ap-south-1"])
    assert set(answer.regions_searched) == {"eu-west-1", "ap-south-1", "us-east-1"}
    assert len(answer.events) == 2


def test_several_sessions_are_told_apart(of_events: MakeAws) -> None:
    dry = f"{NAME}-dry"
    events = (of_session("CreateBucket", region="eu-west-1"), of_session("RunInstances", dry, region="eu-west-1"))
    answer = found(of_events(*events), NAME, dry)
    assert {(one.event_name, one.session_name) for one in answer.events} == {
        ("CreateBucket", NAME),
        ("RunInstances", dry),
    }


def test_who_called_for_the_session_is_told(of_events: MakeAws) -> None:
    service = {"invokedBy": "cloudformation.amazonaws.com"}
    answer = found(of_events(of_session("CreateQueue", region="eu-west-1", identity=service)))
    assert answer.events[0].invoked_by == "cloudformation.amazonaws.com"


def test_a_region_that_denies_is_a_gap_and_the_others_are_told(of_events: MakeAws) -> None:
    aws = of_events(of_session("CreateBucket", region="eu-west-1"), denied=("us-east-1",))
    answer = found(aws)
    assert [(gap.code, gap.region) for gap in aws.gaps] == [("aws_access_denied", "us-east-1")]
    assert (answer.regions_searched, len(answer.events)) == (("eu-west-1",), 1)


def test_where_every_region_denies_there_are_gaps_and_no_error(of_events: MakeAws) -> None:
    aws = of_events(denied=("us-east-1", "eu-west-1"))
    answer = found(aws)
    assert {gap.region for gap in aws.gaps} == {"us-east-1", "eu-west-1"}
    assert (answer.regions_searched, answer.events) == ((), ())


def test_more_events_than_are_read_are_a_gap(of_events: MakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "MAX_EVENTS", 50)
    aws = of_events(*(of_session(f"Create{number}", region="eu-west-1") for number in range(120)))
    answer = found(aws)
    assert [(gap.code, gap.region) for gap in aws.gaps] == [("event_limit", "eu-west-1")]
    assert len(answer.events) == 50


def test_an_event_that_several_regions_show_is_told_once(of_events: MakeAws) -> None:
    here = of_session("CreateRole", region="us-east-1")
    there = replace(here, region="eu-west-1")
    assert len(found(of_events(here, there)).events) == 1
