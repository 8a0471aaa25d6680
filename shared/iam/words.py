"""Policy statements in plain words, one sentence each, for a plan's page and for the advisor's explanation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from shared.iam.documents import as_text
from shared.iam.policy_json import PolicyDocument, as_list, statements, texts
from shared.text.plain import named

Show = Callable[[str], str]

_ACCOUNT = re.compile(r"(?:arn:aws[a-z-]*:iam::)?(?P<account>\d{12})(?::root)?", re.ASCII)
# The condition operators in words, by their names in lower case, without "IfExists" and a set prefix.
_OPERATORS = {
    **dict.fromkeys(("stringequals", "numericequals", "dateequals", "bool", "binaryequals"), "is"),
    **dict.fromkeys(("stringnotequals", "numericnotequals", "datenotequals"), "is not"),
    "stringequalsignorecase": "is, in any case,",
    "stringnotequalsignorecase": "is not, in any case,",
    **dict.fromkeys(("stringlike", "arnlike", "arnequals"), "matches"),
    **dict.fromkeys(("stringnotlike", "arnnotlike", "arnnotequals"), "does not match"),
    **dict.fromkeys(("numericlessthan", "datelessthan"), "is below"),
    **dict.fromkeys(("numericlessthanequals", "datelessthanequals"), "is at most"),
    **dict.fromkeys(("numericgreaterthan", "dategreaterthan"), "is above"),
    **dict.fromkeys(("numericgreaterthanequals", "dategreaterthanequals"), "is at least"),
    "ipaddress": "is in",
    "notipaddress": "is not in",
}
_SETS = {"forallvalues": "each value of {}", "foranyvalue": "one of the values of {}"}


def statements_in_words(document: PolicyDocument, show: Show = named, most: int | None = None) -> list[str]:
    """A sentence for each statement; `show` makes text of a policy safe, `most` bounds how many names a list has."""
    return [sentence(item, show, most) for item in statements(document)]


def sentence(item: PolicyDocument, show: Show = named, most: int | None = None) -> str:
    """One statement: what it allows or denies, on what, to whom and under which conditions."""
    verb = {"Allow": "Allows", "Deny": "Denies"}.get(str(item.get("Effect")), "Neither allows nor denies")
    words = [verb, _things(item, "Action", show, most)]
    if "Resource" in item or "NotResource" in item:
        words += ["on", _things(item, "Resource", show, most)]
    if "Principal" in item or "NotPrincipal" in item:
        words += ["to", _principals(item, show, most)]
    conditions = list(_conditions(item.get("Condition"), show, most))
    return " ".join(words) + (f", where {'; and '.join(conditions)}" if conditions else "") + "."


def _things(item: PolicyDocument, name: str, show: Show, most: int | None) -> str:
    if f"Not{name}" in item:
        return f"every {name.lower()} but {_list(texts(item[f'Not{name}']), show, most)}"
    found = texts(item.get(name))
    return f"every {name.lower()}" if "*" in found else _list(found, show, most)


def _principals(item: PolicyDocument, show: Show, most: int | None) -> str:
    name = "Principal" if "Principal" in item else "NotPrincipal"
    value = item[name]
    if isinstance(value, dict):
        found = [_principal(str(kind), one, show) for kind, ones in value.items() for one in texts(ones)]
    else:
        found = [_principal("AWS", one, show) for one in texts(value)]
    return ("everyone but " if name == "NotPrincipal" else "") + _list(found, str, most)


def _principal(kind: str, value: str, show: Show) -> str:
    if value == "*" and kind == "AWS":
        return "everyone"
    if kind == "AWS" and (account := _ACCOUNT.fullmatch(value)):
        return f"everyone in the account {account['account']} whose own policies allow it"
    kinds = {
        "AWS": "",
        "Service": "the service ",
        "Federated": "identities of ",
        "CanonicalUser": "the account with the canonical id ",
    }
    return f"{kinds.get(kind, f'{show(kind)} ')}{show(value)}"


def _conditions(block: Any, show: Show, most: int | None) -> Iterator[str]:
    for operator, keys in block.items() if isinstance(block, dict) else ():
        for key, value in keys.items() if isinstance(keys, dict) else ():
            yield _condition(str(operator), str(key), [_scalar(one) for one in as_list(value)], show, most)


def _condition(operator: str, key: str, values: Sequence[str], show: Show, most: int | None) -> str:
    prefix, _, name = operator.casefold().rpartition(":")
    if name == "null" and not prefix and values in (["true"], ["false"]):
        return f"{show(key)} is {'absent' if values == ['true'] else 'present'}"
    optional = name.endswith("ifexists")
    words = _OPERATORS.get(name.removesuffix("ifexists"))
    subject = _SETS.get(prefix, "{}").format(show(key)) if prefix in ("", *_SETS) else None
    if words is None or subject is None:
        return f"{show(operator)} holds for {show(key)} and {_list(values, show, most)}"
    absent = " or is absent" if optional else " or has none" if prefix == "forallvalues" else ""
    return f"{subject} {words} {_list(values, show, most, 'or')}{absent}"


def _scalar(value: object) -> str:
    try:
        return as_text(value)
    except TypeError:
        return str(value)


def _list(found: Sequence[str], show: Show, most: int | None, last: str = "and") -> str:
    if not found:
        return "nothing"
    shown = [show(one) for one in found[:most]]
    if len(found) > len(shown):
        return f"{', '.join(shown)} and {len(found) - len(shown)} more"
    return f"{', '.join(shown[:-1])} {last} {shown[-1]}" if len(shown) > 1 else shown[0]
