"""Carries one request of Cloud Control out: sent once, followed until AWS has ended it, however often a run is cut off.

The request has a client token made of plan and step, and AWS's request token goes into the plan's journal with the
answer. A run that takes the step over asks with the client token again where that answer is missing, and else goes on
asking by the request token. How a request ended is in the journal too.
Source: https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-operations-manage-requests.html
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import JsonValue

from services.executor.calls.observation import Happened, Probe
from services.executor.calls.outcome import OutcomeUnknown
from services.executor.calls.request import Request
from services.executor.registry.contexts import OperationContext
from services.executor.resources.failures import failure, passes
from shared.aws.clients import translate
from shared.errors import AssistantError, Conflict

log = structlog.get_logger(__name__)

CREATE, UPDATE, DELETE = "CreateResource", "UpdateResource", "DeleteResource"
# What AWS began and could not end for a reason that passes by itself is begun anew, with a token of its own.
MAX_REQUESTS = 4
FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 1.0, 10.0
# Beyond the time that the type's handler declares.
GRACE_SECONDS = 900.0
# What CloudFormation allows a handler that declares no time.
MINUTES = 120
_GOES_ON = ("PENDING", "IN_PROGRESS", "CANCEL_IN_PROGRESS")
_TOKENS = uuid.UUID("0c5a5e0e-98bb-5d63-8b8c-6c2e3d0f8e11")


@dataclass(frozen=True, slots=True)
class Change:
    """One request on a resource: `words` say what AWS is waited for.

    `look` tells by the resource itself whether the change happened. `before` runs before it is sent, and raises what
    must keep it from being sent. `again` says whether the request may be made anew after AWS failed with it.
    """

    request: Request
    words: str
    look: Probe
    minutes: int | None = None
    before: Callable[[], None] = lambda: None
    again: Callable[[str | None], bool] = lambda identifier: True


def carry_out(context: OperationContext, change: Change) -> str | None:
    """The identifier of the resource once AWS has ended the request well; None where only a person said so.

    Raises AwsError and its kin as AWS failed, Conflict where a person said that it happened and AWS shows otherwise,
    and what `StepCalls.once` raises.
    """
    ended: dict[str, Any] = {}
    for number in range(1, MAX_REQUESTS + 1):
        try:
            ended = _carry_out(context, change, number)
        except Conflict:
            if number == 1:
                raise
            # AWS takes nothing of a failed request back: what is there now can be what that one left.
            raise failure(change.request.operation, ended) from None
        if ended["status"] == "SUCCESS":
            return ended.get("identifier")
        new = context.calls.made_lately(change.request.parameters, ended["message"])
        if number == MAX_REQUESTS or not passes(ended, new) or not change.again(ended.get("identifier")):
            raise failure(change.request.operation, ended)
        log.info("resource_request_repeated", request=change.request.name, code=ended["code"], number=number)
        pause = context.calls.remember(f"pause {number}", lambda: {"since": context.calls.clock.now()})
        context.calls.wait(change.words, pause["since"], MAX_PAUSE_SECONDS * number)
    raise AssertionError("the last request ends the loop")


def _carry_out(context: OperationContext, change: Change, number: int) -> dict[str, Any]:
    """How the request of this number ended: `status`, `identifier`, `code` and `message`."""
    calls, request = context.calls, change.request
    name = request.name
    if number > 1:
        name = f"{name} {number}"
        token = str(uuid.uuid5(_TOKENS, f"{context.plan_id}/{calls.key}/{name}"))
        request = replace(request, parameters={**request.parameters, "ClientToken": token})
    probe = calls.by_token(request, _kept, change.look, name)
    begun = calls.once(request, probe, before=change.before, keep=_kept, name=name)
    if begun is None or "request_token" not in begun:
        # Adopted because the resource shows it, or because a person said so.
        return _as_seen(change, begun)
    return calls.remember(f"end {number}", lambda: _follow(context, change, begun["request_token"], number))


def _follow(context: OperationContext, change: Change, token: str, number: int) -> dict[str, Any]:
    """Ask AWS until the request has ended. Raises OutcomeUnknown where AWS does not tell, or takes too long."""
    calls = context.calls
    since = float(calls.remember(f"began {number}", lambda: {"at": calls.clock.now()})["at"])
    until = since + (change.minutes or MINUTES) * 60 + GRACE_SECONDS
    pause = FIRST_PAUSE_SECONDS
    while True:
        event = _ask(context, change, token)
        if event["OperationStatus"] not in _GOES_ON:
            calls.on_wait(None)
            return _ended(event)
        if calls.clock.now() > until:
            minutes = (calls.clock.now() - since) / 60
            raise OutcomeUnknown("", change.request.name, f"AWS has not ended it in {minutes:.0f} minutes")
        calls.wait(change.words, since, pause)
        pause = min(pause * 1.5, MAX_PAUSE_SECONDS)


def _ask(context: OperationContext, change: Change, token: str) -> dict[str, Any]:
    region = change.request.region

    def ask() -> dict[str, Any]:
        client = context.aws_now().client("cloudcontrol", region)
        found: dict[str, Any] = client.get_resource_request_status(RequestToken=token)["ProgressEvent"]
        return found

    try:
        return context.calls.read(ask)
    except (ClientError, BotoCoreError) as error:
        why = translate(error).detail
    except AssistantError as error:
        why = error.detail
    raise OutcomeUnknown("", change.request.name, f"AWS took the request and could not be asked how it ended: {why}")


def _kept(answer: dict[str, Any]) -> JsonValue:
    event = answer["ProgressEvent"]
    return {"request_token": event["RequestToken"], "identifier": event.get("Identifier")}


def _ended(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "status": event["OperationStatus"],
        "identifier": event.get("Identifier"),
        "code": event.get("ErrorCode", ""),
        "message": event.get("StatusMessage", ""),
    }


def _as_seen(change: Change, begun: Any) -> dict[str, Any]:
    identifier = begun.get("identifier") if isinstance(begun, dict) else None
    if begun is None:
        seen = change.look()
        if not isinstance(seen, Happened):
            raise Conflict(
                f"{change.request.operation}: a person said that it happened, and AWS does not show it",
                code="world_moved_on",
            )
        identifier = seen.value.get("identifier") if isinstance(seen.value, dict) else None
    return {"status": "SUCCESS", "identifier": identifier, "code": "", "message": ""}
