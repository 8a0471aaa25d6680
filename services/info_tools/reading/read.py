"""Reads one operation: found, checked, asked everywhere it is meant for, its answers put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import JsonValue

from services.info_tools.aws import Place, read_each, translated
from services.info_tools.reading import filtering
from services.info_tools.reading.places import GLOBAL, Places, places
from services.info_tools.reading.rows import REGION, Budget, Part, document, list_paths, read_rows
from services.info_tools.reading.shadows import without_shadows
from shared import read_policies
from shared.access.guard import READ_ONLY
from shared.aws.arguments.checking import Checked, check
from shared.aws.clients import Aws
from shared.aws.service_models import operation_model
from shared.aws_operations.catalogue import find
from shared.aws_operations.models import Operation
from shared.errors import AwsError, Forbidden, InvalidArguments, NotFound
from shared.messages import Effect
from shared.results.rows import MAX_ROWS, MAX_ROWS_BYTES, Rows

# What a filter reads: the child that evaluates it holds all of it as objects.
MAX_FILTERED_BYTES = 16 * 1024 * 1024
# How services call what they do not have: NoSuchBucket, DBInstanceNotFound, QueueDoesNotExist, InvalidVolume.NotFound …
_ABSENT = ("NotFound", "NoSuch", "DoesNotExist", "NonExistent", "NotExist")


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
    arguments, notes = _without_paging(operation, model, checked)
    # The rows of all accounts are one result.
    share = len(aws.session.all_accounts)
    size = (MAX_FILTERED_BYTES if expression else MAX_ROWS_BYTES) // share
    budget = Budget(min(limit or MAX_ROWS, MAX_ROWS // share), size)
    paths = list_paths(operation, model.output_shape)
    page_size = _page_size(operation, model, limit)

    def one(where: str) -> Part | AwsError:
        client = aws.client(operation.service, where)
        try:
            with translated():
                return read_rows(aws, client, operation, paths, arguments, asked.label or where, budget, page_size)
        except AwsError as error:
            if arguments and is_absent(error):
                return error
            raise
        except Forbidden as error:
            raise _advised(operation, error) from error

    answers = read_each(aws, asked.regions, one, place=lambda where: Place(None if asked.label else where))
    absent = [error for _, error in answers if isinstance(error, AwsError)]
    if absent and len(absent) == len(answers):
        # In another account it may be there: see `over_accounts`.
        raise NotFound(absent[0].detail, code=absent[0].code)
    found = [(where, part) for where, part in answers if isinstance(part, Part)]
    aws.covered.method = f"{operation.service}:{operation.name}"
    if shadows := without_shadows(found):
        notes.append(f"{shadows} rows left out that a region shows of another one, whose own row is here")
    _cut(aws, found, budget, asked)
    rows, value, told = _selected(aws, [part for _, part in found], paths, expression)
    return Found(
        operation=operation,
        rows=rows,
        value=value,
        rows_read=sum(part.count() for _, part in found),
        lists=paths,
        beside=tuple(each.beside | {REGION: asked.label or where} for where, each in found if each.beside),
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
            f"{called} returns secrets, credentials or contents, which no model may see; nothing was sent. Propose a "
            "plan with one step read_sensitive and the same service, operation and parameters: once the user has "
            "approved it, they see the value, and you do not. Or answer from names and settings, which other "
            "operations list",
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


def _advised(operation: Operation, error: Forbidden) -> Forbidden:
    """AWS's denial with the read policy that the session's role lacks, perhaps."""
    names = read_policies.names_for(operation.actions)
    if error.code != "aws_access_denied" or not operation.actions:
        return error
    if names:
        policies = f"the read polic{'ies' if len(names) > 1 else 'y'} {', '.join(names)} of docs/iam"
        advice = f"Where {policies} does not hang on the session's role, attach it and open the session anew"
    else:
        advice = f"No read policy has {', '.join(operation.actions)}; ask someone who may with AWS's own tools"
    return Forbidden(f"{error.detail.rstrip('.')}. {advice}", code=error.code)


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


def _cut(aws: Aws, found: list[tuple[str, Part]], budget: Budget, asked: Places) -> None:
    """Cut to the limit over all places, in their order, and record a gap for every place that was not read whole."""
    left = budget.rows
    for where, part in found:
        if part.count() > left:
            for path, rows in part.lists.items():
                part.lists[path] = Rows()
                part.lists[path].extend_lines(islice(rows.lines(), left))
                left -= len(part.lists[path])
            part.stopped = f"`limit` is {budget.rows} over all regions"
        else:
            left -= part.count()
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
