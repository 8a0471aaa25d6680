"""Draws up the plan for a change request from what each operation's file declares."""

from sandbox.model.changes.change_request import ChangeRequest
from sandbox.model.declaration import Draft, Operation
from sandbox.model.reading.history import Conversation
from sandbox.model.tools import OPERATIONS
from sandbox.model.types import Outcome, Proposal


def drafted(request: ChangeRequest, conversation: Conversation, outcomes: list[Outcome], *verbs: str) -> Proposal:
    """The proposal to create, attach, detach or delete what a request names, or what must be known before."""
    region = next(iter(request.regions), conversation.region)
    draft = Draft(request.copy(), outcomes, region, conversation.salt, conversation.regions_seen())
    wanted = [each for each in OPERATIONS.values() if each.verb in verbs]
    for operation in wanted:
        if operation.prepare and _names(operation, draft.request):
            operation.prepare(draft)
    for kind in draft.request.new:
        draft.names(kind)
    goals = []
    for verb in verbs:
        in_order = [each for each in wanted if each.verb == verb]
        for operation in reversed(in_order) if verb == "delete" else in_order:
            if not draft.say and (names := _names(operation, draft.request)):
                operation.draw_up(draft, names)
        if draft.goals:
            goals.append(f"{verb.capitalize()} {' and '.join(draft.goals)}")
            draft.goals.clear()
    if draft.say or draft.lookups:
        return Proposal(say=draft.say, lookups=() if draft.say else tuple(draft.lookups))
    return Proposal(tuple(draft.steps), goal="; ".join(goals))


def _names(operation: Operation, request: ChangeRequest) -> list[str]:
    """The names that an operation is wanted for."""
    kind = operation.resource.kind
    if operation.verb == "create":
        return request.names(kind)
    if operation.verb == "delete":
        return [name for each, name in request.delete if each == kind]
    return request.attach_to if operation.verb == "attach" else [role for role, _, _ in request.detach]
