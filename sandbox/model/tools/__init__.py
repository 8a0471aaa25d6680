"""One file per tool and operation, found by themselves: what each is called, when it is meant, and how it answers.

A new file declares `TOOL`; its words, sentences and answers are known with it. Files whose names begin with an
underscore are shared by their neighbours and declare none.
"""

import importlib
from pathlib import Path

from sandbox.model.declaration import Operation, ReadTool, Resource
from sandbox.model.types import JsonObject


def _declared() -> list[ReadTool | Operation]:
    """The declaration of every module in these folders. Raises AttributeError for one without, ValueError for two."""
    found: dict[str, ReadTool | Operation] = {}
    folder = Path(__file__).parent
    for file in sorted(folder.rglob("[!_]*.py")):
        module = ".".join((__name__, *file.relative_to(folder).with_suffix("").parts))
        tool: ReadTool | Operation = importlib.import_module(module).TOOL
        if tool.name in found:
            raise ValueError(f"{tool.name} is declared twice, the second time in {module}")
        found[tool.name] = tool
    return list(found.values())


_ALL = _declared()
_READS = sorted((tool for tool in _ALL if isinstance(tool, ReadTool)), key=lambda tool: tool.order)
_OPERATIONS = sorted((tool for tool in _ALL if isinstance(tool, Operation)), key=lambda tool: tool.resource.order)

READ_TOOLS: dict[str, ReadTool] = {tool.name: tool for tool in _READS}  # in the order they are asked
OPERATIONS: dict[str, Operation] = {tool.name: tool for tool in _OPERATIONS}  # in the order resources are made
RESOURCES: dict[str, Resource] = {tool.resource.kind: tool.resource for tool in _OPERATIONS}
CREATED: tuple[str, ...] = tuple(tool.resource.kind for tool in _OPERATIONS if tool.verb == "create")


def kind_by_hint(name: str) -> str | None:
    """The kind that a name says by itself ("app-role"): the last part that is a hint decides."""
    lowered = name.lower()
    spots = [(lowered.rfind(hint), kind) for kind in CREATED for hint in RESOURCES[kind].hints]
    spot, kind = max(spots, default=(-1, ""))
    return kind if spot >= 0 else None


def name_in(known: JsonObject, resource: Resource) -> str:
    """The name of a resource in a step's arguments or its result; empty where they hold none."""
    return str(known.get(resource.name_key) or known.get("name") or "")
