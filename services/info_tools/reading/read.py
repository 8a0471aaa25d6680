"""Reads one operation: found, checked, asked everywhere it is meant for, its answers put together."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from services.info_tools.aws import in_region, read_each, translated
from services.info_tools.reading import filtering
from services.info_tools.reading.places import GLOBAL, Places, places
from services.info_tools.reading.rows import Budget, Rows, document, list_paths, read_rows
from shared.access.guard import READ_ONLY
from shared.aws import Aws
from shared.aws_arguments.checking import Checked, check
from shared.aws_models import operation_model
from shared.aws_operations.catalogue import find
from shared.aws_operations.models import Operation
from shared.errors import AssistantError, AwsError, Forbidden, InvalidArguments
from shared.messages import Effect

MAX_ROWS = 100_000
# What a result may be; with a filter, what the filter reads.
MAX_BYTES = 7 * 1024 * 1024
MAX_FILTERED_BYTES = 16 * 1024 * 1024
# How services call what they do not have: NoSuchBucket, DBInstanceNotFound, QueueDoesNotExist, InvalidVolume.NotFound …
_ABSENT = ("NotFound", "NoSuch", "DoesNotExist", "NonExistent", "NotExist")


@dataclass(frozen=True, slots=True)
class Found:
    """What was read: rows, or the value of a filter that selects no list."""

    operation: Operation
    rows: tuple[JsonValue, ...]
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
    arguments, notes = _without_paging(operation, model, checked)
    size = MAX_FILTERED_BYTES if expression else MAX_BYTES
    budget = Budget(min(limit or MAX_ROWS, MAX_ROWS), size)

    def one(where: str) -> Rows | AwsError:
        client = aws.client(operation.service, where)
        try:
            with translated():
                return read_rows(
                    aws,
                    client,
                    operation,
                    model.output_shape,
                    arguments,
                    asked.label or where,
                    budget,
                    _page_size(operation, model, limit),
                )
        except AwsError as error:
            if arguments and is_absent(error):
                return error
            raise

    answers = read_each(aws, asked.regions, one, place=in_region)
    absent = [error for _, error in answers if isinstance(error, AwsError)]
    if absent and len(absent) == len(answers):
        raise absent[0]
    found = [(where, rows) for where, rows in answers if isinstance(rows, Rows)]
    paths = list_paths(operation, model.output_shape)
    _cut(aws, found, budget, asked)
    rows, value, told = _selected(aws, [rows for _, rows in found], paths, expression)
    return Found(
        operation=operation,
        rows=rows,
        value=value,
        rows_read=sum(rows.count() for _, rows in found),
        lists=paths,
        beside=tuple(each.beside | {"_region": asked.label or where} for where, each in found if each.beside),
        searched=(GLOBAL,) if asked.label else tuple(where for where, _ in answers),
        absent=tuple(where for where, each in answers if isinstance(each, AwsError)),
        without=asked.without,
        notes=(*checked.changed, *notes, *told),
    )


def refuse_changes(operation: Operation) -> None:
    """Raise Forbidden for everything but a list or a plain read; nothing is sent."""
    called = f"{operation.service}:{operation.name}"
    if operation.effect is Effect.SENSITIVE_READ:
        raise Forbidden(
            f"{called} returns secrets, credentials or contents, which no model may see; nothing was sent. Tell the "
            "user that a person has to look at it, with AWS's console or CLI, and answer from names and settings, "
            "which other operations list",
            code="sensitive_read",
        )
    if operation.effect not in (Effect.LIST, Effect.READ) or not READ_ONLY.allows(operation.service, operation.name):
        known = "" if operation.actions else " (nothing says that it only reads)"
        raise Forbidden(
            f"{called} is a change, its access level is {operation.effect.value}{known}; read_aws only lists and reads "
            "and has sent nothing. A change is proposed as a plan, which a person approves: call the function for it, "
            "or propose_plan",
            code="not_a_read",
        )


def is_absent(error: AwsError) -> bool:
    """Whether AWS says that what was asked about does not exist there."""
    code = str(error.extra.get("aws_code", ""))
    return error.extra.get("aws_status") == 404 or any(word in code for word in _ABSENT)


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


def _without_paging(operation: Operation, model: Any, checked: Checked) -> tuple[dict[str, Any], list[str]]:
    """The arguments without page sizes and tokens, which are this module's to set, and what was left out."""
    paging = operation.paging
    if paging is None:
        return checked.arguments, []
    required = set(model.input_shape.required_members)
    ours = {*paging.input_tokens, paging.limit} - required
    left_out = [name for name in checked.arguments if name in ours]
    notes = [f"{', '.join(left_out)} left out: all pages are read, `limit` bounds the rows"] if left_out else []
    return {name: value for name, value in checked.arguments.items() if name not in ours}, notes


def _page_size(operation: Operation, model: Any, limit: int | None) -> int | None:
    """Pages no larger than what is asked for, where the model says which sizes there are."""
    paging = operation.paging
    if limit is None or paging is None or paging.limit is None or paging.kind == "token_with_limit":
        return None
    shape = model.input_shape.members.get(paging.limit)
    lowest, highest = (shape.metadata.get("min"), shape.metadata.get("max")) if shape is not None else (None, None)
    return max(lowest, min(limit, highest)) if lowest is not None and highest is not None else None


def _cut(aws: Aws, found: list[tuple[str, Rows]], budget: Budget, asked: Places) -> None:
    """Cut to the limit over all places, in their order, and record a gap for every place that was not read whole."""
    left = budget.rows
    for where, rows in found:
        had = rows.count()
        for path, texts in rows.lists.items():
            rows.lists[path] = texts[:left]
            left -= len(rows.lists[path])
        if rows.count() < had:
            rows.stopped = f"`limit` is {budget.rows} over all regions"
        if rows.stopped:
            detail = f"{rows.count()} rows are here and there are more: {rows.stopped}. Narrow the parameters, "
            detail += "name fewer regions, or raise limit"
            aws.gap("read_limit_reached", detail, region=None if asked.label else where)


def _selected(
    aws: Aws, found: list[Rows], paths: tuple[str, ...], expression: str | None
) -> tuple[tuple[JsonValue, ...], JsonValue, list[str]]:
    """The rows, or what the filter selects of them: a list is rows, anything else a value."""
    if expression is None:
        texts = (text for rows in found for path in rows.lists for text in rows.lists[path])
        return tuple(json.loads(text) for text in texts), None, []
    value = filtering.select(expression, document(found, paths), aws.remaining() - 1.0)
    if isinstance(value, list):
        return tuple(value), None, []
    return (), value, [_nothing(found, paths)] if value is None else []


def _nothing(found: list[Rows], paths: tuple[str, ...]) -> str:
    """What the filter could have selected from, where it selected nothing."""
    first = next((text for rows in found for texts in rows.lists.values() for text in texts), None)
    members = ", ".join(list(json.loads(first))[:25]) if first else "none"
    where = f"lists under {', '.join(paths)}, whose rows have" if paths else "an answer with the members"
    return f"the filter selects nothing (null); it is applied to {where} {members}"


__all__ = ["AssistantError", "Found", "is_absent", "read", "refuse_changes"]
