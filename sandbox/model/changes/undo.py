"""Undoing the conversation's last plan, and what to say of one in doubt: only a person decides that."""

import re

from sandbox.model.phrasing import join
from sandbox.model.reading.history import Conversation, newest_plan, plans_of
from sandbox.model.tools import CREATED, RESOURCES
from sandbox.model.types import JsonObject, Proposal

UNDO_TOOL = "propose_undo"
ANY_RESOURCE = join([f"a {RESOURCES[kind].noun}" for kind in CREATED], "or")
NOTHING_TO_UNDO = (
    f"There is no change in this conversation that I could take back. Name what to delete: {ANY_RESOURCE}."
)

_PLAN_ID = re.compile(r"\bpln_[\w-]+")
_VERDICT = re.compile(
    r"(?i)\W*(?:(?:yes|no|well|ok(?:ay)?)\W+)?(?:it|that|the step|(?:the )?step \S+)\s+"
    r"(?:(?:has|had|really|did)\s+)?(?:not\s+|never\s+|indeed\s+)?(?:happen(?:ed)?|work(?:ed)?|did(?:n[o']?t| not)?|"
    r"did(?:n'?t| not) (?:happen|work))\W*$"
)


def undoing(conversation: Conversation) -> Proposal:
    """ "Undo that": have the newest plan that ended taken back, or say why there is nothing to take back."""
    plan = _named(conversation) or newest_plan(conversation)
    if plan is None:
        return Proposal(say=NOTHING_TO_UNDO)
    identifier, status = str(plan.get("plan_id", "")), str(plan.get("status", "done"))
    if status == "in_doubt":
        return Proposal(say=doubt(plan))
    if status == "undone":
        return Proposal(say="There is nothing to take back: the last plan was undone already.")
    if status != "done" and not any(step.get("status") == "done" for step in steps_of(plan)):
        return Proposal(say=f"There is nothing to take back: the last plan was not carried out (it is {status}).")
    return Proposal(undo=identifier)


def undo_by_hand(plan_id: str) -> str:
    """How a person undoes a plan where the request offers no function for it."""
    return (
        f"I can't propose that here: this request does not offer {UNDO_TOOL}. Undo it over REST: "
        f"POST /v1/plans/{plan_id}/undo answers with a plan that takes it back; nothing happens before you approve it."
    )


def verdict_answer(text: str, conversation: Conversation) -> str:
    """The answer to "it happened" and "it did not", said of a plan in doubt; empty for anything else."""
    plan = newest_plan(conversation)
    if plan is None or plan.get("status") != "in_doubt" or not _VERDICT.match(text):
        return ""
    return f"I cannot record that for you. {doubt(plan)}"


def doubt(plan: JsonObject) -> str:
    """What is unknown of a plan in doubt, and where a person says what they found."""
    unknown = [step for step in steps_of(plan) if step.get("status") == "in_doubt"]
    names = ", ".join(f"{step.get('id', '?')} ({step.get('operation', 'step')})" for step in unknown) or "of the plan"
    step = str(unknown[0].get("id")) if unknown else "STEP"
    body = f'{{"step": "{step}", "happened": true}}'
    return (
        f"It is unknown whether step {names} happened, so nothing goes on. Look in AWS, then answer “it happened” or "
        f"“it did not” on the plan's page, or over REST: POST /v1/plans/{plan.get('plan_id', 'ID')}/resolve {body} "
        "(or false)."
    )


def steps_of(plan: JsonObject) -> list[JsonObject]:
    """A plan's steps, as far as they are objects."""
    return [step for step in plan.get("steps") or [] if isinstance(step, dict)]


def _named(conversation: Conversation) -> JsonObject | None:
    """The plan whose id the message names; one of another conversation is taken at its word."""
    found = _PLAN_ID.search(conversation.current.text)
    if found is None:
        return None
    known = [plan for turn in conversation.earlier for plan in plans_of(turn.outcomes)]
    named = [plan for plan in known if plan.get("plan_id") == found.group()]
    return named[-1] if named else {"plan_id": found.group(), "status": "done"}
