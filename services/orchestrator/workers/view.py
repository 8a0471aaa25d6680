"""How tools, their calls and their results look over REST and in a turn's events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field, JsonValue

from services.orchestrator.rest import Compact, Json, Omittable, RestModel, StoredRestModel, Time
from shared.catalog import CatalogEntry
from shared.messages import Agent, Effect, Gap, ToolResult


def cut_note(result_ref: str | None) -> str:
    """The note on a shortened result, for the model and through it for the user."""
    where = (
        f"query_result computes over all of it, GET /v1/results/{result_ref} has it whole"
        if result_ref
        else "the whole result is in the turn's steps"
    )
    return f"shortened to save space, totals are whole, lists are not; {where}"


class ErrorAnswer(StoredRestModel):
    """An expected failure as data: a stable code, and a detail a person can act on."""

    code: str
    detail: str
    retryable: bool


class CoverageAnswer(StoredRestModel):
    """What an answer covers: how much of what there is, where it was looked for, how and when."""

    count: int | None
    total: int | None
    regions: list[str]
    accounts: list[str]
    method: str | None
    as_of: Time | None
    truncated: bool


class ToolStep(StoredRestModel):
    """One tool call as a turn shows and stores it, and as `POST /v1/tools/{name}` answers it.

    `error` is there only where the call failed, `coverage` only where it did not, `result_ref` only where the result
    is stored, since it is large or has many rows, `call_id` only in a turn, `cut` only where `result` is shortened.
    `complete` speaks of what is shown: it is false where `gaps` say what is missing, and where `result` is shortened.
    """

    call_id: Omittable[str] = None
    agent: Agent
    tool: str
    arguments: dict[str, Json]
    status: Literal["ok", "error"]
    result: Json
    region: str | None
    started_at: Time
    duration_ms: int
    complete: bool
    gaps: list[Compact[Gap]]
    coverage: Omittable[CoverageAnswer] = None
    error: Omittable[ErrorAnswer] = None
    result_ref: Omittable[str] = None
    cut: Omittable[str] = None

    @classmethod
    def of(cls, result: ToolResult, arguments: dict[str, JsonValue]) -> ToolStep:
        return cls(
            agent=result.agent,
            tool=result.tool,
            arguments=arguments,
            status=result.status,
            result=result.result,
            region=result.region,
            started_at=result.started_at,
            duration_ms=result.duration_ms,
            complete=result.complete and not result.shortened,
            gaps=result.gaps,
            coverage=result.coverage,
            error=result.error,
            result_ref=result.result_ref,
            cut=cut_note(result.result_ref) if result.shortened else None,
        )


class ResultAnswer(RestModel):
    """A large result, or what `path` (JMESPath) selects of it."""

    result_ref: str
    path: str | None
    result: Json


class ToolFunction(RestModel):
    name: str
    description: str
    parameters: dict[str, Json]


class ToolAnswer(RestModel):
    """A tool in OpenAI's function-calling form, with what else there is to know."""

    type: Literal["function"]
    function: ToolFunction
    agent: Agent
    effect: Effect
    iam_actions: list[str]
    returns: dict[str, Json]

    @classmethod
    def of(cls, entry: CatalogEntry) -> ToolAnswer:
        return cls(
            **entry.openai(),
            agent=entry.agent,
            effect=entry.effect,
            iam_actions=entry.iam_actions,
            returns=entry.returns,
        )


class ToolList(RestModel):
    """All tools, on one page. `tools` is the same list under its old name."""

    items: list[ToolAnswer]
    next_cursor: str | None = None
    tools: list[ToolAnswer] = Field(deprecated="Read `items`.")

    @classmethod
    def of(cls, entries: Iterable[CatalogEntry]) -> ToolList:
        tools = [ToolAnswer.of(entry) for entry in entries]
        return cls(items=tools, tools=tools)
