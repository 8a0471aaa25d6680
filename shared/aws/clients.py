"""boto3 clients for a session's credentials.

Every boto3 session has a guard that refuses what the agent may not call (`shared/access/guard.py`), and believes no
answer that is not AWS's (`shared/aws/answers`), where AWS's errors are also translated into this system's.
Every client has time-outs and a bounded number of tries. The endpoint comes from botocore's own settings
(`AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_<SERVICE>`); nothing else tells the real AWS from a stand-in.
"""

from __future__ import annotations

import platform
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from shared.access.fencing import check_of
from shared.access.guard import READ_ONLY, Guard
from shared.aws.answers.checking import check_answers
from shared.aws.answers.requests import tell_of_requests
from shared.aws.answers.translation import error_code, translate
from shared.aws.bound_clients import CheckCall, CurrentCredentials, Scope, bind, bindable
from shared.aws.client_parts import share
from shared.aws.covered import Covered
from shared.aws.service_models import LOADER
from shared.errors import AssistantError, AwsError, InvalidArguments
from shared.messages import Gap, SessionInfo
from shared.sessions.credentials import AgentSession, Credentials
from shared.sessions.fences import Perimeter

# A call that is sent once may be a change that takes its time, such as a function made from a large package.
ONCE_SECONDS = 20
# In the form that botocore gives it, which it puts together anew, twice for each call, where none is given. boto3 adds
# botocore's version.
USER_AGENT = f"Boto3/{boto3.__version__} lang/python#{platform.python_version()} app/aws-assistant"
CLIENT_CONFIG = Config(
    connect_timeout=5,
    # All tries together end before a tool's own time does, so that it is AWS that is said to be silent.
    read_timeout=12,
    # "standard" counts the first call too: 4 tries in all, with jittered back-off of 1, 2 and 4 s at most.
    retries={"mode": "standard", "total_max_attempts": 4},
    max_pool_connections=64,
    user_agent=USER_AGENT,
    # Path style works on AWS and on any endpoint URL; a bucket's name never becomes part of a host name.
    s3={"us_east_1_regional_endpoint": "regional", "addressing_style": "path"},
)
__all__ = ["CLIENTS", "CLIENT_CONFIG", "Aws", "ClientCache", "error_code", "new_core", "new_session", "translate"]

# Of services times regions; what a service's clients share is made once (`client_parts.py`), the rest is 0.1 MB each.
# One sweep over an account's usage takes some 500. Which have not been used for so long are let go.
MAX_CACHED_CLIENTS, CLIENT_IDLE_SECONDS = 1500, 1800.0


@dataclass(slots=True)
class _Made:
    """A client, the class of what is bound to it, and when it was last asked for (monotonic seconds)."""

    client: Any
    bound: type[Any]
    used: float


class ClientCache:
    """boto3 clients by service and region, all under one guard (read-only by default), for any credentials.

    Clients are thread-safe; making one is not.
    """

    def __init__(
        self,
        guard: Guard = READ_ONLY,
        config: Config = CLIENT_CONFIG,
        session_of: ClientCache | None = None,
        before_send: Callable[..., None] | None = None,
        prepare: Callable[[Any], None] | None = None,
    ) -> None:
        """`prepare` is given each client when it is made, before any use."""
        self._guard = guard
        self._config = config
        self._session_of, self._before_send, self._prepare = session_of, before_send, prepare
        # Shared with the cache whose session is used: a session makes its clients one after another.
        self._lock: threading.Lock = session_of._lock if session_of else threading.Lock()
        self._made: boto3.Session | None = None
        # The one that has not been used for longest comes first.
        self._clients: OrderedDict[tuple[str, str], _Made] = OrderedDict()

    def client(self, credentials: Credentials, service: str, region: str, check: CheckCall | None = None) -> Any:
        """Return the client of `service` in `region` that signs with these credentials.

        `check` is called before each of its calls and may refuse it.
        """
        with self._lock:
            made = self._clients.get((service, region)) or self._make(service, region)
            made.used = time.monotonic()
            self._clients.move_to_end((service, region))
            self._let_go()
        return bind(made.client, made.bound, credentials, check)

    def _make(self, service: str, region: str) -> _Made:
        client = self._session().client(service, region_name=region, config=self._config)
        if self._before_send:
            client.meta.events.register_first("before-send", self._before_send)
        if self._prepare:
            self._prepare(client)
        made = self._clients[service, region] = _Made(client, bindable(client), 0.0)
        return made

    def _let_go(self) -> None:
        """Forget clients that are too many or too long unused; who still has one goes on with it."""
        oldest = time.monotonic() - CLIENT_IDLE_SECONDS
        while len(self._clients) > MAX_CACHED_CLIENTS or next(iter(self._clients.values())).used < oldest:
            self._clients.popitem(last=False)

    def under(self, guard: Guard) -> ClientCache:
        """An empty cache like this one, under another guard."""
        return ClientCache(guard, self._config)

    def trying_once(self, before_send: Callable[..., None]) -> ClientCache:
        """A cache of the same session, whose clients never send a call twice by themselves.

        `before_send` is called at the last moment before a request leaves; what it raises keeps it from leaving.
        """
        patience = Config(read_timeout=ONCE_SECONDS, retries={"mode": "standard", "total_max_attempts": 1})
        once = self._config.merge(patience)
        return ClientCache(self._guard, once, session_of=self, before_send=before_send)

    def _session(self) -> boto3.Session:
        # Creating a session takes as long as creating a client.
        if self._session_of is not None:
            return self._session_of._session()
        if self._made is None:
            core = new_core(self._guard)
            core._credentials = CurrentCredentials()
            self._made = boto3.Session(botocore_session=core)
        return self._made


