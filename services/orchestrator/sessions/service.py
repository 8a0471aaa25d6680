"""Opens, finds and closes sessions: credentials checked by AWS, narrowed per agent, sealed, and stored nowhere else.

`session:{sha256(token)}` holds the Session, which has no credential in it; the token itself is not stored.
`vault:{agent}:{session_id}` holds what `shared/vault.py` sealed. Both end with the session.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from typing import Annotated, Any

from pydantic import Field, SecretStr
from redis.asyncio import Redis

from services.orchestrator.sessions import agent_credentials
from services.orchestrator.sessions.agent_credentials import IssuedCredentials
from services.orchestrator.sessions.caller_check import check_caller
from services.orchestrator.sessions.role_check import check_role
from services.orchestrator.sessions.scoping import AgentScope, Scoping
from services.orchestrator.sessions.sts import Sts
from services.orchestrator.settings import GatewaySettings
from shared.credentials import AgentSession, Credentials
from shared.errors import Forbidden, InvalidArguments, Unauthenticated, Unavailable
from shared.messages import AGENTS, Agent, Identifier, Message, Record, SessionInfo
from shared.regions import all_regions
from shared.stored import read
from shared.vault import seal, vault_key

_KEY_ID = re.compile(r"^(AKIA|ASIA)[A-Z0-9]{16}$")
_SECRET = re.compile(r"^[A-Za-z0-9/+=]{40}$")
_TOKEN = re.compile(r"^[A-Za-z0-9/+=_-]{16,8192}$")
_BEARER = re.compile(r"^[A-Za-z0-9_-]{43}$")

Region = Annotated[str, Field(pattern=r"^[a-z]{2,5}(-[a-z]+)+-\d{1,2}$", max_length=32, examples=["eu-central-1"])]


class RenewalRequest(Message):
    """The body of `POST /v1/sessions/current/renew`. A session that was opened with a role needs the same again."""

    access_key_id: SecretStr = Field(description="AKIA… (long-term) or ASIA… (temporary).")
    secret_access_key: SecretStr
    session_token: SecretStr | None = Field(default=None, description="Needed with a temporary key.")
    role_arn: str | None = Field(
        default=None, max_length=600, pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[A-Za-z0-9_+=,.@/-]+$"
    )
    external_id: str | None = Field(default=None, min_length=2, max_length=1224, pattern=r"^[A-Za-z0-9_+=,.@:/-]*$")


class SessionRequest(RenewalRequest):
    """The body of `POST /v1/sessions`. `role_arn` is the recommended way, see `scoping` in the answer."""

    region: Region = Field(description="Where changes happen and regional reads start.")
    regions: list[Region] | None = Field(
        default=None, max_length=64, description="Where reads look; all that the account has enabled by default."
    )


class Session(Record):
    """What the gateway knows of a session. Never a credential."""

    session_id: Identifier
    account: str
    caller_arn: str
    region: str
    regions: tuple[str, ...]
    scoping: Scoping
    agents: dict[Agent, AgentScope]
    created_at: float
    expires_at: float
    # When the credentials of info and advisor end, where the executor can renew them; see `renewal.py`.
    renew_until: float | None = None

    def remaining(self) -> int:
        """Whole seconds until the session ends, one at least."""
        return max(1, int(self.expires_at - time.time()))


class SessionService:
    """Open, renew, find and close sessions; `sts` calls AWS."""

    def __init__(self, redis: Redis, settings: GatewaySettings, sts: Sts | None = None) -> None:
        self._redis, self._settings, self._sts = redis, settings, sts or Sts()

    async def open(self, request: SessionRequest) -> tuple[Session, str]:
        """Open a session; return it and its token, which is shown this once.

        Raises Unauthenticated (`credentials_malformed`, `credentials_invalid`, `credentials_expired`),
        Forbidden (`credentials_too_broad`, `credentials_unverifiable`, `role_not_assumable`) and InvalidArguments
        (`unknown_region`).
        """
        session_id, token = f"ses_{secrets.token_hex(12)}", secrets.token_urlsafe(32)
        session, issued = await self._checked(request, session_id)
        await self._store(session, issued, request, _hash(token))
        return session, token

    async def renew(self, session: Session, given: RenewalRequest) -> Session:
        """Replace the session's credentials by new ones of the same caller; its token and what it owns stay.

        Raises what `open` does, Forbidden (`renewal_of_another`), and Unavailable (`session_of_newer_version`): what
        is sealed anew must not lose a limit that this version does not know.
        """
        if unknown := session.unknown_fields():
            raise Unavailable(
                f"the session was opened by a newer version: this gateway does not know {', '.join(unknown[:5])}. "
                "Upgrade the gateway, then try again, or open a new session",
                code="session_of_newer_version",
            )
        request = SessionRequest(**dict(given), region=session.region, regions=list(session.regions))
        renewed, issued = await self._checked(request, session.session_id)
        if _principal(renewed) != _principal(session):
            raise Forbidden(
                "the credentials are of another account, caller or role than the session; open a new session",
                code="renewal_of_another",
            )
        token_hash: Any = await self._redis.get(f"session-id:{session.session_id}")
        if token_hash is None:
            raise Unauthenticated("the session has ended; open a new one", code="session_expired")
        renewed = renewed.model_copy(update={"created_at": session.created_at})
        await self._store(renewed, issued, request, token_hash)
        return renewed

    async def _checked(self, request: SessionRequest, session_id: str) -> tuple[Session, IssuedCredentials]:
        """Check everything about a request and get the agents their credentials; nothing is stored."""
        credentials = credentials_of(request)
        check_regions([request.region, *(request.regions or [])])
        caller = await self._sts.caller(credentials, request.region)
        checked = await check_caller(
            self._sts,
            credentials,
            caller,
            request.region,
            has_role=request.role_arn is not None,
            unverified_allowed=self._settings.allow_unverified_credentials,
        )
        issued = await agent_credentials.issue(
            self._sts, credentials, caller, request, session_id, self._settings.session_ttl
        )
        notes = checked.notes
        if request.role_arn is not None:
            notes += await check_role(
                self._sts,
                issued.credentials["info"],
                request.role_arn,
                caller,
                checked,
                request.region,
                broad_allowed=self._settings.allow_broad_roles,
            )
        return self._session(session_id, caller.arn, request, issued, notes), issued

    async def find(self, token: str) -> Session:
        """The session of a token. Raises Unauthenticated (`invalid_token`)."""
        stored = await self._redis.get(f"session:{_hash(token)}") if _BEARER.match(token) else None
        session = read(Session, stored) if stored else None
        if session is None or session.expires_at <= time.time():
            raise Unauthenticated("the token is unknown or its session has ended; open a session", code="invalid_token")
        return session

    async def get(self, session_id: str) -> Session | None:
        """A session by its id, for work that goes on without a request; None where it has ended."""
        token_hash: Any = await self._redis.get(f"session-id:{session_id}")
        stored = await self._redis.get(f"session:{token_hash}") if token_hash else None
        return read(Session, stored) if stored else None

    async def close(self, session: Session) -> None:
        """Forget the session, its credentials and its uploads, now."""
        by_id, files = f"session-id:{session.session_id}", f"files:{session.session_id}"
        token_hash: Any = await self._redis.get(by_id)
        doomed = [vault_key(agent, session.session_id) for agent in AGENTS]
        doomed += [by_id, files, f"session:{token_hash}", *(f"file:{name}" for name in await self._files(files))]
        await self._redis.delete(*doomed)

    async def _files(self, key: str) -> set[str]:
        return {str(name) for name in await self._redis.smembers(key)}

    def _session(
        self,
        session_id: str,
        caller_arn: str,
        request: SessionRequest,
        issued: IssuedCredentials,
        notes: tuple[str, ...],
    ) -> Session:
        now = time.time()
        base, agents = issued.credentials["executor"], [issued.credentials["info"], issued.credentials["advisor"]]
        renewed = request.role_arn is not None
        ends = [now + self._settings.session_ttl]
        ends += [one.expires_at for one in (base, *([] if renewed else agents)) if one.expires_at is not None]
        return Session(
            session_id=session_id,
            account=issued.account,
            caller_arn=caller_arn,
            region=request.region,
            regions=issued.regions,
            scoping=issued.scoping.model_copy(update={"notes": (*issued.scoping.notes, *notes)}),
            agents=issued.agents,
            created_at=now,
            expires_at=min(ends),
            renew_until=min(one.expires_at or now for one in agents) if renewed else None,
        )

    async def _store(
        self, session: Session, issued: IssuedCredentials, request: SessionRequest, token_hash: str
    ) -> None:
        seconds = session.remaining()
        pipe = self._redis.pipeline(transaction=True)
        for agent in AGENTS:
            pipe.set(vault_key(agent, session.session_id), self._sealed(session, issued, request, agent), ex=seconds)
        pipe.set(f"session:{token_hash}", session.model_dump_json(), ex=seconds)
        pipe.set(f"session-id:{session.session_id}", token_hash, ex=seconds)
        await pipe.execute()

    def _sealed(self, session: Session, issued: IssuedCredentials, request: SessionRequest, agent: Agent) -> str:
        assumes = agent == "executor" and request.role_arn is not None
        agent_session = AgentSession(
            info=SessionInfo(
                session_id=session.session_id,
                account=session.account,
                caller_arn=session.caller_arn,
                region=session.region,
                regions=session.regions,
                expires_at=session.expires_at,
            ),
            credentials=issued.credentials[agent],
            role_arn=request.role_arn if assumes else None,
            external_id=request.external_id if assumes else None,
            source_identity=issued.source_identity if assumes else None,
            policies=issued.policies if assumes else {},
        )
        return seal(agent_session, agent, self._settings.public_key(agent), self._settings.signing_key(agent))


def _principal(session: Session) -> tuple[str, str, str | None]:
    """Account, caller (without its role session's name) and role: what a renewal may not change."""
    caller = session.caller_arn
    if ":assumed-role/" in caller:
        caller = caller.rsplit("/", 1)[0]
    role = session.agents["executor"].identity if session.scoping.mode == "role" else None
    return session.account, caller, role


def credentials_of(request: SessionRequest) -> Credentials:
    """The credentials of a request. Raises Unauthenticated (`credentials_malformed`) without repeating any of them."""
    key_id = request.access_key_id.get_secret_value()
    secret = request.secret_access_key.get_secret_value()
    token = request.session_token.get_secret_value() if request.session_token else None
    temporary = key_id.startswith("ASIA")
    wrong = None
    if not _KEY_ID.match(key_id):
        wrong = "access_key_id is AKIA or ASIA and 16 capital letters or digits"
    elif not _SECRET.match(secret):
        wrong = "secret_access_key has 40 characters of A-Z, a-z, 0-9, / and +"
    elif temporary and not token:
        wrong = "a temporary key (ASIA…) needs its session_token"
    elif token and not temporary:
        wrong = "a long-term key (AKIA…) has no session_token"
    elif token and not _TOKEN.match(token):
        wrong = "session_token is not one that AWS makes"
    if wrong:
        raise Unauthenticated(wrong, code="credentials_malformed")
    return Credentials(access_key_id=key_id, secret_access_key=secret, session_token=token)


def check_regions(regions: list[str]) -> None:
    unknown = sorted(set(regions) - all_regions())
    if unknown:
        raise InvalidArguments(f"not a region of AWS: {', '.join(unknown)}", code="unknown_region")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
