"""Fences of a session: which services, operations, regions and accounts it may use at all, and whether it may change.

Whoever opens a session sets its fences; the operator's settings set further ones, and what both let through is allowed.
They are sealed with each agent's credentials, so neither a model nor who reads or writes Redis can move them. What a
fence leaves out is refused by whoever is asked for it: the gateway, the informational agent for every call of AWS, and
the executor for a plan's steps, when they are proposed and again before they run.

A fence names what is allowed; a kind of fence that is not set leaves nothing out. `*` and `?` mean what they do in IAM.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, Field

from shared.errors import Forbidden
from shared.iam.match import glob, pattern_of
from shared.messages import Message, is_none

_SERVICE = Annotated[str, Field(pattern=r"^[a-z0-9*?-]{1,64}$")]
_OPERATION = Annotated[str, Field(pattern=r"^[a-z0-9*?-]{1,64}:[A-Za-z0-9*?]{1,128}$")]
_REGION = Annotated[str, Field(pattern=r"^[a-z0-9*?-]{1,32}$")]
_ACCOUNT = Annotated[str, Field(min_length=1, max_length=100)]
_MOST = 100
# Asked whatever a fence says: it tells whose the credentials are, and nothing of the account.
_WHO_AM_I = "sts:GetCallerIdentity"


class Fences(Message):
    """What a session may use at all."""

    services: tuple[_SERVICE, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=_MOST,
        exclude_if=is_none,
        description="As IAM names them: `ec2`, `s3`.",
        examples=[["s3", "ec2"]],
    )
    operations: tuple[_OPERATION, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=_MOST,
        exclude_if=is_none,
        description="As IAM names them, with its wildcards: `ec2:Describe*`.",
        examples=[["s3:*", "ec2:Describe*"]],
    )
    regions: tuple[_REGION, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=_MOST,
        exclude_if=is_none,
        description="`eu-central-1`, `eu-*`. Services without regions, such as IAM, are not left out by it.",
        examples=[["eu-*"]],
    )
    accounts: tuple[_ACCOUNT, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=_MOST,
        exclude_if=is_none,
        description="Ids, or names.",
        examples=[["prod", "111122223333"]],
    )
    read_only: bool = Field(
        default=False, exclude_if=lambda value: not value, description="Whether every change is refused."
    )

    @property
    def are_set(self) -> bool:
        """Whether they leave anything out."""
        return self != Fences()


def _parsed(value: object) -> object:
    """A setting is text: JSON."""
    return json.loads(value) if isinstance(value, str) else value


# The operator's fences, as a setting.
OperatorFences = Annotated[Fences | None, BeforeValidator(_parsed)]
WHAT_THEY_SAY = (
    "What every session may use at all, as JSON, on top of what its own fences say "
    '([accounts](accounts.md#fences)): `{"services": ["s3", "ec2"], "read_only": true}`. The gateway, `info` and the '
    "executor each hold to it."
)


@dataclass(frozen=True, slots=True)
class Perimeter:
    """All fences that hold for a session, each with the words for who set it."""

    fences: tuple[tuple[str, Fences], ...] = ()

    @classmethod
    def of(cls, session: Fences | None, *operators: Fences | None) -> Perimeter:
        """The session's own fences and the operator's."""
        given = [("whoever opened the session", session), *(("the operator", one) for one in operators)]
        return cls(tuple(dict.fromkeys((who, one) for who, one in given if one is not None and one.are_set)))

    def __bool__(self) -> bool:
        return bool(self.fences)

    def check_change(self) -> None:
        """Raise Forbidden (`session_read_only`) where the session may change nothing."""
        for who, one in self.fences:
            if one.read_only:
                raise Forbidden(
                    f"this session may change nothing: {who} made it read-only. Open a session without that fence",
                    code="session_read_only",
                )

    def check_actions(self, actions: Iterable[str], names: Sequence[str] = ()) -> None:
        """Raise Forbidden (`service_outside_fence`, `operation_outside_fence`) unless all IAM actions are inside.

        `names` are other names of the one operation that needs them, "s3:ListBuckets": a fence may name it so.
        """
        for action in actions:
            if action == _WHO_AM_I:
                continue
            service = action.partition(":")[0]
            also = [name.partition(":")[0] for name in names]
            for who, one in self.fences:
                if one.services is not None and not _any(one.services, [service, *also]):
                    raise _outside_fence(
                        "service_outside_fence", f"{action} is of {service}", "services", one.services, who
                    )
                if one.operations is not None and not _any(one.operations, [action, *names]):
                    raise _outside_fence(
                        "operation_outside_fence", f"{action} is not among them", "operations", one.operations, who
                    )

    def check_region(self, region: str) -> None:
        """Raise Forbidden (`region_outside_fence`) for a region that is left out."""
        for who, one in self.fences:
            if one.regions is not None and not _any(one.regions, [region]):
                raise _outside_fence("region_outside_fence", f"{region} is not among them", "regions", one.regions, who)

    def check_account(self, account: str, name: str | None = None) -> None:
        """Raise Forbidden (`account_outside_fence`) for an account that is left out."""
        for who, one in self.fences:
            if one.accounts is not None and not _any(one.accounts, [account, *([name] if name else [])]):
                shown = f"{name} ({account})" if name else account
                raise _outside_fence(
                    "account_outside_fence", f"{shown} is not among them", "accounts", one.accounts, who
                )

    def regions(self, regions: Iterable[str]) -> tuple[str, ...]:
        """Those of the regions that are inside."""
        return tuple(region for region in regions if all(_allows(one.regions, [region]) for _, one in self.fences))

    def lets_any(self, actions: Sequence[str]) -> bool:
        """Whether any of the IAM actions is inside; True where there are none."""
        if not actions:
            return True
        return any(
            all(
                _allows(one.services, [action.partition(":")[0]]) and _allows(one.operations, [action])
                for _, one in self.fences
            )
            for action in actions
        )

    @property
    def is_read_only(self) -> bool:
        return any(one.read_only for _, one in self.fences)


def _allows(patterns: Sequence[str] | None, names: Sequence[str]) -> bool:
    return patterns is None or _any(patterns, names)


def _any(patterns: Iterable[str], names: Sequence[str]) -> bool:
    return any(matches(pattern.casefold(), name.casefold()) for pattern in patterns for name in names)


def matches(pattern: str, name: str) -> bool:
    """Whether a fence's pattern takes in a name, case included."""
    return glob(pattern_of(pattern), name)


def _outside_fence(code: str, why: str, kinds: str, allowed: Sequence[str], who: str) -> Forbidden:
    shown = ", ".join(allowed[:10]) + (" …" if len(allowed) > 10 else "")
    return Forbidden(
        f"outside of this session's fences: {why}. It may use the {kinds} {shown} only, which {who} set; "
        "a session with other fences may do it",
        code=code,
    )
