"""Who changed some resources since a time: under every name that they have, else in their service's events."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sandbox.aws.trail.event import Event
from services.info_tools.pace import Pace
from services.info_tools.tools.changes_since import list_changes_since
from services.info_tools.trail import lookup
from shared.aws.clients import Aws
from shared.plans.drift import MAX_EVENTS, ChangesSince, ResourceChanges, ResourceSince
from tests.fakes.trail import TrailClients, event

MakeAws = Callable[..., Aws]
BUCKET, QUEUE = "arn:aws:s3:::acme", "arn:aws:sqs:eu-west-1:123456789012:orders"
S3, SQS = "s3.amazonaws.com", "sqs.amazonaws.com"
HERE: dict[str, Any] = {"region": "eu-west-1", "source": S3}


@pytest.fixture(autouse=True)
def no_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "_PACE", Pace(0))


@pytest.fixture
def of_events(make_aws: MakeAws) -> Callable[..., Aws]:
    def make(*events: Event, denied: tuple[str, ...] = ()) -> Aws:
        aws = make_aws(regions=("eu-west-1", "us-east-1"))
        clients = TrailClients(denied=frozenset(denied))
        for one in events:
            clients.history.add(one)
        return Aws(aws.session, aws.deadline, cache=clients)

    return make


def of(*names: str, ago: float = 7200, region: str | None = "eu-west-1", id: str = "s1") -> ResourceSince:
    return ResourceSince(id=id, names=names, since=time.time() - ago, region=region)


def found(aws: Aws, *resources: ResourceSince) -> list[ResourceChanges]:
    answer: ChangesSince = list_changes_since(aws, list(resources))
    assert [one.id for one in answer.resources] == [one.id for one in resources]
    return list(answer.resources)


def test_a_change_is_found_under_a_name_within_the_arn_with_who_made_it(of_events: MakeAws) -> None:
    [one] = found(of_events(event("PutBucketPolicy", "acme", **HERE)), of(BUCKET))
    [change] = one.events
    assert one.verdict == "found"
    assert (change.event_name, change.principal, change.name, change.request_id, change.source_address) == (
        "PutBucketPolicy",
        "arn:aws:iam::123456789012:user/jane",
        "jane",
        "r-1",
        "203.0.113.7",
    )


def test_reads_refused_calls_and_what_happened_before_are_no_changes(of_events: MakeAws) -> None:
    aws = of_events(
        event("GetBucketPolicy", "acme", read_only=True, **HERE),
        event("DeleteBucketPolicy", "acme", error="AccessDenied", **HERE),
        event("CreateBucket", "acme", ago=timedelta(hours=3), **HERE),
        event("CreateFunction20150331", "acme", region="eu-west-1"),
    )
    [one] = found(aws, of(BUCKET))
    assert (one.verdict, one.events, one.unread) == ("none_recorded", (), None)


def test_what_the_history_has_under_no_name_is_found_by_what_the_record_says(of_events: MakeAws) -> None:
    changed = replace(
        event("SetQueueAttributes", source=SQS, region="eu-west-1"),
        parameters={"queueUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"},
    )
    other = replace(
        event("DeleteQueue", source=SQS, region="eu-west-1"),
        parameters={"queueUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/orders-2"},
    )
    names = (QUEUE, "https://sqs.eu-west-1.amazonaws.com/123456789012/orders")
    [one] = found(of_events(changed, other), of(*names))
    assert [change.event_name for change in one.events] == ["SetQueueAttributes"]


def test_one_event_under_several_names_is_told_once(of_events: MakeAws) -> None:
    url = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"
    [one] = found(of_events(event("TagQueue", QUEUE, url, "orders", source=SQS, region="eu-west-1")), of(QUEUE, url))
    assert len(one.events) == 1


def test_a_roles_events_are_in_the_home_of_global_services(of_events: MakeAws) -> None:
    changed = event("AttachRolePolicy", "reader", source="iam.amazonaws.com", region="us-east-1")
    [one] = found(of_events(changed), of("arn:aws:iam::123456789012:role/reader", region=None))
    assert [change.event_name for change in one.events] == ["AttachRolePolicy"]


def test_without_a_region_every_one_of_the_session_is_asked(of_events: MakeAws) -> None:
    changed = event("PutBucketTagging", "acme", source=S3, region="us-east-1")
    [one] = found(of_events(changed), of(BUCKET, region=None))
    assert one.verdict == "found"


def test_what_is_denied_is_unknown_and_the_others_are_told(of_events: MakeAws) -> None:
    changed = event("PutBucketTagging", "acme", source=S3, region="us-east-1")
    aws = of_events(changed, denied=("eu-west-1",))
    denied, told = found(aws, of("arn:aws:s3:::other"), of(BUCKET, region="us-east-1", id="s2"))
    assert (denied.verdict, "eu-west-1" in str(denied.unread)) == ("unknown", True)
    assert (told.verdict, told.unread) == ("found", None)


def test_what_no_time_is_left_for_is_unknown(of_events: MakeAws) -> None:
    aws = of_events(event("PutBucketPolicy", "acme", **HERE))
    aws.deadline = 0
    [one] = found(aws, of(BUCKET))
    assert (one.verdict, one.events) == ("unknown", ())
    assert one.unread


def test_only_so_many_events_are_told_and_the_others_counted(of_events: MakeAws) -> None:
    events = [
        event(f"PutBucketPolicy{n}", "acme", ago=timedelta(minutes=10 + n), **HERE) for n in range(MAX_EVENTS + 3)
    ]
    [one] = found(of_events(*events), of(BUCKET))
    assert (len(one.events), one.more) == (MAX_EVENTS, 3)
    assert one.events[0].event_name == "PutBucketPolicy0"


def test_before_what_aws_keeps_nothing_can_be_seen(of_events: MakeAws) -> None:
    [one] = found(of_events(), of(BUCKET, ago=91 * 24 * 3600))
    assert (one.verdict, "90 days" in str(one.unread)) == ("unknown", True)
