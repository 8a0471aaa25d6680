"""Translates a model provider's failures into this system's errors: a stable code, what to do, never a key."""

from __future__ import annotations

import re

import openai

from shared.errors import AssistantError, Unavailable

MAX_DETAIL_CHARS = 300
MIN_KEY_CHARS = 8  # a shorter one ("x" for a server that needs none) is no secret and a part of many words
# Keys as OpenAI and its kin write them, whole or half hidden ("sk-abc***xyz"), and bearer tokens.
_KEYS = re.compile(r"\b(?:sk|pk|gsk|xai|key)[-_][\w*.-]{4,}|Bearer\s+\S+", re.IGNORECASE)


class ModelError(AssistantError):
    """The model provider answered, but not with what was asked for."""

    code = "model_bad_response"


def translate(error: openai.OpenAIError, model: str, api_key: str | None) -> AssistantError:
    """Turn an error of the openai client into one of ours."""
    said = _said(error, api_key)
    match error:
        case openai.APITimeoutError():
            return Unavailable("the model provider did not answer in time; try again", code="model_unavailable")
        case openai.APIConnectionError():
            return Unavailable(
                "the model provider could not be reached; check OPENAI_BASE_URL and the network",
                code="model_unavailable",
            )
        # A wrong key's message may repeat a part of the key: it is not passed on.
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            return ModelError(
                "the model provider does not accept the gateway's key for this model; check OPENAI_API_KEY",
                code="model_auth_failed",
            )
        case openai.NotFoundError():
            return ModelError(
                f"the model provider does not know the model {model!r}, or OPENAI_BASE_URL is wrong: {said}",
                code="model_not_found",
            )
        case openai.RateLimitError():
            used_up = error.code == "insufficient_quota"
            return Unavailable(
                f"the model provider's {'quota is used up' if used_up else 'rate limit is reached'}: {said}",
                code="model_rate_limited",
                status=502 if used_up else None,
                retryable=not used_up,
            )
        case openai.APIStatusError() if error.status_code >= 500:
            return Unavailable(
                f"the model provider failed ({error.status_code}); try again: {said}", code="model_unavailable"
            )
        case openai.APIStatusError():
            return _rejected(error, said)
        case openai.APIResponseValidationError():
            return ModelError("the model provider's answer was not a chat completion")
        case openai.APIError():
            # An error in the middle of a stream has no status.
            return Unavailable(f"the model provider broke off its answer: {said}", code="model_unavailable")
    return ModelError(f"the model client failed: {said}")


def _rejected(error: openai.APIStatusError, said: str) -> ModelError:
    if error.code == "context_length_exceeded" or "context length" in said.lower():
        return ModelError(
            f"the conversation is too long for the model; lower MAX_HISTORY_TOKENS or start a new one: {said}",
            code="model_context_exceeded",
        )
    if error.code == "content_filter" or "content management policy" in said.lower():
        return ModelError(f"the model provider refused the request: {said}", code="model_refused")
    return ModelError(
        f"the model provider rejected the request ({error.status_code}): {said}", code="model_request_rejected"
    )


def _said(error: openai.OpenAIError, api_key: str | None) -> str:
    """The provider's own words, short and without anything that looks like a key."""
    body = getattr(error, "body", None)
    message = body.get("message") if isinstance(body, dict) else None
    text = " ".join(str(message or getattr(error, "message", error)).split())
    if api_key and len(api_key) >= MIN_KEY_CHARS:
        text = text.replace(api_key, "[key]")
    return _KEYS.sub("[key]", text)[:MAX_DETAIL_CHARS] or "no message"
