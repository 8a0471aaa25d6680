"""What a sensitive read answered: shown to the person whose session read it, and to nobody else."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from services.orchestrator.gateway import Gateway
from services.orchestrator.sessions.session import Session
from shared.keys import sealed_values
from shared.keys.sealed_values import RevealedValue, key_of, public_half, unwrapped
from shared.keys.signing import verify_decision
from shared.keys.vault import unseal as vault_unseal
from shared.keys.vault import vault_key
from shared.messages import Agent, Effect
from shared.plans.decisions import Approval
from shared.plans.step import ProposedStep, Step
from tests.unit.orchestrator.conftest import STRANGER, OpenSession
from tests.unit.orchestrator.plans.test_service import following

SECRET = "correct horse battery staple 4711"
STEP = Step(
    id="s1",
    operation="read_sensitive",
    arguments={"service": "secretsmanager", "operation": "GetSecretValue", "parameters": {"SecretId": "x"}},
    title="Read it, for you alone",
    effect=Effect.SENSITIVE_READ,
    reversible="no",
    permission="allowed",
)
WRITE = STEP.model_copy(update={"id": "s2", "effect": Effect.WRITE, "operation": "create_s3_bucket"})


def token_of(client: httpx.AsyncClient) -> str:
    return client.headers["Authorization"].removeprefix("Bearer ")


def become(client: httpx.AsyncClient, token: str) -> None:
    client.headers["Authorization"] = f"Bearer {token}"


@pytest.fixture
def read(
    signed_in: tuple[httpx.AsyncClient, Session], executor: Any, gateway: Gateway, redis: Redis
) -> Callable[..., Any]:
    """Proposes, approves and runs a plan of one read, whose value is then kept as the executor keeps it."""
    client, session = signed_in

    async def made(expires_at: float | None = None, **approval: Any) -> dict[str, Any]:
        executor.changes = {"steps": (STEP, WRITE)}
        plan = (await client.post("/v1/plans", json={"goal": "look", "steps": [{"operation": "o"}]})).json()
        async with following(gateway):
            body = {"digest": plan["digest"], **approval}
            answer = await client.post(f"/v1/plans/{plan['plan_id']}/approve", json=body)
            assert answer.status_code == 202, answer.text
            await until_done(executor, plan["plan_id"])
        await keep(gateway, redis, plan["plan_id"], session, token_of(client), expires_at=expires_at)
        shown: dict[str, Any] = (await client.get(plan["links"]["self"])).json()
        return shown

    return made


async def until_done(executor: Any, plan_id: str) -> None:
    async with asyncio.timeout(60):
        while (await executor.load(plan_id)).status != "done":
            await asyncio.sleep(0.01)


async def keep(
    gateway: Gateway, redis: Redis, plan_id: str, session: Session, token: str, expires_at: float | None = None
) -> None:
    """Keep a value as the executor does."""
    await keep_under(gateway, redis, plan_id, session, public_half(key_of(token)), expires_at)


async def keep_under(
    gateway: Gateway, redis: Redis, plan_id: str, session: Session, public: str, expires_at: float | None = None
) -> None:
    value = RevealedValue(
        service="secretsmanager",
        operation="GetSecretValue",
        region="eu-central-1",
        value={"Name": "x", "SecretString": SECRET, "SecretBinary": "AAH/", "Nested": {"Count": 3}},
        base64=("SecretBinary",),
        read_at=time.time(),
        expires_at=expires_at or time.time() + 600,
    )
    key = gateway.settings.signing_key("executor")
    sealed = sealed_values.seal(value, public, key, (plan_id, "s1", session.session_id))
    where = sealed_values.stored_under(plan_id, "s1")
    await redis.set(where, sealed, ex=600)
    await redis.sadd(sealed_values.listed_under(session.session_id), where)


async def everything(redis: Redis) -> str:
    return str([(key, await redis.dump(key)) async for key in redis.scan_iter()])


async def test_the_person_sees_the_value_which_is_in_no_cache_and_audited(
    signed_in: Any, read: Any, redis: Redis
) -> None:
    client, _ = signed_in
    plan = await read()
    assert plan["steps"][0]["value"] == f"/v1/plans/{plan['plan_id']}/steps/s1/value"
    assert SECRET not in json.dumps(plan)
    answer = await client.get(plan["steps"][0]["value"])
    assert answer.status_code == 200, answer.text
    assert answer.json()["value"]["SecretString"] == SECRET
    assert answer.json()["base64"] == ["SecretBinary"]
    assert answer.headers["Cache-Control"] == "no-store"
    log = (await client.get("/v1/audit")).text
    assert '"value.shown"' in log.replace(" ", "")
    assert SECRET not in log
    assert SECRET.encode().hex() not in await everything(redis)
    assert SECRET not in await everything(redis)


async def test_a_member_is_its_bytes_alone_and_a_file_to_save(signed_in: Any, read: Any) -> None:
    client, _ = signed_in
    address = (await read())["steps"][0]["value"]
    text = await client.get(address, params={"member": "SecretString"})
    assert (text.content, text.headers["Content-Type"]) == (SECRET.encode(), "application/octet-stream")
    assert text.headers["Content-Disposition"].startswith("attachment")
    assert (await client.get(address, params={"member": "SecretBinary"})).content == b"\x00\x01\xff"
    assert (await client.get(address, params={"member": "Nested.Count"})).content == b"3"
    for none in ("Nested", "Secret", "Name.x"):
        missing = await client.get(address, params={"member": none})
        assert (missing.status_code, missing.json()["code"]) == (404, "value_not_found")


async def test_another_owner_does_not_even_learn_of_it(signed_in: Any, read: Any, open_session: OpenSession) -> None:
    client, _ = signed_in
    address = (await read())["steps"][0]["value"]
    _, token = await open_session(STRANGER)
    become(client, token)
    answer = await client.get(address)
    assert (answer.status_code, answer.json()["code"]) == (404, "plan_not_found")


async def test_another_session_of_the_same_person_has_no_key_to_it(
    signed_in: Any, read: Any, open_session: OpenSession
) -> None:
    client, _ = signed_in
    address = (await read())["steps"][0]["value"]
    _, token = await open_session()
    become(client, token)
    answer = await client.get(address)
    assert (answer.status_code, answer.json()["code"]) == (403, "value_of_another_session")
    assert SECRET not in answer.text


async def test_what_was_put_there_by_another_is_not_shown(
    signed_in: Any, read: Any, redis: Redis, gateway: Gateway
) -> None:
    """A box for the right person that the executor did not sign, and one that it signed for another plan."""
    client, session = signed_in
    plan = await read()
    where = sealed_values.stored_under(plan["plan_id"], "s1")
    right: Any = await redis.get(where)
    await keep(gateway, redis, "pln_other", session, token_of(client))
    swapped: Any = await redis.get(sealed_values.stored_under("pln_other", "s1"))
    for forged in ("0" * 64 + right[64:], swapped, "", "no box at all"):
        await redis.set(where, forged)
        answer = await client.get(plan["steps"][0]["value"])
        assert (answer.status_code, answer.json()["code"]) == (410, "value_gone"), forged[:20]


async def test_a_value_is_gone_after_its_time_also_where_redis_still_has_it(signed_in: Any, read: Any) -> None:
    client, _ = signed_in
    plan = await read(expires_at=time.time() - 1)
    answer = await client.get(plan["steps"][0]["value"])
    assert (answer.status_code, answer.json()["code"]) == (410, "value_gone")


async def test_a_value_ends_with_its_session(signed_in: Any, read: Any, redis: Redis) -> None:
    client, session = signed_in
    plan = await read()
    await client.delete("/v1/sessions/current")
    assert await redis.get(sealed_values.stored_under(plan["plan_id"], "s1")) is None
    assert await redis.exists(sealed_values.listed_under(session.session_id)) == 0


async def test_there_is_no_value_before_the_step_is_done_nor_of_another_step(signed_in: Any, read: Any) -> None:
    client, _ = signed_in
    plan = await read()
    for step in ("s2", "s9"):
        answer = await client.get(f"/v1/plans/{plan['plan_id']}/steps/{step}/value")
        assert (answer.status_code, answer.json()["code"]) == (404, "value_not_found")


async def test_a_step_that_has_not_run_has_no_value(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    executor.changes = {"steps": (STEP,)}
    plan = (await client.post("/v1/plans", json={"goal": "look", "steps": [{"operation": "o"}]})).json()
    assert "value" not in plan["steps"][0]
    answer = await client.get(f"/v1/plans/{plan['plan_id']}/steps/s1/value")
    assert (answer.status_code, answer.json()["code"]) == (409, "value_not_read")


async def test_the_approval_says_of_each_step_whether_the_model_may_see_it(
    signed_in: Any, read: Any, executor: Any
) -> None:
    await read(share_with_model=["s1", "s1"])
    [sent] = executor.approvals
    approval = Approval.model_validate(sent)
    assert approval.share_with_model == ("s1",)
    verify_decision(b"approval", approval)


async def test_nothing_is_shared_by_default_and_the_approval_is_as_it_was(read: Any, executor: Any) -> None:
    await read()
    [sent] = executor.approvals
    assert "share_with_model" not in sent


async def test_sharing_what_reads_no_value_is_refused(signed_in: Any, executor: Any) -> None:
    client, _ = signed_in
    executor.changes = {"steps": (STEP, WRITE)}
    plan = (await client.post("/v1/plans", json={"goal": "look", "steps": [{"operation": "o"}]})).json()
    for step in ("s2", "s7"):
        body = {"digest": plan["digest"], "share_with_model": [step]}
        answer = await client.post(f"/v1/plans/{plan['plan_id']}/approve", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "not_shareable")


async def test_a_link_carries_the_key_into_one_browser_and_redis_learns_nothing_of_it(
    signed_in: Any, gateway: Gateway, redis: Redis
) -> None:
    client, session = signed_in
    key = key_of(token_of(client))
    path = (await client.post("/v1/sessions/current/link")).json()["path"]
    ticket = path.partition("=")[2]
    found = await gateway.browsers.take(ticket)
    assert found is not None
    assert unwrapped(str(found.value_key), ticket) == key
    cookie = await gateway.browsers.admit(session, key)
    browser = await gateway.browsers.find(cookie)
    assert browser is not None
    assert unwrapped(str(browser.value_key), cookie) == key
    stolen = await everything(redis)
    for secret in (token_of(client), cookie, ticket, key.hex(), repr(bytes(key))[2:-1]):
        assert secret not in stolen


async def test_the_page_shows_the_value_on_a_click_and_not_before(
    visitor: Any, executor: Any, gateway: Gateway, redis: Redis
) -> None:
    browser, session = visitor
    executor.changes = {"steps": (STEP,)}
    executor.session_id = session.session_id
    call = [ProposedStep(operation="read_sensitive")]
    plan = await gateway.plans.propose(session, "look", call)
    before = await browser.get(f"/plans/{plan.plan_id}")
    assert 'name="share_with_model" value="s1"' in before.text
    assert "checked" not in before.text
    async with following(gateway):
        await browser.post(f"/plans/{plan.plan_id}/approve", {"digest": plan.digest})
        await until_done(executor, plan.plan_id)
    assert "share_with_model" not in executor.approvals[0]
    done = (await gateway.plans.get(session, plan.plan_id)).steps[0]
    stored = await executor.load(plan.plan_id)
    result = {"readable_until": "2026-01-01T00:00:00+00:00"}
    await executor.store(stored.model_copy(update={"steps": (done.model_copy(update={"result": result}),)}))
    visit = await gateway.browsers.find(browser.http.cookies["assistant"])
    assert visit is not None
    key = unwrapped(str(visit.value_key), browser.http.cookies["assistant"])
    await keep_under(gateway, redis, plan.plan_id, session, public_half(key))

    shown = await browser.get(f"/plans/{plan.plan_id}")
    assert "Show what it has read" in shown.text
    assert SECRET not in shown.text
    revealed = await browser.post(f"/plans/{plan.plan_id}/value", {"step": "s1"})
    assert revealed.status_code == 200
    assert SECRET in revealed.text
    assert revealed.headers["Cache-Control"] == "no-store"
    saved = await browser.post(f"/plans/{plan.plan_id}/value", {"step": "s1", "member": "SecretBinary"})
    assert saved.content == b"\x00\x01\xff"
    forged = await browser.post(f"/plans/{plan.plan_id}/value", {"step": "s1", "csrf": "x"})
    assert forged.status_code == 403
    assert SECRET not in forged.text


async def test_a_renewed_session_opens_what_was_sealed_for_it_before(
    signed_in: Any, redis: Redis, settings: Any, private_keys: dict[Agent, str], credentials: dict[str, Any]
) -> None:
    client, session = signed_in
    wanted = public_half(key_of(token_of(client)))

    async def sealed_for(agent: Agent) -> str | None:
        stored: Any = await redis.get(vault_key(agent, session.session_id))
        opened = vault_unseal(stored, agent, session.session_id, private_keys[agent], settings.signing_key(agent))
        return opened.value_key

    assert await sealed_for("executor") == wanted
    assert await sealed_for("info") is None
    # Whatever the session's own record says: the key is of the token that asks.
    given = {name: credentials[name] for name in ("access_key_id", "secret_access_key")}
    assert (await client.post("/v1/sessions/current/renew", json=given)).status_code == 200
    assert await sealed_for("executor") == wanted
