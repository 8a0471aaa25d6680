"""Translates a model provider's failures into this system's errors: a stable code, what to do, never a key."""

from __future__ import annotations

import re

import openai

from services.orchestrator.llm import wordings
from services.orchestrator.llm.failures import ContextExceededError, ModelError
from services.orchestrator.llm.patience import retry_after
from shared.errors import AssistantError, Unavailable

MAX_DETAIL_CHARS = 300
MAX_PAGE_CHARS = 20_000
MIN_KEY_CHARS = 8  # a shorter one ("x" for a server that needs none) is no secret and a part of many words
# Keys as OpenAI and its kin write them, whole or half hidden ("sk-abc***xyz"), and bearer tokens.
_KEYS = re.compile(r"\b(?:sk|pk|gsk|xai|key)[-_][\w*.-]{4,}|Bearer\s+\S+", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_HIDDEN = re.compile(r"<(script|style)\b.*?(?:</\1>|\Z)|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>?")


def words_of(error: openai.OpenAIError) -> str:
    """All that the provider says about a failure, to be looked through; it may hold a part of a key."""
    body = getattr(error, "body", None)
    parts = [str(getattr(error, "message", error)), str(body or "")]
    if isinstance(error, openai.APIError):
        parts += [str(error.code or ""), f"'param': '{error.param}'" if error.param else ""]
    return " ".join(parts)[: wordings.MAX_CHARS]


def translate(error: openai.OpenAIError, model: str, api_key: str | None, timeout: float) -> AssistantError:
    """Turn an error of the openai client into one of ours."""
    said = shown(_said(error), api_key)
    match error:
        case openai.APITimeoutError():
            return silent(timeout)
        case openai.APIConnectionError():
            return Unavailable(
                "the model provider could not be reached; check OPENAI_BASE_URL and the network",
                code="model_unavailable",
            )
        case openai.APIResponseValidationError():
            return ModelError("the model provider's answer was not a chat completion")
        case openai.APIError():
            return _by_words(error, said, model) or _by_status(error, said, model)
    return ModelError(f"the model client failed: {said}")


def silent(timeout: float) -> AssistantError:
    """The error of a server that says nothing for `timeout` seconds."""
    return Unavailable(
        f"the model provider said nothing for {timeout:g} s; try again, or raise OPENAI_TIMEOUT if the model is slow, "
        "as one on a CPU is",
        code="model_unavailable",
    )


def broke_off(said: str) -> AssistantError:
    """The error of a connection that ended in the middle of an answer."""
    return Unavailable(f"the model provider broke off its answer; try again: {said}", code="model_unavailable")


def no_completion(content_type: str, beginning: str) -> ModelError:
    """The error of a successful answer that is no chat completion but, for instance, a web page."""
    return ModelError(
        f"OPENAI_BASE_URL answered with {content_type or 'no content type'} instead of a chat completion; it may be a "
        f"proxy's or a login page, or the address lacks its /v1: {shown(beginning, None)}"
    )


def shown(text: str, api_key: str | None) -> str:
    """Words of a provider, short, without markup and without anything that looks like a key."""
    text = text[:MAX_PAGE_CHARS]
    if "<html" in text.casefold() or "<!doctype" in text.casefold():
        title = _TITLE.search(text)
        text = "a web page: " + _TAG.sub(" ", title[1] if title else _HIDDEN.sub(" ", text))
    text = " ".join(text.split())
    if api_key and len(api_key) >= MIN_KEY_CHARS:
        text = text.replace(api_key, "[key]")
    return _KEYS.sub("[key]", text)[:MAX_DETAIL_CHARS] or "no message"


def _by_words(error: openai.APIError, said: str, model: str) -> AssistantError | None:
    """The meaning of a failure whatever its status, which differs between servers, and which a stream does not have."""
    words = words_of(error)
    status = error.status_code if isinstance(error, openai.APIStatusError) else 400
    if status in (401, 403):
        return None
    if is_context_exceeded(error):
        return ContextExceededError(
            f"the conversation is too long for the model; lower MAX_HISTORY_TOKENS or start a new one: {said}"
        )
    if status != 429 and wordings.NO_TOOLS.search(words):
        return ModelError(
            f"the model {model!r}, or the server before it, cannot call functions, without which the assistant can do "
            "nothing; set OPENAI_MODEL to one that can, or switch it on in the server (vLLM: --enable-auto-tool-choice "
            f"and --tool-call-parser; llama.cpp: --jinja): {said}",
            code="model_without_tools",
        )
    if status == 402 or wordings.QUOTA.search(words):
        return Unavailable(
            f"the model provider's quota is used up: {said}", code="model_rate_limited", status=502, retryable=False
        )
    if status < 500 and status != 429 and wordings.REFUSED_CONTENT.search(words):
        return ModelError(f"the model provider refused the request: {said}", code="model_refused")
    if status in (400, 404, 422) and wordings.NO_MODEL.search(words):
        return _no_model(model, said)
    return None


def _by_status(error: openai.APIError, said: str, model: str) -> AssistantError:
    if not isinstance(error, openai.APIStatusError):
        # An error in the middle of a stream has no status.
        return broke_off(said)
    match error.status_code:
        # A wrong key's message may repeat a part of the key: it is not passed on.
        case 401 | 403:
            return ModelError(
                "the model provider does not accept the gateway's key for this model; check OPENAI_API_KEY",
                code="model_auth_failed",
            )
        case 404 | 405:
            return _no_model(model, said)
        case 429:
            wait = retry_after(error)
            when = f"; try again in {wait:.0f} s" if wait else "; try again later"
            return Unavailable(f"the model provider's rate limit is reached{when}: {said}", code="model_rate_limited")
        case status if status >= 500 or status in (408, 425):
            return Unavailable(f"the model provider failed ({status}); try again: {said}", code="model_unavailable")
    return ModelError(
        f"the model provider rejected the request ({error.status_code}): {said}", code="model_request_rejected"
    )


def is_context_exceeded(error: openai.OpenAIError) -> bool:
    """Whether the provider says that the request is too long, in whose words ever."""
    if not isinstance(error, openai.APIError):
        return False
    return getattr(error, "status_code", 400) == 413 or bool(wordings.CONTEXT_EXCEEDED.search(words_of(error)))


def _no_model(model: str, said: str) -> ModelError:
    return ModelError(
        f"the model provider does not know the model {model!r}, or OPENAI_BASE_URL is wrong; check OPENAI_MODEL (its "
        f"models are listed at /models): {said}",
        code="model_not_found",
    )


def _said(error: openai.OpenAIError) -> str:
    body = getattr(error, "body", None)
    message = body.get("message") if isinstance(body, dict) else None
    return str(message or body or getattr(error, "message", error))
