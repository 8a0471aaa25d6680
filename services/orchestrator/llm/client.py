"""A thin streaming client for any OpenAI-compatible chat completions server.

Only standard fields are sent, and of those none that the server was found to refuse (`Dialect`). Servers that answer a
stream request with plain JSON, or that refuse to stream, work too.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Literal

import httpx2
import openai
import structlog

from services.orchestrator.llm.completion import Assembler, Completion
from services.orchestrator.llm.dialect import ChatMessage, Dialect
from services.orchestrator.llm.errors import (
    broke_off,
    is_context_exceeded,
    no_completion,
    shown,
    silent,
    translate,
    words_of,
)
from services.orchestrator.llm.event_stream import read_events
from services.orchestrator.llm.failures import ModelError, NoAnswerError
from services.orchestrator.llm.late import OnText
from services.orchestrator.llm.offered import Offered
from services.orchestrator.llm.patience import pause_after
from services.orchestrator.llm.request_body import RequestBody
from shared.errors import AssistantError

log = structlog.get_logger(__name__)

MAX_ANSWER_CHARS = 400_000  # a model that never stops is cut off here
CONNECT_SECONDS = 10.0


class ChatModel:
    """The model the reasoning loop asks. One per gateway process.

    `timeout` is the seconds that the server may be silent, before its answer or within it.
    """

    def __init__(self, *, base_url: str | None, api_key: str | None, model: str, timeout: float = 60.0) -> None:
        self.model = model
        self._api_key, self._timeout = api_key, timeout
        # A self-hosted server may need no key, but the client insists on one. Retries are ours: `patience.py`.
        self._client = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=api_key or "not-needed",
            timeout=httpx2.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS)),
            max_retries=0,
        )
        self._dialect, self._body = Dialect(), RequestBody()

    async def warm_up(self) -> None:
        """Nothing: it is ready."""

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
        reads: Collection[str] = (),
        unoffered: Sequence[Mapping[str, Any]] = (),
    ) -> Completion:
        """Ask for the next message. `on_text` gets the text as it arrives; `reads` are the functions that only read.

        `unoffered` are functions that are not sent, and understood where the model calls them all the same.

        Raises AssistantError with a code `model_…`: `auth_failed`, `not_found`, `without_tools`, `rate_limited`,
        `unavailable`, `refused`, `request_rejected`, `context_exceeded` or `bad_response`.
        """
        offered = Offered([*functions, *unoffered], reads)
        try:
            return _checked(await self._send(messages, functions, offered, on_text, tool_choice))
        except openai.OpenAIError as error:
            failure = translate(error, self.model, self._api_key, self._timeout)
        except (json.JSONDecodeError, UnicodeDecodeError):
            failure = ModelError("the model provider's answer was not valid JSON")
        except httpx2.TimeoutException:
            failure = silent(self._timeout)
        except httpx2.HTTPError as error:
            failure = broke_off(shown(str(error), self._api_key))
        except AssistantError as error:
            failure = error
        log.warning("model_failed", code=failure.code, detail=failure.detail)
        raise failure

    async def _send(
        self,
        messages: Sequence[ChatMessage],
        functions: Sequence[Mapping[str, Any]],
        offered: Offered,
        on_text: OnText,
        tool_choice: Literal["none"] | None,
    ) -> Completion:
        """Send the request; again where the server refuses a part of it that can be left out, or fails for a moment."""
        attempt = 0
        while True:
            request = self._dialect.request(self.model, messages, functions, tool_choice)
            assembler = Assembler(self.model, offered, thinks_first=self._dialect.thinks_first)
            try:
                await self._read(request, assembler, on_text)
                self._dialect.thinks_first = self._dialect.thinks_first or assembler.thoughts.unopened
                return assembler.completion()
            except openai.APIError as error:
                said = words_of(error)
                if assembler.size and isinstance(error, openai.APIConnectionError) and not _timed_out(error):
                    raise broke_off("the connection ended") from None
                if assembler.size or is_context_exceeded(error):
                    raise
                learned = self._dialect.learn(said, request) if _may_teach(error) else None
                if learned:
                    log.info("model_dialect_learned", learned=learned, model=self.model)
                    continue
                pause = pause_after(error, said, attempt)
                if pause is None:
                    raise
                attempt += 1
                log.info("model_retried", error=type(error).__name__, pause=round(pause, 1), attempt=attempt)
                await asyncio.sleep(pause)
            except httpx2.TransportError as error:
                # The connection ended before there was anything of an answer.
                if assembler.size or attempt or isinstance(error, httpx2.TimeoutException):
                    raise
                attempt += 1

    async def _read(self, request: dict[str, Any], assembler: Assembler, on_text: OnText) -> None:
        # The request as it is: `chat.completions.create` would walk through every schema of every function to find
        # nothing to change. Whether the server streams, its answer tells.
        async with await self._client.post(
            "/chat/completions",
            cast_to=object,
            content=self._body.write(request),
            stream=True,
            stream_cls=openai.AsyncStream[object],
        ) as stream:
            response = stream.response
            content_type = response.headers.get("content-type", "")
            if _is_json(content_type):
                answer: Any = json.loads(await response.aread())
                if isinstance(answer, dict) and not answer.keys() & {"choices", "error"}:
                    raise no_completion(content_type, str(answer))
                _take(assembler.add_answer, answer)
                await _forward(assembler.shown(), on_text)
            elif content_type.startswith(("text/html", "application/xhtml")):
                await response.aread()
                raise no_completion(content_type, response.text)
            elif "stream" not in request:
                self._dialect.streams_again()
                raise ModelError("the model provider's answer was not a chat completion")
            else:
                await _read_chunks(response, assembler, on_text)
        await _forward(assembler.finish(), on_text)


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind in ("application/json", "text/json") or kind.endswith("+json")


def _timed_out(error: openai.APIError) -> bool:
    return isinstance(error, openai.APITimeoutError)


def _may_teach(error: openai.APIError) -> bool:
    """Servers refuse fields with any status but these; within a stream an error has none."""
    return getattr(error, "status_code", 400) not in (401, 403, 408, 429)


async def _read_chunks(response: httpx2.Response, assembler: Assembler, on_text: OnText) -> None:
    """Take in each chunk as the JSON it is; nothing of what the client would make of it can be relied on."""
    async with aclosing(read_events(response)) as reads:
        async for events in reads:
            try:
                for data in events:
                    _take(assembler.add_chunk, json.loads(data))
            finally:
                await _forward(assembler.shown(), on_text)
            if assembler.size > MAX_ANSWER_CHARS:
                assembler.finish_reason = "length"
                break


def _take(add: Callable[[Mapping[str, Any]], None], body: Any) -> None:
    """Add a chunk or an answer. JSON that is no chat completion is the provider's failure."""
    try:
        failed = body.get("error") or _error_of_choice(body)
        if failed:
            raise openai.APIError(_message(failed), request=_NO_REQUEST, body=failed)
        add(body)
    except (AttributeError, TypeError, ValueError) as error:
        log.warning("model_answer_malformed", error=type(error).__name__)
        raise ModelError("the model provider's answer was not a chat completion") from None


def _error_of_choice(body: Mapping[str, Any]) -> object:
    """The error that stands in a choice, as OpenRouter has it."""
    for choice in body.get("choices") or []:
        if isinstance(choice, dict) and choice.get("error"):
            return choice["error"]
    return None


_NO_REQUEST = httpx2.Request("POST", "http://model.invalid")


def _message(error: object) -> str:
    return str(error.get("message") or error) if isinstance(error, dict) else str(error)


async def _forward(text: str, on_text: OnText) -> None:
    if text:
        await on_text(text)


def _checked(completion: Completion) -> Completion:
    """Raise where the answer has neither text nor calls."""
    if completion.text.strip() or completion.calls or completion.markup.strip():
        return completion
    if completion.finish_reason == "content_filter":
        raise ModelError("the model provider's content filter withheld the answer", code="model_refused")
    if completion.finish_reason == "length":
        raise NoAnswerError(
            "the model ran out of tokens before it answered; its context is too small, or the server's limit of an "
            "answer's length is",
            ran_out=True,
        )
    if completion.thought_only:
        raise NoAnswerError("the model only thought about it and gave no answer; ask again, or use another model")
    raise NoAnswerError("the model answered with nothing; ask again")
