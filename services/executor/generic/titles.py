"""The title of a step `change_aws` on a plan's page: the operation, and the resources that its parameters name."""

from __future__ import annotations

import re

from services.executor.generic.change import Change
from shared.access.argument_values import values_in
from shared.text.plain import named

MOST_NAMED = 3
_NAMES = re.compile(r"(Name|Id|Arn|ARN|Url|Identifier|Bucket|Key|cluster|service|Resource|Rule|Namespace)s?$")
_NOT_NAMES = re.compile(r"(?i)(kms|client|token|request|type|tagkeys?$|attributename)")


def title_of(change: Change) -> str:
    """One line for a step; names that others wrote stand as they are or between quotation marks."""
    where = f" in {change.region}" if change.region else ""
    about = subjects(change)
    shown = ", ".join(named(one) for one in about[:MOST_NAMED])
    more = f" and {len(about) - MOST_NAMED} more" if len(about) > MOST_NAMED else ""
    return f"Call {change.called}{where}" + (f" for {shown}{more}" if about else "")


def subjects(change: Change) -> list[str]:
    """The names and ids that the parameters name first: those that it needs, then others."""
    needed = {argument.name for argument in change.operation.required}
    found = [
        one
        for one in values_in(change.parameters)
        if one.depth == 1 and _NAMES.search(one.name) and not _NOT_NAMES.search(one.name)
    ]
    found.sort(key=lambda one: one.name not in needed)
    return list(dict.fromkeys(one.value for one in found))
