"""Draws up what to delete: by name, or what the last plan made ("delete it again")."""

from dataclasses import replace

from sandbox.model.changes.change_request import ChangeRequest
from sandbox.model.changes.drafting import drafted
from sandbox.model.changes.undo import ANY_RESOURCE, NOTHING_TO_UNDO
from sandbox.model.questions.references import referents
from sandbox.model.reading.history import Conversation, Turn, done_steps, known_of, plans_of
from sandbox.model.tools import CREATED, OPERATIONS, kind_by_hint
from sandbox.model.types import JsonObject, Outcome, Proposal, Step


def deletion(request: ChangeRequest, conversation: Conversation, outcomes: list[Outcome]) -> Proposal:
    """The proposal to delete what a request names."""
    if request.delete_all:
        return Proposal(say="I do not delete things wholesale. Name each bucket, role or function to delete.")
    named = [(kind or _kind_of(name, conversation), name) for kind, name in request.delete]
    unclear = next((name for kind, name in named if kind is None), "")
    if unclear:
        return Proposal(say=f"Is {unclear} {ANY_RESOURCE}? I need to know what to delete.")
    return drafted(replace(request, delete=named), conversation, outcomes, "delete")


def _kind_of(name: str, conversation: Conversation) -> str | None:
    """A name's kind as known from the conversation, or by its look."""
    known = conversation.kind_of(name)
    return known if known in CREATED else kind_by_hint(name)


def deletion_of_referred(request: ChangeRequest, conversation: Conversation, outcomes: list[Outcome]) -> Proposal:
    """ "Delete it again", "undo that": remove what the newest plan made, or the resource last spoken of."""
    for turn in reversed(conversation.earlier):
        plans = plans_of(turn.outcomes)
        if plans and (request.undo or done_steps(plans[-1], "create") or plans[-1].get("status") != "done"):
            return _take_back(plans[-1], request.delete_kinds, conversation)
        if not request.undo:
            single = Conversation((turn, Turn("")), conversation.region, conversation.account)
            kind, names = referents(single, next(iter(request.delete_kinds), None))
            if kind in CREATED and names:
                named = ChangeRequest(delete=[(kind, names[0])], regions=request.regions)
                return deletion(named, conversation, outcomes)
    return Proposal(say=NOTHING_TO_UNDO)


def _take_back(plan: JsonObject, kinds: list[str], conversation: Conversation) -> Proposal:
    status = plan.get("status")
    if status not in ("done", None):
        return Proposal(say=f"There is nothing to take back: the last plan was not carried out (it is {status}).")
    gone = _deleted(conversation)
    users = [name for kind, name in done_steps(plan, "create") if kind == "function" and name not in gone]
    note = ""
    if "role" in kinds and "function" not in kinds and users:
        kinds = [*kinds, "function"]
        note = (
            f"The Lambda function {', '.join(users)} was made with that role and needs it, so the plan deletes it too."
        )
    if "role" in kinds:
        kinds = [*kinds, "policy"]  # a role is deleted without its policies only
    steps: list[Step] = []
    beyond: list[str] = []
    for step in reversed(plan.get("steps") or []):
        inverse = _inverse(step, conversation)
        if inverse is None:
            beyond.append(str(step.get("operation")))
        elif gone & {str(value) for value in inverse.arguments.values()}:
            continue
        elif not kinds or OPERATIONS[inverse.operation].resource.kind in kinds:
            needs = (steps[-1].id,) if steps else ()
            steps.append(replace(inverse, id=f"undo_{step.get('id', len(steps) + 1)}", needs=needs))
    if not steps:
        what = ", ".join(beyond) or "its steps"
        return Proposal(say=f"I cannot take that back: {what} cannot be reversed with the operations I have.")
    return Proposal(tuple(steps), goal=f"Take back: {plan.get('goal', 'the last plan')}", note=note)


def _deleted(conversation: Conversation) -> set[str]:
    """The names of what this conversation's plans have deleted and not made again since."""
    names: set[str] = set()
    for plan in (plan for turn in conversation.earlier for plan in plans_of(turn.outcomes)):
        names |= {name for _, name in done_steps(plan, "delete")}
        names -= {name for _, name in done_steps(plan, "create")}
    return names


def _inverse(step: JsonObject, conversation: Conversation) -> Step | None:
    """The step that takes a done step back; None where AWS has no way back."""
    operation = OPERATIONS.get(str(step.get("operation")))
    inverse = OPERATIONS.get(operation.inverse) if operation else None
    if operation is None or inverse is None:
        return None
    known: JsonObject = {"region": conversation.region} | known_of(step)
    known.setdefault("name", known.get(operation.resource.name_key))
    return Step("", inverse.name, {key: known[key] for key in inverse.takes if known.get(key)})
