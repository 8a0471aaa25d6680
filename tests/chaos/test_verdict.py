"""The verdict finds what is wrong, each kind of wrong, and nothing where all is well."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

import pytest

from tests.chaos.aws_proxy import Effect
from tests.chaos.aws_wire import Call
from tests.chaos.runner import Record
from tests.chaos.verdict import Seen, Verdict, judge

BUCKET = "chaos-00001-b"
MADE = ("s3:CreateBucket", BUCKET, "")
TAKEN = ("s3:DeleteBucket", BUCKET, "")


def plan_of(status: str = "done", step: str = "done", operation: str = "create_s3_bucket") -> dict[str, Any]:
    arguments = {"bucket_name": BUCKET, "region": "us-east-1"}
    steps = [{"id": "b", "operation": operation, "arguments": arguments, "status": step}]
    return {"plan_id": "pln_1", "goal": "a bucket", "status": status, "steps": steps}


def verdict_of(
    plan: dict[str, Any],
    *effects: tuple[str, str, str],
    there: bool = True,
    approved: bool = True,
    entries: list[dict[str, Any]] | None = None,
    faults: tuple[str, ...] = (),
) -> Verdict:
    record = Record("pln_1", "ses_1", "bucket", approved_at=1.0 if approved else 0.0, ended_at=9.0)
    happened = []
    for name, resource, detail in effects:
        service, _, operation = name.partition(":")
        happened.append(Effect(Call(service, operation, resource, detail), sent=5.0, answered=5.1))
    if entries is None:
        decided = {"kind": "plan.decided", "time": 3000, "data": {"plan_id": "pln_1", "decision": "approve"}}
        entries = [decided, {"kind": "step.intent", "time": 4000, "data": {"plan_id": "pln_1", "step_id": "b"}}]
    resources = Counter([MADE] if there else [])
    return judge(
        Seen(
            {"pln_1": record}, [plan], happened, resources, "chaos", {"ses_1": (list(faults), entries)}, hidden={BUCKET}
        )
    )


def test_a_plan_whose_effects_happened_once_is_good() -> None:
    assert verdict_of(plan_of(), MADE).good
    assert verdict_of(plan_of("failed", "undone"), MADE, TAKEN, there=False).good
    assert verdict_of(plan_of("rejected", "pending"), there=False, approved=False).good


def test_a_second_effect_is_doubled() -> None:
    assert verdict_of(plan_of(), MADE, MADE).doubled
    assert verdict_of(plan_of("failed", "undone"), MADE, TAKEN, TAKEN, there=False).doubled


def test_a_step_that_says_done_and_is_not_is_lost() -> None:
    verdict = verdict_of(plan_of(), there=False)
    assert verdict.lost_effects
    assert verdict.wrong_state


def test_a_step_in_doubt_may_have_happened_once_and_is_counted() -> None:
    for effects in ((), (MADE,)):
        verdict = verdict_of(plan_of("in_doubt", "in_doubt"), *effects, there=bool(effects))
        assert verdict.good
        assert verdict.in_doubt
    assert verdict_of(plan_of("in_doubt", "in_doubt"), MADE, MADE).doubled


@pytest.mark.parametrize("status", ["skipped", "pending"])
def test_an_effect_of_a_step_that_never_began_is_unapproved(status: str) -> None:
    assert verdict_of(plan_of("failed", status), MADE).unapproved


def test_an_effect_of_no_plan_is_unapproved() -> None:
    assert verdict_of(plan_of(), MADE, ("iam:CreateRole", "chaos-00077-r", "")).unapproved


def test_a_plan_that_ran_without_an_approval_is_unapproved() -> None:
    assert verdict_of(plan_of(), MADE, approved=False).unapproved


def test_a_failed_step_that_left_its_resource_is_found() -> None:
    assert verdict_of(plan_of("failed", "failed"), MADE).unbalanced


def test_a_plan_that_never_ended_is_lost() -> None:
    assert verdict_of(plan_of("running", "running"), MADE).lost_plans


VOLUME = "chaos-00002-v0"
MADE_VOLUME = ("cloudcontrol:CreateResource", VOLUME, "AWS::EC2::Volume")
TAKEN_VOLUME = ("cloudcontrol:DeleteResource", VOLUME, "AWS::EC2::Volume")
MESSAGE = ("sqs:SendMessage", "chaos-00003-q0", "")


def seen_of(step: dict[str, Any], status: str, *effects: Any, there: list[Any], **more: Any) -> Seen:
    """A run of one plan with one step, of which a person approved."""
    plan = {"plan_id": "pln_1", "goal": "a change", "status": status, "steps": [{"id": "one", **step}]}
    happened = []
    for name, resource, detail in effects:
        service, _, operation = name.partition(":")
        happened.append(Effect(Call(service, operation, resource, detail), sent=5.0, answered=5.1))
    record = Record("pln_1", "ses_1", "shape", approved_at=1.0, ended_at=9.0)
    return Seen({"pln_1": record}, [plan], happened, Counter(there), "chaos", **more)


def volume(status: str, **more: Any) -> dict[str, Any]:
    properties = {"AvailabilityZone": "us-east-1a", "Size": 1, "Tags": [{"Key": "Name", "Value": VOLUME}]}
    arguments = {"type_name": "AWS::EC2::Volume", "properties": properties}
    return {"operation": "create_aws_resource", "arguments": arguments, "status": status, **more}


def message(status: str, **more: Any) -> dict[str, Any]:
    parameters = {"QueueUrl": "http://127.0.0.1/1/chaos-00003-q0", "MessageBody": "once"}
    arguments = {"service": "sqs", "operation": "SendMessage", "parameters": parameters}
    return {"operation": "change_aws", "arguments": arguments, "status": status, **more}


def test_a_resource_that_is_there_twice_is_found_although_one_request_was_counted() -> None:
    assert judge(seen_of(volume("done"), "done", MADE_VOLUME, there=[MADE_VOLUME])).good
    assert judge(seen_of(volume("done"), "done", MADE_VOLUME, there=[MADE_VOLUME] * 2)).wrong_state
    assert judge(seen_of(volume("undone"), "failed", MADE_VOLUME, TAKEN_VOLUME, there=[])).good


def test_a_call_that_says_failed_and_happened_is_found() -> None:
    assert judge(seen_of(message("failed"), "failed", MESSAGE, there=[])).unbalanced
    assert judge(seen_of(message("failed"), "failed", there=[])).good
    assert judge(seen_of(message("done"), "done", MESSAGE, MESSAGE, there=[MESSAGE] * 2)).doubled


@pytest.mark.parametrize(
    ("step", "call", "allowed"), [(message, "sqs:SendMessage", True), (volume, "cloudcontrol:CreateResource", False)]
)
def test_a_doubt_is_right_only_where_aws_shows_nothing(step: Any, call: str, allowed: bool) -> None:
    error = {"code": "in_doubt", "detail": f"{call} was sent for this step at 12:00, and whether it happened …"}
    verdict = judge(seen_of(step("in_doubt", error=error), "in_doubt", there=[]))
    assert bool(verdict.doubts) is not allowed
    assert verdict.in_doubt


def test_a_doubt_is_right_where_aws_let_nobody_look() -> None:
    error = {"code": "in_doubt", "detail": "Whether this step (cloudcontrol:CreateResource) happened is unknown"}
    seen = seen_of(volume("in_doubt", error=error), "in_doubt", there=[])
    assert judge(seen).doubts
    assert not judge(dataclasses.replace(seen, hidden={VOLUME})).doubts


def test_a_doubt_that_a_person_resolved_counts_too() -> None:
    seen = seen_of(volume("done"), "done", MADE_VOLUME, there=[MADE_VOLUME])
    seen.records["pln_1"].doubts.append(("one", "cloudcontrol:CreateResource"))
    assert judge(seen).doubts


def test_a_request_that_did_not_come_through_the_proxy_is_unapproved() -> None:
    assert judge(seen_of(volume("skipped"), "failed", there=[], elsewhere=["not seen by the proxy"])).unapproved


def test_an_effect_before_its_intent_or_its_approval_is_an_audit_fault() -> None:
    late = {"kind": "step.intent", "time": 6000, "data": {"plan_id": "pln_1", "step_id": "b"}}
    decided = {"kind": "plan.decided", "time": 3000, "data": {"plan_id": "pln_1", "decision": "approve"}}
    assert verdict_of(plan_of(), MADE, entries=[decided, late]).audit
    assert verdict_of(plan_of(), MADE, entries=[late | {"time": 4000}]).audit


def test_a_broken_chain_is_an_audit_fault() -> None:
    assert verdict_of(plan_of(), MADE, faults=("entry 3 is gone",)).audit
