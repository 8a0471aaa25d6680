"""The page of a plan in a browser: everything of it is shown, and what is decided there is what REST decides."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from services.orchestrator.gateway import Gateway
from services.orchestrator.sessions.session import Session
from services.orchestrator.web.views.plan.parts import follow_plan, version_of
from services.orchestrator.web.visit import Visit
from services.orchestrator.workers.worlds import Seen
from shared.messages import Effect, Finding
from shared.plans.acknowledging import to_acknowledge, with_ids
from shared.plans.plan import Plan, Review
from shared.plans.step import ProposedStep
from tests.fakes.browser import Browser
from tests.unit.orchestrator.conftest import FakeExecutor, OpenSession

FINDINGS = with_ids(
    "pln_1",
    (
        Finding(code="full_access_policy", severity="high", message="it allows everything", step="s1"),
        Finding(code="deletes_data", severity="medium", message="1,205 objects are lost", step="s1"),
        Finding(code="region_outside_session", severity="low", message="elsewhere"),
    ),
)
ASKED = to_acknowledge(FINDINGS, {"s1": "team-a"})
EVIL = 'x"><script>alert(1)</script>\u202e\u200b'


async def propose(gateway: Gateway, session: Session, *steps: ProposedStep, goal: str = "a bucket") -> Plan:
    given = steps or (ProposedStep(operation="create_s3_bucket", arguments={"bucket_name": "team-a"}),)
    return await gateway.plans.propose(session, goal, given)


def text_of(page: str) -> str:
    """The page's words without its marks, as a person sees them."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


async def test_the_page_says_first_what_changes_where_and_then_what_is_grave(
    visitor: tuple[Browser, Session], gateway: Gateway, executor: FakeExecutor
) -> None:
    browser, session = visitor
    executor.changes = {"findings": FINDINGS, "acknowledge": ASKED}
    gateway.worlds.see(Seen(aws="real"))
    plan = await propose(gateway, session)
    page = (await browser.get(f"/plans/{plan.plan_id}")).text
    places = [
        page.index(words)
        for words in (
            "<h1>a step</h1>",
            "in account 123456789012, eu-central-1, for real",
            "See this first",
            "it allows everything",
            "1,205 objects are lost",
            "Steps",
            plan.digest,
        )
    ]
    assert places[:5] == sorted(places[:5])
    assert "elsewhere" in page
    assert 'class="badge real"' in page


async def test_a_plan_is_approved_with_what_was_acknowledged_and_not_without(
    visitor: tuple[Browser, Session], gateway: Gateway, executor: FakeExecutor
) -> None:
    browser, session = visitor
    executor.changes = {"findings": FINDINGS, "acknowledge": ASKED}
    plan = await propose(gateway, session)
    full, lost = FINDINGS[0].id, FINDINGS[1].id
    await browser.get(f"/plans/{plan.plan_id}")
    wrong: list[dict[str, Any]] = [
        {},
        {"acknowledged": full},
        {"acknowledged": full, f"typed.{lost}": "team-b"},
        {"acknowledged": [full, lost]},
        {f"typed.{lost}": "team-a"},
    ]
    for given in wrong:
        refused = await browser.post(f"/plans/{plan.plan_id}/approve", {"digest": plan.digest} | given)
        assert refused.status_code == 409
        assert "not_acknowledged" in refused.text
    stale = await browser.post(f"/plans/{plan.plan_id}/approve", {"digest": "0" * 64, "acknowledged": full})
    assert "digest_mismatch" in stale.text
    assert (await gateway.plans.get(session, plan.plan_id)).status == "proposed"
    given = {"digest": plan.digest, "acknowledged": full, f"typed.{lost}": "team-a"}
    approved = await browser.post(f"/plans/{plan.plan_id}/approve", given)
    assert (approved.status_code, approved.headers["location"]) == (303, f"/plans/{plan.plan_id}")
    page = (await browser.get(f"/plans/{plan.plan_id}")).text
    assert f'Decided by</dt><dd class="arn">{session.caller_arn}' in page


