"""Approvals over REST: findings are acknowledged, several people approve, and there is one decision whatever races."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

import pytest
from redis.asyncio import Redis

from services.orchestrator.gateway import Gateway, plan_store
from shared.keys.signing import verify_decision
from shared.messages import Finding
from shared.plans.acknowledging import to_acknowledge, with_ids
from shared.plans.decisions import Approval
from shared.plans.plan import Plan, Review, Risk
from shared.plans.rules import Approvers, Reviewed, Rules, Share
from tests.unit.orchestrator.conftest import ACCOUNT, CALLER, OpenSession
from tests.unit.orchestrator.decisions.test_approvals import propose, until
from tests.unit.orchestrator.plans.test_versions import GRANT

FINDINGS = with_ids(
    "pln_1",
    (
        Finding(code="full_access_policy", severity="high", message="it allows everything", step="s1"),
        Finding(code="deletes_data", severity="medium", message="it is lost", step="s1"),
        Finding(code="region_outside_session", severity="medium", message="elsewhere"),
    ),
)
ASKED = to_acknowledge(FINDINGS, {"s1": "team-a"})
BOB, CAROL, DAN = (f"arn:aws:iam::{ACCOUNT}:user/{name}" for name in ("bob", "carol", "dan"))
ENGINEER = f"arn:aws:sts::{ACCOUNT}:assumed-role/Engineers"


def two_people(gateway: Gateway, approvers: int = 2, **more: Any) -> None:
    shared = Share(callers=("*",), may="decide")
    gateway.plans.rules = Rules(share=(shared,), approvals=(Approvers(operations=("*",), approvers=approvers, **more),))


async def as_caller(client: Any, open_session: OpenSession, arn: str) -> dict[str, str]:
    _, token = await open_session(arn)
    return {"Authorization": f"Bearer {token}"}


async def approve(client: Any, plan: dict[str, Any], headers: dict[str, str], **more: Any) -> Any:
    body = {"digest": plan["digest"]} | more
    return await client.post(f"/v1/plans/{plan['plan_id']}/approve", json=body, headers=headers)


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ([], [0, 1]),
        ([{"finding_id": FINDINGS[0].id}], [1]),
        ([{"finding_id": FINDINGS[0].id}, {"finding_id": FINDINGS[1].id}], [1]),
        ([{"finding_id": FINDINGS[0].id}, {"finding_id": FINDINGS[1].id, "typed": "team-b"}], [1]),
        ([{"finding_id": "fnd_0"}, {"finding_id": FINDINGS[1].id, "typed": "team-a"}], [0]),
    ],
)
async def test_what_was_not_acknowledged_is_listed_and_nothing_is_approved(
    signed_in: Any, executor: Any, given: list[dict[str, str]], left: list[int]
) -> None:
    client, _ = signed_in
    executor.changes = {"findings": FINDINGS, "acknowledge": ASKED}
    plan = await propose(client)

    answer = await approve(client, plan, {}, acknowledged=given)

    assert (answer.status_code, answer.json()["code"]) == (409, "not_acknowledged")
    assert [one["finding_id"] for one in answer.json()["acknowledge"]] == [FINDINGS[number].id for number in left]
    assert (await client.get(plan["links"]["self"])).json()["status"] == "proposed"


async def test_what_was_acknowledged_is_in_the_signed_approval_and_in_the_log(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    executor.changes = {"findings": FINDINGS, "acknowledge": ASKED}
    plan = await propose(client)
    assert "TYPE ITS NAME" in plan["summary"]

    answer = await approve(client, plan, {}, acknowledged=plan["acknowledge"])

    assert answer.status_code == 202
    await until(lambda: executor.approvals)
    approval = Approval.model_validate(executor.approvals[0])
    verify_decision(b"approval", approval)
    assert [(one.finding_id, one.typed) for one in approval.acknowledged] == [
        (FINDINGS[0].id, None),
        (FINDINGS[1].id, "team-a"),
    ]
    decided = [one for one in (await client.get("/v1/audit")).json()["items"] if one["kind"] == "plan.decided"]
    assert decided[0]["data"]["acknowledged"] == [FINDINGS[0].id, FINDINGS[1].id]


async def test_a_plan_for_two_people_runs_with_the_second_and_never_by_who_proposed_it(
    signed_in: Any, open_session: OpenSession, executor: Any, gateway: Gateway
) -> None:
    client, owner = signed_in
    mine = {"Authorization": client.headers["Authorization"]}
    two_people(gateway)
    plan = await propose(client)
    bob, carol = [await as_caller(client, open_session, arn) for arn in (BOB, CAROL)]

    own = await approve(client, plan, mine)
    first = await approve(client, plan, bob)
    again = await approve(client, plan, bob)
    page = (await client.get(plan["links"]["self"], headers={**mine, "Accept": "text/plain"})).text
    last = await approve(client, plan, carol)

    assert (own.status_code, own.json()["code"]) == (403, "approver_not_counted")
    assert (first.status_code, first.json()["status"], first.json()["approved_so_far"]) == (202, "proposed", [BOB])
    assert (again.status_code, again.json()["code"]) == (409, "already_approved")
    assert f"Approved so far: {BOB}" in page
    assert (last.status_code, last.json()["runs_in"]) == (202, owner.session_id)
    await until(lambda: executor.approvals)
    assert executor.approvals[0]["by"]["caller_arn"] == CAROL


async def test_sessions_of_one_role_are_one_person_and_with_names_only_none(
    signed_in: Any, open_session: OpenSession, executor: Any, gateway: Gateway
) -> None:
    client, _ = signed_in
    two_people(gateway)
    plan = await propose(client)
    one, two = [await as_caller(client, open_session, f"{ENGINEER}/{name}") for name in ("ann", "bob")]

    first, second = await approve(client, plan, one), await approve(client, plan, two)
    two_people(gateway, named_only=True)
    third = await approve(client, plan, two)

    assert (first.status_code, second.json()["code"]) == (202, "already_approved")
    assert (third.status_code, third.json()["code"]) == (403, "approver_not_counted")
    assert not executor.approvals


async def test_a_standing_grant_stands_in_for_nobody_whom_a_rule_asks_for(
    signed_in: Any, executor: Any, gateway: Gateway
) -> None:
    client, _ = signed_in
    grant = {"operation": "create_s3_bucket", "resource": "arn:aws:s3:::team-*", "expires_in": 600, "max_uses": 9}
    assert (await client.post("/v1/grants", json=grant)).status_code == 201
    two_people(gateway, 1)

    assert (await propose(client))["status"] == "proposed"


async def test_there_is_one_decision_among_two_hundred_at_once(
    signed_in: Any, open_session: OpenSession, executor: Any, gateway: Gateway, redis: Redis
) -> None:
    client, _ = signed_in
    mine = {"Authorization": client.headers["Authorization"]}
    two_people(gateway)
    plan = await propose(client)
    others = [await as_caller(client, open_session, arn) for arn in (BOB, CAROL, DAN)]

    async def one(number: int) -> str:
        who = others[number % 3]
        if number % 4 == 3:
            answer = await client.post(f"{plan['links']['self']}/reject", headers=mine if number % 8 == 3 else who)
        else:
            answer = await approve(client, plan, who)
        body = answer.json()
        return f"{number % 4 == 3} {answer.status_code} {body.get('code') or body['status']}"

    ended = Counter(await asyncio.gather(*map(one, range(200))))

    rejected = ended["True 202 rejected"]
    approved = sum(count for name, count in ended.items() if name.startswith("False 202") and "proposed" not in name)
    assert rejected + min(approved, 1) == 1, ended
    assert set(ended) <= {
        "True 202 rejected",
        "False 202 proposed",
        "False 202 approved",
        "False 202 running",
        "False 202 done",
        "False 202 rejected",
        "False 409 already_approved",
        "False 409 already_decided",
        "True 409 already_decided",
    }, ended
    await asyncio.sleep(0.1)
    assert len(executor.approvals) == (0 if rejected else 1)
    assert len(await redis.hkeys(f"decision:{plan['plan_id']}:approvals")) <= 2  # type: ignore[misc]  # redis-py types replies as maybe awaitable


def test_the_caller_of_these_tests_is_none_of_the_others() -> None:
    assert CALLER not in (BOB, CAROL, DAN)


def waits_for_claude(gateway: Gateway, if_unavailable: Any) -> None:
    gateway.plans.rules = Rules(reviews=(Reviewed(operations=("*",), if_unavailable=if_unavailable),))


REVIEW = Review(status="reviewed", verdict="dangerous", risks=(Risk(severity="high", title="t", detail="d"),))
FINE = Review(status="reviewed", verdict="looks_fine")
NO_REVIEW = Review(status="not_reviewed", reason="away")


async def comes(gateway: Gateway, plan: dict[str, Any], review: Review) -> None:
    stored = Plan.model_validate_json(await gateway.redis.get(f"plan:{plan['plan_id']}") or "")
    assert await plan_store(gateway.redis, gateway.settings).reviewed(stored, review)


@pytest.mark.parametrize(
    ("if_unavailable", "came", "code"),
    [
        ("refuse", None, "review_pending"),
        ("approve", None, "review_pending"),
        ("refuse", NO_REVIEW, "review_unavailable"),
        ("approve", NO_REVIEW, None),
        ("refuse", FINE, None),
        ("refuse", REVIEW, "not_acknowledged"),
        (None, REVIEW, "not_acknowledged"),
        (None, None, None),
    ],
)
async def test_a_rule_has_an_approval_wait_for_the_review_and_what_it_calls_high_is_acknowledged(
    signed_in: Any, executor: Any, gateway: Gateway, if_unavailable: str | None, came: Review | None, code: str | None
) -> None:
    client, _ = signed_in
    if if_unavailable:
        waits_for_claude(gateway, if_unavailable)
    executor.changes = {"review_until": time.time() + 20}
    plan = await propose(client)
    assert (plan["review"], plan["review_status"]) == (None, "pending")
    if came:
        await comes(gateway, plan, came)

    answer = await approve(client, plan, {})

    assert answer.json().get("code") == code, answer.text
    assert answer.headers.get("Retry-After") == ("2" if code == "review_pending" else None)
    if code is None:
        await until(lambda: executor.approvals)
        said = {NO_REVIEW: "unavailable", FINE: "done", None: "pending"}[came]
        assert executor.approvals[0]["review"] == said
        (decided,) = [one for one in (await client.get("/v1/audit")).json()["items"] if one["kind"] == "plan.decided"]
        assert decided["data"]["review"] == said


async def test_what_comes_with_the_review_is_on_the_page_and_in_the_approval_and_the_digest_stays(
    signed_in: Any, executor: Any, gateway: Gateway
) -> None:
    client, _ = signed_in
    executor.changes = {"review_until": time.time() + 20, "findings": FINDINGS, "acknowledge": ASKED}
    read = await propose(client)
    given = list(read["acknowledge"])
    await comes(gateway, read, REVIEW)

    refused = await approve(client, read, {}, acknowledged=given)
    now = (await client.get(f"/v1/plans/{read['plan_id']}")).json()
    (late,) = now["acknowledge"][len(given) :]
    page = (await client.get(f"/v1/plans/{read['plan_id']}", headers={"Accept": "text/plain"})).text

    assert (refused.status_code, refused.json()["code"], now["status"]) == (409, "not_acknowledged", "proposed")
    assert [one["finding_id"] for one in refused.json()["acknowledge"]] == [late["finding_id"]]
    assert (
        refused.json()["acknowledge"][0] | {"code": "review_risk", "message": "t: d"}
        == refused.json()["acknowledge"][0]
    )
    assert now["digest"] == read["digest"]
    assert page.count(late["finding_id"]) == 2, page

    assert (await approve(client, read, {}, acknowledged=[*given, late])).status_code == 202
    await until(lambda: executor.approvals)
    assert [one["finding_id"] for one in executor.approvals[0]["acknowledged"]][-1] == late["finding_id"]
    assert (executor.approvals[0]["digest"], executor.approvals[0]["review"]) == (read["digest"], "done")


@pytest.mark.parametrize("people", [0, 1, 2])
@pytest.mark.parametrize("came", [FINE, REVIEW])
async def test_a_review_that_comes_while_an_approval_is_decided_is_never_passed_over(
    signed_in: Any,
    executor: Any,
    gateway: Gateway,
    open_session: OpenSession,
    monkeypatch: pytest.MonkeyPatch,
    came: Review,
    people: int,
) -> None:
    client, _ = signed_in
    by = {}
    if people:
        two_people(gateway, people)
        by = await as_caller(client, open_session, BOB)
    executor.changes = {"review_until": time.time() + 20}
    plan = await propose(client)
    record, between = gateway.audit.record, [came]

    async def recorded(session_id: str, *entries: Any) -> None:
        await record(session_id, *entries)
        if entries[0].kind == "plan.decided" and between:
            await comes(gateway, plan, between.pop())

    monkeypatch.setattr(gateway.audit, "record", recorded)
    answer = await approve(client, plan, by)

    if came is REVIEW:
        assert (answer.status_code, answer.json()["code"]) == (409, "not_acknowledged")
        assert await gateway.redis.exists(f"decision:{plan['plan_id']}", f"decision:{plan['plan_id']}:approvals") == 0
    else:
        assert answer.status_code == 202, answer.text
        if people < 2:
            await until(lambda: executor.approvals)
            assert executor.approvals[0]["review"] == "done"


@pytest.mark.parametrize(("act", "decided"), [("reject", "reject"), ("cancel", "cancel")])
async def test_who_ended_a_plan_is_also_in_the_log_of_who_proposed_it(
    signed_in: Any, executor: Any, gateway: Gateway, open_session: OpenSession, act: str, decided: str
) -> None:
    client, _ = signed_in
    gateway.plans.rules = Rules(share=(Share(callers=("*",), may="decide"),))
    plan = await propose(client)
    bob = await as_caller(client, open_session, BOB)
    assert (await client.post(f"/v1/plans/{plan['plan_id']}/{act}", headers=bob)).status_code == 202
    for headers, by in ((bob, None), ({}, BOB)):
        log = (await client.get("/v1/audit", headers=headers)).json()["items"]
        (entry,) = [one["data"] for one in log if one["kind"] == "plan.decided"]
        assert (entry["decision"], (entry.get("by") or {}).get("caller_arn")) == (decided, by)


async def test_an_approval_keeps_what_was_asked_for_and_nothing_else_that_was_sent(
    signed_in: Any, executor: Any
) -> None:
    client, _ = signed_in
    executor.changes = {"findings": FINDINGS, "acknowledge": ASKED}
    plan = await propose(client)
    more = [{"finding_id": "my words", "typed": "and more"}, {"finding_id": FINDINGS[0].id, "typed": "unasked"}]
    answer = await approve(client, plan, {}, acknowledged=[*plan["acknowledge"], *more])
    assert answer.status_code == 202, answer.text
    await until(lambda: executor.approvals)
    kept = [(one["finding_id"], one["typed"]) for one in executor.approvals[0]["acknowledged"]]
    assert kept == [(FINDINGS[0].id, None), (FINDINGS[1].id, "team-a")]


@pytest.mark.parametrize("reason", ["the password is Kolibri7-untold-9", "db_password=Kolibri7-untold-9"])
async def test_a_reason_with_a_password_is_refused_and_decides_nothing(
    signed_in: Any, executor: Any, redis: Redis, reason: str
) -> None:
    client, _ = signed_in
    plan = await propose(client)
    answer = await client.post(
        f"/v1/plans/{plan['plan_id']}/reject", json={"reason": reason}, headers={"Idempotency-Key": "k"}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "secret_in_message")
    assert not await redis.exists(f"decision:{plan['plan_id']}")
    assert "Kolibri7" not in (await client.get("/v1/audit")).text
    assert (await client.post(f"/v1/plans/{plan['plan_id']}/reject", json={"reason": "no"})).status_code == 202


async def test_an_approval_of_before_the_review_still_counts_beside_one_that_acknowledges_it(
    signed_in: Any, executor: Any, gateway: Gateway, open_session: OpenSession
) -> None:
    client, _ = signed_in
    two_people(gateway)
    executor.changes = {"review_until": time.time() + 20}
    plan = await propose(client)
    bob, carol = await as_caller(client, open_session, BOB), await as_caller(client, open_session, CAROL)
    assert (await approve(client, plan, bob)).json()["status"] == "proposed"
    await comes(gateway, plan, REVIEW)
    assert (await approve(client, plan, carol)).json()["code"] == "not_acknowledged"
    now = (await client.get(f"/v1/plans/{plan['plan_id']}", headers=carol)).json()
    assert (await approve(client, plan, carol, acknowledged=now["acknowledge"])).json()["status"] == "approved"
    await until(lambda: executor.approvals)
    assert executor.approvals[0]["review"] == "done"


async def test_the_executors_rule_is_on_the_plan_and_holds_without_one_of_the_gateways(
    signed_in: Any, executor: Any
) -> None:
    client, _ = signed_in
    executor.changes = {"review_until": time.time() + 20, "review_needed": "if_available"}
    plan = await propose(client)
    assert "approve" not in plan["links"]
    assert (await approve(client, plan, {})).json()["code"] == "review_pending"


async def test_a_plan_without_policies_waits_for_no_review(signed_in: Any, executor: Any, gateway: Gateway) -> None:
    client, _ = signed_in
    waits_for_claude(gateway, "refuse")
    assert (await approve(client, await propose(client), {})).status_code == 202


async def test_a_standing_grant_approves_nothing_that_is_reviewed(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    assert (await client.post("/v1/grants", json=GRANT)).status_code == 201
    executor.changes = {"review_until": time.time() + 20}
    assert (await propose(client))["status"] == "proposed"
    executor.changes = {}
    assert (await propose(client))["status"] == "approved"
