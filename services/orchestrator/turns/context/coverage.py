"""What a turn's results cover: told to the model as columns of what is stored, and to the person as what is missing.

A model is asked to name every gap. Whether it does is not left to it: what its answer does not name is added to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from services.orchestrator.workers.view import ToolStep
from shared.error_codes.registry import status_of
from shared.messages import Column, Gap, Overview
from shared.text.answers import visible

MAX_LINES = 12
MAX_DETAIL_CHARS = 300
MAX_PLACES = 8
# So much of a gap's own words is enough to have named it.
_NAMED_CHARS = 40
# A line that has one of these and a gap's place speaks of the gap, and not of what was found there.
_MISSING = re.compile(
    r"(?i)\b(not|no|without|except|missing|incomplete|denied|refused|fail\w*|error\w*|unable|unavailable|cannot|can't"
    r"|couldn't|could|unknown|partial\w*|excluded|skipped|throttl\w*|timed?.?out|at least|estimate\w*|daily|gaps?)\b"
)


def table_of(overview: Overview) -> dict[str, Any]:
    """The rows of a stored result for a model: how many there are, and each column in a few words."""
    table: dict[str, Any] = {
        "list": overview.rows,
        "rows": overview.row_count,
        "columns": {column.name: _in_words(column, overview.row_count) for column in overview.columns},
    }
    if overview.columns_left_out:
        table["more_columns"] = overview.columns_left_out
    if overview.other_lists:
        table["other_lists"] = overview.other_lists
    return table


def _in_words(column: Column, rows: int) -> str:
    filled = f" in {column.filled} rows" if column.filled < rows else ""
    examples = ", ".join(json.dumps(each, ensure_ascii=False) for each in column.examples)
    return f"{column.type}{filled}{f': {examples}' if examples else ''}"


def gaps_note(steps: Sequence[ToolStep], answer: str) -> str:
    """What the results of a turn do not cover and its answer does not name, as an end of the answer; empty for nothing.

    Of a call that was made again with the same arguments, the last counts.
    """
    last = {(step.tool, json.dumps(step.arguments, sort_keys=True)): step for step in steps}
    missing: dict[tuple[str, str], tuple[str, dict[str, None]]] = {}
    for step in last.values():
        for gap in (*step.gaps, *_failure(step)):
            if _is_named(gap, answer):
                continue
            _, places = missing.setdefault((gap.code, _kind_of(gap)), (gap.detail, {}))
            places.update(dict.fromkeys(filter(None, [_place(gap)])))
    if not missing:
        return ""
    lines = [_line(code, detail, list(places)) for (code, _), (detail, places) in missing.items()]
    if len(lines) > MAX_LINES:
        lines = [*lines[:MAX_LINES], f"- {len(lines) - MAX_LINES} more; `gaps` of the turn's steps has all"]
    return "\n\nNot covered by this answer:\n" + "\n".join(lines)


def _failure(step: ToolStep) -> tuple[Gap, ...]:
    """A call that AWS or a part of this system did not answer, as what is missing; wrong arguments are no gap."""
    if step.error is None or not _is_failure(step.error.code):
        return ()
    return (Gap(code=step.error.code, detail=step.error.detail, resource=step.tool),)


def _is_failure(code: str) -> bool:
    status = status_of(code)
    return status in (403, 429) or (status or 0) >= 500


def _line(why: str, detail: str, places: list[str]) -> str:
    more = f" and {len(places) - MAX_PLACES} more" if len(places) > MAX_PLACES else ""
    where = f"{', '.join(places[:MAX_PLACES])}{more}: " if places else ""
    # AWS's words may hold names that somebody chose: they stand as text, and make no link or picture.
    said = re.sub(r"([\[\]<>`*_])", r"\\\1", " ".join(visible(where + detail[:MAX_DETAIL_CHARS]).split()))
    return f"- {said} (`{why}`)"


def _place(gap: Gap) -> str:
    region = f"({gap.region})" if gap.resource and gap.region else gap.region
    return " ".join(filter(None, [gap.resource, region, gap.account]))


def _kind_of(gap: Gap) -> str:
    """The detail without its places, so that the same failure in many places is one line."""
    detail = gap.detail
    for place in (gap.resource, gap.region, gap.account):
        detail = detail.replace(place, "*") if place else detail
    return re.sub(r"\d+", "0", detail)


def _is_named(gap: Gap, answer: str) -> bool:
    plain = " ".join(answer.split()).casefold()
    detail = " ".join(gap.detail.split()).casefold()
    if gap.code in plain or detail[:_NAMED_CHARS] in plain:
        return True
    places = [place.casefold() for place in (gap.resource, gap.region, gap.account) if place]
    return bool(places) and any(
        all(place in line.casefold() for place in places) and _MISSING.search(line) for line in answer.splitlines()
    )
