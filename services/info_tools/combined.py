"""Answers of several accounts put together into one: rows say their account, totals are sums, each account's own stay.

A tool's answer that derives from `Combined` is put together field by field. What becomes of a field follows from its
type, or from a rule in its annotation where the type does not tell:

    class InstanceList(Combined):
        instances: tuple[Instance, ...]                    # rows (`Row`): joined, each with its account
        instance_count: int                                # added up
        by_state: dict[str, int]                           # added up by key
        regions_searched: tuple[str, ...]                  # each once
        total_human: Annotated[str, human("total_bytes")]  # computed from another field
        as_of: Annotated[datetime, EARLIEST]

A field for which there is no rule keeps its module from being imported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Self, Union, cast, get_args, get_origin

from pydantic import Field, JsonValue
from pydantic.fields import FieldInfo

from shared.messages import Message, is_none
from shared.sessions.credentials import AccountAccess
from shared.text.sizes import human_bytes


@dataclass(frozen=True, slots=True)
class Rule:
    """How the values that a field has in several accounts become one; at least one value is given."""

    combine: Callable[[Sequence[Any]], Any]


@dataclass(frozen=True, slots=True)
class Computed:
    """A field that follows from the other ones, once those are put together."""

    compute: Callable[[dict[str, Any]], Any]


def human(field: str) -> Computed:
    """The human form of a number of bytes in another field."""
    return Computed(lambda fields: human_bytes(fields[field]))


def same_or(other: Any) -> Rule:
    """The value that all accounts have, or `other` where they differ."""
    return Rule(lambda values: values[0] if all(value == values[0] for value in values) else other)


def largest_first(by: str) -> Rule:
    """Rows of all accounts, those with the most of a field first."""
    return Rule(lambda values: tuple(sorted(_joined(values), key=lambda row: getattr(row, by), reverse=True)))


def amounts_by(*keys: str, largest_first: bool = True, most: int | None = None) -> Rule:
    """Rows that have a decimal `amount`: those with the same keys added up, by amount or else by keys."""

    def combine(values: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
        sums: dict[tuple[Any, ...], Any] = {}
        for row in _joined(values):
            key = tuple(getattr(row, name) for name in keys)
            before = Decimal(sums[key].amount) if key in sums else Decimal()
            sums[key] = row.model_copy(update={"amount": f"{before + Decimal(row.amount):f}"})
        ordered = sorted(sums.items(), key=lambda one: one[0])
        if largest_first:
            ordered.sort(key=lambda one: Decimal(one[1].amount), reverse=True)
        return tuple(row for _, row in ordered[:most])

    return Rule(combine)


EARLIEST = Rule(min)
ANY = Rule(any)
DECIMAL_SUM = Rule(lambda values: f"{sum((Decimal(value) for value in values), Decimal()):f}")


class Row(Message):
    """One of the things that an answer lists."""

    account: str | None = Field(
        default=None, description="Where the session holds several accounts.", exclude_if=is_none
    )


class AccountFigures(Message):
    """What an answer says of one account: all but its rows."""

    account: str
    name: str | None
    figures: dict[str, JsonValue]


def _is_empty(value: object) -> bool:
    return value == ()


class Combined(Message):
    """An answer that can be one of several accounts."""

    accounts: tuple[AccountFigures, ...] = Field(
        default=(),
        description="Where several accounts were searched: each that answered, with its own figures; the other "
        "fields are of all of them together. One that did not answer is a gap.",
        exclude_if=_is_empty,
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        for name, field in cls.model_fields.items():
            _rule_of(cls, name, field)

    @classmethod
    def combined(cls, parts: Sequence[tuple[AccountAccess, Self]]) -> Self:
        """The answers of several accounts as one."""
        rows = [part._with_account(account.account) for account, part in parts]
        fields: dict[str, Any] = {}
        rules = {name: _rule_of(cls, name, field) for name, field in cls.model_fields.items() if name != "accounts"}
        for name, rule in rules.items():
            if isinstance(rule, Rule):
                values = [value for row in rows if (value := getattr(row, name)) is not None]
                fields[name] = rule.combine(values) if values else None
        for name, rule in rules.items():
            if isinstance(rule, Computed):
                fields[name] = rule.compute(fields)
        figures = (
            AccountFigures(account=account.account, name=account.name, figures=part._own_figures())
            for account, part in parts
        )
        return cast(Self, cls.model_construct(**fields, accounts=tuple(figures)))

    def _own_figures(self) -> dict[str, JsonValue]:
        """What is no list; rows are not even written as JSON, as they are most of it."""
        lists = {name for name in type(self).model_fields if isinstance(getattr(self, name), tuple)}
        return _figures(self.model_dump(mode="json", exclude=lists))

    def _with_account(self, account: str) -> Self:
        """The same with its account on every row, however deep."""
        update: dict[str, Any] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, Combined):
                update[name] = value._with_account(account)
            elif isinstance(value, tuple) and value and isinstance(value[0], Row):
                update[name] = tuple(row.model_copy(update={"account": account}) for row in value)
        return self.model_copy(update=update)


def _figures(plain: dict[str, Any]) -> dict[str, JsonValue]:
    return {
        name: _figures(value) if isinstance(value, dict) else value
        for name, value in plain.items()
        if not isinstance(value, list)
    }


def _joined(values: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    return tuple(row for rows in values for row in rows)


def _each_once(values: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_joined(values)))


def added_by_key(values: Iterable[dict[str, int]]) -> dict[str, int]:
    """The counts of all under each key."""
    total: Counter[str] = Counter()
    for value in values:
        total.update(value)
    return dict(total)


def _nested(model: type[Combined]) -> Rule:
    def combine(values: Sequence[Combined]) -> Combined:
        names = model.model_fields.keys() - {"accounts"}
        rules = {name: _rule_of(model, name, model.model_fields[name]) for name in names}
        fields = {
            name: rule.combine([getattr(value, name) for value in values])
            for name, rule in rules.items()
            if isinstance(rule, Rule)
        }
        fields |= {name: rule.compute(fields) for name, rule in rules.items() if isinstance(rule, Computed)}
        return model.model_construct(**fields)

    return Rule(combine)


def _rule_of(model: type[Message], name: str, field: FieldInfo) -> Rule | Computed:
    declared = next((one for one in field.metadata if isinstance(one, Rule | Computed)), None)
    if declared is not None:
        return declared
    kind = _without_none(field.annotation)
    if kind is int:
        return Rule(sum)
    if isinstance(kind, type) and issubclass(kind, Combined):
        return _nested(kind)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple and arguments[0] is str:
        return Rule(_each_once)
    if origin is tuple and isinstance(arguments[0], type) and issubclass(arguments[0], Row | AccountFigures):
        return Rule(_joined)
    if origin is dict and arguments == (str, int):
        return Rule(added_by_key)
    raise TypeError(f"{model.__name__}.{name}: no rule says how it is put together over several accounts")


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, UnionType):
        left = [one for one in get_args(annotation) if one is not NoneType]
        return left[0] if len(left) == 1 else annotation
    return annotation
