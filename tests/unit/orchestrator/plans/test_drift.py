"""A plan's drift over REST and on its page: compared by the executor, by whom from the event history."""

from __future__ import annotations

import time
from typing import Any

import pytest

from services.orchestrator.gateway import Gateway
from services.orchestrator.sessions.session import Session
from shared.errors import AssistantError, Forbidden
from shared.messages import Identity, ToolResult
from shared.plans.drift import MAX_RESOURCES
from shared.plans.plan import Plan
from shared.plans.step import ProposedStep
from tests.fakes.browser import Browser
from tests.fakes.workers import FakeDispatcher
from tests.unit.orchestrator.conftest import ACCOUNT, CALLER, STRANGER, FakeExecutor

STEPS = [ProposedStep(operation="create_s3_bucket", arguments={"bucket_name": "b", "region": "eu-west-1"})]
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/team/assistant"
ROLE = Identity(account=ACCOUNT, caller_arn=CALLER, role_arn=ROLE_ARN, region="eu-central-1")
EVIL = 'x"><script>alert(1)</script>\u202e'
LEFT_AT = time.time() - 3600


def a_step(step: str = "s1", state: str = "changed", **more: Any) -> dict[str, Any]:
    differs = {"why": "somebody has changed tags", "values": [{"path": "/Tags/owner", "left": None, "now": "ann"}]}
    return {
        "step": step, "operation": "create_s3_bucket", "undone": False, "left_at": LEFT_AT, "state": state,
        "compares": "its tags", "names": ["arn:aws:s3:::b"], "region": "eu-west-1",
        **(differs if state == "changed" else {}), **more,
    }  # fmt: skip


def an_event(name: str = "PutBucketTagging", **more: Any) -> dict[str, Any]:
    return {
        "event_id": f"E-{name}", "event_name": name, "event_source": "s3.amazonaws.com", "time": LEFT_AT + 60,
        "region": "eu-west-1", "principal": STRANGER, "name": "stranger", "session_name": None, "invoked_by": None,
        "source_address": "203.0.113.7", "request_id": "R1", **more,
    }  # fmt: skip


def by_plan(plan: Plan, role: str = "assistant", **more: Any) -> dict[str, Any]:
    name = f"assistant-executor-{plan.plan_id}"
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}"
    return an_event(principal=arn, name=role, session_name=name, **more)


class Workers:
    """Answers for the executor and the informational agent."""

    def __init__(self, dispatcher: FakeDispatcher) -> None:
        self.dispatcher = dispatcher
        self.steps: list[dict[str, Any]] = [a_step()]
        self.events: list[dict[str, Any]] = [an_event()]
        self.verdict = "found"
        dispatcher.replies["compare_plan"] = self._compared
        dispatcher.replies["list_changes_since"] = self._changes

    async def _compared(self, arguments: dict[str, Any]) -> ToolResult:
        found = {"plan_id": arguments["plan_id"], "looked_at": time.time(), "steps": self.steps}
        return self._ok("executor", "compare_plan", found)

    async def _changes(self, arguments: dict[str, Any]) -> ToolResult:
        found = [
            {"id": one["id"], "verdict": self.verdict, "events": self.events, "more": 0}
            for one in arguments["resources"]
        ]
        now = time.time()
        return self._ok("info", "list_changes_since", {"asked_at": now, "shown_until": now - 300, "resources": found})

    @staticmethod
    def _ok(agent: Any, tool: str, result: Any) -> ToolResult:
        return ToolResult(
            call_id="c", agent=agent, tool=tool, status="ok", result=result, started_at=1.0, duration_ms=1
        )

    def asked(self, tool: str) -> list[dict[str, Any]]:
        return [call.arguments for call in self.dispatcher.calls if call.tool == tool]


@pytest.fixture
def workers(dispatcher: FakeDispatcher) -> Workers:
    return Workers(dispatcher)


async def a_plan(gateway: Gateway, executor: FakeExecutor, session: Session, **changes: Any) -> Plan:
    """A plan that has ended; each of another goal, so that there may be several."""
    executor.changes = {"status": "done", "ended_at": LEFT_AT, "identity": ROLE, "runs_in": session.session_id}
    executor.changes |= changes
    return await gateway.plans.propose(session, changes.get("goal", "a bucket"), STEPS)


async def drift_of(client: Any, plan: Plan) -> dict[str, Any]:
    answer = await client.get(f"/v1/plans/{plan.plan_id}/drift")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def entries(gateway: Gateway, session: Session, kind: str) -> list[dict[str, Any]]:
    page = await gateway.audit.page(session.session_id, 0, 1000)
    return [entry["data"] for _, entry in page if entry["kind"] == kind]


