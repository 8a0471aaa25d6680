"""What weakens a protection, as `table.toml` has it.

Names are compared without case, so that the property of a resource (`DeletionProtection`) and the parameter of a call
(`deletionProtection`) are one row.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from shared.messages import Message

_FILE = Path(__file__).with_name("table.toml")

LowerCase = Annotated[str, AfterValidator(str.lower)]


class Weakness(Message):
    """What every row says: the finding's code, severity and words, and AWS Security Hub's control where it has one."""

    says: str
    severity: Literal["low", "medium", "high"]
    code: Literal["protection_weakened", "public_access", "no_authentication"] = "protection_weakened"
    control: str | None = None


class Value(Weakness):
    """A property or parameter that has one of these values, or a number below one.

    `at`: the last names of its place, joined by "/". `of`: of these services alone (the one in a type's name, or
    botocore's). `beside`: a text that another member beside it has to contain. `left_out`: leaving it out comes to the
    same, where it was there before.
    """

    at: LowerCase
    of: tuple[LowerCase, ...] = ()
    is_: tuple[LowerCase, ...] = Field(default=(), alias="is")
    below: int | None = None
    beside: Mapping[str, LowerCase] = Field(default_factory=dict)
    left_out: bool = False


class Gone(Weakness):
    """A property that was there and is no more; or a parameter that one of these calls comes without."""

    at: LowerCase
    of: tuple[LowerCase, ...] = ()
    calls: tuple[str, ...] = ()


class Unsaid(Weakness):
    """A property that a new resource of these types, or one of these calls, comes without."""

    at: LowerCase
    types: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()


class Less(Weakness):
    """A number of a resource that is smaller than it was."""

    at: LowerCase
    of: tuple[LowerCase, ...] = ()


class End(Weakness):
    """A call, or the deletion of a resource of a type, that ends or weakens a protection as such."""

    calls: tuple[str, ...] = ()
    types: tuple[str, ...] = ()


class Table(Message):
    """All rows, by their form."""

    values: tuple[Value, ...]
    gone: tuple[Gone, ...]
    unsaid: tuple[Unsaid, ...]
    ends: tuple[End, ...]
    less: tuple[Less, ...]


@lru_cache(maxsize=1)
def table() -> Table:
    """The rows. Raises pydantic's ValidationError where the file has what no row has."""
    return Table.model_validate(tomllib.loads(_FILE.read_text(encoding="utf-8")))