async def test_refusals_of_decisions_are_in_the_audit_as_over_rest(
    visitor: tuple[Browser, Session], gateway: Gateway, executor: FakeExecutor
) -> None:
    browser, session = visitor
    plan = await propose(gateway, session)
    await browser.post(f"/plans/{plan.plan_id}/approve", {"digest": "0" * 64})
    entries = [entry for _, entry in await gateway.audit.page(session.session_id, 0, 100)]
    assert ("denied", "digest_mismatch") in [(entry["kind"], entry["data"].get("code")) for entry in entries]


@pytest.mark.parametrize("way", ["approve", "reject", "cancel", "undo", "resolve", "edit", "narrow"])
async def test_nothing_is_decided_without_the_token_of_this_browsers_page(
    visitor: tuple[Browser, Session], gateway: Gateway, executor: FakeExecutor, way: str
) -> None:
    browser, session = visitor
    plan = await propose(gateway, session)
    for given in ({"csrf": ""}, {"csrf": "a" * 43}):
        refused = await browser.post(f"/plans/{plan.plan_id}/{way}", {"digest": plan.digest} | given)
        assert refused.status_code == 403
    foreign = await browser.post(f"/plans/{plan.plan_id}/{way}", {"digest": plan.digest}, Origin="http://evil.example")
    assert foreign.status_code == 403
    assert (await gateway.plans.get(session, plan.plan_id)).status == "proposed"


async def test_rejecting_and_withdrawing(
    visitor: tuple[Browser, Session], gateway: Gateway, executor: FakeExecutor
) -> None:
    browser, session = visitor
    for way, status in (("reject", "rejected"), ("cancel", "cancelled")):
        plan = await propose(gateway, session)
        decided = await browser.post(f"/plans/{plan.plan_id}/{way}", {"reason": "not now"})
        assert decided.status_code == 303
        page = await browser.get(f"/plans/{plan.plan_id}")
        assert f">{status}</span>" in page.text
        assert "/approve" not in page.text


async def test_what_a_person_undoes_by_the_pages_button_is_no_programs(
    visitor: tuple[Browser, Session], gateway: Gateway, executor: FakeExecutor, dispatcher: Any
) -> None:
    browser, session = visitor
    plan = await propose(gateway, session)
    done = tuple(one.model_copy(update={"status": "done"}) for one in plan.steps)
    await executor.store(plan.model_copy(update={"status": "done", "steps": done}))
    assert (await browser.post(f"/plans/{plan.plan_id}/undo")).status_code == 303
    (call,) = [one for one in dispatcher.calls if one.tool == "prepare_undo"]
    assert not call.arguments.get("by_program")


async def test_an_edit_changes_what_was_changed_and_shows_what_is_different(
    visitor: tuple[Browser, Session], gateway: Gateway, executor: FakeExecutor, dispatcher: Any
) -> None:
    browser, session = visitor
    steps = [
        ProposedStep(
            id=name, operation="create_s3_bucket", arguments={"bucket_name": f"team-{name}", "region": "eu-west-1"}
        )
        for name in ("a", "b")
    ]
    plan = await propose(gateway, session, *steps)
    form = (await browser.get(f"/plans/{plan.plan_id}/edit")).text
    assert 'name="argument.1.bucket_name" value="team-a"' in form
    fields = {"argument.1.bucket_name": "team-z", "argument.1.region": "eu-west-1", "left_out": "2"}
    edited = await browser.post(f"/plans/{plan.plan_id}/edit", fields)
    assert edited.status_code == 303
    asked = next(call for call in dispatcher.calls if call.tool == "prepare_edit").arguments
    assert (asked["remove"], asked["arguments"]) == (["b"], {"a": {"bucket_name": "team-z"}})
    page = text_of((await browser.get(edited.headers["location"])).text)
    assert 'removed: "team-a"' in page
    assert 'added: "team-z"' in page
    assert "edited form of another plan" in page


