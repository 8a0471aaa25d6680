"""The hint on the queue: what Celery itself would have published, signed."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from celery import Celery
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Forbidden, TooLarge
from shared.messages import ToolCall
from shared.tasks.messages import make_task_message, open_call, task_name
from shared.tasks.records import open_result, sign_result

KEY = b"a key"


def a_call(**changes: Any) -> ToolCall:
    fields: dict[str, Any] = {
        "call_id": "call.1",
        "agent": "info",
        "tool": "get_s3_usage",
        "arguments": {"a": [1, "ü"]},
        "session_id": "ses_1",
        "deadline": 2.0,
    }
    return ToolCall(**(fields | changes))


def published_by_celery(name: str, args: list[Any]) -> dict[str, Any]:
    """The message that Celery puts on its own in-memory queue for the same task."""
    app = Celery("contract", broker="memory://contract", set_as_current=False)
    app.conf.update(task_default_queue="tasks", task_serializer="json")
    with app.connection_for_write() as connection:
        app.send_task(name, args=args, task_id="call.1", ignore_result=True, connection=connection)
        message: dict[str, Any] = connection.default_channel._get("tasks")
    return message


def test_a_hint_is_what_celery_publishes() -> None:
    task_message = json.loads(make_task_message(a_call(), KEY))
    celery = published_by_celery(task_name("info"), ["call.1", "body", "signature"])
    assert task_message.keys() == celery.keys()
    assert task_message["properties"].keys() == celery["properties"].keys()
    assert task_message["headers"].keys() == celery["headers"].keys()
    same = ("lang", "task", "id", "root_id", "parent_id", "group", "ignore_result", "retries", "timelimit", "eta")
    assert {name: task_message["headers"][name] for name in same} == {name: celery["headers"][name] for name in same}
    for name in ("content-type", "content-encoding"):
        assert task_message[name] == celery[name]
    body = json.loads(base64.b64decode(task_message["body"]))
    assert body[1:] == json.loads(base64.b64decode(celery["body"]))[1:]


def test_a_call_survives_the_way() -> None:
    call = a_call()
    args, _, _ = json.loads(base64.b64decode(json.loads(make_task_message(call, KEY))["body"]))
    assert open_call("info", args[0], args[1], args[2], KEY) == call


def test_a_call_over_64_kib_is_refused() -> None:
    with pytest.raises(TooLarge):
        make_task_message(a_call(arguments={"text": "x" * 70_000}), KEY)


@given(position=st.integers(min_value=0), other=st.characters(codec="ascii"))
def test_a_changed_body_is_refused(position: int, other: str) -> None:
    args, _, _ = json.loads(base64.b64decode(json.loads(make_task_message(a_call(), KEY))["body"]))
    at = position % len(args[1])
    changed = args[1][:at] + other + args[1][at + 1 :]
    if changed == args[1]:
        return
    with pytest.raises(Forbidden):
        open_call("info", args[0], changed, args[2], KEY)


def test_a_signature_fits_one_call_of_one_agent_and_one_direction() -> None:
    signed = sign_result("info", "call.1", "{}", KEY)
    assert open_result("info", "call.1", signed, KEY) == "{}"
    for agent, call_id in (("advisor", "call.1"), ("info", "call.2")):
        with pytest.raises(Forbidden):
            open_result(agent, call_id, signed, KEY)  # type: ignore[arg-type]  # a parametrized literal
    signature, _, body = signed.partition(".")
    with pytest.raises(Forbidden):
        open_call("info", "call.1", body, signature, KEY)
