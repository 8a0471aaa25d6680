"""Set, change and remove tags of a resource that exists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from services.executor.calls.afterwards import as_left
from services.executor.calls.observation import Happened, NotYet, Observation, Unclear
from services.executor.calls.passing import NOT_THERE
from services.executor.calls.request import Request
from services.executor.operations.tagging.by_arn import taggable
from services.executor.operations.tagging.in_words import changes_in_words
from services.executor.operations.tagging.tag_rules import Tag, check_count, check_same_case, check_tags
from services.executor.operations.tagging.taggable import Seen, TagCall, Taggable, Tags
from services.executor.operations.tags import changed_by, moved
from services.executor.registry.account_state import AccountState, Conflicts
from services.executor.registry.contexts import OperationContext, StepContext
from services.executor.registry.cost import free
from services.executor.registry.declaration import operation
from services.executor.registry.drift import Drift, gone
from services.executor.registry.location import Location
from services.executor.registry.operation import Undo
from shared.aws.clients import Aws, error_code
from shared.errors import AssistantError, AwsError, Conflict
from shared.messages import Effect, Message

_BUCKET = "arn:{partition}:s3:::{bucket}"
# A role's name with its path.
_ROLE = "arn:{partition}:iam::{account}:role/"
_FUNCTION = "arn:{partition}:lambda:{in_region}:{account}:function:"


class TaggedResource(Message):
    """What the keys had before and have now.

    `identity` is what a successor of the same name does not share, and `tags` are all that the resource had afterwards.
    """

    resource_arn: str
    tags_before: tuple[Tag, ...]
    keys_not_there_before: tuple[str, ...]
    tags_set: tuple[Tag, ...]
    keys_removed: tuple[str, ...]
    identity: str | None
    all_tags: tuple[Tag, ...]


def _check(resource_arn: str, tags: list[Tag], remove: list[str] | None, location: Location) -> None:
    found = taggable(resource_arn, location)
    check_tags(tags, remove or [], ignores_case=found.ignores_case)


def _needed(resource_arn: str, tags: list[Tag], remove: list[str] | None) -> dict[str, str | None]:
    """The name of the resource by what is done to it; None for a call that is not made.

    Where neither tags nor keys are known yet, as those of an undo before the step has run, both may be.
    """
    _, _, service, region, _, resource = [*resource_arn.split(":", 5), *[""] * 6][:6]
    sets, removes = bool(tags) or not remove, bool(remove) or not tags
    role = resource.removeprefix("role/") if service == "iam" else None
    function = resource.removeprefix("function:") if service == "lambda" else None
    return {
        "bucket": resource if service == "s3" else None,
        "all_buckets": "*" if service == "s3" else None,
        "role": role,
        "tagged_role": role if sets else None,
        "untagged_role": role if removes else None,
        "function": function,
        "tagged_function": function if sets else None,
        "untagged_function": function if removes else None,
        "in_region": region,
    }


def _requests(resource_arn: str, tags: list[Tag], remove: list[str] | None, location: Location) -> list[Request]:
    before, found = dict.fromkeys(remove or [], ""), taggable(resource_arn, location)
    return [call.request for call in found.calls(before, _after(before, tags, remove or []))]


def _rule(state: AccountState, resource_arn: str, tags: list[Tag], remove: list[str] | None) -> None:
    found, gone = taggable(resource_arn, state.location), remove or []
    before = found.judge(state)
    severity, why = found.power
    state.add_finding(
        "tags_may_grant", severity, f"This step changes tags of {found.what}: {why}. Check that no policy does so."
    )
    if before is None:
        state.note(f"The tags of {found.what} could not be read: what these keys have now is not known.")
        return
    after = _checked(found, before, tags, gone)
    for line in changes_in_words(before, tags, gone):
        state.note(line)
    found.put(state, after)


def _drift(context: StepContext, result: Mapping[str, Any]) -> Drift | None:
    found = taggable(str(result["resource_arn"]), Location.of(context.aws.info))
    now = _look(found, context.aws)
    if now is None:
        return gone(found.what)
    # Another step of the plan may have changed them again; it is undone before this one.
    later = [one for one in context.later("tag_resource") if one["resource_arn"] == result["resource_arn"]]
    own = _before(result) if context.undone else changed_by(result)
    left = {key: [one[key] for one in (own, *map(changed_by, later)) if key in one] for key in own}
    changed = {
        key: values[-1]
        for key, values in left.items()
        if now.tags.get(key) not in (values if context.taking_back else values[-1:])
    }
    if changed:
        shown = {key: value for key, value in now.tags.items() if key in changed}
        return Drift(f"somebody has changed the tags {', '.join(changed)} of {found.what}", moved(changed, shown))
    results = [result, *later]
    if context.undone or any(found.is_same(one["identity"], now, _as_map(one["all_tags"])) for one in results):
        return None
    why = f"{found.what} was changed or made anew by somebody: it is not certain that it is the same"
    return Drift(why, moved(_as_map(results[-1]["all_tags"]), now.tags))


def _before(result: Mapping[str, Any]) -> dict[str, str | None]:
    """What the keys were before the step; None for one that was not there."""
    return {**_as_map(result["tags_before"]), **dict.fromkeys(result["keys_not_there_before"])}


@operation(
    effect=Effect.TAGGING,
    title="Change tags of {resource_arn}",
    iam={
        "s3:PutBucketTagging": (_BUCKET,),
        "s3:GetBucketTagging": (_BUCKET,),
        "s3:GetBucketLocation": (_BUCKET,),
        "s3:ListBucket": (_BUCKET,),
        # The date of its creation, by which a successor is told apart, is in that list alone.
        "s3:ListAllMyBuckets": ("{all_buckets}",),
        "iam:TagRole": (_ROLE + "{tagged_role}",),
        "iam:UntagRole": (_ROLE + "{untagged_role}",),
        "iam:GetRole": (_ROLE + "{role}",),
        "lambda:TagResource": (_FUNCTION + "{tagged_function}",),
        "lambda:UntagResource": (_FUNCTION + "{untagged_function}",),
        "lambda:ListTags": (_FUNCTION + "{function}",),
        "lambda:GetFunctionConfiguration": (_FUNCTION + "{function}",),
    },
    derived=_needed,
    check=_check,
    requests=_requests,
    conflicts=Conflicts(
        facts=lambda resource_arn, location: taggable(resource_arn, location).questions(),
        rule=_rule,
    ),
    cost=free(
        "Tags cost nothing; requests of S3 do.",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging.html",
        "once",
    ),
    deletes=False,
    reversible="yes",
    undo=Undo(
        "tag_resource",
        {"resource_arn": "resource_arn", "tags": "tags_before", "remove": "keys_not_there_before"},
        note="only while these tags are as this step leaves them",
    ),
    drift=_drift,
    compares="the tags that the step names, and whether it is that resource",
)
def tag_resource(
    context: OperationContext, resource_arn: str, tags: list[Tag], remove: list[str] | None = None
) -> TaggedResource:
    """Set or remove tags of an S3 bucket, an IAM role or a Lambda function. Other tags stay.

    Args:
        resource_arn: ARN of the resource, e.g. arn:aws:s3:::my-bucket.
        tags: Tags to set: new ones, and new values of those that are there. Empty to remove tags only.
        remove: Keys of the tags to remove.
    """
    found, gone = taggable(resource_arn, Location.of(context.aws.info)), remove or []
    prior = context.calls.remember(
        "prior", lambda: context.calls.patiently(lambda: found.look(context.aws), about=found.name).as_json()
    )
    before: dict[str, str] = prior["tags"]
    after = _checked(found, before, tags, gone)
    _change(context, found, Seen(before, prior["identity"]), after)
    now = as_left(lambda: context.calls.read(lambda: found.look(context.aws)), Seen(after, prior["identity"]))
    named = [*(tag.key for tag in tags), *gone]
    return TaggedResource(
        resource_arn=resource_arn,
        tags_before=_as_tags({key: before[key] for key in named if key in before}),
        keys_not_there_before=tuple(key for key in named if key not in before),
        tags_set=tuple(tags),
        keys_removed=tuple(gone),
        identity=now.identity,
        all_tags=_as_tags(after),
    )


def _change(context: OperationContext, found: Taggable, prior: Seen, after: Tags) -> None:
    """Have each call happen once; the first is taken back where AWS refuses the second."""
    seen = prior
    for call in found.calls(prior.tags, after):
        following = call.applied(seen.tags, after)
        try:
            _once(context, found, call, seen, following)
        except AssistantError as error:
            _take_back(context, found, seen, prior.tags, error)
            raise
        seen = Seen(following, prior.identity)


def _once(context: OperationContext, found: Taggable, call: TagCall, seen: Seen, after: Tags, name: str = "") -> None:
    """Send one call, once, to the resource that was seen, while its tags are as they were seen."""

    def probe() -> Observation:
        now = _look(found, context.aws)
        if now is None:
            return NotYet()
        if call.part(now.tags) == call.part(after):
            return Happened()
        if call.part(now.tags) == call.part(seen.tags):
            return NotYet()
        return Unclear(f"the tags of {found.what} are neither as they were nor as this step sets them")

    def unchanged() -> None:
        now = _look(found, context.aws)
        # That there is none is left to AWS to say.
        if now is None:
            return
        same = found.is_same(seen.identity, now, seen.tags)
        if not same or call.part(now.tags) != call.part(seen.tags):
            raise Conflict(
                f"{found.what} or its tags were changed since this step began; propose the plan again",
                code="world_moved_on",
            )

    context.calls.once(call.request, probe, before=unchanged, name=name)


def _take_back(context: OperationContext, found: Taggable, now: Seen, before: Tags, error: AssistantError) -> None:
    """Leave the tags as they were, after a failure half-way; raises one that says so where AWS does not let it."""
    try:
        for call in found.calls(now.tags, before):
            _once(context, found, call, now, before, name=f"take back {call.request.operation}")
    except AssistantError as trouble:
        detail = f"{error.detail}; some tags of {found.what} were removed before, and not put back: {trouble.detail}"
        raise AwsError(detail, code=error.code) from error


def _checked(found: Taggable, before: Tags, tags: Sequence[Tag], remove: Sequence[str]) -> dict[str, str]:
    """The tags afterwards. Raises Conflict where AWS would not take them, or take them for others."""
    if found.ignores_case:
        check_same_case(before, [*(tag.key for tag in tags), *remove], found.what)
    after = _after(before, tags, remove)
    check_count(after, found.what)
    return after


def _after(before: Tags, tags: Sequence[Tag], remove: Sequence[str]) -> dict[str, str]:
    kept = {key: value for key, value in before.items() if key not in remove}
    return kept | {tag.key: tag.value for tag in tags}


def _as_tags(tags: Tags) -> tuple[Tag, ...]:
    return tuple(Tag(key=key, value=value) for key, value in tags.items())


def _as_map(tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Tags as a result has them."""
    return {tag["key"]: tag["value"] for tag in tags}


def _look(found: Taggable, aws: Aws) -> Seen | None:
    """What AWS shows of it; None where there is none."""
    try:
        return found.look(aws)
    except ClientError as error:
        if not NOT_THERE.fullmatch(error_code(error)):
            raise
        return None
