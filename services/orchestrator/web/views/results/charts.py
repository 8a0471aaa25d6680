"""Drawings of what people would rather look at than read: bars, with the table of the same numbers under them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from services.orchestrator.web.views.results.tables import lists_in
from shared.text.answers import visible
from shared.text.sizes import human_bytes

MAX_BARS = 20
LABEL_CHARS = 48
BAR_WIDTH, TEXT_WIDTH, ROW = 300, 110, 40


@dataclass(frozen=True, slots=True)
class Bar:
    """`width` in the drawing's own units; `text` is the value with its unit."""

    label: str
    text: str
    width: float
    y: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars, the first `MAX_BARS`; `description` is what who cannot see it hears."""

    title: str
    description: str
    bars: tuple[Bar, ...]
    left_out: int
    height: int
    width: int = BAR_WIDTH + TEXT_WIDTH


@dataclass(frozen=True, slots=True)
class _Recipe:
    """Which list of a result is drawn: the name of the list, of its labels and of its values."""

    title: str
    path: str
    label: str
    value: str
    text: Callable[[float], str]


def _amount(value: float) -> str:
    return f"{value:,.2f}"


_LISTS = (
    _Recipe("Size of each bucket", "buckets", "bucket_name", "size_bytes", human_bytes),
    _Recipe("Cost of each service", "by_service", "service", "amount", _amount),
    _Recipe("Cost of each month", "by_month", "start", "amount", _amount),
    _Recipe("Cost of each day", "by_day", "start", "amount", _amount),
)
_COUNTS = {"by_region": "How many in each region", "by_state": "How many in each state"}


def charts_of(result: JsonValue) -> tuple[Chart, ...]:
    """The drawings of a result; none where it has nothing of the kind."""
    return tuple(_charts(result)) if isinstance(result, dict) else ()


def _charts(result: Mapping[str, JsonValue]) -> Iterator[Chart]:
    lists = {path.rpartition(".")[2]: rows for path, rows in lists_in(dict(result)).items()}
    for recipe in _LISTS:
        rows = lists.get(recipe.path, ())
        pairs = [(str(row.get(recipe.label)), _number(row.get(recipe.value))) for row in rows]
        found = [(label, value) for label, value in pairs if value is not None]
        if len(found) > 1:
            yield _chart(recipe.title, found, recipe.text)
    for name, title in _COUNTS.items():
        counts = result.get(name)
        if isinstance(counts, dict) and len(counts) > 1:
            numbers = [(label, _number(value)) for label, value in counts.items()]
            yield _chart(title, [(label, value) for label, value in numbers if value is not None], "{:.0f}".format)


def _number(value: JsonValue) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


def _chart(title: str, values: Sequence[tuple[str, float]], text: Callable[[float], str]) -> Chart:
    shown, most = values[:MAX_BARS], max(value for _, value in values)
    bars = tuple(
        Bar(_short(label), text(value), round(BAR_WIDTH * value / most, 1) if most else 0, number * ROW)
        for number, (label, value) in enumerate(shown)
    )
    said = "; ".join(f"{bar.label}: {bar.text}" for bar in bars)
    return Chart(title, said, bars, len(values) - len(shown), len(bars) * ROW + 6)


def _short(label: str) -> str:
    seen = visible(label)
    return seen if len(seen) <= LABEL_CHARS else seen[: LABEL_CHARS - 1] + "…"
