"""The operator's rules: who besides its owner sees and decides a plan, and how many people or which review it needs.

`RULES_FILE` names them, a file in TOML; gateway and executor each read their own copy when they start, and do not start
with one that they do not understand. Without a file a plan is its owner's alone, and one person approves it.

    [[share]]                       # others of the same account
    accounts = ["111122223333"]     # all where left out
    owners = ["arn:aws:iam::111122223333:user/*"]     # whose plans, by the ARN of the caller; all where left out
    callers = ["arn:aws:iam::111122223333:user/lead-*"]   # who may
    may = "decide"                  # or "read"

    [[approvals]]                   # every condition that is there has to fit one step of the plan
    effects = ["permissions"]
    operations = ["delete_*"]
    resources = ["arn:aws:iam::*:role/*"]
    accounts = ["111122223333"]
    approvers = 2                   # people besides who proposed the plan
    named_only = true               # not the sessions of a role whose names no identity provider sets

    [[reviews]]                     # plans that wait for Claude's review, if they have policies; conditions as above
    effects = ["permissions"]
    if_unavailable = "refuse"       # without a review no approval; "approve": once it is known that none comes

In a pattern `*` stands for any characters.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from shared.aws.arns import matches
from shared.messages import Effect, Message
from shared.plans.decisions import Person
from shared.plans.plan import Plan, ReviewNeeded
from shared.plans.step import Step

Right = Literal["read", "decide"]
Pattern = Annotated[str, Field(min_length=1, max_length=512)]
Patterns = Annotated[tuple[Pattern, ...], Field(min_length=1)]
MAX_APPROVERS = 10
_ALL: tuple[str, ...] = ("*",)


@dataclass(frozen=True, slots=True)
class Change:
    """What the rules look at of a step. Without resources, or with one that is not known whole, any could be meant."""

    operation: str
    effect: Effect
    resources: tuple[str, ...]


class Share(Message):
    """Who may see, or decide, whose plans in their account."""

    accounts: Patterns = _ALL
    owners: Patterns = _ALL
    callers: Patterns
    may: Right


class Condition(Message):
    """Which plans a rule is about: those with a step that all its conditions fit."""

    effects: tuple[Effect, ...] = ()
    operations: tuple[Pattern, ...] = ()
    resources: tuple[Pattern, ...] = ()
    accounts: tuple[Pattern, ...] = ()

    @model_validator(mode="after")
    def _has_a_condition(self) -> Self:
        if not (self.effects or self.operations or self.resources or self.accounts):
            raise ValueError('name effects, operations, resources or accounts; operations = ["*"] is every plan')
        return self

    def fits(self, account: str, change: Change) -> bool:
        """Whether the rule is about this step in this account."""
        return (
            (not self.effects or change.effect in self.effects)
            and (not self.operations or any(matches(pattern, change.operation) for pattern in self.operations))
            and (not self.resources or _touches(self.resources, change.resources))
            and (not self.accounts or any(matches(pattern, account) for pattern in self.accounts))
        )


class Approvers(Condition):
    """How many people besides its requester have to approve a plan with a step that this fits."""

    approvers: int = Field(ge=1, le=MAX_APPROVERS)
    named_only: bool = False


class Reviewed(Condition):
    """A plan with a step that this fits waits for Claude's review; and what holds where there is none to be had."""

    if_unavailable: Literal["refuse", "approve"]


@dataclass(frozen=True, slots=True)
class Needed:
    """How many people besides the requester a plan needs; 0 where the owner's own approval is enough."""

    approvers: int = 0
    named_only: bool = False


class Rules(Message):
    """All of the file."""

    share: tuple[Share, ...] = ()
    approvals: tuple[Approvers, ...] = ()
    reviews: tuple[Reviewed, ...] = ()

    def shares(self, plan: Plan, caller_arn: str, right: Right) -> bool:
        """Whether a caller of the plan's account who does not own it may read or decide it."""
        return any(
            (right == "read" or one.may == "decide")
            and any(matches(pattern, plan.identity.account) for pattern in one.accounts)
            and any(matches(pattern, plan.identity.caller_arn) for pattern in one.owners)
            and any(matches(pattern, caller_arn) for pattern in one.callers)
            for one in self.share
        )

    def needed(self, account: str, changes: Iterable[Change]) -> Needed:
        """What a plan of these changes needs: the most that any rule that fits one of them says."""
        found = [one for change in changes for one in self.approvals if one.fits(account, change)]
        if not found:
            return Needed()
        return Needed(max(one.approvers for one in found), any(one.named_only for one in found))

    def review(self, account: str, changes: Iterable[Change]) -> ReviewNeeded | None:
        """What an approval of a plan of these changes waits for: the strictest that any rule that fits one says."""
        found = {one.if_unavailable for change in changes for one in self.reviews if one.fits(account, change)}
        if not found:
            return None
        return "required" if "refuse" in found else "if_available"


NO_RULES = Rules()


def may_count(plan: Plan, by: Person, *, named_only: bool) -> bool:
    """Whether somebody's approval counts where a rule asks for other people: a principal of the account, not the owner.

    All sessions of a role are one principal, unless an identity provider names them; with `named_only` such a role
    counts for nobody.
    """
    if by.principal is None or plan.owner is None:
        return False
    named = not by.principal.startswith("AROA") or ":" in by.principal
    return by.account == plan.owner.account and by.principal != plan.owner.principal and (named or not named_only)


def read_rules(path: str | None) -> Rules:
    """The rules in the file; none without one. Raises ValueError, which names the file and what is wrong in it."""
    if not path:
        return NO_RULES
    try:
        return Rules.model_validate(tomllib.loads(Path(path).read_text(encoding="utf-8")))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise ValueError(f"the rules in {path} are not understood: {wrong}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"the rules in {path} cannot be read: {error}") from error


def _understood(path: str | None) -> str | None:
    read_rules(path)
    return path


# The path of the file, as a setting: a service does not start with one that it does not understand.
RulesFile = Annotated[str | None, AfterValidator(_understood)]
WHAT_THE_FILE_SAYS = (
    "A file in TOML that says who besides its owner sees and decides a plan, which plans how many people approve, and "
    "which wait for Claude's review ([rules](plans.md#others)). Gateway and executor each read a copy, and do not "
    "start with one that they do not understand."
)


def changes_of(plan: Plan) -> list[Change]:
    """What the rules look at, as the plan's record says it."""
    return [change for step in plan.steps for change in changes_of_step(step)]


def changes_of_step(step: Step) -> list[Change]:
    """What the rules look at of one step: also as the operations whose work it does."""
    return [Change(operation, step.effect, step.resources) for operation in (step.operation, *step.also)]


def _touches(patterns: Sequence[str], resources: Sequence[str]) -> bool:
    return not resources or any(_overlap(pattern, one) for pattern in patterns for one in resources)


def _overlap(pattern: str, resource: str) -> bool:
    """Whether the pattern could cover the resource; a `*` in that one stands for what is not known yet."""
    if "*" not in resource:
        return matches(pattern, resource)
    ours, theirs = pattern.partition("*")[0], resource.partition("*")[0]
    return ours.startswith(theirs) or theirs.startswith(ours)
