"""The messages between the services: frozen, versioned pydantic models, sent as JSON.

A message carries ids, arguments, a deadline and trace context; never a credential. `MAX_MESSAGE_BYTES`
bounds one message; what is larger goes by reference (see `shared/results`).

Services of two versions run at the same time while a deployment is upgraded. Each model says by its base what a
reader does with a field that it does not know (ADR 0021):

- `Message` refuses it. Requests (calls, REST bodies), signed decisions, sealed credentials and the journal of a run:
  a part that is not understood may be a condition, and must not be passed over.
- `Record` keeps it. Results and stored records (plans, turns, sessions): the older version shows what it knows, and
  what it writes back has the rest unchanged. Whoever acts on a record looks at `unknown_fields` first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from shared.error_codes.registry import status_of
from shared.errors import AssistantError

MAX_MESSAGE_BYTES = 64 * 1024

Agent = Literal["info", "advisor", "executor"]
AGENTS: tuple[Agent, ...] = ("info", "advisor", "executor")

Identifier = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_.:-]+$")]


def is_none(value: object) -> bool:
    """For `exclude_if`: a field that is not written where it says nothing."""
    return value is None


class Message(BaseModel):
    """Base of everything on the wire: immutable, and refused where it has a field that this version does not know.

    An error never repeats the input, which may be a secret.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Record(Message):
    """Base of results and stored records: fields of a newer version are kept, and written back as they came.

    The JSON schema says what this version writes, which is no other fields.
    """

    model_config = ConfigDict(extra="allow", json_schema_extra={"additionalProperties": False})

    def unknown_fields(self, besides: Collection[str] = ()) -> list[str]:
        """Where this record has fields that this version does not know, as "steps.0.schedule"; sorted.

        The fields named by `besides` are not looked into.
        """
        return sorted(_unknown_fields(self, "", besides))


def _unknown_fields(value: object, path: str, besides: Collection[str] = ()) -> Iterator[str]:
    if isinstance(value, Record):
        yield from (f"{path}{name}" for name in value.model_extra or {})
        for name in type(value).model_fields.keys() - set(besides):
            yield from _unknown_fields(getattr(value, name), f"{path}{name}.")
    elif isinstance(value, tuple | list):
        for position, item in enumerate(value):
            yield from _unknown_fields(item, f"{path}{position}.")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _unknown_fields(item, f"{path}{key}.")


class Effect(StrEnum):
    """The access level of a tool or operation, mildest first."""

    LIST = "list"
    READ = "read"
    SENSITIVE_READ = "sensitive_read"
    TAGGING = "tagging"
    WRITE = "write"
    PERMISSIONS = "permissions"

    @property
    def is_change(self) -> bool:
        """True where a person must approve before it happens."""
        return self not in (Effect.LIST, Effect.READ)


class ToolCall(Message):
    """One task for one worker. `call_id` is the correlation id and the task's key in Redis."""

    v: Literal[1] = 1
    call_id: Identifier
    agent: Agent
    tool: str = Field(min_length=1, max_length=64)
    arguments: dict[str, JsonValue]
    session_id: Identifier
    deadline: float = Field(description="Unix seconds after which nobody waits for the answer.")
    turn_id: Identifier | None = None
    trace: dict[str, str] = Field(default_factory=dict, description="W3C trace context headers.")


class ErrorBody(Record):
    """An expected failure as data: a stable code with its HTTP status, and a detail a person can act on."""

    code: str
    detail: str
    retryable: bool = False
    status: int = Field(default=500, description="The HTTP status of a request that fails with it.")

    @model_validator(mode="before")
    @classmethod
    def _with_status(cls, data: Any) -> Any:
        """Records of an older version have no status: it is the code's."""
        if not isinstance(data, dict) or "status" in data:
            return data
        unknown = 503 if data.get("retryable") else 500
        return {**data, "status": status_of(str(data.get("code"))) or unknown}

    @classmethod
    def of(cls, error: AssistantError, prefix: str = "") -> ErrorBody:
        """The error as data; `prefix` goes before its detail."""
        return cls(code=error.code, detail=prefix + error.detail, retryable=error.retryable, status=error.status)

    def as_exception(self, **extra: object) -> AssistantError:
        """The error to raise where a request fails with it; `extra` is shown beside it."""
        return AssistantError(self.detail, code=self.code, status=self.status, retryable=self.retryable, **extra)


class Gap(Record):
    """What an answer does not cover, and why."""

    code: str
    detail: str
    region: str | None = None
    resource: str | None = None
    account: str | None = Field(
        default=None, description="Where the session holds several accounts.", exclude_if=is_none
    )


