"""Writes what is generated from the tools' code: `shared/catalog.json` and `docs/tools.md`.

python -m scripts.catalog            write both
python -m scripts.catalog --check    exit 1 where one is not fresh
"""

from __future__ import annotations

import sys
from pathlib import Path

from scripts.generated import write_or_check
from services.bedrock_advisor.tools import toolbox as advisor
from services.executor.decisions.grants import is_grantable
from services.executor.operations import OPERATIONS
from services.executor.registry.operation import Operation
from services.executor.tools import toolbox as executor
from services.info_tools.tools import toolbox as info
from shared.catalog import ENTRIES, CatalogEntry
from shared.messages import Effect
from shared.tools import Tool, brief_of

ROOT = Path(__file__).resolve().parent.parent
TITLES = {
    "info": ("Informational tools", "Answered at once by the read-only agent."),
    "advisor": ("Advisor tools", "Answered by the policy advisor; its verdicts are advice."),
    "granted": (
        "Reads under a standing grant",
        "Answered at once by the executor, where a person's standing grant (`POST /v1/grants`) covers what is asked.",
    ),
    "executor": ("Operations", "Steps of a plan: proposed, approved by a person, then run by the executor."),
}


def entries() -> tuple[CatalogEntry, ...]:
    """Every tool and operation, sorted by name within its agent."""
    tools = [_of_tool(tool) for toolbox in (info, advisor, executor) for tool in sorted(toolbox, key=lambda t: t.name)]
    operations = [
        CatalogEntry(
            name=operation.name,
            kind="operation",
            agent="executor",
            effect=operation.effect,
            description=operation.description,
            brief=_brief(operation),
            parameters=operation.parameters,
            returns=operation.returns,
            iam_actions=operation.iam_actions,
            reversible=operation.reversible,
            standing=is_grantable(operation),
        )
        for operation in OPERATIONS
    ]
    return (*tools, *operations)


def _of_tool(tool: Tool) -> CatalogEntry:
    return CatalogEntry(
        name=tool.name,
        kind="tool",
        agent=tool.agent,
        effect=tool.effect,
        description=tool.description,
        brief=_brief(tool),
        parameters=tool.parameters,
        returns=tool.returns,
        iam_actions=tool.iam_actions,
        timeout=tool.timeout,
        internal=tool.internal,
        standing=tool.standing,
    )


def _brief(made: Tool | Operation) -> str:
    """The first paragraph of the description; "" where that is all of it."""
    brief = brief_of(made.function)
    return "" if brief == made.description else brief


def as_json(made: tuple[CatalogEntry, ...]) -> str:
    return ENTRIES.dump_json(made, indent=1, exclude_defaults=True).decode() + "\n"


def as_markdown(made: tuple[CatalogEntry, ...]) -> str:
    """The page of the docs: per agent, every public entry with its arguments."""
    lines = ["# Tools and operations", "", "Generated from the code by `make catalog`; do not edit.", ""]
    for part, (title, text) in TITLES.items():
        lines += [f"## {title}", "", text, ""]
        for entry in made:
            granted = entry.agent == "executor" and not entry.is_change
            if ("granted" if granted else entry.agent) == part and not entry.internal:
                lines += _section(entry)
    return "\n".join(lines).rstrip() + "\n"


def _section(entry: CatalogEntry) -> list[str]:
    required = entry.parameters.get("required", [])
    lines = [f"### `{entry.name}`", "", entry.description, ""]
    for name, schema in entry.parameters.get("properties", {}).items():
        need = "required" if name in required else "optional"
        lines.append(f"- `{name}` ({need}): {schema.get('description', '')}".rstrip())
    facts = [f"Access level: {Effect(entry.effect).value}"]
    if entry.iam_actions:
        facts.append("IAM actions: " + ", ".join(f"`{action}`" for action in entry.iam_actions))
    if entry.reversible:
        facts.append(f"Can be undone: {entry.reversible}")
    return [*lines, "", ". ".join(facts) + ".", ""]


def main(check: bool) -> int:
    made = entries()
    files = {ROOT / "shared/catalog.json": as_json(made), ROOT / "docs/tools.md": as_markdown(made)}
    return write_or_check(files, "make catalog", check=check)


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
