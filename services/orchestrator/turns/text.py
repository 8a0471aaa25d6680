"""The sentences that the gateway itself writes into a turn's answer."""

from __future__ import annotations

from services.orchestrator.rest import iso
from services.orchestrator.turns.store import Turn
from shared.plans.page.actions import plan_path
from shared.plans.page.page import plan_page
from shared.plans.plan import Plan

_CUT_OFF = {
    "length": "The model's answer was cut off at its length limit.",
    "content_filter": "The model provider's content filter cut this answer off.",
    None: "The model's answer ended without saying that it was complete.",
}
# Error codes of a call which mean that the session's credentials have ended.
_ENDED = {"credentials_expired", "sealed_for_another_key", "session_expired"}


def waiting_answer(plan: Plan) -> str:
    """The answer of a turn that waits for a plan: the plan's page as it is now, and how to decide.

    The page stands in a block of code: a client that shows answers as Markdown shows it as it is.
    """
    if plan.status == "proposed":
        decide = (
            f"Nothing has been changed yet. This plan waits for your decision until {iso(plan.expires_at)}. To approve "
            f"it, call `POST {plan_path(plan)}/approve` with the digest `{plan.digest}`; to refuse it, "
            f"`POST {plan_path(plan)}/reject`."
        )
    else:
        decide = f"This plan is {plan.status}; once it has ended, this turn goes on by itself to its closing answer."
    return f"```text\n{plan_page(plan)}```\n\n{decide}"


def step_limit_answer(turn: Turn, rounds: int) -> str:
    """The answer where the model wanted more calls than a turn may have."""
    made = ", ".join(f"`{step.tool}` ({step.status})" for step in turn.steps) or "none"
    return (
        f"I stopped after {rounds} rounds of function calls without coming to an answer. "
        f"Calls made: {made}. Their results are in this turn's steps; ask for less at once, or more precisely."
    )


def credentials_ended(turn: Turn) -> bool:
    """True where a call of this turn failed because the session's credentials have ended or were revoked.

    AWS refuses IAM calls with GetSessionToken credentials by the same code as an unknown key; that is no end.
    """
    codes = {step.error.code for step in turn.steps if step.error}
    if codes & _ENDED:
        return True
    return "credentials_invalid" in codes and turn.session.scoping.mode != "session_token"


def credentials_ended_answer(text: str) -> str:
    """The model's text, if any, followed by what to do about ended credentials."""
    note = (
        "AWS does not accept this session's credentials any more: they have expired or were revoked. Open a new "
        "session, or give this one new credentials with `POST /v1/sessions/current/renew`."
    )
    return f"{text}\n\n{note}" if text else note


def cut_off_note(finish_reason: str | None) -> str:
    """The note added to an answer that may be incomplete; empty where it is complete."""
    note = _CUT_OFF.get(finish_reason)
    return f"\n\n_({note})_" if note else ""
