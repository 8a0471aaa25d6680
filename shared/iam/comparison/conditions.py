"""Conditions as literals about one key each, as `shared/iam/conditions.py` decides them for one request.

A key is compared as a text, a number, a moment or an address, and has one value or several, as the two policies use it.
What cannot be reasoned about is a fact: the same operator, key and values hold alike in both policies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from shared.access import action_data
from shared.iam.comparison import addresses
from shared.iam.comparison.patterns import (
    EVERYTHING,
    Letters,
    Pattern,
    Union,
    Unreadable,
    has_letter,
    literal,
    plain,
    within_parts,
)
from shared.iam.comparison.regions import Every, Fact, LiteralOf, One, Some
from shared.iam.comparison.values import Family, InUnion, Span, Spans, Texts, ValueLiteral, Values
from shared.iam.documents import Statement
from shared.iam.operators import NEGATED, moment, number

_FAMILIES: dict[str, Family] = {
    **dict.fromkeys(("stringequals", "stringequalsignorecase", "stringlike"), "text"),
    **dict.fromkeys(("arnequals", "arnlike"), "arn"),
    "bool": "bool",
    "ipaddress": "address",
    **{f"numeric{name}": "number" for name in ("equals", "lessthan", "lessthanequals")},
    **{f"numeric{name}": "number" for name in ("greaterthan", "greaterthanequals")},
    **{f"date{name}": "moment" for name in ("equals", "lessthan", "lessthanequals")},
    **{f"date{name}": "moment" for name in ("greaterthan", "greaterthanequals")},
}
# Keys of AWS with several values: "AWS global condition context keys" in the IAM user guide. Of a service's own keys
# its action data tells.
_SEVERAL = {
    *("aws:tagkeys", "aws:calledvia", "aws:principalorgpaths", "aws:resourceorgpaths", "aws:sourceorgpaths"),
    *("aws:principalservicenameslist", "aws:sourcevpcearnlist"),
}
_TRUE_OR_FALSE: Union = (literal("true"), literal("false"))
_ARNS: Union = (plain("arn:*:*:*:*:*"),)


@dataclass(frozen=True, slots=True)
class _Condition:
    """One operator on one key: `name` is the positive operator."""

    operator: str
    spelled: str
    key: str
    quantifier: str
    name: str
    negated: bool
    if_exists: bool
    values: tuple[str, ...]
    variables: bool

    @property
    def family(self) -> Family | None:
        return _FAMILIES.get(self.name)

    @property
    def fact(self) -> Fact:
        return Fact(("condition", self.operator.lower(), self.key, frozenset(self.values), self.variables))


@dataclass(slots=True)
class Keys:
    """How two policies use each condition key, by its name in lower case."""

    letters: Letters
    families: dict[str, set[Family | None]] = field(default_factory=dict)
    several: dict[str, set[bool]] = field(default_factory=dict)
    lettered: set[str] = field(default_factory=set)
    spelled: dict[str, str] = field(default_factory=dict)

    def note(self, statements: Iterable[Statement]) -> None:
        """Take in the conditions of statements. Both policies are noted before a literal is made."""
        for one in (found for statement in statements for found in _conditions(statement)):
            self.spelled.setdefault(one.key, one.spelled)
            if one.name != "null":
                self.families.setdefault(one.key, set()).add(self._family(one))
                self.several.setdefault(one.key, set()).add(bool(one.quantifier))
                if one.variables and any("${" in value for value in one.values):
                    self.lettered.add(one.key)

    def literals(self, statement: Statement) -> list[LiteralOf]:
        """What the statement's Condition asks of a request."""
        return [literal for one in _conditions(statement) for literal in self._literals(one)]

    def start(self, key: str) -> Values:
        """Every value that a key may have."""
        families = self.families.get(key, set())
        if "address" in families:
            return addresses.ALL
        if families & {"number", "moment"}:
            return Spans()
        if "bool" in families:
            return Texts(base=_TRUE_OR_FALSE)
        # A variable may stand for what makes the text an ARN.
        return Texts(base=_ARNS if "arn" in families and key not in self.lettered else EVERYTHING)

    def family(self, key: str) -> Family:
        """As what the key is compared; "text" where nothing compares it."""
        return next((one for one in self.families.get(key, ()) if one), "text")

    def has_several(self, key: str) -> bool:
        return self.several.get(key) == {True}

    def _literals(self, one: _Condition) -> Iterator[LiteralOf]:
        if self._is_opaque(one):
            yield one.fact
        elif one.name == "null":
            yield from self._null(one)
        elif one.quantifier:
            value = self._value(one)
            value = value.opposite() if one.negated else value
            yield (Some if one.quantifier == "foranyvalue" else Every)(one.key, value)
        else:
            value = self._value(one)
            yield One(one.key, one.if_exists or one.negated, value.opposite() if one.negated else value)

    def _null(self, one: _Condition) -> Iterator[LiteralOf]:
        wanted = {value.lower() for value in one.values}
        if wanted == {"true", "false"}:
            return
        nothing = self._all(one.key).opposite()
        if self.has_several(one.key):
            yield Every(one.key, nothing) if wanted == {"true"} else Some(one.key, nothing.opposite())
        else:
            # Without values it asks for neither.
            yield One(one.key, "true" in wanted, nothing.opposite() if "false" in wanted else nothing)

    def _all(self, key: str) -> ValueLiteral:
        return Spans() if self.family(key) in ("number", "moment", "address") else InUnion(EVERYTHING)

    def _family(self, one: _Condition) -> Family | None:
        """The family of its values; None where they are not what the operator takes."""
        try:
            self._value(one)
        except (Unreadable, ValueError):
            return None
        return one.family

    def _is_opaque(self, one: _Condition) -> bool:
        families = self.families.get(one.key, set())
        if None in families or len(self.several.get(one.key, ())) > 1 or "${" in one.key:
            return True
        if one.name == "null":
            return not one.values or any(value.lower() not in ("true", "false") for value in one.values)
        return (
            one.family is None
            or len(families - {"text"}) > 1
            or ("text" in families and bool(families & {"number", "moment", "address"}))
            or ("arn" in families and not (one.key.endswith("arn") or _type(one.key) == "ARN"))
            or (not one.quantifier and takes_several(one.key))
            or (one.quantifier == "foranyvalue" and one.if_exists)
        )

    def _value(self, one: _Condition) -> ValueLiteral:
        """The values that the positive operator takes. Raises Unreadable or ValueError."""
        match one.family:
            case "text" | "arn" | "bool":
                return InUnion(tuple(dict.fromkeys(self._pattern(one, value) for value in one.values)))
            case "address":
                return _joined(addresses.network(value) for value in one.values)
            case "number":
                return _joined(
                    _compared(one.name.removeprefix("numeric"), Fraction(number(value))) for value in one.values
                )
            case "moment":
                return _joined(
                    _compared(one.name.removeprefix("date"), Fraction(moment(value))) for value in one.values
                )
            case _:
                raise Unreadable(f"the condition operator {one.operator} is not supported")

    def _pattern(self, one: _Condition, value: str) -> Pattern:
        pattern = self.letters.pattern(
            value.lower() if one.name == "bool" else value,
            variables=one.variables,
            wild=one.name in ("stringlike", "arnequals", "arnlike"),
            any_case=one.name == "stringequalsignorecase",
        )
        if one.name == "bool" and not has_letter(pattern) and value.lower() not in ("true", "false"):
            raise Unreadable(f"{value!r} is not true or false")
        return within_parts(pattern) if one.family == "arn" else pattern


