"""Reads one operation: found, checked, asked everywhere it is meant for, its answers put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from services.info_tools.aws import Place, read_each
from services.info_tools.reading import filtering
from services.info_tools.reading.one_place import Absent, refuse_changes, rows_of, without_paging
from services.info_tools.reading.places import GLOBAL, Places, places
from services.info_tools.reading.rows import REGION, Bounds, Part, document, list_paths
from services.info_tools.reading.shadows import without_shadows
from shared.aws.arguments.checking import Checked, check
from shared.aws.clients import Aws
from shared.aws.service_models import operation_model
from shared.aws_operations.catalogue import find
from shared.aws_operations.models import Operation
from shared.errors import InvalidArguments, NotFound
from shared.results.rows import MAX_ROWS, MAX_ROWS_BYTES, Rows

# What a filter reads: the child that evaluates it holds all of it as objects.
MAX_FILTERED_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Found:
    """What was read: rows, or the value of a filter that selects no list."""

    operation: Operation
    rows: Rows
    value: JsonValue
    rows_read: int
    lists: tuple[str, ...]
    beside: tuple[JsonValue, ...]
    searched: tuple[str, ...]
    absent: tuple[str, ...]
    without: tuple[str, ...]
    notes: tuple[str, ...]


def read(
    aws: Aws,
    service: str,
    name: str,
    parameters: Mapping[str, Any],
    *,
    region: str | None,
    regions: Sequence[str] | None,
    expression: str | None,
    limit: int | None,
) -> Found:
    """Read one operation in every place it is meant for.

    Raises NotFound (`unknown_aws_service`, `unknown_aws_operation`), Forbidden (`not_a_read`, `sensitive_read`),
    InvalidArguments with all faults of the call, and AWS's error where no place answered.
    """
    operation = find(service, name)
    refuse_changes(operation)
    model = operation_model(operation.service, operation.name)
    checked, asked = _checked(aws, operation, model, parameters, region, regions, expression)
    _, notes = without_paging(operation, model, checked)
    # The rows of all accounts are one result.
    share = len(aws.session.all_accounts)
    bounds = Bounds(
        rows=min(limit or MAX_ROWS, MAX_ROWS // share),
        size=(MAX_FILTERED_BYTES if expression else MAX_ROWS_BYTES) // share,
    )
    rows_of_each = rows_of(aws, operation.service, operation.name, dict(parameters), asked.label, bounds, limit)
    answers = read_each(aws, asked.regions, rows_of_each, place=lambda where: Place(None if asked.label else where))
    absent = [answer for _, answer in answers if isinstance(answer, Absent)]
    if absent and len(absent) == len(answers):
        # In another account it may be there: see `over_accounts`.
        raise NotFound(absent[0].detail, code=absent[0].code)
    found = [(where, part) for where, part in answers if isinstance(part, Part)]
    aws.covered.method = f"{operation.service}:{operation.name}"
    if shadows := without_shadows(found):
        notes.append(f"{shadows} rows left out that a region shows of another one, whose own row is here")
    paths = list_paths(operation, model.output_shape)
    _cut(aws, found, bounds, asked)
    rows, value, told = _selected(aws, [part for _, part in found], paths, expression)
    return Found(
        operation=operation,
        rows=rows,
        value=value,
        rows_read=sum(part.count() for _, part in found),
        lists=paths,
        beside=tuple(each.beside | {REGION: asked.label or where} for where, each in found if each.beside),
        searched=(GLOBAL,) if asked.label else tuple(where for where, _ in answers),
        absent=tuple(where for where, each in answers if isinstance(each, Absent)),
        without=asked.without,
        notes=(*checked.changed, *notes, *told),
    )


def _checked(
    aws: Aws,
    operation: Operation,
    model: Any,
    parameters: Mapping[str, Any],
    region: str | None,
    regions: Sequence[str] | None,
    expression: str | None,
) -> tuple[Checked, Places]:
    """The arguments and the places to ask. Raises InvalidArguments with every fault of the call."""
    faults: list[InvalidArguments] = []
    checked = Checked({})
    try:
        checked = check(f"{operation.service}:{operation.name}", model.input_shape, parameters)
    except InvalidArguments as fault:
        faults.append(fault)
    try:
        asked = places(aws, operation, checked.arguments, region, regions)
    except InvalidArguments as fault:
        faults.append(fault)
    if expression:
        try:
            filtering.check(expression)
        except InvalidArguments as fault:
            faults.append(fault)
    if faults:
        code = faults[0].code if len(faults) == 1 else None
        raise InvalidArguments(". ".join(fault.detail for fault in faults), code=code)
    return checked, asked


def _cut(aws: Aws, found: list[tuple[str, Part]], bounds: Bounds, asked: Places) -> None:
    """Cut to the bounds over all places, in their order, and record a gap for every place that was not read whole.

    What several workers read fits the bounds of each, and not yet those of the call.
    """
    rows_left, bytes_left = bounds.rows, bounds.size
    for where, part in found:
        if part.count() > rows_left:
            part.keep(rows_left)
            part.stopped = f"`limit` is {bounds.rows} over all regions"
        if (within := part.rows_within(bytes_left)) < part.count():
            part.keep(within)
            part.stopped = f"a result takes {bounds.size} bytes at most"
        rows_left -= part.count()
        bytes_left -= part.size_bytes()
        if part.stopped:
            detail = f"{part.count()} rows are here and there are more: {part.stopped}. Narrow the parameters, "
            detail += "name fewer regions, or raise limit"
            aws.gap("read_limit_reached", detail, region=None if asked.label else where)
            aws.covered.cut_off()


def _selected(
    aws: Aws, found: list[Part], paths: tuple[str, ...], expression: str | None
) -> tuple[Rows, JsonValue, list[str]]:
    """The rows, or what the filter selects of them: a list is rows, anything else a value."""
    rows = Rows()
    if expression is None:
        rows.extend_lines(line for part in found for each in part.lists.values() for line in each.lines())
        return rows, None, []
    value = filtering.select(expression, document(found, paths), aws.remaining() - 1.0)
    if not isinstance(value, list):
        return rows, value, [_nothing(found, paths)] if value is None else []
    rows.extend(row if isinstance(row, dict) else {"value": row} for row in value)
    return rows, None, []


def _nothing(found: list[Part], paths: tuple[str, ...]) -> str:
    """What the filter could have selected from, where it selected nothing."""
    first = next((row for part in found for rows in part.lists.values() for row in rows), None)
    members = ", ".join(list(first)[:25]) if first else "none"
    where = f"lists under {', '.join(paths)}, whose rows have" if paths else "an answer with the members"
    return f"the filter selects nothing (null); it is applied to {where} {members}"
