"""Resource requests and their tokens.

Sources: "Ensuring resource operation requests are unique" and "Managing resource operation requests" in the Cloud
Control API user guide. A client token is valid for 36 hours, a request is kept for 7 days.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sandbox.aws.cloud_control.failures import HandlerFailure
from sandbox.aws.cloud_control.kept_requests import KeptRequests
from sandbox.aws.protocol.errors import AwsError

CLIENT_TOKEN_SECONDS = timedelta(hours=36).total_seconds()
REQUEST_SECONDS = timedelta(days=7).total_seconds()
ENDED = frozenset({"SUCCESS", "FAILED", "CANCEL_COMPLETE"})
RETRY_AFTER_SECONDS = 1

Place = tuple[str, str]
"""Account and region."""


@dataclass(frozen=True)
class Asked:
    """What a create, update or delete asks for; two that are equal are the same request."""

    operation: str
    type_name: str
    digest: str
    """Of DesiredState or PatchDocument, as it was sent; it may hold secrets."""
    identifier: str | None = None
    role_arn: str | None = None
    type_version: str | None = None


@dataclass
class ResourceRequest:
    """One request and how it stands. Its fields change under the lock of `Requests`."""

    place: Place
    asked: Asked
    client_token: str
    began: float
    token: str = field(default_factory=lambda: str(uuid.uuid4()))
    identifier: str | None = None
    status: str = "IN_PROGRESS"
    failure: HandlerFailure | None = None
    event_time: float = 0.0
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    def event(self) -> dict[str, Any]:
        """The ProgressEvent."""
        shown: dict[str, Any] = {
            "TypeName": self.asked.type_name,
            "Identifier": self.identifier,
            "RequestToken": self.token,
            "Operation": self.asked.operation,
            "OperationStatus": self.status,
            "EventTime": self.event_time,
        }
        if self.failure is not None:
            shown |= {"StatusMessage": self.failure.message, "ErrorCode": self.failure.code}
        if not self.ended:
            shown["RetryAfter"] = self.event_time + RETRY_AFTER_SECONDS
        return {key: value for key, value in shown.items() if value is not None}


class Requests:
    """Every request of the last 7 days, also those of earlier processes where they are kept."""

    def __init__(self, clock: Callable[[], float], kept: KeptRequests | None = None) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept = kept or KeptRequests(None)
        self._by_token: dict[tuple[Place, str], ResourceRequest] = {}
        self._by_client_token: dict[tuple[Place, str], ResourceRequest] = {}
        for fields in self._kept.read():
            request = ResourceRequest(**{**fields, "asked": Asked(**fields["asked"])})
            self._put(request)
            if not request.ended:  # its handler ended with the process
                self.end(request, HandlerFailure("InternalFailure", "The sandbox was stopped meanwhile."))

    def _put(self, request: ResourceRequest) -> None:
        self._by_token[request.place, request.token] = request
        self._by_client_token[request.place, request.client_token] = request

    def repeated(self, place: Place, asked: Asked, client_token: str) -> ResourceRequest | None:
        """The request that was begun with this client token; None where it is a new one.

        Raises ClientTokenConflictException where it was another request.
        """
        with self._lock:
            return self._begun_with(place, asked, client_token)

    def _begun_with(self, place: Place, asked: Asked, client_token: str) -> ResourceRequest | None:
        found = self._by_client_token.get((place, client_token))
        if found is None or self._clock() - found.began >= CLIENT_TOKEN_SECONDS:
            return None
        if found.asked != asked:
            raise AwsError(
                "ClientTokenConflictException",
                f"Client token {client_token} has already been used in another resource request.",
            )
        return found

    def begin(
        self, place: Place, asked: Asked, client_token: str, identifier: str | None
    ) -> tuple[ResourceRequest, bool]:
        """A request, and whether it is new; of two with one client token at the same time only one is.

        Raises ClientTokenConflictException where the token was another request's, and ConcurrentOperationException
        while another request changes the same resource.
        """
        with self._lock:
            if (found := self._begun_with(place, asked, client_token)) is not None:
                return found, False
            now = self._clock()
            request = ResourceRequest(place, asked, client_token, now, identifier=identifier, event_time=now)
            self._forget_old(now)
            self._refuse_two_at_once(request)
            self._put(request)
            self._kept.write(request)
        return request, True

    def _refuse_two_at_once(self, request: ResourceRequest) -> None:
        for other in self._by_token.values():
            same = (other.place, other.asked.type_name) == (request.place, request.asked.type_name)
            if same and not other.ended and request.identifier and other.identifier == request.identifier:
                raise AwsError(
                    "ConcurrentOperationException",
                    "Another operation on resource of type "
                    f"{request.asked.type_name} with identifier {request.identifier} is in progress.",
                )

    def _forget_old(self, now: float) -> None:
        for kept, seconds in ((self._by_token, REQUEST_SECONDS), (self._by_client_token, CLIENT_TOKEN_SECONDS)):
            for key in [key for key, one in kept.items() if one.ended and now - one.began >= seconds]:
                del kept[key]

    def find(self, place: Place, token: str) -> ResourceRequest:
        """The request of a token. Raises RequestTokenNotFoundException."""
        with self._lock:
            found = self._by_token.get((place, token))
            if found is None or (found.ended and self._clock() - found.began >= REQUEST_SECONDS):
                raise AwsError("RequestTokenNotFoundException", f"Request with token {token} was not found.")
            return found

    def all(self, place: Place) -> list[ResourceRequest]:
        """The requests of an account in a region, the newest first."""
        with self._lock:
            found = [one for one in self._by_token.values() if one.place == place]
        now = self._clock()
        return [one for one in reversed(found) if not one.ended or now - one.began < REQUEST_SECONDS]

    def identify(self, request: ResourceRequest, identifier: str) -> None:
        """The resource of a request is known now."""
        with self._lock:
            request.identifier = identifier
            self._kept.write(request)

    def cancel(self, request: ResourceRequest) -> None:
        """Ask a request to stop. Raises ConcurrentModificationException where it has ended."""
        with self._lock:
            if request.ended:
                raise AwsError(
                    "ConcurrentModificationException",
                    f"Request with token {request.token} is {request.status} and cannot be canceled.",
                    500,
                )
            request.status, request.event_time = "CANCEL_IN_PROGRESS", self._clock()
        request.cancelled.set()

    def end(self, request: ResourceRequest, failure: HandlerFailure | None = None) -> None:
        """A request's handler is done: it failed, was canceled, or succeeded."""
        with self._lock:
            stopped = "CANCEL_COMPLETE" if request.cancelled.is_set() else "SUCCESS"
            request.status = "FAILED" if failure is not None else stopped
            request.failure, request.event_time = failure, self._clock()
            self._kept.write(request)
