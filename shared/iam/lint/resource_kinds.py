"""Whether the resources of a statement are of a kind that its actions are for, by AWS's service reference.

A statement whose action has no resource of its kind allows nothing, and IAM says nothing of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from shared.access import action_data
from shared.access.levels import level_of_action
from shared.iam.lint.arn_forms import arn_problem
from shared.iam.lint.codes import and_more, finding, show
from shared.iam.lint.overlap import cost, overlaps
from shared.iam.match import action_matches, without_variables
from shared.iam.policy_json import PolicyDocument, texts
from shared.messages import Effect, Finding

MAX_STEPS = 1_000_000
"""Of comparing patterns for one policy, about half a second."""

_READS = frozenset({Effect.LIST, Effect.READ, Effect.SENSITIVE_READ})
_OBJECT_ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
# The account of what AWS gives to everybody is empty, a region is not.
_WILDCARDS = {"BucketName": "|", "Region": "?*"}
_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
_BUCKET = re.compile(r"(arn:[a-z*-]+:s3:::[^/]+)(/.*)?", re.DOTALL)


class Said(NamedTuple):
    """A sentence without its full stop, and how bad it is."""

    text: str
    severity: Literal["medium", "low"]


class _TooMuch(Exception):
    """The policy is too large to compare all of it."""


def check_resource_kinds(items: Iterable[tuple[str, PolicyDocument]]) -> Iterator[Finding]:
    """Yield the actions of each statement for which none of its resources is."""
    check = _Check(list(items))
    for path, item in check.statements:
        try:
            yield from check.statement(path, item)
        except _TooMuch:
            text = "The policy is too large: its resources were not all compared with what its actions are for."
            yield finding("check_incomplete", "info", text, path)
            return


class _Check:
    """One policy's statements, and the steps that are left for them."""

    def __init__(self, statements: list[tuple[str, PolicyDocument]]) -> None:
        self.statements = statements
        self._steps = MAX_STEPS

    def statement(self, path: str, item: PolicyDocument) -> Iterator[Finding]:
        """Yield the findings about one statement."""
        resources = texts(item.get("Resource"))
        if not resources or "*" in resources or any(map(arn_problem, resources)):
            return
        wrong = [(action, self._expected(action, resources)) for action in _named(item)]
        yield from _findings([said for action, said in wrong if said and not self._elsewhere(action, item)], path)
        if text := self._objects_missing(item, resources):
            yield finding("resource_mismatch", "low", text, f"{path}.Resource")

    def _expected(self, action: str, resources: list[str]) -> Said | None:
        """What to say of an action for which none of the resources is; None where one is."""
        formats = _formats(action)
        if not formats:
            if _may_be_newer(action, resources):
                return None
            return Said(f'{action} takes no resource: AWS looks for it under Resource "*" alone', "low")
        if any(
            self._is_of(one, pattern) for written in formats.values() for pattern in _arns(written) for one in resources
        ):
            return None
        plainest = sorted(formats, key=len)
        kinds = " or ".join(plainest[:2])
        example = _meant(action, resources[0]) or f"an ARN like {_arns(formats[plainest[0]])[0][:120]}"
        return Said(f"{action} is for {kinds}, and {show(resources[0])} is none: write {example}", "medium")

    def _is_of(self, resource: str, pattern: str) -> bool:
        """Whether a resource of a policy can be an ARN of a format, with `${…}` for its parts."""
        # The case of a type of resource is a question for AWS: its own policies write statemachine and stateMachine.
        given, parts = without_variables(resource).lower().split(":", 5), _parts(pattern)
        if len(given) < 6:
            return True
        self._take(sum(map(cost, given, parts)))
        return all(map(overlaps, given, parts))

    def _elsewhere(self, action: str, item: PolicyDocument) -> bool:
        """Whether another statement of the same effect has the action, so that nobody misses it here."""
        others = [one for _, one in self.statements if one is not item and one.get("Effect") == item.get("Effect")]
        patterns = [pattern for other in others for pattern in texts(other.get("Action"))]
        self._take(sum(map(len, patterns)))
        return any(action_matches(pattern, action) for pattern in patterns)

    def _objects_missing(self, item: PolicyDocument, resources: list[str]) -> str | None:
        """`s3:*` on a bucket alone: its objects are left out, which few mean."""
        patterns = [one for one in texts(item.get("Action")) if one.lower().startswith("s3:") and set(one) & set("*?")]
        taken = [action for action in _OBJECT_ACTIONS if any(action_matches(one, action) for one in patterns)]
        if not taken or self._expected(taken[0], resources) is None or self._elsewhere(taken[0], item):
            return None
        buckets = [found[1] for one in resources if (found := _BUCKET.fullmatch(one)) and not found[2]]
        if not buckets:
            return None
        said = f"{patterns[0][:60]} on {show(buckets[0])} leaves out the bucket's objects"
        return f"{said}: add {buckets[0][:100]}/* if they are meant too."

    def _take(self, steps: int) -> None:
        self._steps -= steps
        if self._steps < 0:
            raise _TooMuch


def _findings(wrong: list[Said], path: str) -> Iterator[Finding]:
    """One finding for the actions of the wrong kind, and one for those that take no resource at all."""
    for severity in ("medium", "low"):
        said = [one for one in wrong if one.severity == severity]
        if said:
            text = f"{said[0].text}.{and_more(said)}"
            yield finding("resource_mismatch", said[0].severity, text, f"{path}.Resource")


def _named(item: PolicyDocument) -> list[str]:
    """The actions that are named in full, as AWS spells them, and that AWS has."""
    named = []
    for action in texts(item.get("Action")):
        prefix, _, name = action.partition(":")
        known = action_data.actions(prefix.lower()).get(name.lower())
        if known is not None:
            named.append(f"{prefix.lower()}:{known['name']}")
    return list(dict.fromkeys(named))


def _may_be_newer(action: str, resources: list[str]) -> bool:
    """Whether AWS may take resources that it does not document yet: for changes, of the action's own service."""
    service = action.partition(":")[0]
    return level_of_action(action) not in _READS and all(one.split(":")[2] == service for one in resources)


def _meant(action: str, resource: str) -> str | None:
    """What a bucket's or object's ARN was meant to be."""
    found = _BUCKET.fullmatch(resource)
    if found is None or not action.startswith("s3:"):
        return None
    return found[1] if found[2] else f"{found[1]}/*"


@lru_cache(maxsize=4096)
def _formats(action: str) -> dict[str, str]:
    """The kinds of resources that an action takes, with the formats of their ARNs."""
    prefix, _, name = action.partition(":")
    kinds = action_data.resource_types(prefix)
    wanted = action_data.actions(prefix)[name.lower()]["resourceTypes"]
    return {kind["name"]: str(kinds[key]["arn"]) for kind in wanted if (key := str(kind["name"]).lower()) in kinds}


def _arns(written: str) -> list[str]:
    """The formats of one kind of resource; the reference writes several with commas between them."""
    return written.split(", ")


@lru_cache(maxsize=4096)
def _parts(pattern: str) -> tuple[str, ...]:
    """The format's parts, placeholders as wildcards: a bucket's name (`|`) has no slash, a region is never empty."""
    plain = _PLACEHOLDER.sub(lambda found: _WILDCARDS.get(found[1], "*"), pattern)
    return tuple((plain.lower().split(":", 5) + ["*"] * 6)[:6])