async def test_what_differs_is_told_with_who_changed_it(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers
) -> None:
    client, session = signed_in
    plan = await a_plan(gateway, executor, session)
    found = await drift_of(client, plan)
    assert (found["verdict"], found["complete"]) == ("drifted", True)
    assert found["counts"] == {"as_left": 0, "changed": 1, "gone": 0, "unknown": 0}
    [step] = found["steps"]
    assert (step["state"], step["title"]) == ("changed", plan.steps[0].title)
    assert [(one["path"], one["left"], one["now"]) for one in step["values"]] == [("/Tags/owner", None, "ann")]
    [event] = step["by_whom"]["events"]
    assert (event["event_name"], event["principal"], event["request_id"]) == ("PutBucketTagging", STRANGER, "R1")
    assert "plan_id" not in event
    assert [gap["code"] for gap in found["gaps"]] == ["events_late"]
    [asked] = workers.asked("list_changes_since")
    assert asked["accounts"] == [ACCOUNT]
    assert asked["resources"] == [{"id": "s1", "names": ["arn:aws:s3:::b"], "since": LEFT_AT, "region": "eu-west-1"}]


async def test_where_nothing_differs_nobody_is_asked_for(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers
) -> None:
    client, session = signed_in
    workers.steps = [a_step(state="as_left"), a_step("s2", state="unknown", why="denied", code="aws_access_denied")]
    found = await drift_of(client, await a_plan(gateway, executor, session))
    assert (found["verdict"], found["complete"], found["gaps"]) == ("not_certain", False, [])
    assert found["steps"][1]["code"] == "aws_access_denied"
    assert workers.asked("list_changes_since") == []
    workers.steps = [a_step(state="as_left")]
    assert (await drift_of(client, await a_plan(gateway, executor, session)))["verdict"] == "as_left"


async def test_a_later_plan_of_the_same_owner_is_named(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers
) -> None:
    client, session = signed_in
    later = await a_plan(gateway, executor, session, goal="later", ended_at=time.time())
    plan = await a_plan(gateway, executor, session)
    workers.events = [by_plan(later)]
    [event] = (await drift_of(client, plan))["steps"][0]["by_whom"]["events"]
    assert event["plan_id"] == later.plan_id


@pytest.mark.parametrize("role", ["another", "team"])
async def test_a_session_of_another_role_is_no_plan_whatever_it_is_called(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers, role: str
) -> None:
    client, session = signed_in
    later = await a_plan(gateway, executor, session, goal="later", ended_at=time.time())
    plan = await a_plan(gateway, executor, session)
    workers.events = [by_plan(later, role=role), by_plan(plan, role=role, time=LEFT_AT)]
    events = (await drift_of(client, plan))["steps"][0]["by_whom"]["events"]
    assert len(events) == 2
    assert not any("plan_id" in event for event in events)


async def test_another_owners_plan_is_not_named(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers, open_session: Any
) -> None:
    client, session = signed_in
    stranger, _ = await open_session(arn=STRANGER)
    theirs = await a_plan(gateway, executor, stranger)
    plan = await a_plan(gateway, executor, session)
    workers.events = [by_plan(theirs)]
    [event] = (await drift_of(client, plan))["steps"][0]["by_whom"]["events"]
    assert "plan_id" not in event
    assert event["session_name"] == f"assistant-executor-{theirs.plan_id}"


async def test_what_the_plan_itself_did_before_it_ended_changed_nothing_since(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers
) -> None:
    client, session = signed_in
    plan = await a_plan(gateway, executor, session)
    undo = await a_plan(gateway, executor, session, goal="undo", undoes=plan.plan_id)
    workers.events = [by_plan(plan, time=LEFT_AT - 1), by_plan(undo, time=LEFT_AT - 1)]
    history = (await drift_of(client, plan))["steps"][0]["by_whom"]
    assert (history["verdict"], history["events"]) == ("none_recorded", [])
    workers.events = [by_plan(plan, time=LEFT_AT + 60)]
    [event] = (await drift_of(client, plan))["steps"][0]["by_whom"]["events"]
    assert event["plan_id"] == plan.plan_id


async def test_a_history_that_cannot_be_read_is_a_gap_and_the_drift_is_told(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers
) -> None:
    client, session = signed_in
    workers.dispatcher.replies["list_changes_since"] = Forbidden("no", code="service_outside_fence")
    found = await drift_of(client, await a_plan(gateway, executor, session))
    assert (found["verdict"], found["complete"]) == ("drifted", False)
    assert found["steps"][0]["by_whom"]["verdict"] == "unknown"
    assert [gap["code"] for gap in found["gaps"]] == ["service_outside_fence"]


async def test_nobody_in_the_history_comes_with_what_the_history_never_has(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers
) -> None:
    client, session = signed_in
    workers.verdict, workers.events = "none_recorded", []
    found = await drift_of(client, await a_plan(gateway, executor, session))
    assert [gap["code"] for gap in found["gaps"]] == ["events_late", "data_events_not_recorded"]
    assert found["complete"] is True


