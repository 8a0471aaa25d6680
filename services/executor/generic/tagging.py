"""Which tags a call sets on what it makes or puts, and the IAM actions that this needs besides its own.

AWS asks for them where tags are given ("If tags are specified on the resource-creating action, AWS performs additional
authorization": https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html), and its action
data does not say of which calls. So the service's own actions on tags are taken for any call with tags.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from pydantic import JsonValue

from services.executor.generic.change import Change
from services.executor.generic.table import entry_of
from services.executor.registry.location import Location
from services.executor.registry.operation import UNKNOWN
from shared.access.argument_arns import resources_of
from shared.access.argument_values import plain, values_in
from shared.access.arn_forms import fill, forms_of
from shared.access.request_paths import PREFIX, arn_of_path
from shared.access.tag_actions import tag_actions
from shared.messages import Effect

Permission = tuple[str, str]
# Members of a call that hold tags, in `plain` form, where they are no flag and no choice.
_TAGS = ("tag", "taglist", "tagslist", "tagset", "tagspecification")


def tag_permissions(change: Change, location: Location) -> Iterator[Permission]:
    """The actions on tags that a call with tags needs, on the kinds of resources that the call is on or makes."""
    told = _kinds_told(change)
    if change.operation.effect is Effect.TAGGING or not (told or _has_tags(change.parameters)):
        return
    values = values_in(change.parameters, UNKNOWN)
    for own in change.operation.actions:
        prefix = own.partition(":")[0]
        if prefix == PREFIX:
            yield f"{PREFIX}:PUT", arn_of_path("/tags/*", location)
        actions = tag_actions(prefix)
        for action in actions:
            kinds = {form.kind for form in forms_of(action)}
            if made := told & kinds:
                # What it makes has no name yet.
                yield from _any_of(action, made, location)
            elif on := {form.kind for form in forms_of(own)} & kinds or _made(
                change.name, kinds, alone=len(actions) == 1
            ):
                named = [arn for arn in resources_of(action, change.name, values, location, on) if arn != "*"]
                yield from ((action, arn) for arn in named)
                if not named:
                    yield from _any_of(action, on, location)
            elif not kinds:
                yield action, "*"


def _any_of(action: str, kinds: Collection[str], location: Location) -> Iterator[Permission]:
    yield from ((action, fill(form.arn, {}, location)) for form in forms_of(action) if form.kind in kinds)


def _has_tags(parameters: Mapping[str, JsonValue]) -> bool:
    """Whether a parameter has tags, or a member of one, such as the configuration of a new bucket."""
    inner = [one for one in parameters.values() if isinstance(one, dict)]
    return any(
        plain(name).endswith(_TAGS) and isinstance(value, list | dict) and value
        for held in (parameters, *inner)
        for name, value in held.items()
    )


def _kinds_told(change: Change) -> frozenset[str]:
    """The kinds of resources that the call says it makes and tags, the plan's own tags among them."""
    entry = entry_of(change.service, change.name, change.parameters)
    named = [entry.marks] if entry is not None and entry.marks is not None else []
    given = change.parameters.get("TagSpecifications")
    for one in given if isinstance(given, list) else []:
        named += [str(one.get("ResourceType"))] if isinstance(one, dict) else []
    return frozenset(named)


def _made(operation: str, kinds: Collection[str], *, alone: bool) -> frozenset[str]:
    """The kinds that the operation is called after ("CreateFileSystem"), or the only one that the service has.

    AWS documents no resource for many actions that make one.
    """
    called = plain(operation)
    longest = max((len(plain(one)) for one in kinds if plain(one) in called), default=0)
    found = frozenset(one for one in kinds if plain(one) in called and len(plain(one)) == longest)
    return found or (frozenset(kinds) if alone and len(kinds) == 1 else frozenset())
