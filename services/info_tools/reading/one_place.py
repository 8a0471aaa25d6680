"""Reads an operation in one place after another, which other workers can do too (`sharing/kinds.py`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from services.info_tools.parallel import translated
from services.info_tools.reading.rows import Bounds, Budget, Part, list_paths, read_rows
from services.info_tools.sharing.kinds import part
from shared import read_policies
from shared.access.guard import READ_ONLY
from shared.aws.arguments.checking import Checked, check
from shared.aws.clients import Aws
from shared.aws.service_models import operation_model
from shared.aws_operations.catalogue import find
from shared.aws_operations.models import Operation
from shared.errors import AwsError, Forbidden
from shared.messages import Effect

# How services call what they do not have: NoSuchBucket, DBInstanceNotFound, QueueDoesNotExist, InvalidVolume.NotFound …
_ABSENT = ("NotFound", "NoSuch", "DoesNotExist", "NonExistent", "NotExist")


@dataclass(frozen=True, slots=True)
class Absent:
    """A place answered that it does not have what was asked about: with this error of AWS."""

    detail: str
    code: str


@part
def rows_of(
    aws: Aws,
    service: str,
    operation: str,
    parameters: dict[str, JsonValue],
    label: str | None,
    bounds: Bounds,
    limit: int | None,
) -> Callable[[str], Part | Absent]:
    """What reads the rows of one region. `label` is what they say instead of it; `limit` is the caller's own bound.

    Raises as `read` does where the operation is none that only reads, or the parameters are not its.
    """
    known = find(service, operation)
    refuse_changes(known)
    model = operation_model(known.service, known.name)
    arguments, _ = without_paging(known, model, check(f"{known.service}:{known.name}", model.input_shape, parameters))
    budget = Budget(bounds)
    paths = list_paths(known, model.output_shape)
    page_size = _page_size(known, model, limit)

    def read(where: str) -> Part | Absent:
        client = aws.client(known.service, where)
        try:
            with translated():
                return read_rows(aws, client, known, paths, arguments, label or where, budget, page_size)
        except AwsError as error:
            if arguments and is_absent(error):
                return Absent(error.detail, error.code)
            raise
        except Forbidden as error:
            raise _advised(known, error) from error

    return read


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


def without_paging(operation: Operation, model: Any, checked: Checked) -> tuple[dict[str, Any], list[str]]:
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
