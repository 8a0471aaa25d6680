"""Opens, finds and closes sessions: credentials checked by AWS, narrowed per agent, sealed, and stored nowhere else.

`session:{sha256(token)}` holds the Session, which has no credential in it; the token itself is not stored.
`vault:{agent}:{session_id}` holds what `shared/keys/vault.py` sealed. Both end with the session. `session:of:{owner}`
names the owner's open sessions by when they end: what a session makes belongs to its owner, see
`shared/sessions/owners.py`.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.orchestrator.http.limits import COUNTER_SECONDS, counter_key
from services.orchestrator.sessions.caller_check import check_caller
from services.orchestrator.sessions.intake import Intake, Opened
from services.orchestrator.sessions.requests import RenewalRequest, SessionRequest, check_regions, credentials_of
from services.orchestrator.sessions.sealing import sealed_session
from services.orchestrator.sessions.session import Session
from services.orchestrator.sessions.sts import Caller, Sts
from services.orchestrator.settings import GatewaySettings
from shared.broker.failures import is_full
from shared.broker.stored import read
from shared.errors import Forbidden, Unauthenticated, Unavailable
from shared.keys.sealed_values import ValueKey, key_of, listed_under, public_half
from shared.keys.vault import seal, vault_key
from shared.messages import AGENTS
from shared.plans.plan import Plan
from shared.sessions.fences import Perimeter
from shared.sessions.owners import owner_of

# The longest that a session lasts.
MAX_SESSION_SECONDS = 129_600
# Tokens of which a process remembers whose session's they are.
MAX_REMEMBERED = 10_000
_BEARER = re.compile(r"^[A-Za-z0-9_-]{43}$")


class SessionService:
    """Open, renew, find and close sessions; `sts` calls AWS."""

    def __init__(self, redis: Redis, settings: GatewaySettings, sts: Sts | None = None) -> None:
        self._redis, self._settings, self._sts = redis, settings, sts or Sts()
        # By token: its session's id, and the minute in which this process last counted a request of it.
        self._counted: OrderedDict[str, tuple[str, int]] = OrderedDict()

    async def open(self, request: SessionRequest) -> tuple[Session, str]:
        """Open a session; return it and its token, which is shown this once.

        Raises Unauthenticated (`credentials_malformed`, `credentials_invalid`, `credentials_expired`),
        Forbidden (`credentials_too_broad`, `credentials_unverifiable`, `role_not_assumable`,
        `organization_not_readable`, `account_outside_fence`, `region_outside_fence`) and InvalidArguments
        (`unknown_region`, `duplicate_account`).
        """
        session_id, token = f"ses_{secrets.token_hex(12)}", secrets.token_urlsafe(32)
        session, opened = await self._checked(request, session_id)
        await self._store(session, opened, _hash(token), key_of(token))
        return session, token

    async def renew(self, session: Session, given: RenewalRequest, key: ValueKey) -> Session:
        """Replace the session's credentials by new ones of the same caller; its token, whose `key` it is, and what it
        owns stay.

        Raises what `open` does, Forbidden (`renewal_of_another`), and Unavailable (`session_of_newer_version`): what
        is sealed anew must not lose a limit that this version does not know.
        """
        if unknown := session.unknown_fields():
            raise Unavailable(
                f"the session was opened by a newer version: this gateway does not know {', '.join(unknown[:5])}. "
                "Upgrade the gateway, then try again, or open a new session",
                code="session_of_newer_version",
            )
        if session.accounts and not given.names_accounts:
            raise Forbidden(
                "the session holds several accounts: give the same `accounts` or `organization` again, or open a new "
                "session",
                code="renewal_of_another",
            )
        request = SessionRequest(
            **dict(given), region=session.region, regions=list(session.regions), fences=session.fences
        )
        renewed, opened = await self._checked(request, session.session_id, session)
        if _principal(renewed) != _principal(session) or session.owner not in (None, renewed.owner):
            raise Forbidden(
                "the credentials are of another account, caller or role than the session; open a new session",
                code="renewal_of_another",
            )
        token_hash: Any = await self._redis.get(f"session-id:{session.session_id}")
        if token_hash is None:
            raise Unauthenticated("the session has ended; open a new one", code="session_expired")
        # What it made before there were owners stays its own until it ends.
        renewed = renewed.model_copy(update={"created_at": session.created_at, "owner": session.owner})
        await self._store(renewed, opened, token_hash, key)
        return renewed

    async def _checked(
        self, request: SessionRequest, session_id: str, before: Session | None = None
    ) -> tuple[Session, Opened]:
        """Check everything about a request and get the agents their credentials; nothing is stored.

        `before` is the session as it was, where it is renewed.
        """
        credentials = credentials_of(request)
        check_regions([request.region, *(request.regions or [])])
        perimeter = Perimeter.of(request.fences, self._settings.fences)
        for region in [request.region, *((request.regions or []) if before is None else [])]:
            perimeter.check_region(region)
        caller = await self._sts.caller(credentials, request.region)
        checked = await check_caller(
            self._sts,
            credentials,
            caller,
            request.region,
            has_role=request.role_arn is not None or request.names_accounts,
            unverified_allowed=self._settings.allow_unverified_credentials,
        )
        intake = Intake(self._sts, self._settings, credentials, caller, checked, session_id, perimeter)
        opened = await intake.opened(request, before.account if before else None)
        return self._session(session_id, caller, opened, before), opened

    async def find(self, token: str) -> Session:
        """The session of a token. Raises Unauthenticated (`invalid_token`)."""
        stored: Any = await self._redis.get(_token_key(token)) if _BEARER.match(token) else None
        return _open(stored)

    async def enter(self, token: str, window: int) -> tuple[Session, int | None]:
        """The session of a token as it is now, and how many requests it has made in that minute, with this one.

        In one round trip: whose a token is never changes, so that this process remembers under which name the session's
        requests are counted. Whether the session is still open, and what it may do, is asked each time. A Redis too
        full to count in can still be read: the number is None then. Raises Unauthenticated (`invalid_token`).
        """
        key = _token_key(token)
        session_id, counted_in = self._counted.get(key) or ((await self.find(token)).session_id, -1)
        counter = counter_key(session_id, window)
        pipe = self._redis.pipeline(transaction=False)
        pipe.get(key)
        pipe.incr(counter)
        if counted_in != window:
            pipe.expire(counter, COUNTER_SECONDS)
        stored, count, *_ = await pipe.execute(raise_on_error=False)
        for answer in (stored, count):
            if isinstance(answer, RedisError) and not (answer is count and is_full(answer)):
                raise answer
        if count == 1 and counted_in == window:
            await self._redis.expire(counter, COUNTER_SECONDS)  # somebody has removed it
        session = _open(stored)
        self._counted[key] = (session_id, window)
        while len(self._counted) > MAX_REMEMBERED:
            self._counted.popitem(last=False)
        return session, None if isinstance(count, RedisError) else count

    async def get(self, session_id: str) -> Session | None:
        """A session by its id, for work that goes on without a request; None where it has ended."""
        token_hash: Any = await self._redis.get(f"session-id:{session_id}")
        stored = await self._redis.get(f"session:{token_hash}") if token_hash else None
        return read(Session, stored) if stored else None

    async def running_as(self, plan: Plan, preferred: Sequence[str] = ()) -> Session | None:
        """An open session of the plan's owner with the role that the plan was prepared for; None where there is none.

        One of the `preferred` ids if it is such a one, else the one that lasts longest.
        """
        open_ones: Any = await self._redis.zrevrange(f"session:of:{plan.owner_id}", 0, -1)
        for session_id in dict.fromkeys([*preferred, *open_ones, plan.session_id]):
            session = await self.get(session_id)
            if session is not None and session.expires_at > time.time() and _runs(session, plan):
                return session
        return None

    async def close(self, session: Session) -> None:
        """Forget the session, its credentials and what is sealed for it, now. What it made is its owner's and stays."""
        by_id = f"session-id:{session.session_id}"
        token_hash: Any = await self._redis.get(by_id)
        values: Any = await self._redis.smembers(listed_under(session.session_id))
        doomed = [vault_key(agent, session.session_id) for agent in AGENTS]
        doomed += [*values, listed_under(session.session_id)]
        pipe = self._redis.pipeline(transaction=True)
        pipe.delete(*doomed, by_id, f"session:{token_hash}")
        pipe.zrem(f"session:of:{session.owner_id}", session.session_id)
        await pipe.execute()

    def _session(self, session_id: str, caller: Caller, opened: Opened, before: Session | None) -> Session:
        now = time.time()
        issued, request = opened.issued, opened.request
        base, agents = issued.credentials["executor"], [issued.credentials["info"], issued.credentials["advisor"]]
        agents += [one.credentials for one in opened.others if one.credentials is not None]
        renewed = request.role_arn is not None
        ends = [now + self._settings.session_ttl]
        ends += [one.expires_at for one in (base, *([] if renewed else agents)) if one.expires_at is not None]
        return Session(
            session_id=session_id,
            owner=owner_of(issued.account, caller.user_id, caller.arn, self._settings.named_roles),
            account=issued.account,
            caller_arn=caller.arn,
            region=request.region,
            regions=issued.regions,
            scoping=issued.scoping.model_copy(update={"notes": (*issued.scoping.notes, *opened.notes)}),
            agents=issued.agents,
            created_at=now,
            expires_at=min(ends),
            renew_until=min(one.expires_at or now for one in agents) if renewed else None,
            accounts=opened.shown_accounts(before.accounts if before else ()),
            fences=request.fences if request.fences is not None and request.fences.are_set else None,
            operator_fences=self._settings.fences,
        )

    async def _store(self, session: Session, opened: Opened, token_hash: str, key: ValueKey) -> None:
        seconds = session.remaining()
        pipe = self._redis.pipeline(transaction=True)
        for agent in AGENTS:
            sealed_for, signing_key = self._settings.public_key(agent), self._settings.signing_key(agent)
            sealed = seal(sealed_session(session, opened, agent, public_half(key)), agent, sealed_for, signing_key)
            pipe.set(vault_key(agent, session.session_id), sealed, ex=seconds)
        pipe.set(f"session:{token_hash}", session.model_dump_json(), ex=seconds)
        pipe.set(f"session-id:{session.session_id}", token_hash, ex=seconds)
        index = f"session:of:{session.owner_id}"
        pipe.zremrangebyscore(index, "-inf", time.time())
        pipe.zadd(index, {session.session_id: session.expires_at})
        # As long as the longest of them.
        pipe.expire(index, seconds, nx=True)
        pipe.expire(index, seconds, gt=True)
        await pipe.execute()


def _principal(session: Session) -> tuple[str, str, str | None]:
    """Account, caller (without its role session's name) and role: what a renewal may not change."""
    caller = session.caller_arn
    if ":assumed-role/" in caller:
        caller = caller.rsplit("/", 1)[0]
    return session.account, caller, session.role_arn


def _runs(session: Session, plan: Plan) -> bool:
    """Whether the plan may run in this session, as the executor checks it (`decisions/approvals.py`)."""
    try:
        role = session.role_in(plan.identity.account)
    except KeyError:
        return False
    if session.owner_id != plan.owner_id:
        return False
    return plan.owner is None or role == plan.identity.role_arn


def _open(stored: str | None) -> Session:
    session = read(Session, stored) if stored else None
    if session is None or session.expires_at <= time.time():
        raise Unauthenticated("the token is unknown or its session has ended; open a session", code="invalid_token")
    return session


def _token_key(token: str) -> str:
    return f"session:{_hash(token)}"


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
