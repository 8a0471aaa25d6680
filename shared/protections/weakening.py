"""Findings about a change that turns off, weakens or leaves out a protection, by the rows of the table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from shared.messages import Finding
from shared.protections.table import Gone, Unsaid, Value, Weakness, table
from shared.resource_types.paths import Place
from shared.resource_types.permissions.compare import Part, added
from shared.resource_types.permissions.found import finding

Properties = Mapping[str, JsonValue]
# How a value and the name of what it is for stand side by side.
_VALUES = frozenset(("value", "attributevalue", "parametervalue"))
_KEYS = ("key", "attributename", "attribute", "parametername", "name")


def of_resource(type_name: str, after: Properties | None, before: Properties | None) -> tuple[Finding, ...]:
    """What making (`before` is None), changing, or deleting (`after` is None) a resource weakens."""
    service = type_name.split("::")[1].lower() if type_name.count("::") == 2 else ""
    if after is None:
        return tuple(_found(one) for one in table().ends if type_name in one.types)
    found = [*_values(service, added(before or {}, after))]
    if before is None:
        found += [_found(one) for one in table().unsaid if type_name in one.types and not _has(after, one.at)]
    else:
        found += _left_out(service, before, after)
        found += _less(service, before, after)
    return tuple(dict.fromkeys(found))


def of_call(service: str, operation: str, parameters: Properties) -> tuple[Finding, ...]:
    """What a call weakens (botocore's names), whatever was there before."""
    called = f"{service}:{operation}"
    rows = table()
    found = [_found(one) for one in rows.ends if called in one.calls]
    found += _values(service.lower(), added({}, parameters))
    left_out: tuple[Gone | Unsaid, ...] = (*rows.unsaid, *rows.gone)
    found += [_found(one) for one in left_out if called in one.calls and not _has(parameters, one.at)]
    return tuple(dict.fromkeys(found))


def _values(service: str, parts: Iterator[Part]) -> Iterator[Finding]:
    for part in parts:
        if isinstance(part.value, dict | list):
            continue
        place = _place(part)
        for one in table().values:
            if _is_at(place, one.at) and _is_of(service, one.of) and _is_weak(part, one):
                yield _found(one, part.place)


def _left_out(service: str, before: Properties, after: Properties) -> Iterator[Finding]:
    """What was there, and is no more, where leaving it out weakens."""
    rows = table()
    for part in added(after, before):
        place = _place(part)
        if _has(after, "/".join(place)):
            continue
        for gone in rows.gone:
            if _is_at(place, gone.at) and _is_of(service, gone.of) and part.value not in ({}, [], None):
                yield _found(gone, part.place)
        for one in rows.values:
            if one.left_out and _is_at(place, one.at) and _is_of(service, one.of) and not _is_weak(part, one):
                yield _found(one, part.place)


def _less(service: str, before: Properties, after: Properties) -> Iterator[Finding]:
    """Numbers that are smaller than they were at the same place."""
    was = {part.place: part.value for part in added({}, before)}
    for part in added(before, after):
        old, new = _number(was.get(part.place)), _number(part.value)
        if old is not None and new is not None and new < old:
            yield from (
                _found(one, part.place)
                for one in table().less
                if _is_at(_place(part), one.at) and _is_of(service, one.of)
            )


def _number(value: JsonValue) -> int | None:
    text = str(value)
    return int(text) if isinstance(value, int | str) and text.lstrip("-").isdecimal() else None


def _place(part: Part) -> tuple[str, ...]:
    """The names that lead to a value, in lower case. Of `{Key: deletion_protection.enabled, Value: "false"}`, of the
    patch `{op: replace, path: /authorizationType, value: NONE}` and of `{DisableApiTermination: {Value: false}}` the
    value is what the key, the path or the member names."""
    names = [step.lower() for step in part.place if isinstance(step, str)]
    if names and names[-1] in _VALUES:
        beside = {name.lower(): value for name, value in part.within.items() if isinstance(value, str)}
        path = beside["path"].lower().strip("/").split("/") if {"op", "path"} <= beside.keys() else []
        key = next(([beside[name].lower()] for name in _KEYS if name in beside), path)
        names = [*names[:-1], *key]
    return tuple(names)


def _is_at(place: tuple[str, ...], at: str) -> bool:
    wanted = tuple(at.split("/"))
    return place[-len(wanted) :] == wanted


def _is_of(service: str, services: tuple[str, ...]) -> bool:
    return not services or service in services


def _is_weak(part: Part, row: Value) -> bool:
    text = str(part.value).lower()
    # A flag that is not there is off.
    beside = {name: str(part.within.get(name, False)).lower() for name in row.beside}
    if not all(wanted in beside[name] for name, wanted in row.beside.items()):
        return False
    if row.below is not None:
        number = _number(part.value)
        return number is not None and number < row.below
    return text in row.is_


def _has(properties: Properties, at: str) -> bool:
    """Whether there is a value at these names, wherever they stand."""
    return any(_is_at(_place(part), at) and part.value is not None for part in added({}, properties))


def _found(row: Weakness, place: Place | None = None) -> Finding:
    control = f" (AWS Security Hub: {row.control})" if row.control else ""
    return finding(row.code, row.severity, f"{row.says}{control}", place)
