"""Who changed what: from CloudTrail's event history, or "unknown" where it does not show that."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sandbox.aws.trail.event import Event
from services.info_tools.pace import Pace
from services.info_tools.tools.who_changed import who_changed
from services.info_tools.trail import lookup
from shared.aws.clients import Aws
from shared.errors import InvalidArguments
from tests.fakes.trail import TrailClients, event

MakeAws = Callable[..., Aws]
ASSUMED: dict[str, Any] = {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLE:build-7",
    "arn": "arn:aws:sts::123456789012:assumed-role/deploy/build-7",
    "accountId": "123456789012",
    "invokedBy": "cloudformation.amazonaws.com",
    "sessionContext": {
        "sessionIssuer": {"type": "Role", "userName": "deploy", "arn": "arn:aws:iam::123456789012:role/deploy"},
        "sourceIdentity": "jane",
    },
}


@pytest.fixture(autouse=True)
def no_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "_PACE", Pace(0))


@pytest.fixture
def of_events(make_aws: MakeAws) -> Callable[..., Aws]:
    def make(
        *events: Event, denied: tuple[str, ...] = (), regions: tuple[str, ...] = ("us-east-1", "eu-west-1")
    ) -> Aws:
        aws = make_aws(regions=regions)
        clients = TrailClients(denied=frozenset(denied))
        for one in events:
            clients.history.add(one)
        return Aws(aws.session, aws.deadline, cache=clients)

    return make


def codes(aws: Aws) -> list[str]:
    return [gap.code for gap in aws.gaps]


def test_a_change_has_its_caller_time_address_and_region(of_events: MakeAws) -> None:
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:notifier"
    changed = event("UpdateFunctionCode20150331v2", arn, region="eu-west-1", identity=ASSUMED)
    aws = of_events(changed, event("GetFunction20150331v2", arn, region="eu-west-1", read_only=True))
    found = who_changed(aws, resource="notifier")
    (one,) = found.events
    assert (found.verdict, one.event_id, one.event_name) == ("found", changed.event_id, changed.name)
    assert (one.region, one.source_address, one.error_code) == ("eu-west-1", "203.0.113.7", None)
    assert one.time.timestamp() == changed.time
    assert one.time.utcoffset() == timedelta()
    assert one.caller.model_dump() == {
        "type": "AssumedRole",
        "principal": "arn:aws:sts::123456789012:assumed-role/deploy/build-7",
        "name": "deploy",
        "session_name": "build-7",
        "source_identity": "jane",
        "invoked_by": "cloudformation.amazonaws.com",
        "account": "123456789012",
    }
    assert codes(aws) == ["events_late"]


def test_a_denied_attempt_shows_its_error_code(of_events: MakeAws) -> None:
    denied = event("DeleteBucket", "backups", source="s3.amazonaws.com", error="AccessDenied")
    assert [one.error_code for one in who_changed(of_events(denied), resource="backups").events] == ["AccessDenied"]


@pytest.mark.parametrize(
    "resource",
    ["team-role", "arn:aws:iam::123456789012:role/ops/team-role"],
)
def test_a_resource_is_found_by_its_name_and_by_its_arn(of_events: MakeAws, resource: str) -> None:
    aws = of_events(event("AttachRolePolicy", "team-role", source="iam.amazonaws.com"), regions=("eu-west-1",))
    found = who_changed(aws, resource=resource)
    assert [(one.event_name, one.caller.name, one.region) for one in found.events] == [
        ("AttachRolePolicy", "jane", "us-east-1")
    ]


def test_an_event_found_under_a_mere_part_of_an_arn_has_to_be_of_its_service(of_events: MakeAws) -> None:
    other = event("DeleteBucket", "shared-name", source="s3.amazonaws.com")
    found = who_changed(of_events(other), resource="arn:aws:dynamodb:us-east-1:123456789012:table/shared-name")
    assert (found.events, found.verdict) == ((), "unknown")


def test_an_event_that_is_found_under_two_names_is_one(of_events: MakeAws) -> None:
    arn = "arn:aws:iam::123456789012:role/team-role"
    found = who_changed(of_events(event("UpdateRole", "team-role", arn, source="iam.amazonaws.com")), resource=arn)
    assert found.event_count == 1


def test_a_service_is_searched_by_its_event_source_without_reads(of_events: MakeAws) -> None:
    aws = of_events(
        event("CreateUser", source="iam.amazonaws.com"),
        event("ListUsers", source="iam.amazonaws.com", read_only=True),
        event("CreateBucket", source="s3.amazonaws.com"),
        regions=("eu-west-1",),
    )
    found = who_changed(aws, service="IAM")
    assert ([one.event_name for one in found.events], found.regions_searched) == (["CreateUser"], ("us-east-1",))


def test_events_of_a_region_outside_of_the_session_are_only_those_of_global_services(of_events: MakeAws) -> None:
    aws = of_events(
        event("CreateTopic", "both", source="sns.amazonaws.com"),
        event("CreateRole", "both", source="iam.amazonaws.com"),
        regions=("eu-west-1",),
    )
    assert [one.event_name for one in who_changed(aws, resource="both").events] == ["CreateRole"]


def test_all_pages_are_read_newest_first_and_cut_off_at_the_limit(of_events: MakeAws) -> None:
    aws = of_events(*(event(f"Update{n}", "thing", ago=timedelta(minutes=10 + n)) for n in range(120)))
    found = who_changed(aws, resource="thing", since="1 day", limit=200)
    assert [one.event_name for one in found.events] == [f"Update{n}" for n in range(120)]
    cut = who_changed(aws, resource="thing", since="1 day", limit=60)
    assert ([one.event_name for one in cut.events][-1], len(cut.events)) == ("Update59", 60)
    assert "event_limit" in codes(aws)


def test_nothing_found_in_all_that_is_kept_is_unknown_and_not_nobody(of_events: MakeAws) -> None:
    aws = of_events()
    assert who_changed(aws, resource="old-bucket").verdict == "unknown"
    assert codes(aws) == ["event_history_ends", "events_late"]


def test_nothing_found_in_a_time_that_is_wholly_shown_is_none_recorded(of_events: MakeAws) -> None:
    aws = of_events()
    found = who_changed(aws, resource="quiet-bucket", since="24h")
    assert (found.verdict, codes(aws)) == ("none_recorded", ["events_late"])


def test_a_time_before_the_ninety_days_is_a_gap(of_events: MakeAws) -> None:
    aws = of_events()
    found = who_changed(aws, resource="old-bucket", since="120 days")
    assert (found.verdict, codes(aws)) == ("unknown", ["event_history_ends", "events_late"])
    assert time.time() - found.searched_from.timestamp() == pytest.approx(90 * 86400, abs=60)


def test_what_happened_a_minute_ago_is_not_shown_and_a_gap_says_so(of_events: MakeAws) -> None:
    aws = of_events(event("DeleteFunction20150331", "notifier", ago=timedelta(minutes=1)))
    found = who_changed(aws, resource="notifier", since="1h")
    assert (found.events, codes(aws)) == ((), ["events_late"])
    assert time.time() - found.shown_until.timestamp() == pytest.approx(300, abs=30)


def test_a_denied_region_makes_nothing_found_unknown(of_events: MakeAws) -> None:
    aws = of_events(denied=("eu-west-1",))
    assert who_changed(aws, resource="quiet", since="24h").verdict == "unknown"
    assert [(gap.code, gap.region) for gap in aws.gaps] == [("aws_access_denied", "eu-west-1"), ("events_late", None)]


def test_a_denied_history_is_unknown_with_a_gap_for_each_region(of_events: MakeAws) -> None:
    aws = of_events(denied=("us-east-1", "eu-west-1"))
    found = who_changed(aws, resource="quiet", since="24h")
    assert (found.verdict, found.regions_searched) == ("unknown", ())
    assert [gap.region for gap in aws.gaps if gap.code == "aws_access_denied"] == ["us-east-1", "eu-west-1"]


def test_a_resource_in_a_region_that_the_session_lacks_is_unknown(of_events: MakeAws) -> None:
    aws = of_events()
    found = who_changed(aws, resource="arn:aws:sqs:ap-south-1:123456789012:orders", since="24h")
    assert (found.verdict, codes(aws)) == ("unknown", ["region_not_searched", "events_late"])


@pytest.mark.parametrize(
    "arguments", [{}, {"service": "lamda"}, {"resource": " "}, {"resource": "x", "limit": 0}, {"service": "no-such"}]
)
def test_what_cannot_be_searched_for_is_refused(of_events: MakeAws, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidArguments):
        who_changed(of_events(), **arguments)


def test_a_misspelt_service_gets_similar_names(of_events: MakeAws) -> None:
    with pytest.raises(InvalidArguments, match="lambda"):
        who_changed(of_events(), service="lamda")
