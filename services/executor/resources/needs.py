"""Which IAM actions a step on a resource needs: Cloud Control's own for certain, those of AWS's handlers as likely.

Cloud Control acts with the caller's permissions ("forward access sessions"), so that a step's session has to allow
what AWS's handler does for the type. What a type declares of that is a start and not exact: it names what some
properties need alone, and now and then leaves out what it needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from services.executor.resources.api_paths import path_arns
from services.executor.resources.arns import arns_of, own_arns_of
from services.executor.resources.handler_actions import handler_actions, only_looks, prefix_of, word_of
from services.executor.resources.known import Known
from services.executor.resources.service_bounds import bounded
from shared.access.arn_forms import forms_of
from shared.access.levels import level_of_action
from shared.access.request_paths import METHODS
from shared.access.tag_actions import tag_actions
from shared.messages import Effect
from shared.resource_types.models import HandlerName, ResourceType

Permissions = tuple[tuple[str, str], ...]


def needs(kind: ResourceType, handlers: Sequence[HandlerName], known: Known) -> Permissions:
    """What AWS's handlers of these names may need, each action with the narrowest resource that is known.

    Raises InvalidArguments (`unnameable_resource`) where a name is what a policy would read as a pattern.
    """
    actions = dict.fromkeys(action for name in handlers for action in handler_actions(kind, name))
    actions |= dict.fromkeys(_for_tags(kind, handlers))
    return tuple(dict.fromkeys(one for action in actions for one in _needs(action, known)))


def own_arns(kind: ResourceType, handler: HandlerName, known: Known) -> tuple[str, ...]:
    """The ARNs of the resource itself, or a pattern that covers them; its service's where no action tells more."""
    actions = handler_actions(kind, handler)
    if any(action in METHODS for action in actions):
        return path_arns(known)
    word = word_of(kind)
    # What is named like the type is about it: sqs:DeleteQueue.
    for action in sorted(actions, key=lambda action: not action.lower().endswith(word)):
        if found := own_arns_of(action, known):
            return found
    place = known.place
    return (f"arn:{place.partition}:{prefix_of(kind)}:{place.region}:{place.account}:*",)


def _for_tags(kind: ResourceType, handlers: Sequence[HandlerName]) -> Iterator[str]:
    """The actions on tags of a type that takes some and whose handlers declare none: every new resource is marked."""
    takes = kind.tagging is not None and (kind.tagging.on_create or "update" in handlers)
    declared = [action for name in handlers for action in handler_actions(kind, name)]
    if not takes or not {"create", "update"} & set(handlers) or any(map(_sets_tags, declared)):
        return
    for action in tag_actions(prefix_of(kind)):
        named = {form.kind.replace("-", "") for form in forms_of(action)}
        if not named or any(one in word_of(kind) or word_of(kind) in one for one in named):
            yield action


def _sets_tags(action: str) -> bool:
    return "*" in action or level_of_action(action) is Effect.TAGGING


def _needs(action: str, known: Known) -> Iterator[tuple[str, str]]:
    if action in METHODS:
        yield from ((action, arn) for arn in path_arns(known))
    elif "*" in action and not only_looks(action):
        yield from bounded(known.kind.name, action, known.place)
    else:
        yield from ((action, arn) for arn in arns_of(action, known))
