"""A server's failure has a stable code and says what to do, in whatever words, form or place it comes."""

from __future__ import annotations

import time

import pytest

from services.orchestrator.llm.client import ChatModel
from services.orchestrator.llm.failures import ContextExceededError
from shared.errors import AssistantError
from tests.fakes.openai_server import OpenAIServer, Reply, chunk, error, plain, say, stream
from tests.unit.orchestrator.llm.conftest import Complete


async def failure(complete: Complete) -> AssistantError:
    with pytest.raises(AssistantError) as raised:
        await complete()
    return raised.value


TOO_LONG = {
    "OpenAI": error(
        400,
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
        "context_length_exceeded",
    ),
    "vLLM": plain(
        {
            "object": "error",
            "message": "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4000 "
            "in the messages, 1000 in the completion). Please reduce the length of the messages or completion.",
            "type": "BadRequestError",
            "code": 400,
        },
        400,
    ),
    "vLLM, no room for an answer": error(400, "max_tokens must be at least 1, got -1274."),
    "Ollama, the question cut off": error(500, "no user query found in messages"),
    "vLLM, newer": error(400, "The decoder prompt (length 5000) is longer than the maximum model length of 4096."),
    "llama.cpp": plain(
        {
            "error": {
                "code": 400,
                "message": "the request exceeds the available context size, try increasing it",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 9000,
                "n_ctx": 4096,
            }
        },
        400,
    ),
    "llama.cpp, older": error(500, "the request exceeds the available context size. try increasing the context size"),
    "Ollama": error(400, "input length exceeds the context length"),
    "Ollama, newer": error(400, "prompt too long; exceeded max context length by 812 tokens"),
    "LM Studio": stream(
        {
            "error": {
                "message": "Trying to keep the first 6000 tokens when context the overflows. However, the model is "
                "loaded with context length of only 4096 tokens, which is not enough."
            }
        }
    ),
    "LM Studio, older": error(
        400, "The number of tokens to keep from the initial prompt is greater than the context length."
    ),
    "Azure": error(400, "This model's maximum context length is 16385 tokens. Please reduce the length.", "400"),
    "Anthropic": error(400, "prompt is too long: 210000 tokens > 200000 maximum"),
    "Anthropic with a limit": error(400, "input length and `max_tokens` exceed context limit: 199000 + 20000 > 200000"),
    "Mistral": error(400, "Prompt contains 40000 tokens, too large for model with 32768 maximum context length"),
    "TGI": plain(
        {
            "error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` "
            "tokens and 100 `max_new_tokens`",
            "error_type": "validation",
        },
        422,
    ),
    "OpenRouter": error(400, "This endpoint's maximum context length is 131072 tokens. However, you requested 180000."),
    "Gemini": error(400, "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."),
    "Groq": error(413, "Request too large for model `llama` on tokens per minute (TPM): Limit 6000, Requested 9000"),
    "xAI": error(400, "This model's maximum prompt length is 131072 but the request contains 537812 tokens."),
    "SGLang": error(400, "The input (5000 tokens) is longer than the model's context length (4096 tokens)."),
    "LiteLLM": error(400, "litellm.ContextWindowExceededError: it is too much"),
    "Bedrock": error(400, "Input is too long for requested model."),
    "in an answer of 200": plain({"error": {"message": "context length exceeded", "code": 400}}),
}


@pytest.mark.parametrize("server", TOO_LONG)
async def test_a_conversation_that_is_too_long_is_known_in_every_wording(
    server: str, complete: Complete, model_server: OpenAIServer
) -> None:
    model_server.replies.append(TOO_LONG[server])
    found = await failure(complete)
    assert isinstance(found, ContextExceededError)
    assert len(model_server.requests) == 1


