"""Estimates how many tokens a text takes. The estimate errs high, since it is used to stay within a budget."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

# English runs at about four ASCII characters a token, JSON full of ids at about three.
CHARS_PER_TOKEN = 3.5
TOKENS_PER_MESSAGE = 8


def estimate_tokens(text: str) -> int:
    """Tokens of `text`: 3.5 ASCII characters each, and one for every other character."""
    ascii_chars = len(text.encode("ascii", "ignore"))
    return math.ceil(ascii_chars / CHARS_PER_TOKEN) + len(text) - ascii_chars


def message_tokens(message: Mapping[str, Any]) -> int:
    """Tokens of one chat message with everything in it."""
    calls = message.get("tool_calls")
    written = (message.get("content") or "") + (json.dumps(calls, ensure_ascii=False) if calls else "")
    return estimate_tokens(written) + TOKENS_PER_MESSAGE


def messages_tokens(messages: Sequence[Mapping[str, Any]]) -> int:
    """Tokens of a list of chat messages."""
    return sum(message_tokens(message) for message in messages)
