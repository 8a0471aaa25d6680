"""What the gateway knows of the workers' tools and operations, without importing a worker.

`catalog.json` is generated from the code (`make catalog`), committed, and checked to be fresh.
"""

from __future__ import annotations

from importlib import resources
from typing import Any, Literal

from pydantic import TypeAdapter

from shared.messages import Agent, Effect, Message


class CatalogEntry(Message):
    """One tool ("tool": called and answered) or operation ("operation": a step of a plan).

    `brief` is what the model is sent of the description. `timeout` is seconds. An `internal` tool is called by the
    gateway itself, never offered. `standing`: a step of this operation may be approved by a standing grant; a tool
    answers only what such a grant covers.
    """

    name: str
    kind: Literal["tool", "operation"]
    agent: Agent
    effect: Effect
    description: str
    brief: str = ""
    parameters: dict[str, Any]
    returns: dict[str, Any]
    iam_actions: tuple[str, ...] = ()
    timeout: float = 60.0
    reversible: Literal["yes", "partly", "no"] | None = None
    internal: bool = False
    standing: bool = False

    @property
    def is_change(self) -> bool:
        """True where it may only be proposed, as a step of a plan; an executor's tool under a grant only reads."""
        return self.agent == "executor" and not (self.kind == "tool" and self.standing)

    def openai(self) -> dict[str, Any]:
        """The entry in the form of OpenAI's function calling."""
        return {
            "type": "function",
            "function": {"name": self.name, "description": self.description, "parameters": self.parameters},
        }


ENTRIES: TypeAdapter[tuple[CatalogEntry, ...]] = TypeAdapter(tuple[CatalogEntry, ...])


def load() -> tuple[CatalogEntry, ...]:
    """All entries in the order of the file; none where it has not been made yet."""
    file = resources.files("shared") / "catalog.json"
    return ENTRIES.validate_json(file.read_bytes()) if file.is_file() else ()


CATALOG: tuple[CatalogEntry, ...] = load()