def new_session(guard: Guard, credentials: Credentials) -> boto3.Session:
    """A guarded boto3 session for these credentials and no others, sharing botocore's parsed service models."""
    core = new_core(guard)
    return boto3.Session(
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token,
        botocore_session=core,
    )


def new_core(guard: Guard) -> botocore.session.Session:
    """A botocore session whose clients call only what the guard allows, and believe only what AWS answers."""
    share()
    core = botocore.session.Session()
    core.register_component("data_loader", LOADER)
    # Before any client: clients copy the session's handlers when they are made.
    guard.watch(core)
    check_answers(core)
    tell_of_requests(core)
    return core


CLIENTS = ClientCache()


@dataclass(slots=True)
class Aws:
    """AWS for one call: its session, clients and deadline; what it covered, and the gaps: what it could not cover.

    It is about one account: the session's main one, or another of its accounts that `of_account` names.
    """

    session: AgentSession
    deadline: float
    cache: ClientCache = field(default_factory=lambda: CLIENTS)
    gaps: list[Gap] = field(default_factory=list)
    covered: Covered = field(default_factory=Covered)
    region: str = ""
    # Whether a gap says its account: where a call is about several.
    names_account: bool = False
    # What no call may leave, whatever the guard allows.
    perimeter: Perimeter = field(default_factory=Perimeter)
    # Whether STS accepts the session's credentials, once it was asked.
    _accepted: bool | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.region = self.region or self.info.region

    @property
    def info(self) -> SessionInfo:
        return self.session.info

    def of_account(self, account: str) -> Aws:
        """The same call in one of the session's accounts: its credentials and regions; a gap there names it.

        Gaps go into the one list of the call. Raises what `AgentSession.of_account` does, and Forbidden
        (`account_outside_fence`).
        """
        name = next((one.name for one in self.session.accounts if one.account == account), None)
        self.perimeter.check_account(account, name)
        return replace(self, session=self.session.of_account(account), names_account=True)

    def client(self, service: str, region: str | None = None) -> Any:
        """Return a client of `service` (botocore's name, "s3") in `region`, the session's by default."""
        scope = Scope(self.info.account, self.deadline, check_of(self.perimeter))
        return self.cache.client(self.session.credentials, service, region or self.info.region, scope)

    def regions(self, wanted: Sequence[str] | None = None) -> tuple[str, ...]:
        """The regions to search. Raises InvalidArguments for one that is not of the session.

        Of several accounts one may lack a region that another one has; there AWS says so, see `info_tools/aws.py`.
        """
        if not wanted:
            return self.info.regions
        known = set(self.info.regions).union(*(account.regions for account in self.session.accounts))
        foreign = sorted(set(wanted) - known)
        if foreign:
            raise InvalidArguments(
                f"not a region of this session: {', '.join(foreign)}; it has {', '.join(self.info.regions)}"
            )
        return tuple(dict.fromkeys(wanted))

    def gap(self, code: str, detail: str, *, region: str | None = None, resource: str | None = None) -> None:
        """Record what the answer does not cover, so that it can say so."""
        account = self.info.account if self.names_account else None
        self.gaps.append(Gap(code=code, detail=detail, region=region, resource=resource, account=account))

    def judged(self, error: AssistantError) -> AssistantError:
        """The error; where it blames the session's credentials and STS accepts them, one that blames the service.

        A region that the account has not enabled, and a service of another partition, answer as if the credentials were
        unknown. STS needs no permission to say whose they are.
        """
        if error.code != "credentials_invalid" or not self._are_credentials_accepted():
            return error
        return AwsError(
            f"this service or region refuses credentials that STS in {self.info.region} accepts, so the session goes"
            f" on: {error.detail}",
            code="service_refuses_credentials",
        )

    def _are_credentials_accepted(self) -> bool:
        if self._accepted is None:
            try:
                self._accepted = bool(self.client("sts").get_caller_identity())
            except (ClientError, BotoCoreError):
                self._accepted = False
        return self._accepted

    def remaining(self) -> float:
        """Seconds until nobody waits for the answer any more."""
        return self.deadline - time.time()