def takes_several(key: str) -> bool:
    """Whether AWS documents the key as one of several values."""
    return key in _SEVERAL or _type(key).startswith("ArrayOf")


def _type(key: str) -> str:
    """The type that AWS documents for a service's key; empty where it documents none."""
    return str(action_data.condition_keys(key.partition(":")[0]).get(key, {}).get("type", ""))


def keys_of(statement: Statement) -> set[str]:
    """The condition keys of a statement in lower case."""
    return {one.key for one in _conditions(statement)}


def _conditions(statement: Statement) -> Iterator[_Condition]:
    block: Mapping[str, Mapping[str, tuple[str, ...]]] = statement.condition
    for operator, keys in block.items():
        quantifier, colon, name = operator.lower().rpartition(":")
        if colon and quantifier not in ("forallvalues", "foranyvalue"):
            name = operator  # of no known operator
        if_exists = name.endswith("ifexists") and name != "nullifexists"
        name = name.removesuffix("ifexists") if if_exists else name
        for key, values in keys.items():
            yield _Condition(
                operator,
                key,
                key.lower(),
                quantifier,
                NEGATED.get(name, name),
                name in NEGATED,
                if_exists,
                values,
                statement.variables,
            )


def _joined(found: Iterable[Spans]) -> Spans:
    return Spans(tuple(span for one in found for span in one.spans))


def _compared(name: str, value: Fraction) -> Spans:
    span = {
        "equals": Span(value, True, value, True),
        "lessthan": Span(high=value),
        "lessthanequals": Span(high=value, high_in=True),
        "greaterthan": Span(low=value),
        "greaterthanequals": Span(low=value, low_in=True),
    }[name]
    return Spans((span,))
