"""The Responses API's requests as messages, and its answers as OpenAI's own types read them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from services.orchestrator.openai_api.response_answers import Events, Shape, response_id, turn_id_of
from services.orchestrator.openai_api.response_requests import ResponseRequest
from services.orchestrator.openai_api.threads import Said, response_digest
from shared.errors import InvalidArguments

TURN = "trn_0123456789abcdef01234567"
SHAPE = Shape(response_id(TURN), 1_790_000_000, "aws-assistant", sandbox=False, previous=None, metadata={"a": "b"})
USAGE = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}


def request(given: object, **more: Any) -> ResponseRequest:
    return ResponseRequest.model_validate({"input": given, **more})


def test_a_text_is_a_message_of_the_user() -> None:
    assert Said.of(request("How many buckets?").messages()).message == "How many buckets?"


def test_messages_may_leave_their_type_out_and_reasoning_is_no_message() -> None:
    said = Said.of(
        request(
            [
                {"role": "user", "content": "How many buckets?"},
                {"type": "reasoning", "id": "rs_1", "summary": []},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "6"}]},
                {"role": "user", "content": [{"type": "input_text", "text": "And roles?"}]},
            ]
        ).messages()
    )
    assert said.message == "And roles?"
    assert said.history() == "user: How many buckets?\nassistant: 6"


@pytest.mark.parametrize(
    "item",
    [
        {"type": "function_call_output", "call_id": "1", "output": "approved"},
        {"type": "item_reference", "id": "msg_1"},
        {"type": "message", "content": "nobody's"},
        {"role": "user", "content": [{"type": "input_image", "image_url": "https://example.com/x.png"}]},
    ],
)
def test_what_is_no_message_of_text_is_refused(item: dict[str, Any]) -> None:
    with pytest.raises(InvalidArguments) as refused:
        Said.of(request([item, {"role": "user", "content": "go on"}]).messages())
    assert refused.value.code == "unsupported_content"


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"tools": [{"type": "web_search"}]}, "tools"),
        ({"background": True}, "background"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt"),
        ({"text": {"format": {"type": "json_schema"}}}, "text.format"),
    ],
)
def test_what_cannot_be_answered_as_asked_is_refused_by_name(given: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidArguments) as refused:
        request("x", **given).check()
    assert (refused.value.code, refused.value.extra["param"]) == ("unsupported_parameter", param)


def test_what_only_tunes_a_model_is_ignored() -> None:
    tunes = {"temperature": 0.2, "reasoning": {"effort": "low"}, "include": ["x"], "tools": [], "max_output_tokens": 9}
    request("x", text={"format": {"type": "text"}}, store=False, **tunes).check()


def test_a_response_is_what_openais_client_takes() -> None:
    response = Response.model_validate(SHAPE.body("completed", "You have 6.", USAGE), strict=True)
    assert (response.output_text, response.status, response.metadata) == ("You have 6.", "completed", {"a": "b"})
    assert response.usage is not None
    assert response.usage.total_tokens == 7


def events_in(stream: bytes) -> list[Any]:
    found = []
    for block in stream.decode().split("\n\n")[:-1]:
        name, data = block.split("\n")
        found.append(TypeAdapter(ResponseStreamEvent).validate_python(json.loads(data.removeprefix("data: "))))
        assert name == f"event: {found[-1].type}"
    return found


def test_a_stream_numbers_its_events_and_ends_with_the_whole() -> None:
    events = Events(SHAPE)
    found = events_in(
        events.begin() + events.delta("You ") + events.delta("have 6.") + events.end("You have 6.", USAGE)
    )
    assert [event.sequence_number for event in found] == list(range(len(found)))
    assert [event.type for event in found if event.type != "response.output_text.delta"] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert found[-1].response.output_text == "You have 6."
    assert found[0].response.output == []


def test_a_stream_that_breaks_off_says_why_with_what_came() -> None:
    events = Events(SHAPE)
    pieces = events.begin() + events.delta("You ")
    last = events_in(pieces + events.failed("You ", 503, "model_unavailable", "try again"))[-1]
    assert (last.type, last.response.status, last.response.output_text) == ("response.failed", "failed", "You ")
    assert (last.response.error.code, last.response.error.message) == ("server_error", "try again (model_unavailable)")


@pytest.mark.parametrize(
    "given", ["", "resp_", "trn_0123456789abcdef01234567", response_id(TURN) + "0", "resp_" + "g" * 24]
)
def test_only_an_id_of_ours_names_a_turn(given: str) -> None:
    assert turn_id_of(response_id(TURN)) == TURN
    assert turn_id_of(given) is None


def test_another_owner_never_finds_where_a_response_stands() -> None:
    assert response_digest("owner", SHAPE.id) != response_digest("another", SHAPE.id)
