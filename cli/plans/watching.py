"""A plan on its way to its end: each step's change as a line, what it waits for, and what came of it."""

from __future__ import annotations

import time
from typing import Any

from cli.exit_codes import OF_PLAN, ExitCode
from cli.gateway.addresses import at
from cli.gateway.client import Gateway
from cli.terminal.invocation import Invocation
from cli.terminal.text import line, one_line

# Statuses in which nothing more happens by itself.
RESTS = frozenset({"done", "failed", "undone", "rejected", "expired", "cancelled", "in_doubt"})
FIRST_PAUSE, MAX_PAUSE = 0.3, 2.0
_MARKS = {
    "running": ("…", ""),
    "done": ("✓", "green"),
    "failed": ("✗", "red"),
    "in_doubt": ("?", "bold yellow"),
    "undoing": ("↶", "yellow"),
    "undone": ("↶", ""),
    "undo_failed": ("✗", "red"),
    "skipped": ("-", "dim"),
}


def watch(invocation: Invocation, gateway: Gateway, plan: dict[str, Any], *, as_lines: bool = False) -> dict[str, Any]:
    """Follow a plan until nothing happens by itself any more; the plan as it is then.

    `as_lines`: every change of the plan as one line of JSON on standard output.
    """
    told: dict[str, tuple[str, str]] = {}
    etag, pause = None, FIRST_PAUSE
    path = at("plans", plan["plan_id"])
    while True:
        found, etag = gateway.get_changed(path, etag)
        if found is not None:
            plan, pause = found, FIRST_PAUSE
            if as_lines:
                invocation.json_line(plan)
            else:
                tell_steps(invocation, plan, told)
        if plan["status"] in RESTS:
            return plan
        time.sleep(pause)
        pause = min(pause * 1.4, MAX_PAUSE)


def tell_steps(invocation: Invocation, plan: dict[str, Any], told: dict[str, tuple[str, str]]) -> None:
    """Say which steps have changed since; `told` remembers by step what was said of it."""
    for number, step in enumerate(plan["steps"], 1):
        now = (str(step["status"]), str(step.get("waiting") or ""))
        if told.get(step["id"], ("pending", "")) == now or invocation.quiet:
            continue
        told[step["id"]] = now
        mark, style = _MARKS.get(now[0], ("…", ""))
        said = f" {number}. {one_line(step['title'])}"
        if step.get("error"):
            said += f": {one_line(step['error'].get('detail'))} [{one_line(step['error'].get('code'))}]"
        elif now[1]:
            said += f" (waits: {one_line(now[1])})"
        invocation.err.print(line("  ", (mark, style), said))


def tell_end(invocation: Invocation, plan: dict[str, Any]) -> None:
    """Say what came of a plan, and what can be done about it."""
    status, name = str(plan["status"]), one_line(plan["plan_id"])
    style = (
        "green" if status == "done" else "bold yellow" if status == "in_doubt" else "red" if status == "failed" else ""
    )
    invocation.err.print(line("plan ", name, ": ", (status.replace("_", " "), style)))
    if plan.get("ended_because"):
        invocation.err.print(line(f"  {plan['ended_because']}"))
    if status == "in_doubt":
        for step in plan["steps"]:
            if step.get("resolve"):
                invocation.err.print(line(f"  Did step {step['id']} happen? Look into the account, then say:"))
                invocation.err.print(line(f"    assistant plan resolve {name} {step['id']} --happened"))
                invocation.err.print(line(f"    assistant plan resolve {name} {step['id']} --did-not-happen"))
    elif "undo" in (plan.get("links") or {}):
        invocation.say(f"  to take it back: assistant plan undo {name}")


def exit_code(plan: dict[str, Any]) -> ExitCode:
    """How a command ends that waited for this plan."""
    return OF_PLAN.get(str(plan["status"]), ExitCode.OK)
