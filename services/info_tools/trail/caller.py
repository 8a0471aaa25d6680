"""Reads one CloudTrail event: which call it records, by whom, when, from where, and the error if AWS refused it.

The record's fields: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from services.info_tools.combined import Row
from shared.messages import Message

MAX_RESOURCES = 10


class Caller(Message):
    """Who called, as AWS identified them."""

    type: str | None = Field(description="IAMUser, AssumedRole, Root, AWSService, FederatedUser, …")
    principal: str | None = Field(description="The ARN of the user, of the role's session or of the root user.")
    name: str | None = Field(description="The user's name, or the name of the role that was assumed.")
    session_name: str | None = Field(description="Of a role's session: what whoever assumed it called it.")
    source_identity: str | None = Field(description="Who assumed the role, where that was set and cannot be changed.")
    invoked_by: str | None = Field(description="The AWS service that called on the caller's behalf, or by itself.")
    account: str | None


class ChangeEvent(Row):
    """One management event that was no read. With an `error_code` AWS refused it, and nothing changed by it."""

    event_id: str
    event_name: str
    event_source: str
    time: datetime = Field(description="UTC.")
    region: str
    caller: Caller
    source_address: str | None = Field(description="An IP address, or the name of an AWS service.")
    error_code: str | None
    request_id: str | None
    resources: tuple[str, ...] = Field(description=f"Names or ARNs that the event names; {MAX_RESOURCES} at most.")


def is_read(event: dict[str, Any]) -> bool:
    """Whether the event only read."""
    return str(event.get("ReadOnly", _record(event).get("readOnly"))).casefold() == "true"


def change_of(event: dict[str, Any], region: str) -> ChangeEvent:
    """An event as LookupEvents answers it; what its record does not say is null."""
    record = _record(event)
    named = [str(one["ResourceName"]) for one in event.get("Resources") or () if one.get("ResourceName")]
    return ChangeEvent(
        event_id=event["EventId"],
        event_name=event["EventName"],
        event_source=event.get("EventSource") or str(record.get("eventSource", "")),
        time=event["EventTime"].astimezone(UTC),
        region=_text(record, "awsRegion") or region,
        caller=_caller(record, event),
        source_address=_text(record, "sourceIPAddress"),
        error_code=_text(record, "errorCode"),
        request_id=_text(record, "requestID"),
        resources=tuple(dict.fromkeys(named))[:MAX_RESOURCES],
    )


def user_agent_of(event: dict[str, Any]) -> str | None:
    """The program that made the call, by its own word."""
    return _text(_record(event), "userAgent")


def _caller(record: dict[str, Any], event: dict[str, Any]) -> Caller:
    identity = _part(record, "userIdentity")
    context = _part(identity, "sessionContext")
    issuer = _part(context, "sessionIssuer")
    principal = _text(identity, "arn")
    # "arn:aws:sts::111122223333:assumed-role/ROLE/SESSION"; in principalId the session stands after the colon.
    in_session = bool(principal and ":assumed-role/" in principal)
    session = principal.rsplit("/", 1)[-1] if principal and in_session else None
    if session is None and identity.get("type") == "AssumedRole":
        session = str(identity.get("principalId", "")).partition(":")[2] or None
    role = principal.split("/")[-2] if principal and in_session else None
    return Caller(
        type=_text(identity, "type"),
        principal=principal,
        name=_text(issuer, "userName") or role or _text(identity, "userName") or event.get("Username"),
        session_name=session,
        source_identity=_text(context, "sourceIdentity"),
        invoked_by=_text(identity, "invokedBy"),
        account=_text(identity, "accountId"),
    )


def _record(event: dict[str, Any]) -> dict[str, Any]:
    try:
        record = json.loads(event.get("CloudTrailEvent") or "{}")
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _part(record: dict[str, Any], name: str) -> dict[str, Any]:
    value = record.get(name)
    return value if isinstance(value, dict) else {}


def _text(record: dict[str, Any], name: str) -> str | None:
    value = record.get(name)
    return value if isinstance(value, str) and value else None
