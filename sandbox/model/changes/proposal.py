"""Decides what a change request comes to: a plan's steps, a look-up first, or an honest word why not."""

from dataclasses import replace

from sandbox.model.changes.calls import called
from sandbox.model.changes.change_request import ChangeRequest
from sandbox.model.changes.deletion import deletion, deletion_of_referred
from sandbox.model.changes.drafting import drafted
from sandbox.model.changes.resources import making
from sandbox.model.changes.secret_value import value_of
from sandbox.model.changes.tagging import tagged
from sandbox.model.changes.undo import undoing
from sandbox.model.questions.references import referents
from sandbox.model.reading.history import Conversation
from sandbox.model.tools.lambda_.list_lambda_functions import TOOL as FUNCTIONS
from sandbox.model.types import Call, Outcome, Proposal

_CANNOT_UPDATE = (
    "I can't do that here: none of the operations I have changes an existing Lambda function, so I cannot give {name} "
    "another role. I can create the role, or create a new function that uses it: say which."
)


def propose(request: ChangeRequest, conversation: Conversation, outcomes: list[Outcome]) -> Proposal:
    """What a request comes to, given what was looked up so far in this turn."""
    if request.tagging:
        return tagged(request.tagging, conversation, next(iter(request.regions), ""))
    if request.secret:
        return value_of(request.secret, next(iter(request.regions), ""), outcomes)
    if request.order:
        return called(request.order, next(iter(request.regions), ""), outcomes)
    if request.resource:
        return making(request.resource, next(iter(request.regions), ""))
    if request.undo and not request.delete and not request.delete_kinds:
        return undoing(conversation)
    if request.undo or (request.delete_referred and not request.delete):
        return deletion_of_referred(request, conversation, outcomes)
    if request.delete or request.delete_all:
        return _with_note(deletion(request, conversation, outcomes), request)
    request = _with_referred_role(request, conversation)
    if request.target_function or request.targets_known_function:
        return _for_function(request, conversation, outcomes)
    if request.detach:
        return drafted(request, conversation, outcomes, "detach")
    if request.makes or request.attach_to:
        return _with_note(drafted(request, conversation, outcomes, "create", "attach"), request)
    if request.points_at_role:
        return Proposal(say="Which role do you mean? Name it, and the policy.")
    return Proposal()


def _with_note(proposal: Proposal, request: ChangeRequest) -> Proposal:
    """Say what else was asked for and cannot be done."""
    if proposal.steps and request.unsupported:
        return replace(proposal, note=f"I can't do this part here: “{request.unsupported.strip()}”.")
    return proposal


def _with_referred_role(request: ChangeRequest, conversation: Conversation) -> ChangeRequest:
    """ "Attach S3 access to it": the role last spoken of."""
    if not request.points_at_role or request.roles:
        return request
    kind, names = referents(conversation, "role")
    if kind != "role" or not names:
        return request
    if request.functions:
        return replace(request, existing_role=names[0], points_at_role=False)
    detach = [(role or names[0], policies, words) for role, policies, words in request.detach]
    attach = [] if detach else [*request.attach_to, names[0]]
    return replace(request, detach=detach, attach_to=attach, points_at_role=False)


def _for_function(request: ChangeRequest, conversation: Conversation, outcomes: list[Outcome]) -> Proposal:
    """A role or a policy for a function that exists already, or that turns out not to."""
    name = request.target_function
    if not name and not request.policies:
        return Proposal(say=_CANNOT_UPDATE.format(name="it"))
    if not name:
        return Proposal(say="Which Lambda function do you mean? Name it.")
    listing = next((each for each in outcomes if each.call.name == FUNCTIONS.name), None)
    if listing is None:
        return Proposal(lookups=(Call(FUNCTIONS.name),))
    rows = [row for row in listing.result.get("functions") or [] if row.get("function_name") == name]
    only_policies = request.policies and not (request.roles or request.existing_role)
    if rows and only_policies and rows[0].get("role_arn"):
        role = str(rows[0]["role_arn"]).rsplit("/", 1)[-1]
        proposal = drafted(replace(request, attach_to=[role]), conversation, outcomes, "attach")
        return replace(proposal, goal=f"{proposal.goal}, the role of the Lambda function {name}")
    if rows:
        return Proposal(say=_CANNOT_UPDATE.format(name=name))
    if request.targets_known_function:
        return Proposal(say=f"There is no Lambda function {name}. I can create it: say so.")
    request = replace(request.copy(), target_function="")
    request.functions.append(name)
    return drafted(request, conversation, outcomes, "create")
