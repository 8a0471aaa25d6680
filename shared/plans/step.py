"""A step of a plan, as it is proposed and as it is prepared and carried out."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from shared.messages import Effect, ErrorBody, Identifier, Message, Record


class ProposedStep(Message):
    """A step as proposed; an argument may be `{"$from": "STEP_ID.path"}`."""

    id: str | None = Field(default=None, max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")
    operation: str = Field(min_length=1, max_length=64)
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    needs: tuple[str, ...] = ()


# No tool has such a name.
OTHER_SPEAKER = "(another speaker)"


class UntrustedArgument(Message):
    """An argument of a proposed step that comes from a tool's output, not from the user; or from the model alone."""

    step: str
    argument: str
    tool: str | None = Field(
        description="The tool whose output has it; None where only the model says it; OTHER_SPEAKER where a part of "
        "the user's message does that claims to be somebody else's."
    )


StepStatus = Literal["pending", "running", "done", "failed", "skipped", "undone", "in_doubt"]


class CostPart(Record):
    """One thing that is paid for: its unit price in a price list, and how much of it there is in a month.

    Amounts are decimals, of the cost's currency. `quantity` and `amount` are None where use decides. What ends with the
    step, as of a resource that it deletes, has `ends`.
    """

    what: str
    unit_price: str = Field(description="What one unit costs.")
    unit: str = Field(description='As the price list calls it: "Hrs", "GB-Mo".')
    quantity: str | None = Field(default=None, description="Units a month; None where use decides.")
    amount: str | None = Field(default=None, description="A month; None where use decides.")
    ends: bool = Field(default=False, description="Whether it is what the step stops to cost.")
    note: str = ""


class Cost(Record):
    """What a step starts to cost, as AWS publishes it; `amount` is None where that is not known, and `note` says why.

    A step that changes or deletes a resource may cost less than nothing: what it starts to cost, less what it ends.
    """

    amount: str | None = Field(default=None, description="Decimal, of `currency`, as of the moment the step is done.")
    currency: str = "USD"
    per: str | None = Field(default=None, description='What the amount is for: "month", "once"; None where unknown.')
    note: str = ""
    source: str | None = Field(default=None, description="The page, or the price list and its date, that says so.")
    parts: tuple[CostPart, ...] = Field(
        default=(),
        description="What the amount is made of, and what use adds to it.",
        exclude_if=lambda value: not value,
    )


class StepRef(Record):
    """A step of another plan."""

    plan_id: Identifier
    step: str


class StepUndo(Record):
    """The operation that undoes a step, and what it leaves undone."""

    operation: str
    note: str = ""
    partly: bool = Field(default=False, description="It restores something similar only.")


class PolicyReach(Record):
    """What a policy allows, read and put in words while the plan was prepared. An approval's digest does not cover it.

    Where the document could not be read, `unread` says why.
    """

    policy: str = Field(description="The ARN of a managed policy, the name of an inline one.")
    why: str = Field(description='Why it matters to the step: "attached by step a", "attached already".')
    allows: str = Field(default="", description="One line: by service, how far it reaches, and on what.")
    statements: tuple[str, ...] = Field(default=(), description="Each statement in words.")
    unread: str | None = None


class RoleReach(Record):
    """A role that a step hands to a service, as it will be when the plan is done: who may assume it, what it may do."""

    role_arn: str
    trusts: tuple[str, ...] = Field(default=(), description="Who may assume it, each statement in words.")
    policies: tuple[PolicyReach, ...] = ()
    unread: str | None = Field(default=None, description="Why what it has already could not be read.")


class PropertyChange(Record):
    """One value that a step changes, as AWS had it when the plan was prepared, and as it becomes."""

    path: str = Field(
        description="JSON pointer (RFC 6901) into the resource's properties, or into what a read of AWS shows."
    )
    before: JsonValue = None
    after: JsonValue = None
    kind: Literal["added", "changed", "removed", "set"] = Field(
        description="set: what it was cannot be known, because AWS does not read it back or a step before makes it."
    )
    hidden: bool = Field(default=False, description="A secret: neither value is shown.")


class Step(Record):
    id: str
    operation: str
    arguments: dict[str, JsonValue]
    needs: tuple[str, ...] = ()
    title: str = Field(description="The step in words.")
    effect: Effect
    also: tuple[str, ...] = Field(
        default=(),
        exclude_if=lambda value: not value,
        description="The operations whose work it does in another form: the operator's rules for those hold for it.",
    )
    iam_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = Field(default=(), description="The ARNs it acts on.")
    reversible: Literal["yes", "partly", "no"]
    permission: Literal["allowed", "denied", "unknown"] = "unknown"
    cost: Cost = Cost()
    undoes: StepRef | None = Field(default=None, description="The step of a finished plan that this one takes back.")
    notes: tuple[str, ...] = ()
    changes: tuple[PropertyChange, ...] = Field(
        default=(), description="What becomes of a resource that is there; a run refuses where it was other than this."
    )
    undo: StepUndo | None = Field(default=None, description="What undoes it; None where nothing does.")
    policies: tuple[PolicyReach, ...] = Field(default=(), description="What the managed policies it names allow.")
    roles: tuple[RoleReach, ...] = Field(default=(), description="The roles that it hands to a service.")
    status: StepStatus = "pending"
    result: JsonValue = None
    error: ErrorBody | None = None
    started_at: float | None = None
    ended_at: float | None = None
    waiting: str | None = Field(
        default=None, description="What the step waits for that passes by itself, and for how long now."
    )
    untrusted: tuple[str, ...] = Field(
        default=(),
        description="The arguments that the person did not write: a program, a tool's output or a model did.",
    )
    answered: bool = Field(
        default=False, description="It is in doubt and a person has said whether it happened; the gateway fills it in."
    )
