"""A query over stored results, as a model writes it: small JSON whose schema fits function calling.

Meaning, in the order in which it is done: rows are taken from the result (`rows`), a list of each is unnested, another
result is joined, conditions filter, rows are grouped and aggregated, groups are filtered (`having`), sorted, cut off at
`limit`. Nested values have dotted names (State.Name); a list of keys and values, such as tags, has a column for each
key (Tags.env); another list of objects has columns with a list of values (Attachments.InstanceId).

- A condition on a list holds where any element fits it; a negative one (!=, not_in, not_contains) where none does.
- Null, and a column that a row does not have, are the same: `=` null finds them, `!=` a value too, `<` never does.
- contains, starts_with and ends_with disregard case and take their value literally; `=` and in regard case.
- Numbers written as text count as numbers where they are compared, sorted or summed up; times are compared as moments.
- Sorting puts nulls last, either way; equal rows keep the order of the result.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, WithJsonSchema

from shared.messages import Message

MAX_ROWS_ASKED = 50_000
DEFAULT_ROWS = 100

MAX_NAME_CHARS = 300


def _bounded(name: str) -> str:
    if not 1 <= len(name) <= MAX_NAME_CHARS:
        raise ValueError(f"a column's name has 1 to {MAX_NAME_CHARS} characters")
    return name


# Checked by a function, so that the bounds are not repeated in the schema wherever a name stands.
Name = Annotated[str, AfterValidator(_bounded)]
Reference = Annotated[str, AfterValidator(_bounded)]
Op = Literal[
    "=",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "in",
    "not_in",
    "contains",
    "not_contains",
    "starts_with",
    "ends_with",
    "is_empty",
    "not_empty",
]


def _small(schema: dict[str, Any]) -> None:
    for key in ("description", "additionalProperties"):
        schema.pop(key, None)


class QueryPart(Message):
    """A part of a query. Its schema has nothing that a model does not need; what is unknown is refused all the same."""

    model_config = ConfigDict(json_schema_extra=_small)


class Condition(QueryPart):
    column: Name
    op: Op
    value: JsonValue = Field(default=None, description="A list for in and not_in; else of the column's type.")


# The schema of `where` says what a condition is; it is not repeated.
LikeWhere = Annotated[Condition, WithJsonSchema({"type": "object"})]


class Aggregate(QueryPart):
    op: Literal["count", "count_distinct", "sum", "avg", "min", "max"]
    column: Name | None = Field(default=None, description="Not needed to count rows.")
    name: Name | None = None

    @property
    def called(self) -> str:
        """Its column in the answer: `name`, or "sum_Size", "count"."""
        return self.name or (f"{self.op}_{self.column}" if self.column else self.op)


class Sort(QueryPart):
    column: Name
    descending: bool = False


class Join(QueryPart):
    ref: Reference
    rows: str | None = None
    left: Name
    right: Name
    keep_unmatched: bool = False


Conditions = Annotated[tuple[Condition, ...], Field(max_length=50)]
Names = Annotated[tuple[Name, ...], Field(max_length=100)]


class Query(Message):
    """One query, checked. `ref` is read by the caller; the tables come with the query."""

    rows: str | None = None
    where: Conditions = ()
    where_any: Conditions = ()
    unnest: Name | None = None
    join: Join | None = None
    group_by: Names = ()
    aggregates: Annotated[tuple[Aggregate, ...], Field(max_length=20)] = ()
    having: Conditions = ()
    select: Names = ()
    sort: Annotated[tuple[Sort, ...], Field(max_length=10)] = ()
    limit: int = Field(default=DEFAULT_ROWS, ge=1, le=MAX_ROWS_ASKED)


class Answered(Message):
    """What a query found, beside its rows."""

    matched: int = Field(description="Rows or groups that fit, before the limit.")
    searched: int = Field(description="Rows that were looked at: all of the result's.")
    tied_out: int = Field(default=0, description="Rows cut off by the limit that sort like the last one given.")
    notes: tuple[str, ...] = ()
