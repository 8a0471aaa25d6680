"""Decides what a wish for a change comes to: steps, a look-up first, or an honest word why not."""

from __future__ import annotations

from dataclasses import replace

from sandbox.model.changes import attachment, creation, detachment
from sandbox.model.followup import referents
from sandbox.model.history import Conversation
from sandbox.model.removal import removal, removal_of_referred
from sandbox.model.types import Call, Change, Outcome
from sandbox.model.undoing import undoing
from sandbox.model.wish import Wish

CANNOT_UPDATE = (
    "I can't do that here: none of the operations I have changes an existing Lambda function, so I cannot give {name} "
    "another role. I can create the role, or create a new function that uses it: say which."
)


def decide(wish: Wish, conversation: Conversation, outcomes: list[Outcome]) -> Change:
    """The change a wish comes to, given what was looked up so far in this turn."""
    if wish.undo and not wish.delete and not wish.delete_kinds:
        return undoing(conversation)
    if wish.undo or (wish.delete_referred and not wish.delete):
        return removal_of_referred(wish, conversation, outcomes)
    if wish.delete or wish.delete_all:
        return _with_note(removal(wish, conversation, outcomes), wish)
    wish = _with_referred_role(wish, conversation)
    if wish.target_function or wish.targets_known_function:
        return _for_function(wish, conversation, outcomes)
    if wish.detach:
        return detachment(wish, outcomes)
    made = wish.buckets or wish.roles or wish.functions
    if made and wish.attach_to:
        return _both(creation(wish, conversation, outcomes), attachment(wish, conversation))
    if made:
        return _with_note(creation(wish, conversation, outcomes), wish)
    if wish.attach_to:
        return attachment(wish, conversation)
    if wish.points_at_role:
        return Change(say="Which role do you mean? Name it, and the policy.")
    return Change()


def _both(first: Change, second: Change) -> Change:
    if first.lookups or first.say:
        return first
    names = {step.id for step in first.steps}
    moved = tuple(replace(step, id=f"attach_{step.id}" if step.id in names else step.id) for step in second.steps)
    return Change(first.steps + moved, goal=f"{first.goal}; {second.goal}", say=second.say)


def _with_note(change: Change, wish: Wish) -> Change:
    """Say what else was asked for and cannot be done."""
    if change.steps and wish.unsupported:
        return replace(change, note=f"I can't do this part here: “{wish.unsupported.strip()}”.")
    return change


def _with_referred_role(wish: Wish, conversation: Conversation) -> Wish:
    """ "Attach S3 access to it": the role last spoken of."""
    if not wish.points_at_role or wish.roles:
        return wish
    kind, names = referents(conversation, "role")
    if kind != "role" or not names:
        return wish
    if wish.functions:
        return replace(wish, existing_role=names[0], points_at_role=False)
    detach = [(role or names[0], policies, words) for role, policies, words in wish.detach]
    attach = [] if detach else [*wish.attach_to, names[0]]
    return replace(wish, detach=detach, attach_to=attach, points_at_role=False)


def _for_function(wish: Wish, conversation: Conversation, outcomes: list[Outcome]) -> Change:
    """A role or a policy for a function that exists already, or that turns out not to."""
    name = wish.target_function
    if not name and not wish.policies:
        return Change(say=CANNOT_UPDATE.format(name="it"))
    if not name:
        return Change(say="Which Lambda function do you mean? Name it.")
    listing = next((each for each in outcomes if each.call.name == "list_lambda_functions"), None)
    if listing is None:
        return Change(lookups=(Call("list_lambda_functions"),))
    rows = [row for row in listing.result.get("functions") or [] if row.get("function_name") == name]
    only_policies = wish.policies and not (wish.roles or wish.existing_role)
    if rows and only_policies and rows[0].get("role_arn"):
        role = str(rows[0]["role_arn"]).rsplit("/", 1)[-1]
        change = attachment(replace(wish, attach_to=[role]), conversation)
        return replace(change, goal=f"{change.goal}, the role of the Lambda function {name}")
    if rows or wish.targets_known_function:
        missing = "" if rows else f"There is no Lambda function {name}. "
        return Change(say=missing + CANNOT_UPDATE.format(name=name) if rows else missing + "I can create it: say so.")
    return creation(replace(wish, functions=[*wish.functions, name], target_function=""), conversation, outcomes)
