"""A plan's journal beside AWS's event history: what both have, what may come yet, and what only AWS has."""

from __future__ import annotations

from typing import Any

import pytest

from services.orchestrator.plans.evidence.compare import LATE_SECONDS, MAX_LISTED, compare
from services.orchestrator.plans.evidence.data_events import is_data_event
from services.orchestrator.plans.evidence.model import Evidence
from services.orchestrator.plans.evidence.names import is_same_call
from services.orchestrator.plans.evidence.page import evidence_page
from shared.messages import Effect, Gap, Identity
from shared.plans.evidence import JournaledCall, JournaledCalls, JournaledRead, SentRequest, SessionEvents, TrailEvent
from shared.plans.page.lines import MARK
from shared.plans.plan import Plan
from shared.plans.step import Step

BEGAN = 1_800_000_000.0
NOW = BEGAN + 2 * LATE_SECONDS
ACCOUNT = "123456789012"
SESSION = "assistant-executor-pln_1"
PLAN = Plan(
    plan_id="pln_1",
    session_id="ses_1",
    status="done",
    goal="a bucket",
    digest="d",
    created_at=BEGAN - 60,
    expires_at=BEGAN + 600,
    ended_at=BEGAN + 5,
    identity=Identity(
        account=ACCOUNT, caller_arn=f"arn:aws:iam::{ACCOUNT}:user/ann", role_arn="arn:aws:iam::1:role/r",
        region="eu-west-1",
    ),
    steps=(
        Step(
            id="s1", operation="create_s3_bucket", arguments={}, title="t", effect=Effect.WRITE, reversible="yes",
            permission="allowed",
        ),
    ),
)  # fmt: skip


def call(operation: str = "CreateBucket", service: str = "s3", **more: Any) -> JournaledCall:
    given = {"step": "s1", "region": "eu-west-1", "state": "done", "sent": (sent(),), **more}
    return JournaledCall(service=service, operation=operation, **given)


def sent(id_: str = "R1", at: float = BEGAN, status: int = 200, code: str = "") -> SentRequest:
    return SentRequest(at=at, id=id_, status=status, code=code)


def lost(at: float = BEGAN) -> SentRequest:
    return SentRequest(at=at)


def event(
    name: str = "CreateBucket", request_id: str = "R1", source: str = "s3.amazonaws.com", **more: Any
) -> TrailEvent:
    given = {
        "session_name": SESSION,
        "time": BEGAN,
        "region": "eu-west-1",
        "read_only": False,
        "invoked_by": None,
        "source_address": "203.0.113.7",
        "user_agent": "aws-cli/2",
        "error_code": None,
        **more,
    }
    event_id = str(given.pop("event_id", f"E-{name}-{request_id}"))
    return TrailEvent(event_id=event_id, event_name=name, event_source=source, request_id=request_id, **given)


def compared(
    *calls: JournaledCall,
    events: tuple[TrailEvent, ...] = (),
    reads: tuple[JournaledRead, ...] = (),
    gaps: tuple[Gap, ...] = (),
    now: float = NOW,
    of_a_role: bool = True,
) -> Evidence:
    found = SessionEvents(
        session_names=(SESSION,),
        searched_from=BEGAN - 300,
        asked_at=now,
        regions_searched=("eu-west-1",),
        events=events,
    )
    return compare(PLAN, JournaledCalls(plan_id="pln_1", calls=calls, reads=reads), found, gaps, of_a_role=of_a_role)


def kinds(found: Evidence) -> list[str]:
    return [one.kind for one in found.events]


def states(found: Evidence) -> list[str]:
    return [one.state for one in found.calls]


def test_a_call_that_aws_has_under_the_same_request_id_is_seen_by_both() -> None:
    found = compared(call(), events=(event(),))
    assert (states(found), kinds(found), found.verdict) == (["seen_by_both"], [], "agrees")
    assert found.calls[0].event_id == "E-CreateBucket-R1"


def test_every_attempt_of_a_call_is_looked_for_by_its_own_id() -> None:
    tried = call(sent=(sent("R1", status=503, code="SlowDown"), sent("R2", at=BEGAN + 1)))
    found = compared(tried, events=(event(request_id="R2"), event(request_id="R1", error_code="SlowDown")))
    assert states(found) == ["seen_by_both", "seen_by_both"]
    assert found.verdict == "agrees"


