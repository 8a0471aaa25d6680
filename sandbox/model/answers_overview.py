"""The head of an overview: one line per service, in a fixed order, before the details."""

from __future__ import annotations

from sandbox.model.generic import counted, plural, rows, size
from sandbox.model.topics import OVERVIEW
from sandbox.model.types import JsonObject, Outcome

_ORDER = [call.name for call in OVERVIEW]
_TITLES = dict(zip(_ORDER, ("S3", "EC2", "Lambda", "IAM", "Cost"), strict=True))


def in_order(outcomes: list[Outcome]) -> list[Outcome]:
    """An overview's outcomes in the order S3, EC2, Lambda, IAM, cost; any other outcomes as they came."""
    if not is_overview(outcomes):
        return outcomes
    return sorted(outcomes, key=lambda each: _ORDER.index(each.call.name) if each.call.name in _ORDER else len(_ORDER))


def is_overview(outcomes: list[Outcome]) -> bool:
    """True when nearly all parts of an overview were asked for."""
    return len({each.call.name for each in outcomes} & set(_ORDER)) >= len(_ORDER) - 1


def headlines(outcomes: list[Outcome]) -> str:
    """One line for each service; empty when the outcomes are no overview."""
    if not is_overview(outcomes):
        return ""
    lines = [f"{_TITLES[each.call.name]}: {_headline(each)}" for each in outcomes if each.call.name in _TITLES]
    return f"Your AWS usage at a glance:\n\n{rows(lines)}"


def _headline(outcome: Outcome) -> str:
    if not outcome.ok:
        return f"no answer ({outcome.error.get('code', 'error')})"
    said = _figures(outcome.call.name, outcome.result)
    return said if outcome.complete and not outcome.gaps else f"{said} (incomplete)"


def _figures(tool: str, result: JsonObject) -> str:
    if tool == "get_s3_usage":
        objects = plural(result.get("total_objects", "?"), "object")
        return f"{size(result, 'total')} in {objects} of {plural(result.get('bucket_count', '?'), 'bucket')}"
    if tool == "list_ec2_instances":
        states = counted(result.get("by_state"))
        return plural(result.get("instance_count", "?"), "instance") + (f" ({states})" if states else "")
    if tool == "list_lambda_functions":
        return plural(result.get("function_count", "?"), "function")
    if tool == "list_iam_roles":
        return plural(result.get("role_count", "?"), "role")
    span = f"between {result.get('start')} and {result.get('end')}"
    return f"{result.get('total', '?')} {result.get('currency', '')} {span}"
