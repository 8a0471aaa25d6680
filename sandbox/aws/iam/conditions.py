"""IAM condition blocks: operators, set prefixes, IfExists and policy variables.

Source: "IAM JSON policy elements: Condition operators" in the IAM user guide.
"""

import fnmatch
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache

Context = Mapping[str, tuple[str, ...]]
"""Request context: lower-cased condition key to its values (most keys have one)."""

_VARIABLE = re.compile(r"\$\{([^}]+)\}")


@lru_cache(maxsize=8192)
def wildcard(pattern: str, ignore_case: bool = False) -> re.Pattern[str]:
    """A policy pattern (`*` any run, `?` one character) as a regular expression for the whole text."""
    escaped = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(escaped, (re.IGNORECASE if ignore_case else 0) | re.DOTALL)


def substitute(text: str, context: Context) -> str:
    """Replace policy variables such as `${aws:username}`; an unknown one stays and so matches nothing."""

    def value(match: re.Match[str]) -> str:
        key, _, default = match.group(1).partition(",")
        if key in ("*", "?", "$"):
            return key
        values = context.get(key.strip().lower())
        return values[0] if values else (default.strip().strip("'") or match.group(0))

    return _VARIABLE.sub(value, text) if "${" in text else text


def _moment(text: str) -> datetime:
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return datetime.fromtimestamp(float(text), UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _in_network(actual: str, wanted: str) -> bool:
    return ipaddress.ip_address(actual) in ipaddress.ip_network(wanted, strict=False)


def _arn_like(actual: str, wanted: str) -> bool:
    # Each of the six ARN parts is matched on its own, so `*` does not cross a colon.
    actual_parts, wanted_parts = actual.split(":", 5), wanted.split(":", 5)
    return len(actual_parts) == len(wanted_parts) and all(
        fnmatch.fnmatchcase(a, w.replace("[", "[[]")) for a, w in zip(actual_parts, wanted_parts, strict=True)
    )


_POSITIVE: dict[str, Callable[[str, str], bool]] = {
    "stringequals": lambda a, w: a == w,
    "stringequalsignorecase": lambda a, w: a.lower() == w.lower(),
    "stringlike": lambda a, w: wildcard(w).fullmatch(a) is not None,
    "arnequals": _arn_like,
    "arnlike": _arn_like,
    "bool": lambda a, w: a.lower() == w.lower(),
    "binaryequals": lambda a, w: a == w,
    "ipaddress": _in_network,
    "numericequals": lambda a, w: float(a) == float(w),
    "numericlessthan": lambda a, w: float(a) < float(w),
    "numericlessthanequals": lambda a, w: float(a) <= float(w),
    "numericgreaterthan": lambda a, w: float(a) > float(w),
    "numericgreaterthanequals": lambda a, w: float(a) >= float(w),
    "dateequals": lambda a, w: _moment(a) == _moment(w),
    "datelessthan": lambda a, w: _moment(a) < _moment(w),
    "datelessthanequals": lambda a, w: _moment(a) <= _moment(w),
    "dategreaterthan": lambda a, w: _moment(a) > _moment(w),
    "dategreaterthanequals": lambda a, w: _moment(a) >= _moment(w),
}

_NEGATED = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "notipaddress": "ipaddress",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
}


def _matches_one(compare: Callable[[str, str], bool], actual: str, wanted: Sequence[str]) -> bool:
    for value in wanted:
        try:
            if compare(actual, value):
                return True
        except ValueError:  # not a number, date or address: AWS treats it as no match
            continue
    return False


def _operator_holds(operator: str, actual: tuple[str, ...] | None, wanted: Sequence[str]) -> bool:
    name = operator.lower()
    quantifier, colon, rest = name.partition(":")
    if colon:
        name = rest
    else:
        quantifier = ""
    if name == "null":
        return (actual is None) == (wanted[0].lower() == "true")
    if_exists = name.endswith("ifexists")
    name = name.removesuffix("ifexists")
    negated = name in _NEGATED
    compare = _POSITIVE.get(_NEGATED.get(name, name))
    if compare is None:
        return False  # an operator nobody knows never grants
    if not actual:
        return if_exists or quantifier == "forallvalues" or (negated and quantifier != "foranyvalue")
    hits = [_matches_one(compare, value, wanted) != negated for value in actual]
    if quantifier == "forallvalues" or (negated and not quantifier):
        return all(hits)
    return any(hits)


def condition_holds(block: Mapping[str, Mapping[str, object]], context: Context) -> bool:
    """Whether every operator and key of a statement's Condition holds for this request."""
    for operator, keys in block.items():
        for key, raw in keys.items():
            values = raw if isinstance(raw, list) else [raw]
            wanted = [substitute(_text(value), context) for value in values]
            if not _operator_holds(operator, context.get(key.lower()), wanted):
                return False
    return True


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