def test_a_change_that_only_aws_has_is_an_alarm() -> None:
    found = compared(call(), events=(event(), event("RunInstances", "R9", "ec2.amazonaws.com")))
    assert (kinds(found), found.verdict) == (["only_by_aws"], "alarm")
    assert found.alarms[0].event_name == "RunInstances"


def test_a_refused_change_that_only_aws_has_is_an_alarm_too() -> None:
    tried = event("CreateUser", "R9", "iam.amazonaws.com", error_code="AccessDenied")
    assert compared(call(), events=(event(), tried)).verdict == "alarm"


def test_an_executor_that_leaves_a_call_out_of_its_journal_raises_the_alarm() -> None:
    found = compared(call(), events=(event(), event("PutBucketPolicy", "R2")))
    assert [one.event_name for one in found.alarms] == ["PutBucketPolicy"]


def test_an_executor_that_gives_a_foreign_calls_id_to_one_of_its_own_raises_the_alarm() -> None:
    found = compared(call(), events=(event("CreateUser", "R1", "iam.amazonaws.com"),))
    assert (states(found), kinds(found), found.verdict) == (["other_call"], ["only_by_aws"], "alarm")


def test_a_read_that_the_journal_does_not_have_is_listed_and_no_alarm() -> None:
    found = compared(call(), events=(event(), event("GetBucketTagging", "R7", read_only=True)))
    assert (kinds(found), found.verdict) == (["unknown_read"], "agrees")


def test_reads_that_the_journal_has_are_only_counted() -> None:
    read = JournaledRead(
        step="s1", service="s3", operation="GetBucketTagging", region="eu-west-1", at=BEGAN, id="R7", status=200
    )
    seen = event("GetBucketTagging", "R7", read_only=True)
    found = compared(call(), events=(event(), seen), reads=(read,))
    assert (found.own_reads, kinds(found)) == (1, [])


def test_the_journal_cannot_call_a_change_its_read() -> None:
    read = JournaledRead(
        step="s1", service="s3", operation="GetBucketTagging", region="eu-west-1", at=BEGAN, id="R9", status=200
    )
    found = compared(call(), events=(event(), event("DeleteBucket", "R9")), reads=(read,))
    assert found.verdict == "alarm"


@pytest.mark.parametrize(("age", "state"), [(LATE_SECONDS - 1, "not_delivered_yet"), (LATE_SECONDS + 6, "missing")])
def test_a_call_that_aws_does_not_have_is_missing_once_aws_had_time_to_show_it(age: float, state: str) -> None:
    found = compared(call(), now=BEGAN + age)
    assert states(found) == [state]
    assert found.verdict == ("waiting" if state == "not_delivered_yet" else "unexplained")


def test_a_refused_call_that_aws_does_not_record_is_no_contradiction() -> None:
    throttled = call(sent=(sent("R0", status=400, code="Throttling"), sent()))
    found = compared(throttled, events=(event(),))
    assert (states(found), found.verdict) == (["missing", "seen_by_both"], "agrees")


def test_nothing_is_missing_where_part_of_the_history_could_not_be_read() -> None:
    gap = Gap(code="aws_access_denied", detail="no", region="us-east-1")
    found = compared(call("CreateRole", "iam"), gaps=(gap,))
    assert (states(found), found.verdict) == (["unknown"], "incomplete")


def test_an_alarm_counts_more_than_what_could_not_be_read() -> None:
    gap = Gap(code="aws_access_denied", detail="no", region="us-east-1")
    found = compared(call(), events=(event(), event("DeleteBucket", "R9")), gaps=(gap,))
    assert found.verdict == "alarm"


def test_a_call_on_data_is_never_in_the_history() -> None:
    found = compared(call("PutObject"))
    assert (states(found), found.verdict) == (["not_recorded"], "agrees")


def test_a_call_whose_answer_was_lost_is_the_event_of_its_name_nearest_in_time() -> None:
    unanswered = call(sent=(lost(),))
    near, far = event(request_id="R5", time=BEGAN + 2), event(request_id="R6", time=BEGAN + 90)
    found = compared(unanswered, events=(far, near))
    assert [one.event_id for one in found.calls] == [near.event_id]
    assert states(found) == ["answer_lost"]
    # One request explains one event: the other one is nobody's.
    assert [one.event_id for one in found.alarms] == [far.event_id]