class Coverage(Record):
    """What an answer covers: how much of what there is, where it was looked for, how and when.

    What is missing, and why, are the answer's gaps; `truncated` says that there is more of which nothing else is known.
    """

    count: int | None = Field(default=None, description="Rows of the answer's main list; null where it has none.")
    total: int | None = Field(default=None, description="Rows that there are; null where that is not known.")
    regions: tuple[str, ...] = Field(default=(), description="Regions that answered; none for a global service.")
    accounts: tuple[str, ...] = Field(default=(), description="Accounts that answered.")
    method: str | None = Field(default=None, description='How it was found, where that matters: "listing" …')
    as_of: float | None = Field(default=None, description="When what it tells was so, Unix seconds.")
    truncated: bool = Field(default=False, description="A list was cut off: by time, by size, or by AWS.")


ColumnType = Literal["number", "text", "boolean", "time", "list", "mixed", "empty"]


class Column(Record):
    """A column of a result's rows: nested values have dotted names (State.Name), tags that of their key (Tags.env)."""

    name: str
    type: ColumnType = Field(description="numbers as text count as numbers; empty: null in every row.")
    filled: int = Field(description="Rows in which it is not null.")
    examples: tuple[JsonValue, ...] = ()


class Overview(Record):
    """What is told of a stored result in place of its rows; a query (`query_result`) computes over all of them."""

    rows: str = Field(description="The name of the result's list; empty where the result itself is one.")
    row_count: int
    columns: tuple[Column, ...] = ()
    columns_left_out: int = 0
    sample: tuple[JsonValue, ...] = Field(default=(), description="The first rows.")
    other_lists: dict[str, int] = Field(default_factory=dict, description="The result's other lists of rows.")
    rest: dict[str, JsonValue] = Field(default_factory=dict, description="The result without its rows.")


class ToolResult(Record):
    """A worker's answer. `result` fits the tool's return model; `result_ref` names it where it was too large."""

    v: Literal[1] = 1
    call_id: Identifier
    agent: Agent
    tool: str
    status: Literal["ok", "error"]
    result: JsonValue = None
    result_ref: str | None = None
    error: ErrorBody | None = None
    region: str | None = None
    complete: bool = True
    gaps: tuple[Gap, ...] = ()
    coverage: Coverage | None = None
    overview: Overview | None = Field(default=None, description="Of a result with many rows, beside its reference.")
    shortened: bool = Field(default=False, description="The gateway left rows out of `result`.")
    parts: int = Field(
        default=0, description="How many parts of it the gateway gave to other workers; it fills that in.", ge=0
    )
    started_at: float
    duration_ms: int = Field(ge=0)


class Owner(Record):
    """Whose something is (`shared/sessions/owners.py`): the account it is about, and the principal that had it made."""

    account: str
    principal: str = Field(
        description="AIDA…, a user; AROA…, a role; AROA…:NAME, a session of it that an identity provider named."
    )

    @property
    def id(self) -> str:
        """The owner's name in keys of Redis."""
        return "own_" + hashlib.sha256(f"{self.account}\n{self.principal}".encode()).hexdigest()[:32]


class SessionInfo(Message):
    """What a worker is told of a session, besides its own sealed credentials."""

    session_id: Identifier
    owner: Owner | None = None
    account: str
    caller_arn: str
    region: str
    region_source: Literal["session", "default"] = "session"
    regions: tuple[str, ...]
    expires_at: float

    @property
    def partition(self) -> str:
        """The partition of AWS ("aws", "aws-cn", …), which the caller's ARN names."""
        return self.caller_arn.split(":")[1]

    @property
    def owner_id(self) -> str:
        """Whose what the session makes is: the session's own, where it has no other owner."""
        return owner_id(self.owner, self.session_id)


def owner_id(owner: Owner | None, session_id: str) -> str:
    """The id of the owner of what a session made.

    Without an owner it is the session's alone: it was made before there were owners, or by a caller that AWS names by
    no id of its own.
    """
    return owner.id if owner else session_id


class Identity(Record):
    """Account, caller and region of a plan or an answer, and where the region came from."""

    account: str
    account_name: str | None = Field(
        default=None, description="What the account is called in the session.", exclude_if=is_none
    )
    caller_arn: str
    role_arn: str | None = Field(default=None, description="The role that a plan runs as; None: as the caller itself.")
    region: str
    region_source: Literal["session", "argument", "default", "model", "resource"] = Field(
        default="session",
        description="session: the session's region; argument: named in the proposal; model: named by the model, and by "
        "nobody else; resource: where what the plan changes is, as AWS said when the plan was prepared.",
    )


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


class Cost(Record):
    """What a step starts to cost, as AWS publishes it; `amount` is None where that is not known offline."""

    amount: str | None = Field(default=None, description="Decimal, of `currency`, as of the moment the step is done.")
    currency: str = "USD"
    per: str | None = Field(default=None, description='What the amount is for: "month", "once"; None where unknown.')
    note: str = ""
    source: str | None = Field(default=None, description="The page that publishes it.")


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
    """One value of a resource that a step changes, as AWS had it when the plan was prepared, and as it becomes."""

    path: str = Field(description="JSON pointer (RFC 6901) into the resource's properties.")
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


