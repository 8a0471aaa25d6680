"""The names that the executor gives the role sessions it assumes: AWS's event history shows them with each call."""

from __future__ import annotations

import re


def session_name(purpose: str) -> str:
    """The role session's name: 2 to 64 of `[\\w+=,.@-]`. `purpose`: the id of a plan (its run) or of a call."""
    return re.sub(r"[^\w+=,.@-]", "-", f"assistant-executor-{purpose}", flags=re.ASCII)[:64]
