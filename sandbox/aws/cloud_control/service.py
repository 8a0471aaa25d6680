"""The operations of Cloud Control API.

Sources: botocore's `cloudcontrol` model and the Cloud Control API user guide. A create, update or delete is answered at
once with a ProgressEvent; its handler runs in a thread of its own. Reading, and the reading that an update begins with,
happen while the caller waits.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from sandbox.aws.cloud_control import paging, parameters, patches
from sandbox.aws.cloud_control.behaviour import Behaviour
from sandbox.aws.cloud_control.failures import HandlerFailure, answered, failure_of
from sandbox.aws.cloud_control.handler import Handler, handler_of
from sandbox.aws.cloud_control.kept_requests import KeptRequests
from sandbox.aws.cloud_control.loopback import SERVICE, Caller, Loopback
from sandbox.aws.cloud_control.requests import Asked, Requests, ResourceRequest
from sandbox.aws.cloud_control.schemas import Model, ResourceType, resource_type, without
from sandbox.aws.iam.principals import Principal
from sandbox.aws.protocol.calls import Call
from sandbox.aws.protocol.errors import Answer, AwsError
from sandbox.aws.protocol.wsgi import WsgiApp

logger = logging.getLogger(__name__)

Params = Mapping[str, Any]
Assume = Callable[[Principal, str, str], Principal]
"""The session of a role that a caller passes to a service."""
_INTERNAL = HandlerFailure("InternalFailure", "Internal error in a handler of the sandbox.")
_ACTIONS = {"CREATE": "create", "UPDATE": "update", "DELETE": "delete", "READ": "read", "LIST": "list"}


class CloudControl:
    """Cloud Control API of all accounts and regions."""

    def __init__(self, door: WsgiApp, behaviour: Behaviour, assume: Assume, kept: Path | None) -> None:
        self._loopback = Loopback(door)
        self._behaviour = behaviour
        self._assume = assume
        self._requests = Requests(time.time, KeptRequests(kept))
        self._operations: dict[str, Callable[[Params, Caller], dict[str, Any]]] = {
            "CreateResource": self._create,
            "UpdateResource": self._update,
            "DeleteResource": self._delete,
            "GetResource": self._get,
            "ListResources": self._list,
            "GetResourceRequestStatus": self._status,
            "CancelResourceRequest": self._cancel,
            "ListResourceRequests": self._list_requests,
        }

    def answer(self, call: Call, principal: Principal) -> Answer:
        """Answer a call whose own permission was checked."""
        operation = self._operations.get(call.operation)
        if operation is None:
            raise AwsError("UnknownOperationException", f"Unknown operation {call.operation}")
        if self._behaviour.throttles():
            raise AwsError("ThrottlingException", "Rate exceeded")
        parameters.check(call.operation, call.params)
        if role := call.params.get("RoleArn"):
            principal = self._assume(principal, str(role), SERVICE)
        caller = Caller(principal, call.region, call.headers.get("host", "127.0.0.1"))
        result = operation(call.params, caller)
        return Answer(200, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(result).encode())

    def _create(self, params: Params, caller: Caller) -> dict[str, Any]:
        kind, handler = _supported(params, "CREATE")
        asked = _asked(params, "CREATE", str(params["DesiredState"]))
        token = str(params.get("ClientToken") or uuid.uuid4())
        if (found := self._requests.repeated(_place(caller), asked, token)) is not None:
            return _event(found)
        desired = parameters.desired_state(kind, str(params["DesiredState"]))
        known = [str(desired[name]) for name in kind.identifier if desired.get(name)]
        identifier = "|".join(known) if len(known) == len(kind.identifier) else None
        return self._begin(asked, token, identifier, caller, lambda: handler.create(self._loopback, desired))

    def _update(self, params: Params, caller: Caller) -> dict[str, Any]:
        kind, handler = _supported(params, "UPDATE")
        asked = _asked(params, "UPDATE", str(params["PatchDocument"]))
        token = str(params.get("ClientToken") or uuid.uuid4())
        if (found := self._requests.repeated(_place(caller), asked, token)) is not None:
            return _event(found)
        identifier = parameters.identifier(kind, str(params["Identifier"]))
        before = self._read(kind, handler, identifier, caller)
        after = patches.apply(kind, str(params["PatchDocument"]), before)
        parameters.require_valid(kind, without(after, kind.read_only))

        def work() -> str:
            handler.update(self._loopback, identifier, before, after)
            return identifier

        return self._begin(asked, token, identifier, caller, work)

    def _delete(self, params: Params, caller: Caller) -> dict[str, Any]:
        kind, handler = _supported(params, "DELETE")
        asked = _asked(params, "DELETE", "")
        token = str(params.get("ClientToken") or uuid.uuid4())
        identifier = parameters.identifier(kind, str(params["Identifier"]))

        def work() -> str:
            handler.delete(self._loopback, identifier)
            return identifier

        return self._begin(asked, token, identifier, caller, work)

    def _begin(
        self, asked: Asked, token: str, identifier: str | None, caller: Caller, work: Callable[[], str]
    ) -> dict[str, Any]:
        request, new = self._requests.begin(_place(caller), asked, token, identifier)
        answer = _event(request)  # as it is before its handler runs
        if new:
            seconds, name = self._behaviour.seconds_of(asked.type_name, asked.operation), f"request-{request.token}"
            threading.Thread(target=self._run, args=(request, caller, work, seconds), name=name, daemon=True).start()
        return answer

    def _run(self, request: ResourceRequest, caller: Caller, work: Callable[[], str], seconds: float) -> None:
        asked, failure = request.asked, None
        try:
            self._behaviour.fail(asked.type_name, asked.operation, "before")
            with self._loopback.acting_for(caller):
                self._requests.identify(request, work())
            request.cancelled.wait(seconds)
            self._behaviour.fail(asked.type_name, asked.operation, "after")
        except HandlerFailure as error:
            failure = error
        except (ClientError, ParamValidationError) as error:
            failure = failure_of(error)
        except Exception:  # a request must end, whatever its handler trips over
            logger.exception("the handler of %s failed in %s", asked.type_name, asked.operation)
            failure = _INTERNAL
        self._requests.end(request, failure)

    def _get(self, params: Params, caller: Caller) -> dict[str, Any]:
        kind, handler = _supported(params, "READ")
        identifier = parameters.identifier(kind, str(params["Identifier"]))
        model = self._read(kind, handler, identifier, caller)
        described = {"Identifier": identifier, "Properties": json.dumps(model)}
        return {"TypeName": kind.name, "ResourceDescription": described}

    def _read(self, kind: ResourceType, handler: Handler, identifier: str, caller: Caller) -> Model:
        model = self._waited(kind, caller, lambda: handler.read(self._loopback, identifier))
        return without(model, kind.write_only)

    def _list(self, params: Params, caller: Caller) -> dict[str, Any]:
        kind, handler = _supported(params, "LIST")
        model = parameters.parsed("ResourceModel", str(params.get("ResourceModel") or "{}"))
        parameters.require_narrowed(kind, model)
        found = self._waited(kind, caller, lambda: sorted(handler.list(self._loopback, model)))
        page, following = paging.page(found, params, paging.MAX_RESULTS)
        described = [
            {
                "Identifier": identifier,
                "Properties": json.dumps(dict(zip(kind.identifier, identifier.split("|"), strict=False))),
            }
            for identifier in page
        ]
        return {"TypeName": kind.name, "ResourceDescriptions": described, **following}

    def _waited(self, kind: ResourceType, caller: Caller, work: Callable[[], Any]) -> Any:
        """Run what the caller waits for; a failure becomes the error of the call."""
        try:
            with self._loopback.acting_for(caller):
                return work()
        except HandlerFailure as error:
            raise answered(kind.name, error, str(uuid.uuid4())) from error
        except (ClientError, ParamValidationError) as error:
            raise answered(kind.name, failure_of(error), str(uuid.uuid4())) from error
        except Exception as error:  # AWS answers whatever a handler trips over
            logger.exception("the handler of %s failed", kind.name)
            raise answered(kind.name, _INTERNAL, str(uuid.uuid4())) from error

    def _status(self, params: Params, caller: Caller) -> dict[str, Any]:
        return {**_event(self._requests.find(_place(caller), str(params["RequestToken"]))), "HooksProgressEvent": []}

    def _cancel(self, params: Params, caller: Caller) -> dict[str, Any]:
        request = self._requests.find(_place(caller), str(params["RequestToken"]))
        self._requests.cancel(request)
        return _event(request)

    def _list_requests(self, params: Params, caller: Caller) -> dict[str, Any]:
        wanted = params.get("ResourceRequestStatusFilter") or {}
        operations, statuses = wanted.get("Operations"), wanted.get("OperationStatuses")
        found = [
            one.event()
            for one in self._requests.all(_place(caller))
            if (not operations or one.asked.operation in operations) and (not statuses or one.status in statuses)
        ]
        page, following = paging.page(found, params, paging.DEFAULT_REQUESTS)
        return {"ResourceRequestStatusSummaries": page, **following}


def _supported(params: Params, action: str) -> tuple[ResourceType, Handler]:
    name = str(params["TypeName"])
    kind = resource_type(name)
    if kind is None:
        raise AwsError("TypeNotFoundException", f"The type '{name}' cannot be found.")
    handler = handler_of(name)
    # A type that cannot be read, such as AWS::SQS::QueuePolicy, is not one of Cloud Control's.
    unsupported = {"read", _ACTIONS[action]} - kind.permissions.keys()
    if unsupported or handler is None:
        where = "" if unsupported else " in the sandbox"
        raise AwsError("UnsupportedActionException", f"Resource type {name} does not support {action} action{where}")
    return kind, handler


def _asked(params: Params, operation: str, body: str) -> Asked:
    return Asked(
        operation=operation,
        type_name=str(params["TypeName"]),
        digest=hashlib.sha256(body.encode()).hexdigest(),
        identifier=params.get("Identifier"),
        role_arn=params.get("RoleArn"),
        type_version=params.get("TypeVersionId"),
    )


def _place(caller: Caller) -> tuple[str, str]:
    return caller.principal.account, caller.region


def _event(request: ResourceRequest) -> dict[str, Any]:
    return {"ProgressEvent": request.event()}