class Finding(Record):
    """A deterministic finding about a policy or a plan."""

    id: str = Field(default="", description="Names it on its plan.")
    code: str
    severity: Literal["info", "low", "medium", "high"]
    message: str
    step: str | None = None
    path: str | None = None


class Risk(Record):
    severity: Literal["low", "medium", "high"]
    title: str
    detail: str


class Review(Record):
    """Claude's advice on a plan's policies, or why there is none. It is shown to the person and decides nothing."""

    status: Literal["reviewed", "not_reviewed"]
    reason: str | None = Field(default=None, description="Why it was not reviewed.")
    verdict: Literal["looks_fine", "concerns", "dangerous"] | None = None
    summary: str | None = None
    risks: tuple[Risk, ...] = ()
    suggestions: tuple[str, ...] = ()
    suggested_policy: dict[str, Any] | None = None
    model: str | None = None


# Of Claude's review of a plan's policies: it is to come, has come, or will not come.
ReviewStatus = Literal["pending", "done", "unavailable"]
# What the operator's rules ask for: no approval without a review, or none before it has come or is unavailable.
ReviewNeeded = Literal["required", "if_available"]

PlanStatus = Literal[
    "proposed",
    "approved",
    "running",
    "done",
    "failed",
    "undoing",
    "undone",
    "rejected",
    "expired",
    "in_doubt",
    "cancelled",
]
PLAN_ENDS: frozenset[str] = frozenset({"done", "failed", "undone", "rejected", "expired", "in_doubt", "cancelled"})


class PlanBound(Record):
    """How much of what the operator allows a plan uses: 2 of 10 changes of permissions."""

    what: str
    used: int
    most: int


class ToAcknowledge(Record):
    """A finding that has to be acknowledged with the approval; the digest covers it."""

    finding_id: str
    typed: str | None = Field(
        default=None, description="What a person has to type: the identifier of what is lost. None: nothing."
    )


class Plan(Record):
    """A change as proposed, prepared and carried out. The digest binds what a person approves."""

    v: Literal[1] = 1
    plan_id: Identifier
    session_id: Identifier = Field(description="The session that had it prepared.")
    owner: Owner | None = None
    turn_id: Identifier | None = None
    status: PlanStatus
    goal: str
    proposed_by: Literal["program"] | None = Field(
        default=None, description="program: proposed over REST, where the person's own words were not seen."
    )
    digest: str = Field(description="SHA-256 of the canonical JSON of what will run, hexadecimal.")
    created_at: float
    expires_at: float
    identity: Identity
    steps: tuple[Step, ...]
    on_failure: Literal["undo", "keep"] = "undo"
    findings: tuple[Finding, ...] = ()
    acknowledge: tuple[ToAcknowledge, ...] = Field(
        default=(), description="The findings without whose acknowledgement nobody approves it."
    )
    approvers: int = Field(default=0, description="How many people besides its owner have to approve it.")
    approved_so_far: tuple[str, ...] = Field(
        default=(), description="Who has approved it, while more have to; the gateway fills it in."
    )
    review: Review | None = Field(
        default=None, description="In the executor's record only where it could not be asked for; else it comes later."
    )
    review_until: float | None = Field(
        default=None, description="Claude was asked, and answers until then; after that there is no review."
    )
    review_needed: ReviewNeeded | None = Field(default=None, description="What an approval has to wait for.")
    undoes: Identifier | None = Field(default=None, description="The finished plan that this one takes back.")
    replaces: Identifier | None = Field(
        default=None, description="The plan of which this is the edited form; nobody decides it before it has."
    )
    replaced_by: Identifier | None = Field(
        default=None, description="The edited form of it, to be decided instead; the gateway fills it in."
    )
    limits: tuple[PlanBound, ...] = ()
    summary: str = Field(default="", description="The plan's page as it was when the plan was prepared.")
    approved_by: str | None = Field(
        default=None, description='"person", or the id of the standing grant that stood in; the gateway fills it in.'
    )
    decided_at: float | None = None
    runs_in: Identifier | None = Field(
        default=None, description="The session whose credentials run it, as the approval says; the gateway fills it in."
    )
    cancel_requested: bool = Field(
        default=False, description="A person has asked to stop it, and it has not ended; the gateway fills it in."
    )
    ended_at: float | None = None
    ended_because: str | None = Field(
        default=None, description="Why it ended, where no step's error says so; the gateway fills it in."
    )

    @property
    def owner_id(self) -> str:
        """Whose it is."""
        return owner_id(self.owner, self.session_id)

    @property
    def review_status(self) -> ReviewStatus | None:
        """Whether Claude's review has come."""
        if self.review is not None:
            return "done" if self.review.status == "reviewed" else "unavailable"
        return "pending" if self.review_until is not None else None
