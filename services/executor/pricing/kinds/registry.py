"""The types of resources whose prices are known, each with the function that says what is paid for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from services.executor.pricing.account import Account
from services.executor.pricing.items import Item
from services.executor.registry.cost import free
from shared.plans.step import Cost

Properties = Mapping[str, Any]
# (properties, region, account) -> what is paid for. Raises Unpriced.
Kind = Callable[[Properties, str, Account], Iterable[Item]]

KINDS: dict[str, Kind] = {}
# What AWS says is free of charge, with the page that says it.
FREE: dict[str, Cost] = {}


def priced(type_name: str) -> Callable[[Kind], Kind]:
    """Declare what is paid for of a type. A type that is there already raises ValueError."""

    def add(kind: Kind) -> Kind:
        if type_name in KINDS:
            raise ValueError(f"the price of {type_name} is declared twice")
        KINDS[type_name] = kind
        return kind

    return add


def free_types(note: str, source: str, *type_names: str) -> None:
    """Declare types that AWS says are free of charge."""
    for name in type_names:
        FREE[name] = free(note, source)
