"""What is declared of single operations: the read that shows their effect, and what undoes them.

`tables/SERVICE.toml` of botocore's service; expressions are JMESPath. A look is a read and what of its answer counts:

    [looks.states]
    read = "DescribeInstances"
    ask = "{InstanceIds: InstanceIds}"          # over the operation's parameters; without it: those that the read takes
    shows = "Reservations[].Instances[].State.Name"

    [operations.StartInstances]
    look = "states"
    becomes = ["pending", "running"]
    undo = [{ op = "StopInstances", with = "{InstanceIds: asked.InstanceIds}" }]

Of an operation with several entries the first counts whose `when` holds. `undo` has alternatives, of which the first
counts that gives parameters; its expressions are over
- `asked` (the parameters), `answer` (AWS's answer, null where a probe found the effect), `before` and `after` (shown),
- `overlap`: of a list, what was there before of the elements asked for, by `key` where they have one,
- `restored`: of an object, the asked members with their values before (`restored_texts`: as texts), `was`: see `named`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Self

import jmespath
from pydantic import AfterValidator, Field, JsonValue, ValidationError, model_validator

from shared.messages import Message

FOLDER = Path(__file__).with_name("tables")


def evaluate(expression: str, over: object) -> Any:
    """What an expression of the tables selects."""
    return _compiled(expression).search(over)


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> Any:
    return jmespath.compile(expression)


def _is_expression(text: str) -> str:
    try:
        _compiled(text)
    except jmespath.exceptions.ParseError as error:
        raise ValueError(f"not JMESPath: {text}") from error
    return text


Expression = Annotated[str, AfterValidator(_is_expression)]


class Look(Message):
    """A read of the same service, and what of its answer is the state.

    `pick` selects the element of a list that has these members, and `then` is applied to that. `absent` are AWS's error
    codes that mean that there is none, besides those that say so by their form.
    """

    read: str
    ask: Expression | None = None
    when: Expression | None = None
    shows: Expression
    pick: Expression | None = None
    then: Expression | None = None
    absent: tuple[str, ...] = ()


class UndoBy(Message):
    """An operation of the same service that takes the effect back; without `with_` by its members of the parameters.

    The members of the object named by `spread` become parameters themselves.
    """

    op: str
    with_: Expression | None = Field(default=None, alias="with")
    spread: str | None = None


class Entry(Message):
    """One operation. At most one condition says when the state that the look shows is the effect:

    - `becomes`: all of it is one of these values (of objects, their member `is`); `exists` false beside it: or gone.
    - `equals`: it has the value, of an object the asked members.
    - `named`: of an object, the member that the first parameter names has the value of the second.
    - `contains`, `lacks`: all, or none, of these elements are in the list.
    - `exists`: whether there is any.
    - `mentions`, `lacks_mention`: a policy has, or has not, a statement of this id.

    `repeatable`: sent twice it comes to the same. `token`: a member by which AWS knows a repeated request although its
    model does not say so, for `token_hours`. `marks`: the kind of resource it makes, which then gets this plan's tags.
    """

    when: Expression | None = None
    look: str | None = None
    becomes: tuple[JsonValue, ...] | None = None
    equals: Expression | None = None
    named: tuple[str, str] | None = None
    contains: Expression | None = None
    lacks: Expression | None = None
    key: str | None = None
    exists: bool | None = None
    mentions: str | None = None
    lacks_mention: str | None = None
    repeatable: bool = False
    token: str | None = None
    token_hours: float = 8
    marks: str | None = None
    undo: tuple[UndoBy, ...] = ()

    @model_validator(mode="after")
    def _has_one_condition(self) -> Self:
        conditions = (self.equals, self.named, self.contains, self.lacks, self.mentions, self.lacks_mention)
        given = sum(one is not None for one in conditions)
        given += self.becomes is not None or self.exists is not None
        if given != (self.look is not None):
            raise ValueError("a look has exactly one condition, and a condition a look")
        return self


class Table(Message):
    """One service."""

    looks: dict[str, Look] = Field(default_factory=dict)
    operations: dict[str, tuple[Entry, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_its_looks(self) -> Self:
        for name, entries in self.operations.items():
            if unknown := {entry.look for entry in entries if entry.look} - self.looks.keys():
                raise ValueError(f"{name}: there is no look {unknown.pop()!r}")
        return self


@lru_cache(maxsize=64)
def table_of(service: str) -> Table:
    """What is declared of a service in botocore's name; empty where nothing is. Raises ValueError naming the file."""
    path = FOLDER / f"{service}.toml"
    if service not in services():
        return Table()
    read = tomllib.loads(path.read_text(encoding="utf-8"))
    operations = {
        name: entries if isinstance(entries, list) else [entries]
        for name, entries in read.get("operations", {}).items()
    }
    try:
        return Table.model_validate({**read, "operations": operations})
    except ValidationError as error:
        raise ValueError(f"{path}: {error}") from None


@lru_cache(maxsize=1)
def services() -> frozenset[str]:
    """The services that have a table."""
    return frozenset(path.stem for path in FOLDER.glob("*.toml"))


def entry_of(service: str, operation: str, asked: Mapping[str, JsonValue]) -> Entry | None:
    """What is declared of an operation with these parameters."""
    entries = table_of(service).operations.get(operation, ())
    return next((entry for entry in entries if entry.when is None or evaluate(entry.when, asked)), None)
