"""What a worker makes of what lies on its queue."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from celery import Celery
from hypothesis import given
from hypothesis import strategies as st
from kombu import Connection, Queue

from shared.errors import BadRequest, Forbidden
from shared.keys.signing import sign
from shared.messages import MAX_MESSAGE_BYTES, ToolCall
from shared.tasks.messages import (
    MAX_TASK_MESSAGE_BYTES,
    TaskMessage,
    Unreadable,
    envelope,
    make_task_message,
    open_call,
    read_task_message,
)

KEY = b"a key"
CALL = ToolCall(call_id="call.1", agent="info", tool="echo", arguments={}, session_id="ses_1", deadline=2.0)


def message(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(make_task_message(CALL, KEY))
    return made | changes


def body(*arguments: Any) -> str:
    return base64.b64encode(json.dumps([list(arguments), {}, {}]).encode()).decode()


def test_a_hint_is_read_as_it_was_made() -> None:
    task_message = read_task_message("info", make_task_message(CALL, KEY).encode())
    assert open_call("info", task_message.call_id, task_message.body, task_message.signature, KEY) == CALL


def test_the_largest_call_fits_into_a_hint() -> None:
    room = MAX_MESSAGE_BYTES - len(CALL.model_dump_json()) - len('"x":""')
    widest = CALL.model_copy(update={"arguments": {"x": "ü" * (room // 2)}})
    assert read_task_message("info", make_task_message(widest, KEY).encode()).call_id == "call.1"


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (b"garbage", "message_not_json"),
        (b"\xff\xfe", "message_not_json"),
        (b'{"headers": ', "message_not_json"),
        (b"[" * 100_000, "message_not_json"),
        (b"x" * (MAX_TASK_MESSAGE_BYTES + 1), "message_too_large"),
        (b"7", "message_malformed"),
        (b"{}", "message_malformed"),
        (json.dumps(message(headers=[])).encode(), "message_malformed"),
        (json.dumps(message(headers={"task": "info.other"})).encode(), "unknown_task"),
        (json.dumps(message(headers={"task": "advisor.call"})).encode(), "unknown_task"),
        (json.dumps(message(body=body("call.1"))).encode(), "message_malformed"),
        (json.dumps(message(body=body("call.1", "{}", 7))).encode(), "message_malformed"),
        (json.dumps(message(body=body("call 1\n", "{}", "0" * 64))).encode(), "message_malformed"),
        (json.dumps(message(body=body("call.1", "{}", "ü" * 64))).encode(), "message_malformed"),
        (json.dumps({"task": "info.call", "id": "call.1", "args": ["call.1", "{}", ""]}).encode(), "message_malformed"),
    ],
)
def test_what_is_no_hint_is_told_by_its_code(item: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_task_message("info", item)
    assert refused.value.code == code


@given(item=st.binary(max_size=200) | st.from_type(dict).map(lambda value: repr(value).encode()))
def test_reading_fails_in_one_way_only(item: bytes) -> None:
    with pytest.raises(Unreadable):
        read_task_message("info", item)


def test_what_a_message_tells_celery_does_not_count() -> None:
    sent = message()
    sent["headers"] |= {"eta": "2099-01-01T00:00:00", "timelimit": [1, 1], "retries": 9, "compression": "zlib"}
    task_message = read_task_message("info", json.dumps(sent).encode())
    made = envelope("info", task_message, "tag")
    assert (made["headers"]["eta"], made["headers"]["timelimit"], made["headers"]["retries"]) == (None, [None, None], 0)
    assert "compression" not in made["headers"]
    assert made["properties"]["delivery_tag"] == "tag"


def test_a_message_is_what_celery_itself_would_make() -> None:
    ours = envelope("info", TaskMessage("call.1", "body", "signature"), "tag")
    queue = Queue("tasks")
    with Connection("memory://") as connection:
        arguments = ("call.1", "body", "signature")
        Celery("t", broker="memory://", set_as_current=False).send_task(
            "info.call", args=arguments, task_id="call.1", ignore_result=True, argsrepr="(…)", queue=queue,
            connection=connection,
        )  # fmt: skip
        theirs = connection.default_channel._get("tasks")
    assert json.loads(base64.b64decode(ours["body"])) == json.loads(base64.b64decode(theirs["body"]))
    same = ours["headers"].keys() & theirs["headers"].keys() - {"origin"}
    assert {name: ours["headers"][name] for name in same} == {name: theirs["headers"][name] for name in same}
    for name in ("content-type", "content-encoding"):
        assert ours[name] == theirs[name]
    for name in ("correlation_id", "delivery_mode", "priority", "body_encoding"):
        assert ours["properties"][name] == theirs["properties"][name]


def test_a_signed_call_of_another_version_is_told_from_a_forged_one() -> None:
    newer = CALL.model_dump_json().replace('"v":1', '"v":2')
    signed = TaskMessage("call.1", newer, sign(KEY, "task:info:call.1", newer))
    with pytest.raises(BadRequest) as unsupported:
        open_call("info", signed.call_id, signed.body, signed.signature, KEY)
    assert unsupported.value.code == "unsupported_message"
    with pytest.raises(Forbidden):
        open_call("info", signed.call_id, signed.body, "0" * 64, KEY)
