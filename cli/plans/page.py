"""A plan as a person reads it: its page, as the gateway makes it from the plan's record."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from cli.terminal.text import line, safe
from shared.plans.page.lines import MARK

# What curl would send; here the keys below the page do it.
_CALLS = f"{MARK} What you can do next:"
_STRIKING = (
    (f"{MARK} Findings: none", ""),
    (f"{MARK} Findings", "bold"),
    (f"{MARK} NOT ALL OF IT", "bold red"),
    (f"{MARK}   HIGH", "bold red"),
    (f"{MARK}   MEDIUM", "yellow"),
)


def show_page(console: Console, plan: dict[str, Any]) -> None:
    """Print the page; the calls at its end are left out, since commands stand in their place."""
    whole = safe(plan.get("summary") or "")
    page = whole.partition(_CALLS)[0].removesuffix(f"{MARK}\n")
    for number, text in enumerate(page.splitlines()):
        style = "bold" if number == 0 else next((one for start, one in _STRIKING if text.startswith(start)), "")
        console.print(Text(text, style=style))


def show_commands(console: Console, plan: dict[str, Any]) -> None:
    """Print what can be done with the plan as it is now, a command a line."""
    for command in _commands(plan):
        console.print(line(f"  {command}"))


def _commands(plan: dict[str, Any]) -> list[str]:
    """What can be done with the plan as it is now, as commands to copy."""
    links, name = plan.get("links") or {}, plan["plan_id"]
    found = []
    if "approve" in links:
        found.append(f"assistant plan approve {name} --digest {plan['digest']}{_acknowledged(plan)}")
    found += [f"assistant plan {action} {name}" for action in ("reject", "cancel", "undo") if action in links]
    if "edit" in links:
        found.append(f"assistant plan edit {name} --set STEP.NAME=VALUE")
    found += [
        f"assistant plan resolve {name} {step['id']} --happened | --did-not-happen"
        for step in plan.get("steps", [])
        if step.get("resolve")
    ]
    return found


def _acknowledged(plan: dict[str, Any]) -> str:
    """The options that acknowledge the plan's findings; what has to be typed is left for the person to type."""
    return "".join(
        f" --acknowledge {one['finding_id']}" + ("=TYPE_ITS_NAME" if one.get("typed") else "")
        for one in plan.get("acknowledge") or []
    )
