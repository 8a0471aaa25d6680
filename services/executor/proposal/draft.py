"""A plan in the making: its steps are checked offline, in order, each with the expected results of the steps before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import JsonValue

from services.executor.context import PolicyToReview
from services.executor.operations import OPERATIONS
from services.executor.proposal import documents, findings, permissions
from services.executor.proposal.steps import complete_needs, in_order
from services.executor.proposal.validation import refuse_secrets, validate_request
from services.executor.records.files import Files
from services.executor.registry import references
from services.executor.registry.account_state import Becomes
from services.executor.registry.declared import Declared
from services.executor.registry.location import Location
from services.executor.registry.operation import Operation
from services.executor.scope import limits, resources
from services.executor.scope.limits import DeclaredStep
from services.executor.scope.resources import Touched
from services.executor.settings import ExecutorSettings
from shared.errors import AssistantError, InvalidArguments
from shared.iam.lint.planned import lint_planned
from shared.messages import Effect, Finding, Identity, SessionInfo
from shared.plans.step import PropertyChange, ProposedStep, Step, StepRef, StepUndo


@dataclass(slots=True)
class Draft:
    """The steps so far and, by step: typed arguments, expected result, permissions needed, resources touched."""

    info: SessionInfo
    files: Files
    settings: ExecutorSettings
    undone: Mapping[str, StepRef] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    declared: dict[str, Declared] = field(default_factory=dict)
    expected: dict[str, JsonValue] = field(default_factory=dict)
    policies: list[PolicyToReview] = field(default_factory=list)
    # The steps whose region only the model, or a tool's output, named.
    unnamed: frozenset[str] = frozenset()
    named_regions: dict[str, str] = field(default_factory=dict)
    session_regions: list[str] = field(default_factory=list)
    # By step, where what it changes is, as AWS said.
    found_regions: dict[str, str] = field(default_factory=dict)
    needs: dict[str, tuple[permissions.Need, ...]] = field(default_factory=dict)
    undo_needs: dict[str, tuple[permissions.Need, ...]] = field(default_factory=dict)
    touched: dict[str, Touched] = field(default_factory=dict)
    # By step, what becomes of the resource that it makes, changes or deletes.
    resources: Mapping[str, Becomes] = field(default_factory=dict)

    def add_all(self, given: Sequence[ProposedStep]) -> None:
        """Check the steps and put them in order, their needs complete. Raises AssistantError naming the step."""
        for proposed in in_order(given):
            operation = OPERATIONS[proposed.operation]
            try:
                self._add(operation, proposed)
            except AssistantError as error:
                raise type(error)(
                    f"step {proposed.id!r} ({operation.name}): {error.detail}", code=error.code, status=error.status
                ) from None
        added = {step.id: step for step in self.steps}
        as_given = [added[str(proposed.id)] for proposed in given]
        complete = complete_needs({step.id: step.needs for step in as_given}, self.touched)
        self.steps = in_order([step.model_copy(update={"needs": complete[step.id]}) for step in as_given])

    def _add(self, operation: Operation, proposed: ProposedStep) -> None:
        assert proposed.id is not None
        location = Location.of(self.info)
        arguments = self._with_region(operation, proposed.id, proposed.arguments)
        for name in operation.files:
            if isinstance(arguments.get(name), dict):
                raise InvalidArguments(f"{name}: a file is named, not taken from another step")
        arguments, unwrapped = documents.unwrap(operation, arguments)
        self._refuse_values(arguments)
        values = operation.validate(references.resolve_arguments(arguments, self.expected))
        notes = (*unwrapped, *operation.notes(values, location, self.files.read))
        for request in operation.requests_of(values, location, {"assistant:step": proposed.id}):
            validate_request(request.service, request.operation, request.parameters)
            refuse_secrets(request.service, request.operation, request.parameters)
        self.values[proposed.id] = values
        declared = self.declared[proposed.id] = operation.declared(values, location)
        result = operation.expected_result(values, location)
        self.expected[proposed.id] = result
        self.policies += [PolicyToReview(step=proposed.id, **policy) for policy in operation.policies_of(values)]
        needed = self.needs[proposed.id] = permissions.needs_of(operation, values, location)
        inverse = OPERATIONS.inverse(operation.name, result) if declared.reversible != "no" else None
        self.undo_needs[proposed.id] = _undo_needs(inverse, location)
        touched = self.touched[proposed.id] = resources.touched(operation, values, location)
        reversible = declared.reversible
        if kept := limits.undo_never_allowed(inverse, location, self.settings):
            reversible, notes = "partly", (*notes, kept)
        self.steps.append(
            Step(
                id=proposed.id,
                operation=operation.name,
                arguments=arguments,
                needs=proposed.needs,
                title=declared.title,
                effect=declared.effect,
                also=tuple(dict.fromkeys(declared.also)),
                iam_actions=tuple(dict.fromkeys(need.action for need in needed)),
                resources=touched.changed,
                reversible=reversible,
                cost=declared.cost,
                undoes=self.undone.get(proposed.id),
                notes=notes,
                undo=step_undo(operation, declared),
            )
        )

    def _refuse_values(self, arguments: Mapping[str, JsonValue]) -> None:
        """Raise InvalidArguments (`sensitive_reference`) for an argument that is to come from a sensitive read."""
        for value in arguments.values():
            for reference in references.find(value):
                step = references.step_of(reference)
                if step in self.declared and self.declared[step].effect is Effect.SENSITIVE_READ:
                    raise InvalidArguments(
                        f"{reference!r}: step {step!r} reads a value for a person alone, so that no step can take it; "
                        "name the secret by its ARN or name instead, or leave the reference out",
                        code="sensitive_reference",
                    )

    def mark_untrusted(self, arguments: Collection[tuple[str | None, str]]) -> None:
        """Mark the arguments, each a step's id and a name, that the person did not write."""
        self.steps = [
            step.model_copy(
                update={"untrusted": tuple(name for name in step.arguments if (step.id, name) in arguments)}
            )
            for step in self.steps
        ]

    def as_declared(self) -> list[DeclaredStep]:
        """The steps with what their operations declare of them."""
        return [(step.id, OPERATIONS[step.operation], self.declared[step.id]) for step in self.steps]

    def data_lost(self) -> dict[str, str]:
        """By step the name of what it deletes, where that can hold data.

        Not where the step takes back what a plan has made, and the check that nobody has changed that since sees data:
        of a resource of any type only its properties are seen.
        """
        names = {step.id: self.declared[step.id].holds_data for step in self.steps if not self._sees_data(step)}
        return {step: name for step, name in names.items() if name is not None}

    def _sees_data(self, step: Step) -> bool:
        return step.undoes is not None and OPERATIONS[step.operation].declares is None

    def _with_region(self, operation: Operation, step: str, arguments: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """The arguments with the region spelled out, so that what is approved says where it happens."""
        if not operation.is_regional(arguments):
            return {name: value for name, value in arguments.items() if name != "region" or not operation.regional}
        region = arguments.get("region")
        if not region:
            if operation.arguments_model.model_fields["region"].is_required():
                return arguments
            if self.info.region_source == "default":
                raise InvalidArguments(
                    "name a region: the session has none but a default, which is never used for a change",
                    code="region_not_chosen",
                )
            self.session_regions.append(step)
            return {**arguments, "region": self.info.region}
        named = references.resolve(region, self.expected)
        if isinstance(named, str):
            self.named_regions[step] = named
        return arguments

    def identity(self) -> Identity:
        """Account, caller and region of the plan, and where the region came from."""
        region, source = self._region()
        return Identity(account=self.info.account, caller_arn=self.info.caller_arn, region=region, region_source=source)

    def _region(self) -> tuple[str, Literal["session", "argument", "default", "model", "resource"]]:
        """What a step names comes first; then the session's; then where existing things are that it changes."""
        for step, region in self.named_regions.items():
            if region == self.info.region and self.info.region_source == "session":
                return region, "session"
            return region, "model" if step in self.unnamed else "argument"
        if self.found_regions and not self.session_regions:
            return next(iter(self.found_regions.values())), "resource"
        return self.info.region, self.info.region_source

    def locate(self, regions: Mapping[str, str]) -> None:
        """Take in where AWS says that what the steps change is, and say it on the steps."""
        self.found_regions = dict(regions)
        self.add_notes({step: [f"It is in {region}, as AWS says."] for step, region in regions.items()})

    def add_notes(self, notes: Mapping[str, Sequence[str]]) -> None:
        """Say on the steps what they make of what is there now."""
        self.steps = [step.model_copy(update={"notes": (*step.notes, *notes.get(step.id, ()))}) for step in self.steps]

    def add_changes(self, shown: Mapping[str, tuple[PropertyChange, ...]]) -> None:
        """Show on the steps which values they change."""
        self.steps = [step.model_copy(update={"changes": shown.get(step.id, ())}) for step in self.steps]

    def is_disturbed(self, step_id: str) -> bool:
        """Whether a step before it changes what it is about too."""
        before = [step.id for step in self.steps]
        before = before[: before.index(step_id)]
        return any(self.touched[one].disturbs(self.touched[step_id]) for one in before)

    def findings(self) -> tuple[Finding, ...]:
        """The deterministic findings about its policies and regions."""
        found = [finding for policy in self.policies for finding in lint_planned(policy, self.info.account)]
        regions = (*self.named_regions.values(), *self.found_regions.values())
        found += [
            finding.model_copy(update={"step": step})
            for step, declared in self.declared.items()
            for finding in declared.findings
        ]
        return (*found, *findings.of_regions(regions, self.info))


def step_undo(operation: Operation, declared: Declared) -> StepUndo | None:
    """What the page says of undoing a step."""
    if operation.undo is None or declared.reversible == "no":
        return None
    partly = declared.reversible == "partly"
    return StepUndo(operation=operation.undo.operation, note=declared.undo_note, partly=partly)


def _undo_needs(
    taken_back: tuple[Operation, dict[str, JsonValue]] | None, location: Location
) -> tuple[permissions.Need, ...]:
    if taken_back is None:
        return ()
    inverse, arguments = taken_back
    return permissions.needs_of(inverse, inverse.validate(arguments), location)
