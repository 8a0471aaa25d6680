"""What is known of a type beyond its schema: rules over several properties, values that differ by region, and tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.resource_types.catalogue import dated, lists_of, regional_values, rules_of, schema_of
from shared.resource_types.models import ResourceType
from shared.resource_types.paths import PropertyPaths, pointer
from shared.resource_types.problems import Problem
from shared.resource_types.validation import words
from shared.resource_types.validation.keywords import Validator
from shared.text.similar import similar

_LISTED = 8


def broken_rules(type_name: str, instance: Mapping[str, Any], found: Sequence[Problem]) -> Iterator[Problem]:
    """The rules that are broken, where the schema itself finds nothing at the same place."""
    places = {problem.path for problem in found}
    for rule in rules_of(type_name):
        values = PropertyPaths((rule["path"],)).find(instance) if rule["path"] else iter([((), dict(instance))])
        for place, value in values:
            errors = list(Validator(rule["schema"]).iter_errors(value))
            for problem in words.problems(errors, schema_of(type_name), place):
                if problem.path not in places:
                    yield Problem(problem.path, "rule", f"{rule['says']}: {problem.message}")


def repeated_tags(kind: ResourceType, instance: Mapping[str, Any]) -> Iterator[Problem]:
    """A problem where two tags have the same key, which no service takes and few schemas say."""
    tags = instance.get(kind.tagging.property) if kind.tagging else None
    if kind.tagging is None or not isinstance(tags, list):
        return
    keys = [str(tag.get(kind.tagging.key_name)) for tag in tags if isinstance(tag, dict)]
    for key in [key for key, times in Counter(keys).items() if times > 1]:
        yield Problem(pointer((kind.tagging.property,)), "wrong_value", f"two tags have the key {key[:128]}")


def regional_problems(type_name: str, instance: Mapping[str, Any], region: str | None) -> Iterator[Problem]:
    """Values of a kind that AWS adds to, such as instance types, that the region does not have, or that none has.

    Uncertain where AWS may have added it since: a new family, or an old one in one more region.
    """
    for path, name in lists_of(type_name).items():
        for place, value in PropertyPaths((path,)).find(instance):
            if isinstance(value, str) and (told := _not_there(value, regional_values(name), region)):
                message, certain = told
                yield Problem(pointer(place), "wrong_value", message, certain)


def _not_there(value: str, known: Mapping[str, frozenset[str]], region: str | None) -> tuple[str, bool] | None:
    regions = known.get(value)
    if regions is None:
        family = _family(value)
        of_family = [one for one in known if _family(one) == family]
        close = of_family[:_LISTED] or similar(value, known)
        likely = f"; there are {', '.join(close)}" if close else ""
        return f"AWS has no such value (as of {dated()}){likely}", bool(of_family) or "." not in value
    if region is None or region in regions or not any(region in each for each in known.values()):
        return None
    near = sorted(one for one, each in known.items() if region in each and _family(one) == _family(value))[:_LISTED]
    likely = f"; it has {', '.join(near)}" if near else ""
    return f"{region} does not have {value} (as of {dated()}){likely}", False


def _family(value: str) -> str:
    return value.rpartition(".")[0]
