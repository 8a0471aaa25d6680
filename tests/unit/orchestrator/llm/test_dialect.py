"""What a server refuses is left out or written otherwise, once for the process, and never the question itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.errors import AssistantError
from tests.fakes.openai_server import Json, OpenAIServer, Reply, error, plain, say
from tests.unit.orchestrator.llm.conftest import ASKED, FUNCTIONS, Complete

CALL = {"id": "c1", "type": "function", "function": {"name": "get_s3_usage", "arguments": "{}"}}
CALLED: list[dict[str, Any]] = [
    *ASKED,
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c1", "content": "{}"},
]


def refuses(wrong: Callable[[Json], object], reply: Reply) -> Callable[[Json], Reply | None]:
    return lambda request: reply if wrong(request) else None


def detail(text: str) -> Reply:
    """A refusal as FastAPI words it."""
    return plain({"detail": [{"loc": ["body", text], "msg": "extra fields not permitted"}]}, 422)


FIELDS: dict[str, tuple[str, Reply]] = {
    "OpenAI": ("stream_options", error(400, "Unrecognized request argument supplied: stream_options")),
    "vLLM": (
        "stream_options",
        plain({"message": "stream_options: Extra inputs are not permitted"}, 400),
    ),
    "FastAPI": ("stream_options", detail("stream_options")),
    "Mistral": ("tool_choice", error(422, "tool_choice 'none' is not supported by this server")),
    "OpenRouter": ("tool_choice", error(404, "No endpoints found that support the provided 'tool_choice' value.")),
    "llama.cpp": ("tool_choice", error(500, "Unsupported param: tool_choice")),
}


@pytest.mark.parametrize("server", FIELDS)
async def test_a_field_that_is_refused_is_left_out_from_then_on(
    server: str, complete: Complete, model_server: OpenAIServer
) -> None:
    field, refusal = FIELDS[server]
    model_server.rules.append(refuses(lambda request: field in request, refusal))
    model_server.replies += [say("One."), say("Two.")]
    assert (await complete(tool_choice="none")).text == "One."
    assert (await complete(tool_choice="none")).text == "Two."
    assert [field in request for request in model_server.requests] == [True, False, False]
    assert all(request["messages"] == ASKED and request["tools"] for request in model_server.requests)


KEYWORDS: dict[str, tuple[str, Reply]] = {
    "Gemini": (
        "additionalProperties",
        error(
            400,
            "Invalid JSON. Unknown name \"additionalProperties\" at 'tools[0]': Cannot find field.",
        ),
    ),
    "llama.cpp": ("pattern", error(400, "Failed to parse tools: Pattern must start with '^' and end with '$'")),
    "Fireworks": ("default", error(400, "tools.0.function.parameters: 'default' is not supported in a schema")),
}


def says(schema: Any, keyword: str, *, names: bool = False) -> bool:
    """Whether a schema has this keyword; an argument of that name is none."""
    if isinstance(schema, dict):
        return any(
            (key == keyword and not names) or says(inner, keyword, names=key == "properties" and not names)
            for key, inner in schema.items()
        )
    return isinstance(schema, list) and any(says(item, keyword) for item in schema)


@pytest.mark.parametrize("server", KEYWORDS)
async def test_a_keyword_of_the_schemas_that_is_refused_is_left_out(
    server: str, complete: Complete, model_server: OpenAIServer
) -> None:
    keyword, refusal = KEYWORDS[server]
    model_server.rules.append(refuses(lambda request: says(request["tools"], keyword), refusal))
    model_server.replies += [say("One."), say("Two.")]
    assert (await complete()).text == "One."
    assert (await complete()).text == "Two."
    assert len(model_server.requests) == 3
    offered = [tool["function"]["name"] for tool in model_server.requests[-1]["tools"]]
    assert offered == [tool["function"]["name"] for tool in FUNCTIONS.openai]
    assert says(json.loads(json.dumps(FUNCTIONS.openai)), keyword)


async def test_a_keywords_name_may_be_an_arguments_name(complete: Complete, model_server: OpenAIServer) -> None:
    from services.orchestrator.llm.dialect import _without

    schema = {"properties": {"pattern": {"type": "string", "pattern": "^a$"}}, "pattern": "x"}
    assert _without(schema, {"pattern"}) == {"properties": {"pattern": {"type": "string"}}}


@pytest.mark.parametrize(
    "refusal",
    [
        error(400, "Invalid value for 'content': expected a string, got null."),
        error(400, "messages[2].content: Input should be a valid string"),
        error(422, "Failed to deserialize the JSON body: messages[2].content: invalid type: null, expected a string"),
        error(500, 'can only concatenate str (not "NoneType") to str'),
        error(400, "Missing required field content"),
    ],
)
async def test_a_server_that_refuses_no_content_gets_an_empty_one(
    refusal: Reply, complete: Complete, model_server: OpenAIServer
) -> None:
    model_server.rules.append(refuses(lambda request: any(m["content"] is None for m in request["messages"]), refusal))
    model_server.replies += [say("One."), say("Two.")]
    assert (await complete(CALLED)).text == "One."
    assert (await complete(CALLED)).text == "Two."
    assert [request["messages"][2]["content"] for request in model_server.requests] == [None, "", ""]


def alternates(request: Json) -> bool:
    """As the templates of Gemma and Mistral have it; tool messages belong to the assistant's turn."""
    roles = [m["role"] for m in request["messages"] if m["role"] != "tool" and not m.get("tool_calls")]
    return roles == [("user", "assistant")[n % 2] for n in range(len(roles))]


@pytest.mark.parametrize(
    "refusal",
    [
        error(400, "Conversation roles must alternate user/assistant/user/assistant/..."),
        error(500, "Value is not callable: System role not supported"),
        error(400, "Unsupported value: 'messages[0].role' does not support 'system' with this model."),
        error(400, "Only user, assistant and tool roles are supported, got system."),
    ],
)
async def test_a_server_without_a_system_role_gets_the_instructions_with_the_question(
    refusal: Reply, complete: Complete, model_server: OpenAIServer
) -> None:
    model_server.rules.append(refuses(lambda request: not alternates(request), refusal))
    messages = [
        *CALLED,
        {"role": "user", "content": "And now?"},
        {"role": "user", "content": "Well?"},
    ]
    model_server.replies += [say("One."), say("Two.")]
    assert (await complete(messages[:2] + messages[4:])).text == "One."
    assert (await complete(messages)).text == "Two."
    sent = model_server.messages()
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "assistant", "user"]
    assert sent[0]["content"] == "You are AWS Assistant.\n\nHow much is in S3?"
    assert sent[-1]["content"] == "And now?\n\nWell?"
    assert len(model_server.requests) == 3


async def test_a_server_that_wants_a_limit_of_the_answer_gets_one_by_the_name_it_knows(
    complete: Complete, model_server: OpenAIServer
) -> None:
    def rule(request: Json) -> Reply | None:
        if "max_tokens" in request:
            return error(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
        return None if "max_completion_tokens" in request else error(400, "max_tokens: Field required")

    model_server.rules.append(rule)
    model_server.replies.append(say("One."))
    assert (await complete()).text == "One."
    assert model_server.requests[-1]["max_completion_tokens"] > 1000


async def test_what_cannot_be_left_out_is_not_sent_for_ever(complete: Complete, model_server: OpenAIServer) -> None:
    model_server.rules.append(lambda _: error(400, "messages: Extra inputs are not permitted; stream_options unknown"))
    with pytest.raises(AssistantError) as raised:
        await complete()
    assert raised.value.code == "model_request_rejected"
    assert len(model_server.requests) == 2
