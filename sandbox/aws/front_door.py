"""The front door: authenticates every request, checks IAM, and hands what is allowed to moto."""

from __future__ import annotations

import io
import logging
import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moto.core.request import Request

from sandbox.aws.account import costs
from sandbox.aws.account.buckets import NO_DIRECTORY_BUCKETS, bucket_policy, other_region, region_of
from sandbox.aws.account.kept import KeptAccount
from sandbox.aws.account.organization import answer_accounts
from sandbox.aws.client_tokens import ClientTokens
from sandbox.aws.cloud_control.behaviour import Behaviour, answer_change, seconds_by_type
from sandbox.aws.iam.accounts import Accounts
from sandbox.aws.iam.missing_operations import MissingOperations
from sandbox.aws.iam.policy_documents import check_documents
from sandbox.aws.iam.principals import Principal
from sandbox.aws.iam.service_roles import assumed
from sandbox.aws.iam.sessions import Sessions
from sandbox.aws.iam.sts import Sts
from sandbox.aws.moto.bucket_tags import expect_tags, tags_of_new_bucket
from sandbox.aws.moto.function_revisions import answer_account_settings
from sandbox.aws.moto.lambda_roles import CHECKED_OPERATIONS, check_lambda_role
from sandbox.aws.moto.many_accounts import HEADER as ACCOUNT_HEADER
from sandbox.aws.moto.repairs import repaired
from sandbox.aws.moto.role_quotas import ROLES_PER_ACCOUNT
from sandbox.aws.prices import service as prices
from sandbox.aws.protocol.calls import Call, guess_protocol, identify
from sandbox.aws.protocol.errors import Answer, AwsError, render
from sandbox.aws.protocol.headers import complete, content_length, id_on_wire, with_id
from sandbox.aws.protocol.signature import RawRequest, Signature, read_signature, verify
from sandbox.aws.protocol.wsgi import StartResponse, WsgiApp, send, take_body
from sandbox.aws.request_log import RequestLog
from sandbox.aws.trail.history import EventHistory

if TYPE_CHECKING:
    from sandbox.aws.cloud_control.service import CloudControl

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Options:
    """What may differ between sandboxes."""

    role_delay_seconds: float = 2.0
    minimum_session_seconds: int = 900
    roles_quota: int = ROLES_PER_ACCOUNT
    event_delay_seconds: float = 300  # "about 5 minutes" until CloudTrail's history shows what happened
    slow_types: str = ""  # `AWS::RDS::DBInstance=3`: seconds that Cloud Control takes for resources of a type


@dataclass
class _Trace:
    """What the log says about a request; filled in while it is handled."""

    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    protocol: str = "rest-json"
    entry: dict[str, object] = field(default_factory=dict)
    call: Call | None = None
    principal: Principal | None = None
    region: str = ""
    status: int = 200
    body: bytes = b""

    @property
    def shown_id(self) -> str:
        """The request's id as the caller gets it."""
        return id_on_wire(self.protocol, self.request_id)


