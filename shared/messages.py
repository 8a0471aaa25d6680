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

    # What checks a message is made with the first one: no process has to do with half of the kinds.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)


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


class Finding(Record):
    """A deterministic finding about a policy or a plan."""

    id: str = Field(default="", description="Names it on its plan.")
    code: str
    severity: Literal["info", "low", "medium", "high"]
    message: str
    step: str | None = None
    path: str | None = None
