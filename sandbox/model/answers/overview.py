"""The head of an overview: one line per service, in a fixed order, before the details."""

from sandbox.model.phrasing import rows
from sandbox.model.tools import READ_TOOLS
from sandbox.model.types import Outcome

_PARTS = {part.name: part for tool in READ_TOOLS.values() for part in tool.parts}
_ORDER = list(_PARTS)


def in_order(outcomes: list[Outcome]) -> list[Outcome]:
    """An overview's outcomes in the order of its parts, any others last; outcomes of no overview as they came."""
    if not _is_overview(outcomes):
        return outcomes
    return sorted(outcomes, key=lambda each: [*_ORDER, each.call.name].index(each.call.name))


def headlines(outcomes: list[Outcome]) -> str:
    """One line for each service; empty when the outcomes are no overview."""
    if not _is_overview(outcomes):
        return ""
    lines = [f"{_PARTS[each.call.name].title}: {_headline(each)}" for each in outcomes if each.call.name in _PARTS]
    return f"Your AWS usage at a glance:\n\n{rows(lines)}"


def _is_overview(outcomes: list[Outcome]) -> bool:
    """True when nearly all parts of an overview were asked for."""
    return len({each.call.name for each in outcomes} & set(_PARTS)) >= len(_PARTS) - 1


def _headline(outcome: Outcome) -> str:
    headline = _PARTS[outcome.call.name].headline
    if not outcome.ok or headline is None:
        return f"no answer ({outcome.error.get('code', 'error')})"
    said = headline(outcome.result)
    return said if outcome.complete and not outcome.gaps else f"{said} (incomplete)"
