"""The system prompt, and tool output wrapped for the model as untrusted data."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from importlib import resources
from string import Template
from typing import Any, Protocol

_SYSTEM = Template(
    (resources.files("services.orchestrator.turns") / "prompts" / "system.md").read_text(encoding="utf-8")
)

STEP_LIMIT_NOTE = """

## Now
You have used all the function calls of this turn. Answer now from the results you have, and say plainly
what is missing."""

READ_ONLY_NOTE = """

## Now
The user's message was sent read-only: you have no function that proposes a change. When it asks for one, say that
nothing is proposed in a read-only message, and what would have to be asked without it."""

WRITTEN_CALL_NOTE = """

## Now
Your last message had a function call in its text, so nothing was called. Call the function properly; if you cannot,
send nothing but the call."""

_WRAPPED = re.compile(
    r'\A<tool_output tool="(?P<tool>[^"]*)" trust="untrusted">\n(?P<body>.*)\n</tool_output>\Z', re.DOTALL
)

_BRACKETED = re.compile(r"\[(/?[A-Z][A-Z_]{2,20}\])")


class Whose(Protocol):
    """Whom a turn acts for."""

    @property
    def account(self) -> str: ...
    @property
    def caller_arn(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def regions(self) -> tuple[str, ...]: ...


def system_prompt(identity: Whose, *, step_limit_reached: bool = False, read_only: bool = False) -> str:
    """The system prompt of one request."""
    text = _SYSTEM.substitute(
        today=datetime.now(UTC).strftime("%A, %d %B %Y"),
        account=identity.account,
        caller_arn=identity.caller_arn,
        region=identity.region,
        regions=", ".join(identity.regions),
    ).strip()
    return text + (READ_ONLY_NOTE if read_only else "") + (STEP_LIMIT_NOTE if step_limit_reached else "")


def tool_output(tool: str, body: dict[str, Any]) -> str:
    """Wrap a tool's output as data. Nothing inside can end the wrapper: every "<" is escaped in the JSON."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    # Marks of speakers in square brackets, which some servers read wherever they stand; JSON itself has none.
    text = _BRACKETED.sub(r"\\u005b\1", text)
    # The model chose the name, which may be of a function that does not exist.
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", tool)[:64]
    return f'<tool_output tool="{name}" trust="untrusted">\n{text}\n</tool_output>'


def read_tool_output(content: str) -> tuple[str, dict[str, Any]] | None:
    """The tool's name and JSON of what `tool_output` made; None for anything else."""
    found = _WRAPPED.match(content)
    if not found:
        return None
    body: dict[str, Any] = json.loads(found["body"])
    return found["tool"], body