class FrontDoor:
    """A WSGI application around moto's."""

    def __init__(
        self,
        moto_app: WsgiApp,
        accounts: Accounts,
        log: RequestLog,
        options: Options,
        seeding_key: str,
        directory: Path | None = None,
    ) -> None:
        self._moto = moto_app
        self._seeding_key = seeding_key
        self._accounts = accounts
        self._log = log
        self._options = options
        self._sessions = Sessions(accounts)
        self._sts = Sts(accounts, self._sessions, options.minimum_session_seconds)
        self._kept = KeptAccount(directory, self._sessions)
        self.history = EventHistory(directory / "events.jsonl" if directory else None, options.event_delay_seconds)
        self._requests_file = directory / "requests.jsonl" if directory else None
        self._behaviour = Behaviour(seconds_by_type(options.slow_types, options.role_delay_seconds))
        self._tokens = ClientTokens()
        # moto's collections bear no two threads: a list read while another thread adds to it fails.
        self._turn = threading.RLock()
        self.ready = False

    @cached_property
    def _cloud_control(self) -> CloudControl:
        from sandbox.aws.cloud_control.service import CloudControl  # with its own clients, once somebody asks

        assume = partial(assumed, self._accounts, self._sessions)
        return CloudControl(self, self._behaviour, assume, self._requests_file)

    def begin(self, seed: Callable[[], None]) -> None:
        """Take up the account that was kept, else make a new one with `seed`. `ready` then lets everybody in."""
        if self._kept.restore():
            self.history.restore()
        else:
            self.history.forget()
            if self._requests_file is not None:
                self._requests_file.unlink(missing_ok=True)
            seed()
            self._kept.save_all()

    def end(self) -> None:
        """Keep what there is."""
        with self._turn:
            self._kept.save_last()

    def keep_region(self, region: str) -> None:
        """Keep a region of EC2 that was just made."""
        with self._turn:
            self._kept.save_region(region)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO", "")
        if path == "/healthz":
            body = b'{"status":"ok"}' if self.ready else b'{"status":"starting"}'
            status = 200 if self.ready else 503
            return send(Answer(status, {"Content-Type": "application/json"}, body), start_response, environ)
        body = take_body(environ)
        if path == "/_sandbox/cloud-control":  # no name of a bucket begins with an underscore
            return send(answer_change(self._behaviour, body), start_response, environ)
        if path == "/_sandbox/event-history":
            return send(self.history.change_delay(body), start_response, environ)
        trace = _Trace()
        answer: Answer | Iterable[bytes] | None
        with self._turn:
            try:
                answer = self._handle(environ, body, trace)
            except AwsError as error:
                trace.entry.setdefault("decision", "denied")
                trace.entry["reason"] = f"{error.code}: {error.message}"
                answer = render(error, trace.protocol, path)
            if answer is None:
                answer = self._forward(environ, body, start_response, trace)
            else:
                trace.status, trace.body = answer.status, answer.body
                self._log.note({**trace.entry, "status": answer.status, "request_id": trace.shown_id})
            if self.ready and trace.call is not None and trace.principal is not None:
                about = str(trace.entry.get("resource", "*"))
                call = replace(trace.call, region=trace.region)
                self.history.saw(call, trace.principal, about, trace.status, trace.body, trace.shown_id)
            if self.ready and trace.call and trace.principal and trace.entry.get("decision") == "allowed":
                self._kept.save(trace.call, trace.principal.account)
        self._log.flush()
        if isinstance(answer, Answer):
            return send(answer, start_response, environ, trace.protocol, trace.request_id)
        return answer

    def _handle(self, environ: dict[str, Any], body: bytes, trace: _Trace) -> Answer | None:
        """The double's own answer, or None when moto shall answer."""
        request = Request({**environ, "wsgi.input": io.BytesIO(body)})
        trace.protocol = guess_protocol(request, "")
        raw = RawRequest(
            method=request.method,
            path=request.raw_path,
            query=str(environ.get("QUERY_STRING", "")),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
        )
        try:
            signature = read_signature(raw)
        except AwsError:
            trace.entry["decision"] = "denied"
            raise
        trace.protocol = guess_protocol(request, signature.service)
        trace.entry |= {"access_key_id": signature.access_key_id, "region": signature.region}
        # Nobody else can have had temporary credentials yet.
        if not self.ready and not signature.access_key_id.startswith(("ASIA", self._seeding_key)):
            # A half-seeded account would look like one whose keys and buckets are gone.
            raise AwsError("ServiceUnavailable", "The sandbox is starting.", 503)
        principal = self._authenticate(raw, signature)
        self._accounts.of(principal).identities.mark_role_used(principal, signature.region)
        call = identify(request, signature.service, signature.region)
        trace.protocol, trace.call, trace.principal = call.protocol, call, principal
        # Asked before: afterwards the bucket may be gone.
        trace.region = region_of(principal.account, call)
        trace.entry |= {"principal": principal.arn, "action": f"{call.prefix}:{call.operation}"}
        if call.invoked_by:
            trace.entry["invoked_by"] = call.invoked_by
        return self._authorize(call, principal, trace)

    def _authenticate(self, raw: RawRequest, signature: Signature) -> Principal:
        principal = self._sessions.caller(signature.access_key_id, signature.session_token)
        verify(raw, signature, principal.secret_access_key)
        return principal

    def _authorize(self, call: Call, principal: Principal, trace: _Trace) -> Answer | None:
        _refuse_what_temporary_credentials_cannot(call, principal)
        account = self._accounts.of(principal)
        identities = account.identities
        needed = account.permissions.needed(call, principal)
        trace.entry |= {
            "resource": needed[0].resource if needed else "*",
            "iam_actions": [request.action for request in needed],
        }
        if call.service == "sts" and call.operation in Sts.OPERATIONS:
            answer = self._sts.answer(call.operation, principal, call.params, needed)
            trace.entry["decision"] = "allowed"
            return answer
        policy = bucket_policy(principal.account, call)
        for request in needed:
            account.authorizer.require(principal, request, policy)
        trace.entry["decision"] = "allowed"
        check_documents(call, identities)
        if call.service == "iam" and call.operation in MissingOperations.OPERATIONS:
            return account.missing_operations.answer(call.operation, call.params)
        if call.service == "s3" and call.operation == "ListDirectoryBuckets":
            return NO_DIRECTORY_BUCKETS
        if call.service == "ce" and call.operation in costs.OPERATIONS:
            return costs.answer_costs(call.operation, call.params, principal.account)
        if call.service == "pricing" and call.operation in prices.OPERATIONS:
            return prices.answer_prices(call)
        if call.service == "organizations" and call.operation == "ListAccounts":
            return answer_accounts(call.params)
        if call.service == "cloudtrail" and call.operation == "LookupEvents":
            return self.history.answer(call, principal.account)
        if call.service == "cloudcontrol":
            return self._cloud_control.answer(call, principal)
        if call.service == "lambda" and call.operation == "GetAccountSettings":
            return answer_account_settings(principal.account, call.region)
        if call.service == "lambda" and call.operation in CHECKED_OPERATIONS:
            check_lambda_role(identities, call.params, self._options.role_delay_seconds)
        expect_tags(tags_of_new_bucket(call))
        account_id = principal.account
        return other_region(account_id, call) or repaired(call, account_id) or self._tokens.repeated(call, account_id)

    def _forward(
        self, environ: dict[str, Any], body: bytes, start_response: StartResponse, trace: _Trace
    ) -> Iterable[bytes]:
        """Let moto answer; what it does not implement becomes an AWS error instead of an HTML page."""
        environ["wsgi.input"] = io.BytesIO(body)
        assert trace.principal is not None
        environ[ACCOUNT_HEADER] = trace.principal.account
        started: list[Any] = []
        try:
            chunks = b"".join(self._moto(environ, lambda *args: started.append(args)))
        except Exception:  # whatever moto lacks or trips over raises through its WSGI application
            logger.exception("moto cannot answer %s", trace.entry.get("action"))
            # 501 is final for SDKs: the same call would fail in the same way again.
            error = AwsError("NotImplemented", f"The sandbox does not implement {trace.entry.get('action')}.", 501)
            answer = render(error, trace.protocol)
            trace.status, trace.body = answer.status, answer.body
            self._log.note({**trace.entry, "status": answer.status, "request_id": trace.shown_id})
            return send(answer, start_response, environ, trace.protocol, trace.request_id)
        status_line, headers = started[-1][0], list(started[-1][1])
        status = int(str(status_line).split(" ", 1)[0])
        trace.status, trace.body = status, chunks
        if trace.call is not None:
            kept = {name: value for name, value in headers if name.lower() != "content-length"}
            self._tokens.keep(trace.call, trace.principal.account, Answer(status, kept, chunks))
        self._log.note({**trace.entry, "status": status, "request_id": trace.shown_id})
        headers = complete(trace.protocol, headers, trace.request_id)
        body = with_id(trace.protocol, chunks, trace.request_id, status >= 400)
        if len(body) != len(chunks):
            headers = [*(pair for pair in headers if pair[0].lower() != "content-length"), content_length(body)]
        start_response(status_line, [*headers, ("x-sandbox", "true")])
        return [body]


def _refuse_what_temporary_credentials_cannot(call: Call, principal: Principal) -> None:
    """GetSessionToken and GetFederationToken credentials cannot call IAM, nor most of STS."""
    if principal.temporary is None or principal.temporary.origin == "AssumeRole":
        return
    if call.prefix == "iam":
        raise AwsError("InvalidClientTokenId", "The security token included in the request is invalid", 403)
    allowed = {"GetCallerIdentity"}
    if principal.temporary.origin == "GetSessionToken":
        allowed.add("AssumeRole")
    if call.prefix == "sts" and call.operation not in allowed:
        raise AwsError("AccessDenied", f"Cannot call {call.operation} with session credentials", 403)