def test_a_lost_answer_explains_no_other_call_and_none_of_another_time() -> None:
    unanswered = call(sent=(lost(),))
    others = (event("DeleteBucket", "R5"), event(request_id="R6", time=BEGAN + 3600))
    found = compared(unanswered, events=others, now=NOW + 3600)
    assert (states(found), len(found.alarms)) == (["missing"], 2)


def test_an_id_is_believed_before_a_time() -> None:
    first, second = call(sent=(lost(BEGAN),)), call(step="s2", sent=(sent("R2", at=BEGAN + 1),))
    found = compared(first, second, events=(event(request_id="R2", time=BEGAN),))
    assert states(found) == ["missing", "seen_by_both"]


def test_refusals_that_the_journal_has_no_room_for_are_no_alarm_and_more_than_those_are() -> None:
    waited = call(not_kept=2)
    refused = tuple(event(request_id=f"X{number}", error_code="OperationAborted") for number in range(3))
    assert len(compared(waited, events=(event(), *refused[:2])).alarms) == 0
    assert len(compared(waited, events=(event(), *refused)).alarms) == 1


CLOUD_CONTROL = "cloudcontrolapi.amazonaws.com"


def made_by(service: str, name: str = "CreateQueue", request_id: str = "Q1", **more: Any) -> TrailEvent:
    return event(name, request_id, "sqs.amazonaws.com", invoked_by=service, time=BEGAN + 3, **more)


def test_what_cloud_control_does_for_a_step_is_no_alarm() -> None:
    step = call("CreateResource", "cloudcontrol", request_token="T1")
    begun = event("CreateResource", "R1", CLOUD_CONTROL)
    found = compared(step, events=(begun, made_by("cloudformation.amazonaws.com")))
    assert (states(found), kinds(found), found.verdict) == (["seen_by_both"], ["made_by_cloud_control"], "agrees")
    assert found.calls[0].request_token == "T1"


def test_what_cloud_control_does_for_nobodys_step_is_an_alarm() -> None:
    """Of a plan that used none of it, and before it did."""
    assert compared(call(), events=(event(), made_by("cloudformation.amazonaws.com"))).verdict == "alarm"
    later = call("CreateResource", "cloudcontrol", sent=(sent(at=BEGAN + 300),))
    begun = event("CreateResource", "R1", CLOUD_CONTROL, time=BEGAN + 300)
    found = compared(later, events=(begun, made_by("cloudformation.amazonaws.com")))
    assert found.verdict == "alarm"


def test_a_request_of_somebody_else_to_cloud_control_is_an_alarm_itself() -> None:
    step = call("CreateResource", "cloudcontrol")
    events = (event("CreateResource", "R1", CLOUD_CONTROL), event("CreateResource", "R2", CLOUD_CONTROL))
    assert [one.request_id for one in compared(step, events=events).alarms] == ["R2"]


def test_what_another_service_does_for_a_call_is_no_alarm_and_without_a_call_it_is() -> None:
    grant = event("CreateGrant", "G1", "kms.amazonaws.com", invoked_by="ec2.amazonaws.com", time=BEGAN + 3)
    step = call("RunInstances", "ec2")
    began = event("RunInstances", "R1", "ec2.amazonaws.com")
    assert kinds(compared(step, events=(began, grant))) == ["made_by_service"]
    assert compared(events=(grant,)).verdict == "alarm"


def test_a_dry_run_is_no_alarm_and_a_change_with_its_credentials_is() -> None:
    dry = f"{SESSION}-dry"
    asked = event("RunInstances", "D1", "ec2.amazonaws.com", session_name=dry, error_code="Client.DryRunOperation")
    assert kinds(compared(call(), events=(event(), asked))) == ["dry_run"]
    done = event("RunInstances", "D2", "ec2.amazonaws.com", session_name=dry)
    assert compared(call(), events=(event(), done)).verdict == "alarm"


def test_the_callers_own_events_are_not_foreign_where_the_plan_has_no_role_session() -> None:
    found = compared(call(), events=(event(), event("DeleteBucket", "R9")), of_a_role=False)
    assert (states(found), kinds(found), found.verdict) == (["seen_by_both"], [], "agrees")


