"""What a model thinks is neither its answer, nor shown while it comes, nor sent back."""

from __future__ import annotations

import pytest

from services.orchestrator.llm.thinking import Thoughts
from shared.errors import AssistantError
from tests.fakes.openai_server import OpenAIServer, chunk, say, stream
from tests.unit.orchestrator.llm.conftest import Complete

ANSWER = "You have 3 buckets."


def passed(text: str, *, size: int = 1) -> str:
    thoughts = Thoughts()
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    return "".join([*map(thoughts.add, pieces), thoughts.finish()])


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    "text",
    [
        f"<think>Hm, 3?</think>{ANSWER}",
        f"<Thinking>Hm\n<b>3</b>?</thinking>{ANSWER}",
        "You have <think>or 4?</think>3 buckets.",
        f"[THINK]Hm[/THINK]{ANSWER}",
        f"◁think▷Hm◁/think▷{ANSWER}",
        f"<|channel|>analysis<|message|>Hm<|end|><|start|>assistant<|channel|>final<|message|>{ANSWER}<|return|>",
        f"<|START_THINKING|>Hm<|END_THINKING|><|START_RESPONSE|>{ANSWER}<|END_RESPONSE|>",
        f"<|channel>thought\nHm<channel|>{ANSWER}<turn|>",
        f"{ANSWER}<|im_end|>",
        f"{ANSWER}<think>never ended",
    ],
)
def test_thoughts_are_taken_out_however_the_text_is_cut(text: str, size: int) -> None:
    assert passed(text, size=size) == ANSWER


@pytest.mark.parametrize("text", ["a < b and c > d", "use `<think>` for that", "<thin ice>", "if a<", "[th"])
def test_other_text_stays(text: str) -> None:
    assert passed(text) == text


async def test_thoughts_are_not_shown_and_not_sent_back(complete: Complete, model_server: OpenAIServer) -> None:
    pieces = ["<thi", "nk>Let me", " see</th", "ink>\n\n", "You have ", "3 buckets."]
    model_server.replies.append(stream(*[chunk({"content": piece}) for piece in pieces], chunk({}, "stop")))
    heard: list[str] = []
    completion = await complete(heard=heard)
    assert "".join(heard) == ANSWER
    assert completion.message() == {"role": "assistant", "content": ANSWER}


async def test_reasoning_in_a_field_of_its_own_is_no_answer(complete: Complete, model_server: OpenAIServer) -> None:
    model_server.replies.append(
        stream(
            chunk({"reasoning_content": "Hm"}),
            chunk({"reasoning": "Hm", "content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]}),
            chunk({"content": [{"type": "text", "text": ANSWER}]}),
            chunk({}, "stop"),
        )
    )
    assert (await complete()).text == ANSWER


async def test_a_template_that_opens_the_thoughts_is_known_from_then_on(
    complete: Complete, model_server: OpenAIServer
) -> None:
    model_server.replies += [say(f"Let me see </think> {ANSWER}")] * 2
    first: list[str] = []
    assert (await complete(heard=first)).text == ANSWER
    second: list[str] = []
    assert (await complete(heard=second)).text == ANSWER
    assert "".join(second) == ANSWER
    model_server.replies.append(say(ANSWER))
    assert (await complete()).text == ANSWER


async def test_thoughts_alone_are_a_failure_that_says_so(complete: Complete, model_server: OpenAIServer) -> None:
    model_server.replies.append(say("<think>Hm, let me see"))
    with pytest.raises(AssistantError, match="only thought") as raised:
        await complete()
    assert raised.value.code == "model_bad_response"
    model_server.replies.append(say("<think>Hm, let me see", finish_reason="length"))
    with pytest.raises(AssistantError, match="ran out of tokens"):
        await complete()


async def test_a_call_among_thoughts_is_not_made(complete: Complete, model_server: OpenAIServer) -> None:
    written = '<tool_call>{"name": "get_s3_usage", "arguments": {}}</tool_call>'
    model_server.replies.append(say(f"<think>I could send {written}</think>{ANSWER}"))
    completion = await complete()
    assert (completion.text, completion.markup, completion.written) == (ANSWER, "", ())
