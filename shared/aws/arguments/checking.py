"""Checks an operation's arguments against botocore's model, all at once, so that a model can mend them in one go.

A name in another spelling (`instance_ids`, `instanceIds` for `InstanceIds`) is taken, and a value whose meaning is
certain (`"5"` for 5, `"RUNNING"` for `running`); the answer names every such change. Everything else that AWS would
refuse is a fault: unknown names with the ones most like them, missing ones, a list where a string belongs or the other
way round, values of no enumeration, limits, times. botocore's own check passes the last three.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.aws.arguments.expected import input_text
from shared.aws.arguments.values import Fault, check_size, scalar, unlike
from shared.errors import InvalidArguments
from shared.text.similar import did_you_mean, similar

MAX_FAULTS = 20
# Deeper than any operation's input; a model may be recursive and a caller's JSON with it.
MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Checked:
    """Arguments as botocore takes them, and what was changed of those given, in words."""

    arguments: dict[str, Any]
    changed: tuple[str, ...] = ()


def check(called: str, shape: Any, arguments: Mapping[str, Any], placeholder: str | None = None) -> Checked:
    """The arguments of one operation. `called` names it in the error; `shape` is its input in botocore's model or None.

    `placeholder` is a text that stands for a value that is not known yet, and may stand anywhere.

    Raises InvalidArguments naming every fault, and what the operation takes.
    """
    checking = _Checking(placeholder=placeholder)
    if shape is None:
        if not arguments:
            return Checked({})
        raise InvalidArguments(f"{called} takes no parameters; leave them out")
    found = checking.structure(shape, dict(arguments), "", 0)
    if checking.faults:
        listed = checking.faults[:MAX_FAULTS]
        more = f"; and {len(checking.faults) - MAX_FAULTS} more" if len(checking.faults) > MAX_FAULTS else ""
        takes = input_text(shape, first=checking.touched)
        raise InvalidArguments(f"{called}: {'; '.join(listed)}{more}. It takes {takes}")
    return Checked(found, tuple(checking.changed))


@dataclass(slots=True)
class _Checking:
    faults: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    # Members of the input that were named, rightly or not.
    touched: set[str] = field(default_factory=set)
    placeholder: str | None = None

    def value(self, shape: Any, value: Any, where: str, depth: int) -> Any:
        if self.placeholder is not None and value == self.placeholder:
            return value
        try:
            if depth > MAX_DEPTH:
                raise Fault(f"is nested more than {MAX_DEPTH} deep")
            if shape.type_name == "structure":
                return self._object(shape, value, where, depth)
            if shape.type_name == "list":
                return self._list(shape, value, where, depth)
            if shape.type_name == "map":
                return self._map(shape, value, where, depth)
            taken = scalar(shape, value)
        except Fault as fault:
            self.faults.append(f"{where} {fault}")
            return None
        if isinstance(value, str) and taken != value and isinstance(taken, str | int | float):
            self.changed.append(f"{where}: read as {str(taken).lower() if isinstance(taken, bool) else taken}")
        return taken

    def structure(self, shape: Any, given: dict[str, Any], prefix: str, depth: int) -> dict[str, Any]:
        """The members of a structure by their right names."""
        found: dict[str, Any] = {}
        spellings = _spellings(shape.members)
        for name, item in given.items():
            right = name if name in shape.members else spellings.get(_plain(name))
            if right is None:
                self._unknown(shape, name, item, prefix, depth)
                continue
            if not prefix:
                self.touched.add(right)
            if right in found:
                self.faults.append(f"{prefix}{right} is given twice, in two spellings")
                continue
            if right != name:
                self.changed.append(f"{prefix}{_shown(name)}: read as {right}")
            if item is not None:  # many models name every parameter
                found[right] = self.value(shape.members[right], item, f"{prefix}{right}", depth + 1)
        for name in shape.required_members:
            if name not in found:
                self.faults.append(f"{prefix}{name} is missing")
        if getattr(shape, "is_tagged_union", False) and len(found) != 1:
            self.faults.append(f"{prefix.rstrip('.') or 'it'} takes exactly one of {', '.join(shape.members)}")
        return found

    def _unknown(self, shape: Any, name: str, item: Any, prefix: str, depth: int) -> None:
        """Name an unknown member, and what would be wrong with its value too if it is the one that is most like it."""
        where, members = prefix + _shown(name), shape.members
        meant = similar(name, members, most=1, cutoff=0.8)
        if meant:
            self.faults.append(f"{where} is unknown; did you mean {meant[0]}")
            self.touched.add(meant[0])
            self.value(members[meant[0]], item, where, depth + 1)
        elif not members:
            self.faults.append(f"{where} is unknown: it takes no members")
        elif like := did_you_mean(name, members):
            self.faults.append(f"{where} is unknown{like}")
        else:
            self.faults.append(f"{where} is unknown")

    def _object(self, shape: Any, value: Any, where: str, depth: int) -> Any:
        if getattr(shape, "is_document_type", False):
            return value
        if not isinstance(value, dict):
            raise unlike(shape, value)
        return self.structure(shape, value, f"{where}.", depth)

    def _list(self, shape: Any, value: Any, where: str, depth: int) -> list[Any]:
        if not isinstance(value, list):
            raise unlike(shape, value)
        check_size(shape, len(value), "items")
        return [self.value(shape.member, item, f"{where}[{place}]", depth + 1) for place, item in enumerate(value)]

    def _map(self, shape: Any, value: Any, where: str, depth: int) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise unlike(shape, value)
        check_size(shape, len(value), "entries")
        return {
            self.value(shape.key, key, f"{where}, a key", depth + 1): self.value(
                shape.value, item, f"{where}.{_shown(key)}", depth + 1
            )
            for key, item in value.items()
        }


def _spellings(members: Mapping[str, Any]) -> dict[str, str]:
    """The members by their plain spelling, but for those that only case tells apart."""
    found: dict[str, list[str]] = {}
    for name in members:
        found.setdefault(_plain(name), []).append(name)
    return {plain: names[0] for plain, names in found.items() if len(names) == 1}


def _plain(name: str) -> str:
    return re.sub(r"[\s_.-]", "", name).casefold()


def _shown(name: str) -> str:
    """A name that the caller chose, cut."""
    return name if len(name) <= 64 else f"{name[:64]}…"