async def test_no_more_resources_are_asked_about_than_there_is_time_for(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers
) -> None:
    client, session = signed_in
    workers.steps = [a_step(f"s{number}") for number in range(MAX_RESOURCES + 1)] + [a_step("nameless", names=[])]
    found = await drift_of(client, await a_plan(gateway, executor, session))
    [asked] = workers.asked("list_changes_since")
    assert len(asked["resources"]) == MAX_RESOURCES
    assert [step["by_whom"]["verdict"] for step in found["steps"][-2:]] == ["unknown", "unknown"]
    assert "name" in found["steps"][-1]["by_whom"]["unread"]


async def test_each_look_is_in_the_audit_log_without_any_value(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers
) -> None:
    client, session = signed_in
    plan = await a_plan(gateway, executor, session)
    await drift_of(client, plan)
    [entry] = await entries(gateway, session, "plan.drift_read")
    assert entry == {"plan_id": plan.plan_id, "verdict": "drifted", "steps": {"s1": "changed"}}


async def test_the_plan_itself_stays_as_it_is(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers
) -> None:
    client, session = signed_in
    plan = await a_plan(gateway, executor, session)
    before = (await client.get(f"/v1/plans/{plan.plan_id}")).json()
    await drift_of(client, plan)
    assert (await client.get(f"/v1/plans/{plan.plan_id}")).json() == before


@pytest.mark.parametrize("status", ["proposed", "approved", "running", "undoing"])
async def test_a_plan_that_has_not_ended_is_not_compared(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers, status: str
) -> None:
    client, session = signed_in
    plan = await a_plan(gateway, executor, session, status=status, ended_at=None)
    refused = await client.get(f"/v1/plans/{plan.plan_id}/drift")
    assert (refused.status_code, refused.json()["code"]) == (409, "plan_not_ended")
    assert workers.asked("compare_plan") == []


async def test_a_plan_of_somebody_else_is_not_there(signed_in: Any, workers: Workers) -> None:
    client, _ = signed_in
    assert (await client.get("/v1/plans/pln_other/drift")).status_code == 404


async def test_a_failure_of_the_executor_is_the_answer(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers
) -> None:
    client, session = signed_in
    plan = await a_plan(gateway, executor, session)
    workers.dispatcher.replies["compare_plan"] = AssistantError("no", code="plan_of_newer_version", status=409)
    refused = await client.get(f"/v1/plans/{plan.plan_id}/drift")
    assert (refused.status_code, refused.json()["code"]) == (409, "plan_of_newer_version")


async def test_the_page_in_words_shows_texts_of_others_between_quotation_marks(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers
) -> None:
    client, session = signed_in
    plan = await a_plan(gateway, executor, session)
    workers.steps = [
        a_step(values=[{"path": "/Tags/a", "left": "b", "now": EVIL}, {"path": "/Environment", "hidden": True}]),
        a_step("s2", state="gone", why="the bucket b is gone already", values=[], names=[]),
    ]
    workers.events = [an_event(), an_event(EVIL, invoked_by="cloudformation.amazonaws.com", principal=EVIL)]
    answer = await client.get(f"/v1/plans/{plan.plan_id}/drift", headers={"Accept": "text/plain"})
    page = answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    assert all(line.startswith("▌") for line in page.rstrip("\n").split("\n"))
    assert "Not everything is as the plan left it." in page
    assert "is now" in page
    assert "may hold a secret" in page
    assert f"By {STRANGER}: PutBucketTagging at" in page
    assert "\u202e" not in page
    assert page.rstrip("\n").count("\n") == (await drift_of(client, plan))["summary"].rstrip("\n").count("\n")


async def test_a_persons_page_shows_it_on_a_click_and_escapes_texts_of_others(
    visitor: tuple[Browser, Session], gateway: Gateway, executor: FakeExecutor, workers: Workers
) -> None:
    browser, session = visitor
    later = await a_plan(gateway, executor, session, goal="later", ended_at=time.time())
    plan = await a_plan(gateway, executor, session)
    workers.steps = [a_step(values=[{"path": "/Tags/a", "left": "b", "now": EVIL}], why=EVIL)]
    workers.events = [an_event(EVIL, principal=EVIL), by_plan(later)]
    shown = await browser.get(f"/plans/{plan.plan_id}")
    assert f'action="/plans/{plan.plan_id}/drift"' in shown.text
    answer = await browser.post(f"/plans/{plan.plan_id}/drift")
    assert answer.status_code == 200, answer.text
    assert "Not everything is as the plan left it" in answer.text
    assert f'href="/plans/{later.plan_id}"' in answer.text
    assert "<script>alert" not in answer.text
    assert "\u202e" not in answer.text


async def test_a_plan_that_has_not_ended_offers_no_comparison(
    visitor: tuple[Browser, Session], gateway: Gateway, executor: FakeExecutor
) -> None:
    browser, session = visitor
    plan = await a_plan(gateway, executor, session, status="proposed", ended_at=None)
    assert f"/plans/{plan.plan_id}/drift" not in (await browser.get(f"/plans/{plan.plan_id}")).text