async def test_an_edit_that_is_no_json_or_holds_a_key_is_refused(
    visitor: tuple[Browser, Session], gateway: Gateway, executor: FakeExecutor
) -> None:
    browser, session = visitor
    role = ProposedStep(operation="create_iam_role", arguments={"name": "r", "policy_document": {"Statement": []}})
    plan = await propose(gateway, session, role)
    broken = await browser.post(f"/plans/{plan.plan_id}/edit", {"argument.1.policy_document": "{nope"})
    assert broken.status_code == 422
    key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzKEY"
    secret = await browser.post(
        f"/plans/{plan.plan_id}/edit", {"argument.1.description": f"AKIAABCDEFGHIJKLMNOP {key}"}
    )
    assert secret.status_code == 422
    assert "secret_in" in secret.text
    assert key not in secret.text
    assert (await gateway.plans.get(session, plan.plan_id)).status == "proposed"


async def test_the_narrower_policy_is_taken_over_as_an_edit(
    visitor: tuple[Browser, Session], gateway: Gateway, executor: FakeExecutor, dispatcher: Any
) -> None:
    browser, session = visitor
    narrow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
    executor.changes = {
        "review": Review(status="reviewed", verdict="concerns", summary="wide", suggested_policy=narrow)
    }
    plan = await propose(
        gateway,
        session,
        ProposedStep(id="role", operation="create_iam_role", arguments={"name": "reader", "policy_document": {}}),
        ProposedStep(
            id="policy",
            operation="assign_policy_to_role",
            arguments={
                "role_name": {"$from": "role.role_name"},
                "policy_arn": "arn:aws:iam::aws:policy/AmazonS3FullAccess",
            },
        ),
    )
    page = text_of((await browser.get(f"/plans/{plan.plan_id}")).text)
    assert "Use the narrower policy" in page
    edited = await browser.post(f"/plans/{plan.plan_id}/narrow")
    assert edited.status_code == 303
    asked = next(call for call in dispatcher.calls if call.tool == "prepare_edit").arguments
    assert (asked["remove"], asked["arguments"]) == (["policy"], {"role": {"permissions": narrow}})


async def test_a_step_in_doubt_is_answered_on_the_page(
    visitor: tuple[Browser, Session], gateway: Gateway, executor: FakeExecutor
) -> None:
    browser, session = visitor
    plan = await propose(gateway, session)
    steps = tuple(step.model_copy(update={"status": "in_doubt"}) for step in plan.steps)
    await executor.store(
        plan.model_copy(update={"status": "in_doubt", "ended_at": plan.created_at + 1, "steps": steps})
    )
    page = (await browser.get(f"/plans/{plan.plan_id}")).text
    assert "Did it happen?" in page
    nothing = await browser.post(f"/plans/{plan.plan_id}/resolve", {"step": "s1", "then": "continue"})
    assert nothing.status_code == 422
    said = await browser.post(f"/plans/{plan.plan_id}/resolve", {"step": "s1", "happened": "no", "then": "stop"})
    assert said.status_code == 303
    again = await browser.post(f"/plans/{plan.plan_id}/resolve", {"step": "s1", "happened": "yes", "then": "stop"})
    assert again.status_code == 409


async def test_nothing_that_others_wrote_is_markup_or_unseen(
    visitor: tuple[Browser, Session], gateway: Gateway, executor: FakeExecutor
) -> None:
    browser, session = visitor
    evil = Finding(code="x", severity="high", message=EVIL, step="s1")
    findings = with_ids("p", (evil,))
    executor.changes = {
        "findings": findings,
        "acknowledge": to_acknowledge(findings, {}),
        "review": Review(status="reviewed", verdict="concerns", summary=EVIL, suggestions=(EVIL,)),
        "ended_because": EVIL,
    }
    step = ProposedStep(operation="create_s3_bucket", arguments={EVIL: EVIL, "policy": {EVIL: [EVIL]}})
    plan = await propose(gateway, session, step, goal=EVIL)
    for path in (f"/plans/{plan.plan_id}", f"/plans/{plan.plan_id}/edit", "/plans"):
        page = (await browser.get(path)).text
        assert "<script>alert" not in page
        assert not re.search(r'="[^"]*"><script', page)
        if not path.endswith("edit"):
            assert "\u202e" not in page
            assert "\u200b" not in page