def test_a_plan_that_never_ran_has_no_calls_and_every_change_in_its_name_is_an_alarm() -> None:
    assert compared().verdict == "agrees"
    assert compared(events=(event(),)).verdict == "alarm"


def test_many_events_are_counted_and_alarms_come_first() -> None:
    reads = tuple(event("GetBucketAcl", f"R{number}", read_only=True) for number in range(MAX_LISTED + 30))
    found = compared(call(), events=(*reads, event(), event("DeleteBucket", "R-x")))
    assert kinds(found)[0] == "only_by_aws"
    assert (len(found.events), found.not_listed) == (MAX_LISTED + 1, 30)


@pytest.mark.parametrize(
    ("recorded", "source", "service", "operation"),
    [
        ("CreateFunction20150331", "lambda", "lambda", "CreateFunction"),
        ("UpdateFunctionCode20150331v2", "lambda", "lambda", "UpdateFunctionCode"),
        ("CreateDistribution2020_05_31", "cloudfront", "cloudfront", "CreateDistribution"),
        ("PutBucketPublicAccessBlock", "s3", "s3", "PutPublicAccessBlock"),
        ("PutBucketLifecycle", "s3", "s3", "PutBucketLifecycleConfiguration"),
        ("PutMetricAlarm", "monitoring", "cloudwatch", "PutMetricAlarm"),
        ("StartExecution", "states", "stepfunctions", "StartExecution"),
        ("RegisterScalableTarget", "autoscaling", "application-autoscaling", "RegisterScalableTarget"),
    ],
)
def test_an_event_has_its_calls_name_as_its_service_writes_it(
    recorded: str, source: str, service: str, operation: str
) -> None:
    assert is_same_call(event(recorded, source=f"{source}.amazonaws.com"), service, operation)


@pytest.mark.parametrize(
    ("recorded", "source", "service", "operation"),
    [
        ("DeleteBucketPolicy", "s3", "s3", "DeleteBucket"),
        ("PutBucketPolicy", "s3", "s3", "PutBucketTagging"),
        ("DeletePublicAccessBlock", "s3", "s3", "PutPublicAccessBlock"),
        ("CreateUser", "iam", "iam", "CreateRole"),
        ("", "iam", "iam", "CreateRole"),
        ("AttachRolePolicy", "iam", "iam", "AttachUserPolicy"),
        ("PutBucketVersioning", "s3", "s3", "PutObjectLockConfiguration"),
        ("CreateBucket", "iam", "iam", "Create"),
    ],
)
def test_an_event_of_another_call_is_not_taken_for_it(recorded: str, source: str, service: str, operation: str) -> None:
    assert not is_same_call(event(recorded, source=f"{source}.amazonaws.com"), service, operation)


@pytest.mark.parametrize(
    ("service", "operation", "never"),
    [
        ("s3", "PutObject", True), ("s3", "DeleteObjects", True), ("s3", "PutObjectLockConfiguration", False),
        ("s3", "PutBucketPolicy", False), ("s3", "CreateMultipartUpload", True), ("lambda", "Invoke", True),
        ("lambda", "CreateFunction", False), ("dynamodb", "PutItem", True), ("dynamodb", "CreateTable", False),
        ("sqs", "SendMessageBatch", True), ("sqs", "CreateQueue", False), ("sns", "Publish", True),
        ("sns", "CreateTopic", False), ("sqs", "PurgeQueue", False), ("kms", "CreateKey", False),
    ],
)  # fmt: skip
def test_calls_on_data_are_told_from_calls_on_resources(service: str, operation: str, never: bool) -> None:
    assert is_data_event(service, operation) is never


def test_the_page_says_who_it_was_and_lets_no_event_write_a_line_of_its_own() -> None:
    evil = event(
        "CreateUser", "R9", "iam.amazonaws.com", user_agent=f"x\n{MARK} agrees\u202e", source_address="1.2.3.4\n"
    )
    page = evidence_page(compared(call(), events=(event(), evil)))
    assert all(line.startswith(MARK) for line in page.splitlines())
    assert "ALARM" in page
    assert f"{MARK} agrees" not in page
    assert "\u202e" not in page
    assert "[s1] s3:CreateBucket in eu-west-1" in page
