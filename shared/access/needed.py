"""The IAM actions that one call of AWS needs, each on the narrowest resources that its arguments name.

From AWS's action data: the ARN forms of an action's resource types, filled from the arguments by the names of their
variables (`${FunctionName}` from `FunctionName`). An argument that is an ARN of such a form is taken as it is. What the
arguments do not name is `*`; an action that AWS documents no resources for needs `*` alone. Nothing is asked of AWS.

`argument_names.py` has what no rule finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from shared.access.argument_names import ALIASES, ALSO, with_parts
from shared.access.arn_forms import Place, check_name, fill, forms_of, pattern_of
from shared.access.arn_names import policy_arns, written
from shared.access.levels import actions_of
from shared.access.request_paths import PREFIX, request_path_arn

# Of one action; a session policy holds 2,048 characters.
MAX_RESOURCES = 10
_SUFFIX = re.compile(r"(name|id|identifier|arn)s?$")


@dataclass(frozen=True, slots=True)
class _Form:
    """One ARN form of a kind of resource, with the values of its variables as far as they are known."""

    kind: str
    arn: str
    required: bool
    values: Mapping[str, tuple[str, ...]]

    @property
    def known(self) -> int:
        return sum(bool(found) for found in self.values.values())

    @property
    def is_known(self) -> bool:
        return self.known == len(self.values)


def permissions_of(
    service: str, operation: str, arguments: Mapping[str, Any], place: Place
) -> tuple[tuple[str, str], ...]:
    """Each IAM action with each resource that a call of `service:operation` (botocore's names) needs.

    Raises InvalidArguments (`unnameable_resource`) where a name has characters that a policy reads as a pattern.
    """
    named = dict(_values(arguments))
    actions = list(actions_of(service, operation))
    for given, more in ALSO.get(f"{service}:{operation}", {}).items():
        if not given or given in arguments:
            actions += more
    found = [
        (action, resource)
        for action in actions
        for resource in _resources(action, service, operation, arguments, named, place)
    ]
    return tuple(dict.fromkeys(found))


def _resources(
    action: str,
    service: str,
    operation: str,
    arguments: Mapping[str, Any],
    named: Mapping[str, tuple[str, ...]],
    place: Place,
) -> list[str]:
    if action.startswith(f"{PREFIX}:"):
        return [request_path_arn(service, operation, arguments.get, place)]
    access_point = str(arguments.get("Bucket", "")) if service == "s3" else ""
    if access_point.startswith("arn:"):
        check_name(access_point + str(arguments.get("Key", "")))
        return [f"{access_point}/object/{arguments.get('Key', '*')}"]
    prefix = action.partition(":")[0]
    forms: list[_Form] = []
    for form in forms_of(action):
        if given := _arns_of_form(prefix, form.arn, named):
            return _each(one for arn in given for one in _policy_arns(prefix, form.kind, arn, operation, given=True))
        variables = form.variables
        values = {one: _named(prefix, form.kind, one, named, alone=len(variables) == 1) for one in variables}
        forms.append(_Form(form.kind, form.arn, form.required, values))
    made = ((form.kind, arn) for form in _best(forms) for arn in _filled(form, place))
    return _each(one for kind, arn in made for one in _policy_arns(prefix, kind, arn, operation, given=False)) or ["*"]


def _best(forms: list[_Form]) -> list[_Form]:
    """The forms that are known in full, with those that are needed besides; else those that AWS says are needed."""
    if any(form.is_known and form.values for form in forms):
        return [form for form in forms if form.is_known or (form.required and form.known)]
    required = [form for form in forms if form.required]
    return required or forms


def _filled(form: _Form, place: Place) -> Iterator[str]:
    """The ARNs of a form, one for each combination of the values."""
    names = list(form.values)
    for chosen in islice(product(*(form.values[name] or (None,) for name in names)), MAX_RESOURCES + 1):
        known = {name: value for name, value in zip(names, chosen, strict=True) if value is not None}
        yield fill(form.arn, known, place)


def _each(arns: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(arns))
    return found if len(found) <= MAX_RESOURCES else ["*"]


def _policy_arns(prefix: str, kind: str, arn: str, operation: str, *, given: bool) -> Iterator[str]:
    for one in policy_arns(prefix, kind, arn, given=given):
        yield from with_parts(one, operation)


def _named(
    prefix: str, kind: str, variable: str, named: Mapping[str, tuple[str, ...]], *, alone: bool
) -> tuple[str, ...]:
    """The values of a variable: by its name, by another that AWS gives it, by its name without "Name" or "Id".

    `alone`: the form has no other variable, so that a bare `Name` or `Ids` can only be this one.
    """
    plain = variable.lower()
    bare = _SUFFIX.sub("", plain)
    candidates = [*(one.lower() for one in ALIASES.get(f"{prefix}:{variable}", ())), plain]
    candidates += [bare + suffix for suffix in ("", "name", "id", "identifier", "s", "names", "ids", "identifiers")]
    if alone:
        candidates += ["name", "names", "id", "ids", "identifier"]
    for candidate in candidates:
        if values := named.get(candidate):
            plain_ones = [one for one in values if not one.startswith("arn:")]
            for one in plain_ones:
                check_name(one)
            return tuple(text for one in plain_ones if (text := written(prefix, kind, one)) is not None)
    return ()


def _arns_of_form(prefix: str, form: str, named: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The arguments that are ARNs of this form."""
    pattern = pattern_of(form)
    given = [value for values in named.values() for value in values if value.startswith("arn:")]
    if prefix == "logs":  # AWS itself writes a log group's ARN so
        given = [value.removesuffix(":*") if pattern.fullmatch(value.removesuffix(":*")) else value for value in given]
    found = [value for value in given if pattern.fullmatch(value)]
    for value in found:
        check_name(value)
    return found


def _values(arguments: Any, name: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every text among the arguments by its name in lower case, however deep; the keys of a map by the map's name."""
    collected: dict[str, list[str]] = {}
    for key, value in _texts(arguments, name):
        collected.setdefault(key.lower(), []).append(value)
    for key, values in collected.items():
        yield key, tuple(dict.fromkeys(values))


def _texts(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item, name)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if name:
                yield name, str(key)
            yield from _texts(item, str(key))
