"""A thin client for any OpenAI-compatible chat completions server, always streaming.

Only standard fields are sent. A server that answers a stream request with plain JSON works too.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal

import openai
import structlog

from services.orchestrator.completion import Assembler, Completion
from services.orchestrator.llm_errors import MAX_DETAIL_CHARS, ModelError, translate
from shared.errors import AssistantError

log = structlog.get_logger(__name__)

MAX_RETRIES = 2

OnText = Callable[[str], Awaitable[None]]
ChatMessage = dict[str, Any]


class ChatModel:
    """The model the reasoning loop asks. One per gateway process."""

    def __init__(self, *, base_url: str | None, api_key: str | None, model: str, timeout: float = 60.0) -> None:
        self.model = model
        self._api_key = api_key
        # A server of one's own needs no key, the client insists on one.
        self._client = openai.AsyncOpenAI(
            base_url=base_url, api_key=api_key or "not-needed", timeout=timeout, max_retries=MAX_RETRIES
        )
        self._ask_for_usage = True

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def complete(
        self,
        messages: Sequence[ChatMessage],
        functions: Sequence[Mapping[str, Any]],
        on_text: OnText,
        *,
        tool_choice: Literal["none"] | None = None,
    ) -> Completion:
        """Ask for the next message. `on_text` gets the text as it arrives.

        Raises AssistantError with a code `model_…`: `auth_failed`, `not_found`, `rate_limited`, `unavailable`,
        `refused`, `request_rejected`, `context_exceeded` or `bad_response`.
        """
        request: dict[str, Any] = {"model": self.model, "messages": list(messages), "stream": True}
        if functions:
            request["tools"] = list(functions)
            if tool_choice:
                request["tool_choice"] = tool_choice
        try:
            return _checked(await self._send(request, on_text))
        except openai.OpenAIError as error:
            failure = translate(error, self.model, self._api_key)
        except (json.JSONDecodeError, UnicodeDecodeError):
            failure = ModelError("the model provider's answer was not valid JSON")
        except ModelError as error:
            failure = error
        log.warning("model_failed", code=failure.code, detail=failure.detail)
        raise failure

    async def _send(self, request: dict[str, Any], on_text: OnText) -> Completion:
        if not self._ask_for_usage:
            return await self._read(request, on_text)
        try:
            return await self._read(request | {"stream_options": {"include_usage": True}}, on_text)
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            if "stream_options" not in str(error.body or error.message):
                raise
            log.info("model_without_stream_options", model=self.model)
            self._ask_for_usage = False
            return await self._read(request, on_text)

    async def _read(self, request: dict[str, Any], on_text: OnText) -> Completion:
        assembler = Assembler(self.model)
        create = self._client.chat.completions.with_streaming_response.create
        async with create(**request) as response:
            if response.headers.get("content-type", "").startswith("application/json"):
                answer: Any = await response.json()
                await _forward(_taken(assembler.add_answer, answer), on_text)
            else:
                async for chunk in await response.parse():
                    await _forward(_taken(assembler.add_chunk, chunk), on_text)
        return assembler.completion()


def _taken(add: Callable[[Mapping[str, Any]], str], body: Any) -> str:
    """Take a body in. JSON of another shape than a chat completion's is the provider's failure."""
    try:
        if isinstance(body, openai.BaseModel):
            # The client does not check what it reads, so neither names nor types can be relied on.
            body = body.to_dict(warnings=False)
        if body.get("error"):
            raise ModelError(f"the model provider failed: {str(body['error'])[:MAX_DETAIL_CHARS]}")
        return add(body)
    except (AttributeError, TypeError, ValueError) as error:
        log.warning("model_answer_malformed", error=type(error).__name__)
        raise ModelError("the model provider's answer was not a chat completion") from None


async def _forward(text: str, on_text: OnText) -> None:
    if text:
        await on_text(text)


def _checked(completion: Completion) -> Completion:
    """Raise where there is nothing to go on with."""
    if completion.text or completion.calls:
        return completion
    if completion.finish_reason == "content_filter":
        raise ModelError("the model provider's content filter withheld the answer", code="model_refused")
    if completion.finish_reason == "length":
        raise ModelError("the model ran out of tokens before it answered", code="model_bad_response")
    raise ModelError("the model answered with nothing", code="model_bad_response")


def failed_by_model(error: AssistantError) -> bool:
    """True where the model provider, not this system, is what failed."""
    return error.code.startswith("model_")
