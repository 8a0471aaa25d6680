"""`assistant tools`: what the agents can do; with a name, one tool with its arguments."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.completion import tool_names
from cli.errors import Refused
from cli.options import Json, Output, invocation_of
from cli.terminal.rows import Row
from cli.terminal.tables import give_list, show_table


def add(app: typer.Typer) -> None:
    app.command()(tools)


def tools(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="One tool.", autocompletion=tool_names)] = None,
    json: Json = False,
    output: Output = None,
) -> None:
    """List the tools, or show one with its arguments. Those of the executor are steps of plans."""
    invocation = invocation_of(context)
    answer = invocation.gateway.get("/v1/tools")
    if name is None:
        give_list(invocation, {"items": answer["items"], "next_cursor": None}, _row, empty="no tools")
        return
    found = find_tool(answer["items"], name)

    def tell() -> None:
        function = found["function"]
        invocation.show(f"{function['name']} ({found['agent']}, {found['effect']})", "bold")
        invocation.show(function["description"])
        rows = argument_rows(function["parameters"])
        if rows:
            invocation.out.print()
            show_table(invocation.out, rows)

    invocation.give(found, tell)


def find_tool(items: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The tool of this name. Raises Refused (`unknown_tool`), with the names that are near."""
    import difflib

    named = {tool["function"]["name"]: tool for tool in items}
    if name in named:
        return named[name]
    near = difflib.get_close_matches(name, named, 3)
    raise Refused(
        404,
        {"code": "unknown_tool", "detail": f"there is no tool {name}"},
        do=f"Did you mean {' or '.join(near)}?" if near else "`assistant tools` lists them.",
    )


def argument_rows(parameters: dict[str, Any]) -> list[Row]:
    """A tool's arguments as rows."""
    required = parameters.get("required") or []
    return [
        {
            "argument": name,
            "type": _type(schema),
            "required": "yes" if name in required else "",
            "about": schema.get("description", ""),
        }
        for name, schema in (parameters.get("properties") or {}).items()
    ]


def _type(schema: dict[str, Any]) -> str:
    kinds = [str(one.get("type")) for one in (schema, *schema.get("anyOf", ())) if one.get("type")]
    return " or ".join(kind for kind in dict.fromkeys(kinds) if kind != "null")


def _row(tool: Row) -> Row:
    return {
        "tool": tool["function"]["name"],
        "agent": tool["agent"],
        "effect": tool["effect"],
        "about": tool["function"]["description"].partition("\n")[0].partition(". ")[0],
    }
