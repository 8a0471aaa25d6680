"""The functions offered in one request, and how a model's call is read against them: its name and its arguments.

Small models and the servers before them bend both: prefixes, odd case, several calls' arguments run together, JSON in
JSON. What fits exactly one reading is read so; what fits none stays as it is, and the model is told what is wrong.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from services.orchestrator.llm.coercion import coerced, squashed
from services.orchestrator.llm.loose_json import read_values

Arguments = dict[str, JsonValue]
NamedArguments = tuple[str, str]  # a function's name, its arguments as JSON text

_WRAPPED_IN = ("arguments", "parameters", "args", "input", "kwargs")
_BESIDE_WRAPPED = {"name", "function", "tool", "type", "id"}
MAX_ENCODINGS = 3  # how often JSON may stand in a JSON string


class Offered:
    """`functions` that a model may call, in OpenAI's form. Arguments without a name of their own are only ever given to
    one of `reads`.
    """

    def __init__(self, functions: Sequence[Mapping[str, Any]] = (), reads: Collection[str] = ()) -> None:
        self._schemas: dict[str, Mapping[str, Any]] = {
            one["function"]["name"]: one["function"].get("parameters") or {} for one in functions
        }
        self._reads = [name for name in self._schemas if name in reads]
        self._by_key: dict[str, str | None] = {}
        for name in self._schemas:
            key = squashed(name)
            self._by_key[key] = None if key in self._by_key else name

    @property
    def names(self) -> Collection[str]:
        return self._schemas.keys()

    def resolve(self, name: str) -> str | None:
        """The offered function meant by a name such as `functions.Get-S3-Usage:0`; None where none or several are."""
        if name in self._schemas:
            return name
        # What some templates add: a channel's token, a call's number, brackets, a namespace.
        bare = re.sub(r":\d+$", "", name.split("<|")[0].strip().removesuffix("()"))
        return self._by_key.get(squashed(bare)) or self._by_key.get(squashed(re.split(r"[./:]", bare)[-1]))

    def read(self, name: str, text: str) -> list[NamedArguments]:
        """The calls meant by one call of the model: mostly itself. A name that is not offered is kept."""
        try:
            return self._read(name, text)
        except RecursionError:
            return [(name, text)]  # nested too deep for anybody

    def _read(self, name: str, text: str) -> list[NamedArguments]:
        resolved = self.resolve(name)
        if resolved:
            return self._of(resolved, text)
        names = self._run_together(name)
        if names and text.strip() in ("", "null"):
            return [(one, "{}") for one in names]
        objects = _objects(text) if names else None
        if objects is not None and len(objects) == len(names):
            return [(one, _text(self._coerced(one, each))) for one, each in zip(names, objects, strict=True)]
        return [(name, text)]

    def fits(self, name: str, arguments: Arguments) -> bool:
        """Whether the function takes exactly arguments of these names."""
        schema = self._schemas[name]
        properties, required = schema.get("properties") or {}, schema.get("required") or ()
        return all(key in properties for key in arguments) and all(key in arguments for key in required)

    def _of(self, name: str, text: str) -> list[NamedArguments]:
        if not text.strip():
            return [(name, "{}")]
        objects = _objects(text)
        if not objects:
            return [(name, text)]
        objects = [self._coerced(name, self._unwrapped(name, one)) for one in objects]
        if len(objects) == 1:
            return [(name, text if _is(text, objects[0]) else _text(objects[0]))]
        calls = self._several(name, objects)
        return [(one, _text(arguments)) for one, arguments in calls] if calls else [(name, text)]

    def _several(self, name: str, objects: list[Arguments]) -> list[tuple[str, Arguments]] | None:
        """Which calls several objects in one call's arguments are; None where that cannot be told."""
        fitting = [one for one in objects if one and self.fits(name, one)]
        if fitting:
            # `{}` before the real arguments is a placeholder.
            objects = [one for one in objects if one]
        if all(self.fits(name, one) for one in objects):
            # Some servers send what they have so far again and again, or the same call twice.
            grows = all(one.items() <= more.items() for one, more in itertools.pairwise(objects))
            return [(name, objects[-1])] if grows else [(name, one) for one in objects]
        together: Arguments = {key: value for one in objects for key, value in one.items()}
        if len(together) == sum(map(len, objects)) and self.fits(name, together):
            return [(name, together)]
        owners = [name if self.fits(name, one) else self._only_read_for(one) for one in objects]
        if any(owner is None for owner in owners):
            return None
        return [(owner, self._coerced(owner, one)) for owner, one in zip(owners, objects, strict=True) if owner]

    def _only_read_for(self, arguments: Arguments) -> str | None:
        fitting = [name for name in self._reads if arguments and self.fits(name, arguments)]
        return fitting[0] if len(fitting) == 1 else None

    def _run_together(self, name: str) -> list[str]:
        """The offered functions whose names, one after another, are this name; none where it is not made of them."""
        rest, names = name, []
        while rest:
            first = max((one for one in self._schemas if rest.startswith(one)), key=len, default=None)
            if first is None:
                return []
            names.append(first)
            rest = rest.removeprefix(first).lstrip(" ,;")
        return names

    def _unwrapped(self, name: str, arguments: Arguments) -> Arguments:
        """The arguments out of `{"name": …, "arguments": {…}}` where the function has no such argument."""
        properties = self._schemas[name].get("properties") or {}
        keys = [key for key in _WRAPPED_IN if key in arguments and key not in properties]
        if len(keys) != 1 or set(arguments) - {keys[0]} - _BESIDE_WRAPPED:
            return arguments
        named = arguments.get("name", name)
        inner = _objects(json.dumps(arguments[keys[0]]))
        same = isinstance(named, str) and self.resolve(named) == name
        return inner[0] if same and inner is not None and len(inner) == 1 else arguments

    def _coerced(self, name: str, arguments: Arguments) -> Arguments:
        value = coerced(self._schemas[name], arguments)
        return value if isinstance(value, dict) else arguments


def _objects(text: str) -> list[Arguments] | None:
    """The objects in a call's arguments, however often they are encoded; None where something else is among them."""
    found: list[Arguments] = []
    for value in _opened(text, MAX_ENCODINGS):
        if value is not None and not isinstance(value, dict):
            return None
        found.append(value or {})
    return found


def _opened(value: JsonValue, encodings: int) -> list[JsonValue]:
    """The values in a text, in a text in it, and in a list of them."""
    if isinstance(value, str) and encodings:
        values = read_values(value)
        return [value] if values is None else [inner for one in values for inner in _opened(one, encodings - 1)]
    if isinstance(value, list) and value:
        return [inner for one in value for inner in _opened(one, encodings - 1 if encodings else 0)]
    return [value]


def _is(text: str, arguments: Arguments) -> bool:
    """True where the text is plain JSON of just these arguments: it is then kept as the model wrote it."""
    try:
        return bool(json.loads(text) == arguments)
    except (ValueError, RecursionError):
        return False


def _text(arguments: Arguments) -> str:
    return json.dumps(arguments, ensure_ascii=False)
