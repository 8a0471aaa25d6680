"""Whose a plan is and who decides it: its owner in any session, others by the operator's rules, nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from redis.asyncio import Redis

from services.orchestrator.gateway import Gateway
from services.orchestrator.sessions.requests import RenewalRequest
from services.orchestrator.sessions.session import Session
from shared.keys.sealed_values import key_of
from shared.keys.signing import verify_decision
from shared.messages import Identity
from shared.plans.decisions import Approval
from shared.plans.plan import Plan
from shared.plans.rules import Rules, Share
from tests.unit.orchestrator.conftest import ACCOUNT, CALLER, KEY_ID, SECRET, STRANGER, OpenSession
from tests.unit.orchestrator.decisions.test_approvals import propose, until

ROLE = f"arn:aws:iam::{ACCOUNT}:role/Assistant"
DEPLOY = f"arn:aws:sts::{ACCOUNT}:assumed-role/Deploy"
RENEWAL = {"access_key_id": KEY_ID, "secret_access_key": SECRET}
PEOPLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Ops_1"


def become(client: Any, token: str) -> None:
    client.headers["Authorization"] = f"Bearer {token}"


async def approve(client: Any, plan: dict[str, Any]) -> Any:
    return await client.post(f"/v1/plans/{plan['plan_id']}/approve", json={"digest": plan["digest"]})


def share(gateway: Gateway, may: Any, callers: str = STRANGER) -> None:
    gateway.plans.rules = Rules(share=(Share(callers=(callers,), may=may),))


async def test_a_new_session_of_the_same_caller_sees_the_plan_and_runs_it_with_its_own_credentials(
    signed_in: Any, open_session: OpenSession, executor: Any, gateway: Gateway, dispatcher: Any, redis: Redis
) -> None:
    client, first = signed_in
    plan = await propose(client)
    await client.delete("/v1/sessions/current")
    second, token = await open_session()
    become(client, token)

    listed = (await client.get("/v1/plans")).json()["items"]
    answer = await approve(client, plan)

    assert [one["plan_id"] for one in listed] == [plan["plan_id"]]
    assert (answer.status_code, answer.json()["runs_in"]) == (202, second.session_id)
    await until(lambda: executor.approvals)
    approval = Approval.model_validate(executor.approvals[0])
    verify_decision(b"approval", approval)
    assert approval.session_id == second.session_id
    assert approval.by is not None
    assert approval.by.principal == first.owner.principal
    assert [call.session_id for call in dispatcher.calls if call.tool == "run_plan"] == [second.session_id]
    assert await redis.exists(f"audit:log:{second.session_id}")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (CALLER, CALLER, True),
        (CALLER, STRANGER, False),
        (f"{DEPLOY}/ann", f"{DEPLOY}/bob", True),
        (f"{PEOPLE}/ann", f"{PEOPLE}/bob", False),
        (f"{PEOPLE}/ann", f"{PEOPLE}/ann", True),
        (f"{DEPLOY}/ann", f"{PEOPLE}/ann", False),
    ],
)
async def test_two_sessions_share_what_they_made_if_they_are_of_one_owner(
    client: Any, open_session: OpenSession, executor: Any, one: str, other: str, same: bool
) -> None:
    _, token = await open_session(one)
    become(client, token)
    plan = await propose(client)
    grant = {"operation": "create_s3_bucket", "resource": "arn:aws:s3:::logs-*", "expires_in": 60, "max_uses": 1}
    made = (await client.post("/v1/grants", json=grant)).json()
    _, token = await open_session(other)
    become(client, token)

    seen = [(await client.get(path)).status_code for path in (plan["links"]["self"], made["links"]["self"])]
    listed = [len((await client.get(path)).json()["items"]) for path in ("/v1/plans", "/v1/grants")]

    assert (seen, listed) == (([200, 200], [1, 1]) if same else ([404, 404], [0, 0]))
    if not same:
        for action in ("reject", "cancel", "undo"):
            answer = await client.post(f"{plan['links']['self']}/{action}")
            assert (answer.status_code, answer.json()["code"]) == (404, "plan_not_found"), action
        assert (await approve(client, plan)).status_code == 404
        assert (await client.delete(made["links"]["self"])).status_code == 404


async def test_a_plan_runs_only_with_the_role_that_it_was_prepared_for(
    client: Any, open_session: OpenSession, executor: Any, gateway: Gateway
) -> None:
    first, token = await open_session(role_arn=ROLE)
    become(client, token)
    identity = {"account": ACCOUNT, "caller_arn": CALLER, "region": "eu-central-1", "role_arn": ROLE}
    executor.changes = {"identity": Identity.model_validate(identity)}
    plan = await propose(client)
    second, token = await open_session()
    become(client, token)

    lent = await approve(client, plan)
    await until(lambda: executor.approvals)
    assert second.owner == first.owner
    assert (lent.status_code, lent.json()["runs_in"]) == (202, first.session_id), "the session that has the role"

    plan = await propose(client)
    await gateway.sessions.close(first)
    refused = await approve(client, plan)

    assert (refused.status_code, refused.json()["code"]) == (409, "session_ended")
    assert ROLE in refused.json()["detail"]
    assert (await client.get(plan["links"]["self"])).json()["status"] == "proposed"


async def test_others_read_and_decide_where_a_rule_says_so(
    signed_in: Any, open_session: OpenSession, executor: Any, gateway: Gateway
) -> None:
    client, owner = signed_in
    mine, token = await propose(client), client.headers["Authorization"]
    other, others_token = await open_session(STRANGER)
    become(client, others_token)

    share(gateway, "read")
    page = await client.get(mine["links"]["self"])
    refused = [await approve(client, mine)]
    refused += [await client.post(f"{mine['links']['self']}/{action}") for action in ("reject", "cancel")]
    share(gateway, "decide")
    undone = await client.post(f"{mine['links']['self']}/undo")
    approved = await approve(client, mine)

    assert page.status_code == 200
    assert {(one.status_code, one.json()["code"]) for one in refused} == {(403, "not_shared_for_decisions")}
    assert (undone.status_code, undone.json()["code"]) == (403, "not_the_owner")
    assert (approved.status_code, approved.json()["runs_in"]) == (202, owner.session_id)
    await until(lambda: executor.approvals)
    assert executor.approvals[0]["by"]["session_id"] == other.session_id
    client.headers["Authorization"] = token
    said = [one for one in (await client.get("/v1/audit")).json()["items"] if one["kind"] == "plan.decided"]
    assert said[0]["data"]["by"]["caller_arn"] == STRANGER, "the log of the session that runs it says who approved"


async def test_nobody_approves_for_an_owner_without_an_open_session(
    signed_in: Any, open_session: OpenSession, executor: Any, gateway: Gateway
) -> None:
    client, _ = signed_in
    plan = await propose(client)
    await client.delete("/v1/sessions/current")
    _, token = await open_session(STRANGER)
    become(client, token)
    share(gateway, "decide")

    answer = await approve(client, plan)

    assert (answer.status_code, answer.json()["code"]) == (409, "session_ended")
    assert CALLER in answer.json()["detail"]
    assert not executor.approvals


async def test_a_rule_shares_nothing_with_another_account(
    signed_in: Any, open_session: OpenSession, gateway: Gateway, executor: Any
) -> None:
    client, _ = signed_in
    shared = await propose(client)
    elsewhere: Plan = await executor.load(shared["plan_id"])
    identity = elsewhere.identity.model_copy(update={"account": "210987654321"})
    await executor.store(elsewhere.model_copy(update={"identity": identity}))
    _, token = await open_session(STRANGER)
    become(client, token)
    share(gateway, "decide", "*")

    assert (await client.get(shared["links"]["self"])).status_code == 404


def of_today(record: str, *dropped: str) -> str:
    """A record as the release before wrote it: without the fields that came with owners."""
    fields = json.loads(record)
    for name in ("owner", *dropped):
        fields.pop(name, None)
    if "identity" in fields:
        fields["identity"].pop("role_arn", None)
    return json.dumps(fields)


async def test_a_session_of_the_release_before_keeps_what_it_made_and_shares_none_of_it(
    signed_in: Any, open_session: OpenSession, executor: Any, redis: Redis, gateway: Gateway
) -> None:
    client, session = signed_in
    token_hash = await redis.get(f"session-id:{session.session_id}")
    await redis.set(f"session:{token_hash}", of_today(await redis.get(f"session:{token_hash}") or ""), keepttl=True)
    await redis.delete(f"session:of:{session.owner_id}")
    plan = await propose(client)
    record = of_today(await redis.get(f"plan:{plan['plan_id']}") or "", "runs_in")
    await redis.set(f"plan:{plan['plan_id']}", record)
    await redis.delete(f"runs:answered:{plan['plan_id']}")

    seen = (await client.get("/v1/plans")).json()["items"]
    answer = await approve(client, plan)
    assert [one["plan_id"] for one in seen] == [plan["plan_id"]]
    assert answer.status_code == 202, answer.text
    assert (answer.status_code, answer.json()["runs_in"]) == (202, session.session_id)
    await until(lambda: executor.approvals)
    renewed = await gateway.sessions.renew(
        await found(gateway, session),
        RenewalRequest.model_validate(RENEWAL),
        key_of(client.headers["Authorization"].removeprefix("Bearer ")),
    )
    assert renewed.owner is None, "what it made stays its own until it ends"

    _, token = await open_session()
    become(client, token)
    assert (await client.get("/v1/plans")).json()["items"] == []
    assert (await client.get(plan["links"]["self"])).status_code == 404


async def found(gateway: Gateway, session: Session) -> Session:
    stored = await gateway.sessions.get(session.session_id)
    assert stored is not None
    return stored


async def test_a_renewal_by_a_successor_of_the_same_name_is_refused(signed_in: Any, sts: Any, redis: Redis) -> None:
    client, session = signed_in
    token_hash = await redis.get(f"session-id:{session.session_id}")
    stored = json.loads(await redis.get(f"session:{token_hash}") or "")
    stored["owner"]["principal"] = "AIDA" + "Z" * 17
    await redis.set(f"session:{token_hash}", json.dumps(stored), keepttl=True)

    answer = await client.post("/v1/sessions/current/renew", json=RENEWAL)

    assert (answer.status_code, answer.json()["code"]) == (403, "renewal_of_another")
