"""Informational tool that computes over results that are too large to read: filter, group, sum up, sort, join."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationError

from services.info_tools.context import InfoContext
from services.info_tools.toolbox import toolbox
from shared.errors import InvalidArguments
from shared.messages import Effect, Message
from shared.results.records import StoredResult
from shared.results.rows import Rows
from shared.tables.computing import TABLES
from shared.tables.query import (
    DEFAULT_ROWS,
    MAX_ROWS_ASKED,
    Aggregate,
    Condition,
    Join,
    LikeWhere,
    Name,
    Query,
    Reference,
    Sort,
)
from shared.tools import describe

# What is left of a call's time when the query has been answered: to store and to send it.
FINISH_SECONDS = 5.0


class QueryAnswer(Message):
    """What a query found. A gap of the result it was asked of is a gap of the answer."""

    rows: Rows
    row_count: int
    matched: int = Field(description="Rows or groups that fit, before the limit.")
    searched: int = Field(description="Rows that were computed over: all of the result's.")
    tied_rows_left_out: int = Field(description="Rows after the last one given that sort exactly like it.")
    source_tool: str
    notes: tuple[str, ...] = ()


@toolbox.tool(effect=Effect.READ, timeout=60, over_accounts=False)
def query_result(
    context: InfoContext,
    ref: Reference,
    rows: str | None = None,
    where: tuple[Condition, ...] = (),
    where_any: tuple[LikeWhere, ...] = (),
    unnest: Name | None = None,
    join: Join | None = None,
    group_by: tuple[Name, ...] = (),
    aggregates: tuple[Aggregate, ...] = (),
    having: tuple[LikeWhere, ...] = (),
    select: tuple[Name, ...] = (),
    sort: tuple[Sort, ...] = (),
    limit: Annotated[int, Field(ge=1, le=MAX_ROWS_ASKED)] = DEFAULT_ROWS,
) -> QueryAnswer:
    """Compute over all rows of a result that has a result_ref, exactly: filter, group, count, sum, sort, join.
    Columns are the rows' fields; nested ones are State.Name, tags Tags.env, lists Attachments.InstanceId.

    Use it instead of counting, sorting or filtering a list yourself. Lists hold several values: a condition holds where
    any fits; tags have the name of their key.

    Args:
        ref: The result_ref; of this conversation or of an earlier one.
        rows: Which list of several; the longest when left out.
        where: All must hold. Null and missing are the same; is_empty also finds "" and [].
        where_any: One must hold; like where.
        unnest: A list column whose elements become rows.
        join: Adds another result's columns as joined.NAME, where left equals its right.
        group_by: Columns, also CreateTime:month; year, day or hour of a time.
        aggregates: Of each group or all rows, named op_column (sum_Size); unless they have a name.
        having: Like where, of groups; on columns such as count or sum_Size.
        select: Columns; whole rows when left out.
        sort: The first counts most; nulls come last.
        limit: Most rows; matched says how many there are.
    """
    try:
        query = Query(
            rows=rows,
            where=where,
            where_any=where_any,
            unnest=unnest,
            join=join,
            group_by=group_by,
            aggregates=aggregates,
            having=having,
            select=select,
            sort=sort,
            limit=limit,
        )
    except ValidationError as error:
        raise InvalidArguments(f"query_result: {describe(error)}") from None
    sources = [context.stored(ref), *([context.stored(join.ref)] if join else [])]
    packed = [source.packed_bytes() for source in sources]
    found, answered = TABLES.query(query, packed, context.remaining() - FINISH_SECONDS)
    _cover(context, sources, found.matched)
    return QueryAnswer(
        rows=answered,
        row_count=len(answered),
        matched=found.matched,
        searched=found.searched,
        tied_rows_left_out=found.tied_out,
        source_tool=sources[0].tool,
        notes=found.notes,
    )


def _cover(context: InfoContext, sources: list[StoredResult], matched: int) -> None:
    """An answer covers what the results did that it was computed of, at their time; what they lack it lacks too."""
    covered = context.covered
    context.gaps.extend(dict.fromkeys(gap for source in sources for gap in source.gaps))
    covered.total, covered.method = matched, "query"
    covered.as_of = min(
        (source.coverage.as_of if source.coverage and source.coverage.as_of else source.stored_at) for source in sources
    )
    for coverage in (source.coverage for source in sources if source.coverage):
        covered.truncated = covered.truncated or coverage.truncated
        covered.regions.update(dict.fromkeys(coverage.regions))
        covered.accounts.update(dict.fromkeys(coverage.accounts))
