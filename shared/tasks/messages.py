"""The signed Celery messages that announce tasks: made by the publisher, and read without trusting it.

A worker never hands Celery what it took off the queue, but a new message made from the three signed texts in it:
anything else a message can tell Celery (a delay, a time limit, follow-up tasks, pickles) is unsigned and ignored.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import Base64Bytes, BaseModel, Field, TypeAdapter, ValidationError

from shared.errors import BadRequest, TooLarge
from shared.keys.signing import sign, verify
from shared.messages import AGENTS, MAX_MESSAGE_BYTES, Agent, Identifier, ToolCall

# A body of MAX_MESSAGE_BYTES, escaped (at most three times its size) and in base64, and the frame.
MAX_TASK_MESSAGE_BYTES = 4 * MAX_MESSAGE_BYTES + 16 * 1024


class Unreadable(BadRequest):
    """An item on the queue that is no task of this agent; `code` says how far it could be read."""

    code = "message_malformed"


@dataclass(frozen=True, slots=True)
class TaskMessage:
    """What a message says: a call's id, the call as JSON, the publisher's signature of both."""

    call_id: str
    body: str
    signature: str


class _Headers(BaseModel):
    task: str


class _Envelope(BaseModel):
    headers: _Headers
    body: Base64Bytes


class _Arguments(BaseModel):
    call_id: Identifier
    body: str = Field(max_length=MAX_MESSAGE_BYTES)
    signature: str = Field(pattern="^[0-9a-f]{64}$")


_BODY: TypeAdapter[tuple[tuple[str, str, str], dict[str, Any], dict[str, Any]]] = TypeAdapter(
    tuple[tuple[str, str, str], dict[str, Any], dict[str, Any]]
)


def make_task_message(call: ToolCall, signing_key: bytes) -> str:
    """The message for a call, as it lies on the queue. Raises TooLarge for a call over 64 KiB."""
    body = call.model_dump_json()
    if len(body.encode()) > MAX_MESSAGE_BYTES:
        raise TooLarge(f"the arguments of {call.tool} are larger than a message may be ({MAX_MESSAGE_BYTES} bytes)")
    signature = sign(signing_key, _purpose(call.agent, call.call_id), body)
    return json.dumps(envelope(call.agent, TaskMessage(call.call_id, body, signature), call.call_id))


def envelope(agent: Agent, task_message: TaskMessage, delivery_tag: str) -> dict[str, Any]:
    """The Celery message (protocol 2, in kombu's Redis envelope); the tag names one delivery of it."""
    call_id, made = task_message.call_id, _made_by_celery(agent)
    arguments = (call_id, task_message.body, task_message.signature)
    return {
        "body": base64.b64encode(json.dumps((arguments, {}, made.embedded)).encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": made.headers | {"id": call_id, "root_id": call_id},
        "properties": made.properties | {"correlation_id": call_id, "delivery_tag": delivery_tag},
    }


@dataclass(frozen=True, slots=True)
class _Made:
    """What Celery's builder says of every message of an agent; never changed."""

    headers: dict[str, Any]
    properties: dict[str, Any]
    embedded: dict[str, Any]


def prepare() -> None:
    """Have Celery make what is the same in all messages. Importing it takes a tenth of a second, once."""
    for agent in AGENTS:
        _made_by_celery(agent)


@cache
def _made_by_celery(agent: Agent) -> _Made:
    from celery import Celery

    builder = Celery("messages", broker="memory://", set_as_current=False)
    message = builder.amqp.as_task_v2("", task_name(agent), args=(), ignore_result=True, argsrepr="(…)")
    properties = message.properties | {
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": "tasks"},
        "priority": 0,
        "body_encoding": "base64",
    }
    return _Made(message.headers, properties, message.body[2])


def read_task_message(agent: Agent, item: bytes) -> TaskMessage:
    """Read an item of the queue; its signature is not verified yet. Raises Unreadable."""
    if len(item) > MAX_TASK_MESSAGE_BYTES:
        raise Unreadable(
            f"a message of {len(item)} bytes; {MAX_TASK_MESSAGE_BYTES} is the most", code="message_too_large"
        )
    try:
        message = _Envelope.model_validate_json(item)
    except ValidationError as error:
        if error.errors()[0]["type"] == "json_invalid":
            raise Unreadable("a message that is not JSON in UTF-8", code="message_not_json") from None
        raise Unreadable("a message without a task's name or body") from None
    if message.headers.task != task_name(agent):
        raise Unreadable("a message of a task that this agent does not have", code="unknown_task")
    try:
        (call_id, body, signature), _, _ = _BODY.validate_json(message.body, strict=True)
        arguments = _Arguments(call_id=call_id, body=body, signature=signature)
    except ValidationError:
        raise Unreadable("a message whose body is not a call") from None
    return TaskMessage(arguments.call_id, arguments.body, arguments.signature)


def open_call(agent: Agent, call_id: str, body: str, signature: str, signing_key: bytes) -> ToolCall:
    """Verify a message's body and return the call in it.

    Raises Forbidden (`bad_signature`), and BadRequest (`unsupported_message`) for a signed body that is not a call as
    this version knows it.
    """
    verify(signing_key, _purpose(agent, call_id), body, signature)
    try:
        return ToolCall.model_validate_json(body)
    except ValidationError:
        raise BadRequest(
            "the call is not in the form that this worker knows; run all services in one version",
            code="unsupported_message",
        ) from None


def task_name(agent: Agent) -> str:
    """The one Celery task of an agent's service."""
    return f"{agent}.call"


def _purpose(agent: Agent, call_id: str) -> str:
    return f"task:{agent}:{call_id}"
