"""All operations by name, and the inverse of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from services.executor.registry.operation import Operation, Undo
from shared.errors import NotFound


class Operations:
    """Operations by name; their order is that of the names, whatever is imported first."""

    def __init__(self) -> None:
        self._operations: dict[str, Operation] = {}

    def add(self, made: Operation) -> None:
        """Take an operation in. Raises ValueError for a name that is taken."""
        if made.name in self._operations:
            raise ValueError(f"the operation {made.name!r} is registered twice")
        self._operations[made.name] = made

    def __getitem__(self, name: str) -> Operation:
        try:
            return self._operations[name]
        except KeyError:
            there_are = ", ".join(made.name for made in self)
            raise NotFound(f"there is no operation {name!r}; there are {there_are}", code="unknown_operation") from None

    def inverse(self, name: str, result: JsonValue) -> tuple[Operation, dict[str, JsonValue]] | None:
        """The operation that undoes a step of operation `name`, with its arguments from the step's result.

        None where nothing undoes it.
        """
        undo = self[name].undo
        arguments = undo.arguments_of(result) if undo is not None else None
        if undo is None or arguments is None:
            return None
        return self[undo.operation], arguments

    def check_inverses(self) -> None:
        """Raise ValueError for an undo that names no operation, or arguments or fields that do not exist."""
        for made in self:
            if made.undo and (problem := self._problem(made, made.undo)):
                raise ValueError(f"{made.name} is undone by {made.undo.operation}: {problem}")

    def _problem(self, made: Operation, undo: Undo) -> str | None:
        if undo.operation not in self:
            return "there is no such operation"
        if not isinstance(undo.arguments, Mapping):
            return None
        takes = self[undo.operation].arguments_model.model_fields
        if unknown := set(undo.arguments) - set(takes):
            return f"it takes no {', '.join(sorted(unknown))}"
        if missing := {name for name, field in takes.items() if field.is_required()} - set(undo.arguments):
            return f"it needs {', '.join(sorted(missing))}"
        if absent := set(undo.arguments.values()) - set(made.result_model.model_fields):
            return f"the result has no {', '.join(sorted(absent))}"
        return None

    def __iter__(self) -> Iterator[Operation]:
        return (self._operations[name] for name in sorted(self._operations))

    def __contains__(self, name: object) -> bool:
        return name in self._operations


OPERATIONS = Operations()
