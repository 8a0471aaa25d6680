"""A plan's evidence over REST and on its page: asked of two agents, compared here, an alarm recorded once."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from services.orchestrator.gateway import Gateway
from services.orchestrator.plans.evidence.service import BEFORE_SECONDS
from services.orchestrator.sessions.session import Session
from shared.errors import AssistantError, Unavailable
from shared.messages import Gap, Identity, ToolResult
from shared.plans.plan import Plan
from shared.plans.step import ProposedStep
from tests.fakes.browser import Browser
from tests.fakes.workers import FakeDispatcher
from tests.unit.orchestrator.conftest import ACCOUNT, CALLER, STRANGER, FakeExecutor

STEPS = [ProposedStep(operation="create_s3_bucket", arguments={"bucket_name": "b", "region": "eu-west-1"})]
ROLE = Identity(account=ACCOUNT, caller_arn=CALLER, role_arn=f"arn:aws:iam::{ACCOUNT}:role/r", region="eu-central-1")
EVIL = 'x"><script>alert(1)</script>\u202e'


class Workers:
    """Answers for the informational agent and the executor: what AWS has, and what the journal has."""

    def __init__(self, dispatcher: FakeDispatcher) -> None:
        self.dispatcher = dispatcher
        self.events: list[dict[str, Any]] = []
        self.calls: list[dict[str, Any]] = []
        self.gaps: tuple[Gap, ...] = ()
        dispatcher.replies["list_session_events"] = self._events
        dispatcher.replies["list_journaled_calls"] = self._journal

    async def _events(self, arguments: dict[str, Any]) -> ToolResult:
        names = arguments["session_names"]
        found = {
            "session_names": names,
            "searched_from": arguments["since"],
            "asked_at": time.time(),
            "regions_searched": ["eu-central-1"],
            "events": [{"session_name": names[0], **event} for event in self.events],
        }
        return self._ok("info", "list_session_events", found, self.gaps)

    async def _journal(self, arguments: dict[str, Any]) -> ToolResult:
        found = {"plan_id": arguments["plan_id"], "calls": self.calls}
        return self._ok("executor", "list_journaled_calls", found)

    @staticmethod
    def _ok(agent: Any, tool: str, result: Any, gaps: tuple[Gap, ...] = ()) -> ToolResult:
        return ToolResult(
            call_id="c", agent=agent, tool=tool, status="ok", result=result, gaps=gaps, complete=not gaps,
            started_at=1.0, duration_ms=1,
        )  # fmt: skip

    def asked(self, tool: str) -> list[dict[str, Any]]:
        return [call.arguments for call in self.dispatcher.calls if call.tool == tool]


def an_event(request_id: str, name: str = "CreateBucket", **more: Any) -> dict[str, Any]:
    return {
        "event_id": f"E-{request_id}", "event_name": name, "event_source": "s3.amazonaws.com", "time": time.time(),
        "region": "eu-west-1", "request_id": request_id, "read_only": False, "invoked_by": None,
        "source_address": "203.0.113.7", "user_agent": "aws-cli/2", "error_code": None, **more,
    }  # fmt: skip


def a_call(request_id: str) -> dict[str, Any]:
    sent = [{"at": time.time(), "id": request_id, "status": 200}]
    return {
        "step": "s1", "service": "s3", "operation": "CreateBucket", "region": "eu-west-1", "state": "done",
        "sent": sent,
    }  # fmt: skip


@pytest.fixture
def workers(dispatcher: FakeDispatcher) -> Workers:
    return Workers(dispatcher)


async def a_plan(gateway: Gateway, executor: FakeExecutor, session: Session, **changes: Any) -> Plan:
    """A plan that has ended."""
    executor.changes = {"status": "done", "ended_at": time.time(), "identity": ROLE, "runs_in": session.session_id}
    executor.changes |= changes
    return await gateway.plans.propose(session, "a bucket", STEPS)


async def alarms_of(gateway: Gateway, session: Session) -> list[dict[str, Any]]:
    return [
        entry["data"]
        for _, entry in await gateway.audit.page(session.session_id, 0, 1000)
        if entry["kind"] == "plan.foreign_call"
    ]


async def test_a_plan_is_compared_under_its_own_role_sessions_in_its_account(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers
) -> None:
    client, session = signed_in
    plan = await a_plan(gateway, executor, session)
    workers.calls, workers.events = [a_call("R1")], [an_event("R1")]
    answer = await client.get(f"/v1/plans/{plan.plan_id}/evidence")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [(one["state"], one["request_id"]) for one in found["calls"]] == [("seen_by_both", "R1")]
    assert (found["verdict"], found["events"], found["complete"], found["gaps"]) == ("waiting", [], True, [])
    (asked,) = workers.asked("list_session_events")
    assert asked["session_names"] == [f"assistant-executor-{plan.plan_id}", f"assistant-executor-{plan.plan_id}-dry"]
    assert asked["accounts"] == [ACCOUNT]
    assert asked["since"] == plan.created_at - BEFORE_SECONDS
    assert set(asked["regions"]) == {"eu-central-1", "eu-west-1"}
    # The history was read first: what it has, the journal has by then.
    assert [call.tool for call in workers.dispatcher.calls[-2:]] == ["list_session_events", "list_journaled_calls"]


async def test_a_change_that_only_aws_has_is_in_the_audit_log_once(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers
) -> None:
    client, session = signed_in
    plan = await a_plan(gateway, executor, session)
    workers.calls = [a_call("R1")]
    workers.events = [an_event("R1"), an_event("R9", "DeleteBucket", source_address="198.51.100.9")]
    for _ in range(2):
        found = (await client.get(f"/v1/plans/{plan.plan_id}/evidence")).json()
        assert found["verdict"] == "alarm"
        assert [(one["kind"], one["event_name"]) for one in found["events"]] == [("only_by_aws", "DeleteBucket")]
    workers.events.append(an_event("R10", "PutBucketPolicy"))
    await asyncio.gather(*(client.get(f"/v1/plans/{plan.plan_id}/evidence") for _ in range(3)))
    alarms = await alarms_of(gateway, session)
    assert [(one["event_id"], one["event_name"]) for one in alarms] == [
        ("E-R9", "DeleteBucket"),
        ("E-R10", "PutBucketPolicy"),
    ]
    assert alarms[0]["plan_id"] == plan.plan_id
    assert alarms[0]["source_address"] == "198.51.100.9"


async def test_an_alarm_that_could_not_be_recorded_is_recorded_the_next_time(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, session = signed_in
    plan = await a_plan(gateway, executor, session)
    workers.events = [an_event("R9")]

    async def away(*_: Any, **__: Any) -> None:
        raise Unavailable("no log", code="audit_unavailable")

    with monkeypatch.context() as broken:
        broken.setattr(type(gateway.audit), "record", away)
        assert (await client.get(f"/v1/plans/{plan.plan_id}/evidence")).status_code == 503
        assert await gateway.evidence.last(plan.plan_id) is None
    assert (await client.get(f"/v1/plans/{plan.plan_id}/evidence")).status_code == 200
    assert len(await alarms_of(gateway, session)) == 1


@pytest.mark.parametrize("status", ["proposed", "running", "undoing"])
async def test_a_plan_that_goes_on_has_no_evidence_yet(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers, status: str
) -> None:
    client, session = signed_in
    plan = await a_plan(gateway, executor, session, status=status, ended_at=None)
    answer = await client.get(f"/v1/plans/{plan.plan_id}/evidence")
    assert (answer.status_code, answer.json()["code"]) == (409, "plan_not_ended")
    assert workers.asked("list_session_events") == []


async def test_a_plan_in_doubt_is_compared_since_a_person_has_to_decide_then(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers
) -> None:
    client, session = signed_in
    plan = await a_plan(gateway, executor, session, status="in_doubt")
    assert (await client.get(f"/v1/plans/{plan.plan_id}/evidence")).status_code == 200


async def test_regions_that_could_not_be_read_are_gaps_and_the_verdict_says_so(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers
) -> None:
    client, session = signed_in
    plan = await a_plan(gateway, executor, session)
    workers.gaps = (Gap(code="aws_access_denied", detail="cloudtrail:LookupEvents", region="us-east-1"),)
    found = (await client.get(f"/v1/plans/{plan.plan_id}/evidence")).json()
    assert (found["verdict"], found["complete"]) == ("incomplete", False)
    assert found["gaps"] == [{"code": "aws_access_denied", "detail": "cloudtrail:LookupEvents", "region": "us-east-1"}]


async def test_without_a_role_only_the_plans_own_calls_are_looked_for_and_the_answer_says_so(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers
) -> None:
    client, session = signed_in
    plan = await a_plan(gateway, executor, session, identity=ROLE.model_copy(update={"role_arn": None}))
    workers.calls, workers.events = [a_call("R1")], [an_event("R1"), an_event("R9", "DeleteBucket")]
    found = (await client.get(f"/v1/plans/{plan.plan_id}/evidence")).json()
    assert (found["verdict"], found["events"]) == ("incomplete", [])
    assert [one["code"] for one in found["gaps"]] == ["no_role_session"]
    assert workers.asked("list_session_events")[0]["session_names"] == [CALLER.rsplit("/", 1)[-1]]
    assert await alarms_of(gateway, session) == []


async def test_an_agent_that_does_not_answer_is_an_error_and_no_agreement(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers
) -> None:
    client, session = signed_in
    plan = await a_plan(gateway, executor, session)
    for tool in ("list_session_events", "list_journaled_calls"):
        kept, workers.dispatcher.replies[tool] = workers.dispatcher.replies[tool], Unavailable("away")
        assert (await client.get(f"/v1/plans/{plan.plan_id}/evidence")).status_code == 503
        workers.dispatcher.replies[tool] = kept
    assert await gateway.evidence.last(plan.plan_id) is None


async def test_a_strangers_plan_has_no_evidence(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers, open_session: Any
) -> None:
    _client, session = signed_in
    plan = await a_plan(gateway, executor, session)
    other, _ = await open_session(arn=STRANGER)
    with pytest.raises(AssistantError) as caught:
        await gateway.evidence.ask(other, plan.plan_id)
    assert caught.value.code == "plan_not_found"


async def test_the_page_in_text_is_what_the_answer_has_as_its_summary(
    signed_in: Any, gateway: Gateway, executor: FakeExecutor, workers: Workers
) -> None:
    client, session = signed_in
    plan = await a_plan(gateway, executor, session)
    workers.events = [an_event("R9", user_agent=EVIL)]
    page = await client.get(f"/v1/plans/{plan.plan_id}/evidence", headers={"Accept": "text/plain"})
    assert page.headers["content-type"].startswith("text/plain")
    assert "ALARM" in page.text
    assert all(line.startswith("▌") for line in page.text.splitlines())
    assert "\u202e" not in page.text
    assert "ALARM" in (await client.get(f"/v1/plans/{plan.plan_id}/evidence")).json()["summary"]


async def test_the_plans_page_shows_the_last_comparison_and_asks_for_another_on_a_click(
    visitor: tuple[Browser, Session], gateway: Gateway, executor: FakeExecutor, workers: Workers
) -> None:
    browser, session = visitor
    plan = await a_plan(gateway, executor, session)
    page = (await browser.get(f"/plans/{plan.plan_id}")).text
    assert "Compare its calls with AWS" in page
    assert 'id="evidence"' not in page
    workers.calls = [a_call("R1")]
    workers.events = [an_event("R1"), an_event(EVIL, EVIL, user_agent=EVIL, resources=[EVIL], source_address=EVIL)]
    answer = await browser.post(f"/plans/{plan.plan_id}/evidence")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/plans/{plan.plan_id}#evidence")
    page = (await browser.get(f"/plans/{plan.plan_id}")).text
    assert "ONLY AWS HAS IT" in page
    assert "AWS has it" in page
    assert "Asked " in page
    assert "<script>alert" not in page
    assert "\u202e" not in page


async def test_a_plan_that_goes_on_has_no_such_button(
    visitor: tuple[Browser, Session], gateway: Gateway, executor: FakeExecutor, workers: Workers
) -> None:
    browser, session = visitor
    plan = await a_plan(gateway, executor, session, status="running", ended_at=None)
    assert "Compare its calls with AWS" not in (await browser.get(f"/plans/{plan.plan_id}")).text