NO_TOOLS = {
    "Ollama": error(400, "registry.ollama.ai/library/gemma:latest does not support tools"),
    "vLLM": error(400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
    "llama.cpp": error(500, "tools param requires --jinja flag"),
    "OpenRouter": error(404, "No endpoints found that support tool use."),
    "Groq": error(400, "`tool calling` is not supported with this model"),
    "another": error(400, "This model doesn't support function calling."),
}


@pytest.mark.parametrize("server", NO_TOOLS)
async def test_a_model_without_tools_is_named_with_what_to_do(
    server: str, complete: Complete, model_server: OpenAIServer
) -> None:
    model_server.rules.append(lambda _: NO_TOOLS[server])
    found = await failure(complete)
    assert (found.code, found.retryable) == ("model_without_tools", False)
    assert "set OPENAI_MODEL" in found.detail
    assert len(model_server.requests) == 1


NO_MODEL = {
    "OpenAI": error(404, "The model `fake-1` does not exist or you do not have access to it.", "model_not_found"),
    "Ollama": error(404, 'model "fake-1" not found, try pulling it first'),
    "OpenRouter": error(400, "fake-1 is not a valid model ID"),
    "Mistral": error(400, "Invalid model: fake-1"),
    "DeepSeek": error(400, "Model Not Exist"),
    "LiteLLM": error(400, "Invalid model name passed in model=fake-1"),
    "Azure": error(404, "The API deployment for this resource does not exist.", "DeploymentNotFound"),
    "a wrong address": Reply((b"404 page not found",), 404, "text/plain"),
}


@pytest.mark.parametrize("server", NO_MODEL)
async def test_a_wrong_model_name_is_named_with_what_to_check(
    server: str, complete: Complete, model_server: OpenAIServer
) -> None:
    model_server.rules.append(lambda _: NO_MODEL[server])
    found = await failure(complete)
    assert (found.code, found.retryable) == ("model_not_found", False)
    assert "'fake-1'" in found.detail
    assert "OPENAI_MODEL" in found.detail
    assert "OPENAI_BASE_URL" in found.detail


PAGE = b"<!DOCTYPE html><html><head><title>Sign in to the network</title><script>x()</script></head><body></html>"


async def test_a_web_page_is_no_answer(complete: Complete, model_server: OpenAIServer) -> None:
    model_server.replies.append(Reply((PAGE,), content_type="text/html; charset=utf-8"))
    found = await failure(complete)
    assert found.code == "model_bad_response"
    assert "OPENAI_BASE_URL answered with text/html" in found.detail
    assert "Sign in to the network" in found.detail
    assert "<" not in found.detail


async def test_a_gateways_error_page_is_shown_by_its_title(complete: Complete, model_server: OpenAIServer) -> None:
    page = b"<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"
    model_server.rules.append(lambda _: Reply((page,), 502, "text/html", headers=(("retry-after-ms", "1"),)))
    found = await failure(complete)
    assert (found.code, found.retryable) == ("model_unavailable", True)
    assert "502 Bad Gateway" in found.detail
    assert "<" not in found.detail
    assert len(model_server.requests) == 3


async def test_a_rate_limit_is_waited_for_as_long_as_asked(complete: Complete, model_server: OpenAIServer) -> None:
    model_server.replies += [
        plain({"error": {"message": "slow down"}}, 429, [("retry-after-ms", "300")]),
        say("Hello"),
    ]
    begun = time.monotonic()
    assert (await complete()).text == "Hello"
    assert time.monotonic() - begun >= 0.3


async def test_a_long_rate_limit_is_left_to_the_person(complete: Complete, model_server: OpenAIServer) -> None:
    model_server.replies.append(plain({"error": {"message": "slow down"}}, 429, [("retry-after", "3600")]))
    found = await failure(complete)
    assert (found.code, found.retryable) == ("model_rate_limited", True)
    assert "try again in 3600 s" in found.detail
    assert len(model_server.requests) == 1


@pytest.mark.parametrize(
    "refusal",
    [
        error(402, "Insufficient Balance"),
        plain({"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}, 429),
    ],
)
async def test_a_quota_that_is_used_up_is_not_tried_again(
    refusal: Reply, complete: Complete, model_server: OpenAIServer
) -> None:
    model_server.rules.append(lambda _: refusal)
    found = await failure(complete)
    assert (found.code, found.retryable) == ("model_rate_limited", False)
    assert "quota is used up" in found.detail
    assert len(model_server.requests) == 1


async def test_a_silent_server_is_given_up_after_its_time_and_not_asked_again(model_server: OpenAIServer) -> None:
    slow = ChatModel(base_url=model_server.url, api_key=None, model="fake-1", timeout=0.3)

    async def ignore(_: str) -> None: ...

    model_server.replies.append(Reply(say("Hello").pieces, silent=1.0))
    with pytest.raises(AssistantError, match=r"said nothing for 0\.3 s.*OPENAI_TIMEOUT") as raised:
        await slow.complete([{"role": "user", "content": "Hello"}], [], ignore)
    assert (raised.value.code, raised.value.retryable) == ("model_unavailable", True)
    assert len(model_server.requests) == 1
    await slow.close()


async def test_a_connection_that_ends_before_an_answer_is_tried_again(
    complete: Complete, model_server: OpenAIServer
) -> None:
    nothing_yet = stream(chunk({"role": "assistant", "content": ""}), done=False, break_off=True)
    model_server.replies += [nothing_yet, say("Hello")]
    heard: list[str] = []
    assert (await complete(heard=heard)).text == "Hello"
    assert "".join(heard) == "Hello"


async def test_a_connection_that_ends_within_an_answer_fails_it(complete: Complete, model_server: OpenAIServer) -> None:
    model_server.replies.append(stream(chunk({"content": "You have"}), done=False, break_off=True))
    found = await failure(complete)
    assert (found.code, found.retryable) == ("model_unavailable", True)
    assert "broke off its answer" in found.detail
    assert len(model_server.requests) == 1


async def test_a_model_that_is_still_loading_is_waited_for(
    complete: Complete, model_server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.orchestrator.llm.patience.LOADING_PAUSE", 0.01)
    loading = plain({"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}, 503)
    model_server.replies += [loading] * 5 + [say("Hello")]
    assert (await complete()).text == "Hello"


@pytest.mark.parametrize(
    ("reply", "code", "words"),
    [
        (plain({"object": "list", "data": []}), "model_bad_response", "instead of a chat completion"),
        (plain({"error": "Unexpected endpoint or method. (POST /chat/completions)"}), "model_not_found", "OPENAI_BASE"),
        (
            stream({"choices": [{"error": {"message": "upstream died"}, "finish_reason": "error"}]}),
            "model_unavailable",
            "upstream died",
        ),
        (plain({"error": {"message": "overloaded"}}, 529), "model_unavailable", "overloaded"),
    ],
)
async def test_other_answers_are_named_for_what_they_are(
    reply: Reply, code: str, words: str, complete: Complete, model_server: OpenAIServer
) -> None:
    model_server.rules.append(lambda _: reply)
    found = await failure(complete)
    assert found.code == code
    assert words in found.detail
