"""Asks a person at the terminal to decide a plan: shows its page, and waits for a key, such as `a` to approve it.

An approval carries the digest of the plan as it was shown; the gateway refuses it where the plan is another one.
Neither Enter nor anything typed before the question approves. A finding that has to be acknowledged is shown once more,
and the person types the name of what is lost, or the finding's code.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cli.errors import CliError, Refused, Usage
from cli.gateway.addresses import at
from cli.gateway.client import Gateway
from cli.plans.edits import edit_body
from cli.plans.page import show_page
from cli.terminal.invocation import Invocation
from cli.terminal.keys import press, typed
from cli.terminal.text import line, one_line

DIGEST_SHOWN = 12


def decide(invocation: Invocation, gateway: Gateway, plan: dict[str, Any]) -> dict[str, Any]:
    """Show a plan and ask until it is decided or left for later; the plan as it is then, which an edit replaces.

    Raises KeyboardInterrupt and EOFError where a person breaks off.
    """
    show_page(invocation.screen, plan)
    while plan["status"] == "proposed":
        keys = _keys(plan)
        digest = str(plan["digest"])[:DIGEST_SHOWN]
        question = f"Digest {digest}…  " + "  ".join(f"[{key}] {words}" for key, words in keys.items())
        newest = Newest(gateway, plan)
        match press(invocation, question, keys, newest.look):
            case None:
                plan = newest.plan
                show_page(invocation.screen, plan)
            case "a":
                acknowledged = ask_acknowledgements(invocation, plan)
                if acknowledged is not None:
                    shared = ask_sharing(invocation, plan)
                    return approve(gateway, plan["plan_id"], plan["digest"], acknowledged, shared)
            case "r":
                reason = typed(invocation, "Why? (Enter for no reason)")
                return reject(gateway, plan["plan_id"], reason or None)
            case "e":
                plan = _edit(invocation, gateway, plan)
            case "s":
                plan = gateway.get(at("plans", plan["plan_id"]))
                show_page(invocation.screen, plan)
            case _:
                return plan
    return plan


class Newest:
    """A plan that a person reads: looked at meanwhile, for a review that comes later, or a decision elsewhere."""

    def __init__(self, gateway: Gateway, plan: dict[str, Any]) -> None:
        self._gateway = gateway
        self._etag: str | None = None
        self.plan = plan

    def look(self) -> bool:
        """Whether there is something new on its page that concerns the decision."""
        try:
            found, self._etag = self._gateway.get_changed(at("plans", self.plan["plan_id"]), self._etag)
        except CliError:
            return False  # the decision itself will say what is wrong
        if found is None or self._marks(found) == self._marks(self.plan):
            return False
        self.plan = found
        return True

    @staticmethod
    def _marks(plan: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(plan.get(name) for name in ("status", "review_status", "acknowledge", "approved_so_far"))


def approve(
    gateway: Gateway, plan_id: str, digest: str, acknowledged: list[dict[str, Any]], shared: Sequence[str] = ()
) -> dict[str, Any]:
    """Approve exactly this digest; `shared` are the steps whose value the model may see. Raises Refused."""
    body: dict[str, Any] = {"digest": digest, **({"acknowledged": acknowledged} if acknowledged else {})}
    body |= {"share_with_model": list(shared)} if shared else {}
    return gateway.post(at("plans", plan_id, "approve"), body)


def reject(gateway: Gateway, plan_id: str, reason: str | None) -> dict[str, Any]:
    """Refuse a plan for good. Raises Refused."""
    return gateway.post(at("plans", plan_id, "reject"), {"reason": reason} if reason else {})


def ask_acknowledgements(invocation: Invocation, plan: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Have each finding typed that the approval must name; None where a person does not."""
    findings = {finding.get("id"): finding for finding in plan.get("findings") or []}
    given = []
    for asked in plan.get("acknowledge") or []:
        finding = findings.get(asked["finding_id"]) or {}
        step = f" (step {one_line(finding['step'])})" if finding.get("step") else ""
        invocation.err.print(line((f"{one_line(finding.get('code'))}{step}: ", "bold red"), finding.get("message", "")))
        wanted = str(asked.get("typed") or finding.get("code") or asked["finding_id"])
        what = "the name of what is lost" if asked.get("typed") else "the finding's code"
        if typed(invocation, f"  Type {what} to acknowledge it: {one_line(wanted)}\n  >") != wanted:
            invocation.err.print(line("Not the same: nothing was approved."))
            return None
        given.append({"finding_id": asked["finding_id"], **({"typed": wanted} if asked.get("typed") else {})})
    return given


def ask_sharing(invocation: Invocation, plan: dict[str, Any]) -> list[str]:
    """Ask of each step that reads a value for the person whether the model may see it too: only "yes" is yes."""
    shared = []
    for step in plan.get("steps") or []:
        if step.get("effect") != "sensitive_read":
            continue
        invocation.err.print(line(f"Step {one_line(step['id'])}: ", step.get("title", "")))
        question = "  Only you see what it reads. Let the model see it too, for its answer? Type yes, or Enter for no:"
        if typed(invocation, question) == "yes":
            shared.append(str(step["id"]))
    return shared


def _keys(plan: dict[str, Any]) -> dict[str, str]:
    """The keys that are offered, each with what it does: of the decisions those that the plan has a link for."""
    links = plan.get("links") or {}
    decisions = {"a": "approve", "r": "reject", "e": "edit"}
    return {key: name for key, name in decisions.items() if name in links} | {"s": "show again", "l": "later"}


def _edit(invocation: Invocation, gateway: Gateway, plan: dict[str, Any]) -> dict[str, Any]:
    """Ask what is different, have it prepared, show the new plan; the plan as it was where it is refused."""
    answer = typed(invocation, "STEP.NAME=VALUE, or -STEP to leave one out; several with blanks between:")
    if not answer:
        return plan
    try:
        edited = gateway.post(at("plans", plan["plan_id"], "edit"), edit_body(answer.split(), plan))
    except (Refused, Usage) as refusal:
        invocation.err.print(line(("not edited: ", "bold red"), f"{refusal.message} [{refusal.code}]"))
        return plan
    show_page(invocation.screen, edited)
    return edited
