"""The names that the executor gives the role sessions it assumes: AWS's event history shows them with each call."""

from __future__ import annotations

import re

# What follows a plan's id in the names of its sessions that are no run of it, so that what a run does stands alone.
PREPARING, DRY_RUN, LOOKING = "-prepare", "-dry", "-look"


def session_name(purpose: str) -> str:
    """The role session's name: 2 to 64 of `[\\w+=,.@-]`. `purpose`: the id of a plan (its run) or of a call."""
    return re.sub(r"[^\w+=,.@-]", "-", f"assistant-executor-{purpose}", flags=re.ASCII)[:64]
