"""When a failed request to the model's server is sent again, and after how long."""

from __future__ import annotations

import random
import time
from email.utils import parsedate_to_datetime

import openai

from services.orchestrator.llm import wordings

MAX_RETRIES = 2
MAX_LOADING_RETRIES = 30  # a local server reads its model from disk
FIRST_PAUSE = 0.5
LOADING_PAUSE = 2.0
MAX_PAUSE = 60.0  # a longer `Retry-After` is for the person to wait
_STATUSES = {408, 409, 425, 429}


def pause_after(error: openai.OpenAIError, said: str, attempt: int) -> float | None:
    """Seconds until the `attempt`-th retry (0 is the first); None where the failure is final.

    A server that did not answer in time is not asked again: it may still be working on the first request.
    """
    if isinstance(error, openai.APITimeoutError):
        return None
    if isinstance(error, openai.APIStatusError):
        return _after_status(error, said, attempt)
    if attempt >= MAX_RETRIES or not isinstance(error, openai.APIConnectionError):
        return None
    return _backoff(attempt)


def retry_after(error: openai.APIStatusError) -> float | None:
    """The seconds that the server asks to wait, from `retry-after-ms`, or `Retry-After` in either form of RFC 9110."""
    headers = error.response.headers
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        given = headers.get(name, "")
        try:
            return max(0.0, float(given) * unit)
        except ValueError:
            pass
    try:
        return max(0.0, parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def _after_status(error: openai.APIStatusError, said: str, attempt: int) -> float | None:
    may = error.response.headers.get("x-should-retry")
    retryable = error.status_code in _STATUSES or error.status_code >= 500
    if may == "false" or not (retryable or may == "true") or wordings.QUOTA.search(said):
        return None
    if error.status_code == 503 and wordings.LOADING.search(said):
        return LOADING_PAUSE if attempt < MAX_LOADING_RETRIES else None
    if attempt >= MAX_RETRIES:
        return None
    asked = retry_after(error)
    if asked is None:
        return _backoff(attempt)
    return asked if asked <= MAX_PAUSE else None


def _backoff(attempt: int) -> float:
    return FIRST_PAUSE * 2.0**attempt * random.uniform(0.75, 1.25)  # noqa: S311  # spreads load, keeps no secret
