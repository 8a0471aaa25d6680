"""A thin streaming client for any OpenAI-compatible chat completions server.

Only standard fields are sent. Servers that answer a stream request with plain JSON, or that refuse to stream, work too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal

import openai
import structlog

from services.orchestrator.llm.completion import Assembler, Completion
from services.orchestrator.llm.errors import MAX_DETAIL_CHARS, ModelError, translate

log = structlog.get_logger(__name__)

MAX_RETRIES = 2
MAX_ANSWER_CHARS = 400_000  # a model that never stops is cut off here

_NO_STREAMS = re.compile(
    r"stream(?:ing)?\b.{0,30}\b(?:not|un)[ -]?(?:be |been |is )?(?:support|allow|implement|available|enabled)"
    r"|(?:not|n't|un)[ -]?support.{0,20}\bstream(?:s|ing)?\b",
    re.IGNORECASE,
)

OnText = Callable[[str], Awaitable[None]]
ChatMessage = dict[str, Any]


class ChatModel:
    """The model the reasoning loop asks. One per gateway process."""

    def __init__(self, *, base_url: str | None, api_key: str | None, model: str, timeout: float = 60.0) -> None:
        self.model = model
        self._api_key = api_key
        # A self-hosted server may need no key, but the client insists on one.
        self._client = openai.AsyncOpenAI(
            base_url=base_url, api_key=api_key or "not-needed", timeout=timeout, max_retries=MAX_RETRIES
        )
        self._ask_for_usage = True
        self._stream = True

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
        request: dict[str, Any] = {"model": self.model, "messages": [_sendable(each) for each in messages]}
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
        """Send the request; again without `stream_options` or streaming where the server does not know them."""
        while True:
            streamed: dict[str, Any] = {"stream": True} if self._stream else {}
            if self._stream and self._ask_for_usage:
                streamed["stream_options"] = {"include_usage": True}
            try:
                return await self._read(request | streamed, on_text)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                said = str(error.body or error.message)
                if "stream_options" in streamed and "stream_options" in said:
                    self._ask_for_usage = False
                elif streamed and (error.param == "stream" or _NO_STREAMS.search(said)):
                    self._stream = False
                else:
                    raise
                log.info(
                    "model_features_reduced", stream_options=self._ask_for_usage, stream=self._stream, model=self.model
                )

    async def _read(self, request: dict[str, Any], on_text: OnText) -> Completion:
        assembler = Assembler(self.model)
        create = self._client.chat.completions.with_streaming_response.create
        async with create(**request) as response:
            if response.headers.get("content-type", "").startswith("application/json"):
                answer: Any = await response.json()
                await _forward(_added(assembler.add_answer, answer), on_text)
            elif "stream" not in request:
                self._stream = True  # the server streams although it was asked not to
                raise ModelError("the model provider's answer was not a chat completion")
            else:
                async for chunk in await response.parse():
                    await _forward(_added(assembler.add_chunk, chunk), on_text)
                    if assembler.size > MAX_ANSWER_CHARS:
                        assembler.finish_reason = "length"
                        break
        return assembler.completion()


def _sendable(message: ChatMessage) -> ChatMessage:
    """The message in a form every server accepts: some parse the arguments of calls, so invalid JSON is wrapped."""
    if not message.get("tool_calls"):
        return message
    calls = [
        call | {"function": call["function"] | {"arguments": _object_text(call["function"]["arguments"])}}
        for call in message["tool_calls"]
    ]
    return message | {"tool_calls": calls}


def _object_text(arguments: str) -> str:
    try:
        loaded = json.loads(arguments)
        if loaded is None or isinstance(loaded, dict):
            return "{}" if loaded is None else arguments
    except (ValueError, RecursionError):
        pass
    return json.dumps({"not_a_json_object": arguments[:1000]}, ensure_ascii=False)


def _added(add: Callable[[Mapping[str, Any]], str], body: Any) -> str:
    """Add a chunk or an answer. JSON that is no chat completion is the provider's failure."""
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
    """Raise where the answer has neither text nor calls."""
    if completion.text or completion.calls:
        return completion
    if completion.finish_reason == "content_filter":
        raise ModelError("the model provider's content filter withheld the answer", code="model_refused")
    if completion.finish_reason == "length":
        raise ModelError("the model ran out of tokens before it answered", code="model_bad_response")
    raise ModelError("the model answered with nothing", code="model_bad_response")
