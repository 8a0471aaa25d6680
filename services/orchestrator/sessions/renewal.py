"""Renews the agents' credentials: AWS ends a role session after an hour at most, a session of ours lasts longer.

A request renews its own session where that is due, so that an idle session gets no new credentials. The executor makes
them (services/executor/credentials/renewal.py), sealed; the gateway signs and stores the boxes and cannot open them.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import structlog
from redis.asyncio import Redis

from services.orchestrator.sessions.session import Session
from services.orchestrator.settings import GatewaySettings
from services.orchestrator.workers.dispatch import Dispatcher, new_call
from shared.broker.stored import read
from shared.errors import AssistantError
from shared.keys.vault import signed, vault_key
from shared.messages import Agent, ToolResult
from shared.results.records import load as load_result

log = structlog.get_logger(__name__)

# More than the work that one request can start: a plan's run (15 minutes) and the turn after it (5).
RENEW_BEFORE_SECONDS = 1500.0
# Between two attempts to renew one session, by whichever gateway.
RETRY_SECONDS = 15
# Where the old credentials have ended, how long a request waits for another one that is renewing them.
WAIT_SECONDS = 5.0
AGENTS_RENEWED: tuple[Agent, ...] = ("info", "advisor")


async def renew_if_due(redis: Redis, dispatcher: Dispatcher, settings: GatewaySettings, session: Session) -> Session:
    """Renew the agents' credentials where they end soon; return the session as it is now.

    A failed renewal raises nothing: requests that need no agent go on, and a call of an agent gets AWS's own answer
    (`credentials_expired`), which says that a new session or `POST /v1/sessions/current/renew` is needed.
    """
    until = session.renew_until
    if until is None or time.time() < until - RENEW_BEFORE_SECONDS or until >= session.expires_at:
        return session
    if not await redis.set(f"lease:renew:{session.session_id}", "1", nx=True, ex=RETRY_SECONDS):
        return session if time.time() < until else await _renewed_by_another(redis, session)
    try:
        result = await dispatcher.call(
            new_call("executor", "renew_credentials", {}, session_id=session.session_id, seconds=RETRY_SECONDS - 3.0)
        )
    except AssistantError as error:
        log.warning("credential_renewal_failed", session_id=session.session_id, code=error.code)
        return session
    renewed = await _renewed(redis, session, result)
    if renewed is None:
        code = result.error.code if result.error else None
        log.warning("credential_renewal_failed", session_id=session.session_id, code=code)
        return session
    return await _store(redis, settings, session, renewed)


async def _renewed(redis: Redis, session: Session, result: ToolResult) -> dict[str, Any] | None:
    """What the executor made; that of many accounts is too large for a message, and is kept in Redis, sealed."""
    made = result.result
    if result.error is None and result.result_ref is not None:
        try:
            made = await load_result(redis, session.owner_id, result.result_ref)
        except AssistantError:
            return None
    return made if result.error is None and isinstance(made, dict) else None


async def _store(redis: Redis, settings: GatewaySettings, session: Session, result: dict[str, Any]) -> Session:
    """Replace the sealed boxes; a session that was closed meanwhile stays closed (XX)."""
    standing = dict(result.get("accounts") or {})
    accounts = tuple(one.model_copy(update=standing.get(one.account, {})) for one in session.accounts)
    renewed = session.model_copy(update={"renew_until": float(result["expires_at"]), "accounts": accounts})
    token_hash: Any = await redis.get(f"session-id:{session.session_id}")
    if token_hash is None:
        return session
    pipe = redis.pipeline(transaction=True)
    for agent in AGENTS_RENEWED:
        entry = signed(str(result["boxes"][agent]), agent, session.session_id, settings.signing_key(agent))
        pipe.set(vault_key(agent, session.session_id), entry, xx=True, ex=session.remaining())
    pipe.set(f"session:{token_hash}", renewed.model_dump_json(), xx=True, ex=session.remaining())
    await pipe.execute()
    log.info("credentials_renewed", session_id=session.session_id)
    return renewed


async def _renewed_by_another(redis: Redis, session: Session) -> Session:
    give_up = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < give_up:
        await asyncio.sleep(0.1)
        token_hash: Any = await redis.get(f"session-id:{session.session_id}")
        stored: Any = await redis.get(f"session:{token_hash}") if token_hash else None
        if stored and (renewed := read(Session, stored)).renew_until != session.renew_until:
            return renewed
    return session
