"""Finds taken names, missing resources and full quotas before a plan runs, counting what its earlier steps change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.executor.operations import OPERATIONS
from services.executor.proposal import account_reads
from services.executor.registry.account_state import AccountState, Becomes
from services.executor.registry.facts import IfAllowed, Question, Unread
from services.executor.registry.location import Location
from services.executor.registry.operation import Operation
from shared.aws.clients import Aws
from shared.errors import Conflict, InvalidArguments
from shared.messages import Finding
from shared.plans.step import PropertyChange

MAX_UNREAD_NAMED = 3


@dataclass(frozen=True, slots=True)
class Planned:
    """A step as far as this check needs it; `permitted` where all it needs is known to be allowed.

    `disturbed`: a step before it changes what it is about too.
    """

    id: str
    operation: str
    values: Mapping[str, Any]
    permitted: bool
    disturbed: bool = False

    @property
    def declared(self) -> Operation:
        return OPERATIONS[self.operation]

    def may(self, action: str) -> bool:
        """Whether the step is known to be allowed this action, because its operation needs it."""
        return self.permitted and action in self.declared.iam


@dataclass(frozen=True, slots=True)
class Checked:
    """Findings for the person who decides; and, by step, the region of what it changes, where its step names none,
    notes of what it makes of what is there, the values that it changes, and the resource that it makes something of."""

    findings: tuple[Finding, ...]
    regions: Mapping[str, str]
    notes: Mapping[str, Sequence[str]]
    shown: Mapping[str, tuple[PropertyChange, ...]]
    resources: Mapping[str, Becomes]


def check(aws: Aws, steps: Sequence[Planned], purpose: str, seconds: float) -> Checked:
    """Raise Conflict naming the first step that cannot succeed; return what else was found.

    `steps` are in the order of their needs. The codes are those of the operations' rules, such as `name_taken`,
    `missing_resource` or `quota_reached`. A fact that could not be read refuses nothing; it becomes a finding.
    """
    location = Location.of(aws.info)
    asked = {step.id: step.declared.questions(step.values, location) for step in steps}
    questions = [question for found in asked.values() for question in found]
    answers = account_reads.read(aws, questions, purpose, seconds)
    for step in steps:
        for question in asked[step.id]:
            answers[question] = _certain(answers[question], step)
    answers = {question: _value(answer) for question, answer in answers.items()}
    unread = {question: answer for question, answer in answers.items() if isinstance(answer, Unread)}
    state = AccountState(location, answers)
    for step in steps:
        state.step, state.disturbed = step.id, step.disturbed
        try:
            step.declared.judge(state, step.values)
        except (Conflict, InvalidArguments) as error:
            raise type(error)(f"step {step.id!r} ({step.operation}): {error.detail}", code=error.code) from None
    return Checked((*state.findings, *_unchecked(unread)), state.regions, state.notes, state.shown, state.resources)


def _certain(answer: Any, step: Planned) -> Any:
    """The answer, `Unread` where it is none to somebody who may not look, as this step's caller may be."""
    if isinstance(answer, IfAllowed) and not step.may(answer.action):
        return Unread(answer.otherwise)
    return answer


def _value(answer: Any) -> Any:
    return answer.value if isinstance(answer, IfAllowed) else answer


def _unchecked(unread: Mapping[Question, Unread]) -> list[Finding]:
    if not unread:
        return []
    named = [f"{question} ({why.why})" for question, why in list(unread.items())[:MAX_UNREAD_NAMED]]
    more = f" and {len(unread) - len(named)} more" if len(unread) > len(named) else ""
    message = f"Not looked up in the account: {'; '.join(named)}{more}. A step may fail because of it."
    return [Finding(code="conflicts_unchecked", severity="low", message=message)]
