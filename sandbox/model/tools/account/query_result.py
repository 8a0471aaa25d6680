"""`query_result`: what was computed over all rows of a long list."""

from typing import Any

from sandbox.model.declaration import ReadTool
from sandbox.model.phrasing import plural, rows
from sandbox.model.types import Focus, JsonObject


def _answer(result: JsonObject, _: Focus) -> str:
    """Every row that was found, of how many, and how many more are like the last one."""
    found = [row for row in result.get("rows") or [] if isinstance(row, dict)]
    matched, searched = result.get("matched", len(found)), result.get("searched", "?")
    if not found:
        return f"None of the {searched} that I looked at fit."
    computed = "count" in found[0]
    lead = (
        f"Of {plural(searched, 'row')}, grouped"
        if computed
        else f"{len(found)} of {matched} that fit ({searched} in all)"
    )
    tied = result.get("tied_rows_left_out") or 0
    like = f"\n\n{plural(tied, 'more row')} would stand in the same place as the last one." if tied else ""
    notes = "".join(f"\n\nNote: {note}." for note in result.get("notes") or [])
    return f"{lead}:\n\n{rows([_line(row) for row in found])}{like}{notes}"


def _line(row: JsonObject) -> str:
    first, *others = ((key, value) for key, value in row.items() if value is not None)
    told = ", ".join(f"{_words(key)} {_value(value)}" for key, value in others)
    return f"{_value(first[1])}: {told}" if told else _value(first[1])


def _words(key: str) -> str:
    return key.removeprefix("Tags.").replace("_", " ")


def _value(value: Any) -> str:
    return "yes" if value is True else "no" if value is False else str(value)


TOOL = ReadTool(
    "query_result",
    answer=_answer,
    asked=lambda _: [],  # it follows from a result, see `questions/by_query.py`
    tells=lambda _: "what I computed over the whole list",
    heeds=(
        "largest",
        "smallest",
        "newest",
        "oldest",
        "rank",
        "limits",
        "not",
        "unattached",
        "unencrypted",
        "encrypted",
        "unused",
        "attached",
        "per",
        "each",
    ),
)
