"""Single values: JSON to what botocore sends, and why a value is not one. No fault repeats the value."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, date, datetime
from typing import Any

from shared.aws.arguments.expected import kind
from shared.text.similar import did_you_mean

_WHOLE = {"integer", "long", "biginteger"}
_NUMBERS = {"float", "double", "bigdecimal"}
# A text that is a date by its pattern in the model, such as Cost Explorer's.
_DATE_PATTERN = re.compile(r"\\d\{4\}\)?-\(?\\d\{2\}\)?-\(?\\d\{2\}")
_MAX_LISTED = 20


class Fault(Exception):
    """Why a value does not fit, as the end of a sentence that begins with its place."""


def given(value: Any) -> str:
    """The kind of a JSON value, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "a list" if isinstance(value, list) else "an object"


def unlike(shape: Any, value: Any) -> Fault:
    """The value is of another kind, and how to write the right one."""
    hint = ""
    if isinstance(value, list) and shape.type_name not in ("structure", "map"):
        hint = "; send one value, without [ ]" + (", or one call for each" if len(value) > 1 else "")
    elif isinstance(value, list):
        hint = "; send one object, without [ ]"
    elif shape.type_name == "list":
        if isinstance(value, str) and value.strip().startswith("["):
            hint = "; send the list itself, not a text that holds it"
        else:
            hint = "; put it in [ ]"
    elif isinstance(value, str) and value.strip().startswith(("{", "[")):
        hint = "; send the object itself, not a text that holds it"
    elif shape.type_name in ("string", "character") and isinstance(value, int | float):
        hint = "; put it in quotes"
    return Fault(f"takes {kind(shape)}, not {given(value)}{hint}")


def scalar(shape: Any, value: Any) -> Any:
    """The value as botocore takes it. Raises Fault."""
    if isinstance(value, list | dict) or value is None:
        raise unlike(shape, value)
    if shape.type_name == "boolean":
        return _boolean(shape, value)
    if shape.type_name in _WHOLE or shape.type_name in _NUMBERS:
        return _number(shape, value)
    if shape.type_name == "timestamp":
        return _time(shape, value)
    if shape.type_name == "blob":
        return _bytes(shape, value)
    return _text(shape, value)


def check_size(shape: Any, size: int, unit: str) -> None:
    """Raise Fault where a list or text is shorter or longer than the model says."""
    lowest, highest = shape.metadata.get("min"), shape.metadata.get("max")
    if highest is not None and size > highest:
        raise Fault(f"takes {highest} {unit} at most, not {size}")
    if lowest is not None and size < lowest:
        raise Fault(f"takes at least {lowest} {unit}, not {size}")


def _boolean(shape: Any, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise unlike(shape, value)


def _number(shape: Any, value: Any) -> int | float:
    whole = shape.type_name in _WHOLE
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}" if whole else r"-?\d{1,18}(\.\d{1,18})?", value, re.ASCII):
        value = int(value) if whole else float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise unlike(shape, value)
    if whole and value != int(value):
        raise Fault("takes a whole number")
    number = int(value) if whole else value
    lowest, highest = shape.metadata.get("min"), shape.metadata.get("max")
    if highest is not None and number > highest:
        raise Fault(f"takes {highest} at most")
    if lowest is not None and number < lowest:
        raise Fault(f"takes at least {lowest}")
    return number


def _time(shape: Any, value: Any) -> datetime:
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value.strip())
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise Fault('takes a time in ISO 8601, such as "2026-11-01T00:00:00Z", or Unix seconds') from None
    raise unlike(shape, value)


def _bytes(shape: Any, value: Any) -> bytes:
    if not isinstance(value, str):
        raise unlike(shape, value)
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Fault("takes bytes as base64 text") from None


def _text(shape: Any, value: Any) -> str:
    if not isinstance(value, str):
        raise unlike(shape, value)
    enum = getattr(shape, "enum", None)
    if enum and value not in enum:
        return _one_of(enum, value)
    check_size(shape, len(value), "characters")
    if _DATE_PATTERN.search(shape.metadata.get("pattern", "")):
        _check_date(value)
    return value


def _one_of(enum: list[str], value: str) -> str:
    """The value of the enumeration that is meant, where only its case is wrong. Raises Fault."""
    same = [one for one in enum if one.casefold() == value.casefold()]
    if len(same) == 1:
        return same[0]
    listed = ", ".join(enum[:_MAX_LISTED]) + (f" and {len(enum) - _MAX_LISTED} more" if len(enum) > _MAX_LISTED else "")
    raise Fault(f"takes one of {listed}{did_you_mean(value, enum)}")


def _check_date(value: str) -> None:
    """Raises Fault for a day that no calendar has, and for what is no date."""
    try:
        date.fromisoformat(value[:10])
    except ValueError:
        raise Fault('takes a date such as "2026-11-01"') from None
