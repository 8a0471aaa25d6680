"""A conversation too long for the model's context is sent again shorter, always with the person's message."""

from __future__ import annotations

from services.orchestrator.llm.tokens import messages_tokens
from services.orchestrator.turns.context.history import ChatMessage, fit, tool_message
from tests.fakes.openai_server import Json, OpenAIServer, Reply, call, error, say
from tests.fakes.workers import FakeDispatcher, answers
from tests.unit.orchestrator.turns.conftest import Ask

ROWS = [{"name": f"bucket-{n:05d}", "size": n} for n in range(2000)]


def context_of(server: OpenAIServer, tokens: int) -> None:
    """Have the server refuse what is longer."""

    def rule(request: Json) -> Reply | None:
        asked = messages_tokens(request["messages"])
        words = f"This model's maximum context length is {tokens} tokens. However, you requested {asked} tokens."
        return error(400, words) if asked > tokens else None

    server.rules.append(rule)


async def test_a_small_context_gets_a_shorter_conversation(
    ask: Ask, model_server: OpenAIServer, dispatcher: FakeDispatcher
) -> None:
    context_of(model_server, 3000)
    dispatcher.replies["get_s3_usage"] = answers({"total": 2000, "buckets": ROWS})
    model_server.replies += [call(("get_s3_usage", "{}")), say("2,000 buckets.")]
    first = await ask("How many buckets?")
    assert (first.status, first.answer) == ("completed", "2,000 buckets.")
    assert model_server.messages()[1] == {"role": "user", "content": "How many buckets?"}
    assert '"total":2000' in model_server.messages()[-1]["content"]
    tries = len(model_server.requests)
    assert 3 <= tries <= 7
    model_server.replies.append(say("Yes."))
    assert (await ask("Sure?", first.conversation_id)).answer == "Yes."
    assert len(model_server.requests) == tries + 1, "the context's size is remembered"


async def test_a_context_too_small_for_the_shortest_conversation_fails_with_what_to_do(
    ask: Ask, model_server: OpenAIServer
) -> None:
    context_of(model_server, 100)
    turn = await ask("How many buckets?")
    assert turn.status == "failed"
    assert turn.error is not None
    assert turn.error.code == "model_context_exceeded"
    assert "OLLAMA_CONTEXT_LENGTH" in turn.error.detail
    assert "maximum context length is 100 tokens" in turn.error.detail
    assert len(model_server.requests) <= 7


async def test_no_room_for_an_answer_is_a_context_too_small(
    ask: Ask, model_server: OpenAIServer, dispatcher: FakeDispatcher
) -> None:
    dispatcher.replies["get_s3_usage"] = answers({"total": 2000, "buckets": ROWS})
    model_server.replies += [call(("get_s3_usage", "{}")), say("", finish_reason="length"), say("2,000 buckets.")]
    assert (await ask()).answer == "2,000 buckets."
    assert len(model_server.messages()[-1]["content"]) < len(model_server.messages(1)[-1]["content"])


async def test_an_empty_answer_is_asked_for_once_more(ask: Ask, model_server: OpenAIServer) -> None:
    model_server.replies += [say(""), say("Hello.")]
    assert (await ask()).answer == "Hello."
    model_server.replies += [say(""), say("")]
    turn = await ask()
    assert turn.error is not None
    assert turn.error.code == "model_bad_response"


def turn_of(number: int) -> list[ChatMessage]:
    asked = {"id": f"c{number}", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    output = tool_message(f"c{number}", "f", {"status": "ok", "result": ["x" * 40] * 1000})
    return [
        {"role": "user", "content": f"question {number}"},
        {"role": "assistant", "content": None, "tool_calls": [asked]},
        output,
        {"role": "assistant", "content": f"answer {number}"},
    ]


def test_the_oldest_outputs_are_cut_before_the_oldest_turns_are_dropped() -> None:
    turns = [turn_of(number) for number in range(4)]
    current: list[ChatMessage] = [{"role": "user", "content": "now"}]
    sizes = [len(m["content"]) for m in fit("system", turns, current, 4000) if m["role"] == "tool"]
    assert len(sizes) == 4
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]
    fewer = fit("system", turns, current, 500)
    questions = [message["content"] for message in fewer if message["role"] == "user"]
    assert questions[-1] == "now"
    assert 1 < len(questions) < 5
    assert questions[-2] == "question 3"
