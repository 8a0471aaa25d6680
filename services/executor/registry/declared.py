"""What a plan must know of one step before anybody approves it: which power it needs, how far it reaches, its undo.

Most operations declare this once for all arguments (`declaration.operation`). One that can do very different things,
such as making a resource of any type, declares it step by step: `@operation(..., declares=hook)`. The hook takes
whichever arguments it names and `location`, asks nobody (no AWS, no file), and returns a `Declared`:

    def _declares(type_name: str, identifier: str, location: Location) -> Declared:
        return Declared(
            effect=Effect.WRITE,
            title=f"Delete the {type_name} {named(identifier)}",
            permissions=(("sqs:DeleteQueue", arn_of(type_name, identifier, location)),),
            deletes=True,
            reversible="partly",
            undo_note="an empty queue of that name",
        )

What is declared statically beside it holds for all arguments: `iam` is added to `permissions`; `effect`, `deletes` and
`reversible` are what the catalogue shows, of no step. Such an operation has no standing grants.

Its `undo` may take the inverse's arguments from a function of the result, which has to hold the recorded state that
undoing needs, without secrets: `Undo("create_it", arguments_of)`; None where this step cannot be undone. The function
is also asked beforehand, of the expected result, for the permissions of undoing: `expects` should have what these
depend on. It must take any result, also an empty one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from services.executor.registry.cost import UNKNOWN_COST
from shared.messages import Effect, Finding
from shared.plans.step import Cost


@dataclass(frozen=True, slots=True)
class Declared:
    """One step as its operation declares it, with these arguments.

    Attributes:
        effect: Access level of what it does.
        title: The step in words; what others wrote stands between quotation marks (`shared.text.plain.named`).
        permissions: The IAM actions it needs, each with a resource ARN.
        likely: What AWS may need besides, acting for it: part of the session's policy, and a denial is only told.
        changes: The ARNs that it changes, makes or removes, where these do not follow from `permissions`.
        deletes: How many resources it takes away for good.
        also: The operations that do the same in a stronger form: what the operator says of those holds for it.
        holds_data: The name of what it deletes, where data is then lost: a person types it to approve.
        reversible: Whether it can be undone; "no" also where its operation has an undo for other arguments.
        undo_note: What undoing leaves, or needs.
        context: By IAM action the context keys that its request carries, with their values.
        expects: Fields of its result that are known before it runs.
        findings: What a person has to see of it, besides what the linter says of its policies; the step is left out.
        cost: What it starts to cost.
    """

    effect: Effect
    title: str
    permissions: tuple[tuple[str, str], ...]
    likely: tuple[tuple[str, str], ...] = ()
    changes: tuple[str, ...] | None = None
    deletes: int = 0
    holds_data: str | None = None
    reversible: Literal["yes", "partly", "no"] = "no"
    undo_note: str = ""
    context: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    expects: Mapping[str, JsonValue] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    cost: Cost = UNKNOWN_COST

    @property
    def needs(self) -> tuple[tuple[str, str], ...]:
        """All that its session has to allow."""
        return tuple(dict.fromkeys((*self.permissions, *self.likely)))
