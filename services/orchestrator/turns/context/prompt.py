"""The system prompt, and tool output wrapped for the model as untrusted data."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from string import Template
from typing import Any, Protocol

from services.orchestrator.instructions import BUILT_IN
from shared.sessions.accounts import NamedAccount
from shared.sessions.fences import Perimeter

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
    @property
    def accounts(self) -> Sequence[NamedAccount]: ...
    @property
    def perimeter(self) -> Perimeter: ...


MANY_ACCOUNTS = Template("""

## Accounts
This session holds $count accounts; the one above is its own. A reading function searches all of them unless you name \
some in `accounts`, by id or name; each row and each gap says its `account`, and `accounts` in a result has each one's \
own figures. Say which account a figure is of, and name every account that did not answer. A change is in one account: \
name in `account` the one that the user named, never another, and ask where they named none.
$accounts""")

FENCED = Template("""

## What this session may use
$fences
What lies outside is refused. Say so and do not try another way.""")


def system_prompt(
    identity: Whose, *, instructions: Template = BUILT_IN, step_limit_reached: bool = False, read_only: bool = False
) -> str:
    """The system prompt of one request."""
    text = instructions.substitute(
        today=datetime.now(UTC).strftime("%A, %d %B %Y"),
        account=identity.account,
        caller_arn=identity.caller_arn,
        region=identity.region,
        regions=", ".join(identity.regions),
    ).strip()
    text += _accounts_of(identity) + _fences_of(identity)
    return text + (READ_ONLY_NOTE if read_only else "") + (STEP_LIMIT_NOTE if step_limit_reached else "")


def _accounts_of(identity: Whose) -> str:
    """The session's accounts, where it holds several. Their names are data: whoever made the account wrote them."""
    if not identity.accounts:
        return ""
    lines = (
        f"- {one.account} {json.dumps(one.name or '', ensure_ascii=False)}"
        + ("" if one.state == "ready" else f", {one.state}")
        for one in identity.accounts
    )
    return MANY_ACCOUNTS.substitute(count=len(identity.accounts), accounts="\n".join(lines).replace("<", "\\u003c"))


def _fences_of(identity: Whose) -> str:
    lines = [one.model_dump_json(exclude_none=True) for _, one in identity.perimeter.fences]
    return FENCED.substitute(fences="\n".join(lines)) if lines else ""


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