async def test_a_plan_of_another_owner_is_not_there(
    visitor: tuple[Browser, Session], gateway: Gateway, executor: FakeExecutor, open_session: OpenSession
) -> None:
    browser, _ = visitor
    other, _ = await open_session("arn:aws:iam::123456789012:user/stranger")
    plan = await propose(gateway, other)
    for path in ("", "/edit", "/text", "/live"):
        assert (await browser.get(f"/plans/{plan.plan_id}{path}")).status_code == 404
    assert plan.plan_id not in (await browser.get("/plans")).text


async def test_plans_are_listed_by_status(
    visitor: tuple[Browser, Session], gateway: Gateway, executor: FakeExecutor
) -> None:
    browser, session = visitor
    first, second = await propose(gateway, session), await propose(gateway, session)
    await browser.post(f"/plans/{first.plan_id}/reject")
    page = (await browser.get("/plans?status=proposed")).text
    assert second.plan_id in page
    assert first.plan_id not in page
    assert (await browser.get("/plans?status=nonsense")).status_code == 422
    assert (await browser.get("/plans?status=")).status_code == 200


async def test_what_changes_comes_as_events_until_the_plan_has_ended(
    visitor: tuple[Browser, Session], gateway: Gateway, executor: FakeExecutor
) -> None:
    browser, session = visitor
    plan = await propose(gateway, session)
    visit = Visit(session, browser.csrf, "")
    events = follow_plan(gateway, visit, plan.plan_id, version_of(plan))
    assert await anext(events) is None  # nothing has changed since the page was made
    review = Review(status="reviewed", verdict="dangerous", summary="it has come")
    await executor.store(plan.model_copy(update={"review": review}))
    came = await anext(events)
    assert came is not None
    assert b"it has come" in came
    assert b'hx-target="#plan-review"' in came
    assert b'hx-target="#plan-decide"' not in came  # what a person is about to send is left alone
    await browser.post(f"/plans/{plan.plan_id}/reject")
    rest = [event async for event in events if event is not None]
    assert b"rejected" in rest[0]
    assert b"event: done" in rest[-1]


async def test_a_browser_that_comes_back_gets_what_it_has_missed_and_nothing_twice(
    visitor: tuple[Browser, Session], gateway: Gateway, executor: FakeExecutor
) -> None:
    browser, session = visitor
    plan = await propose(gateway, session)
    seen = version_of(plan)
    await browser.post(f"/plans/{plan.plan_id}/reject")
    missed = (await browser.get(f"/plans/{plan.plan_id}/live?seen={seen}")).text
    assert missed.count("data: <hx-partial") + missed.count("data:<hx-partial") >= 1
    last = re.findall(r"^id: ?(.+)$", missed, re.MULTILINE)[-1]
    again = (await browser.get(f"/plans/{plan.plan_id}/live?seen={seen}", **{"Last-Event-ID": last})).text
    assert "hx-partial" not in again
    assert "event: done" in again


async def test_the_stream_ends_with_the_session(
    visitor: tuple[Browser, Session], gateway: Gateway, executor: FakeExecutor
) -> None:
    browser, session = visitor
    plan = await propose(gateway, session)
    events = follow_plan(gateway, Visit(session, browser.csrf, ""), plan.plan_id, version_of(plan))
    assert await anext(events) is None
    await gateway.sessions.close(session)
    assert b"event: done" in (await anext(events) or b"")


async def test_links_into_awss_console_are_of_what_was_made_and_never_in_a_sandbox(
    visitor: tuple[Browser, Session], gateway: Gateway, executor: FakeExecutor
) -> None:
    browser, session = visitor
    plan = await propose(gateway, session)
    (step,) = plan.steps
    made = step.model_copy(
        update={"status": "done", "effect": Effect.WRITE, "resources": ("arn:aws:iam::123456789012:role/a/reader",)}
    )
    await executor.store(plan.model_copy(update={"status": "done", "ended_at": 2.0, "steps": (made,)}))
    there = "https://console.aws.amazon.com/iam/home#/roles/details/reader"
    assert there in (await browser.get(f"/plans/{plan.plan_id}")).text
    gateway.worlds.see(Seen(aws="sandbox"))
    assert there not in (await browser.get(f"/plans/{plan.plan_id}")).text
