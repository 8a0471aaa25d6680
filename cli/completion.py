"""What a shell completes from the gateway: names of tools and ids of plans, quickly or not at all."""

from __future__ import annotations

from typing import Any

from cli.errors import CliError
from cli.terminal.invocation import Invocation

MOST = 50


def tool_names(incomplete: str) -> list[tuple[str, str]]:
    """Tools that can be called, with the first sentence of what they do."""
    tools = [tool for tool in _items("/v1/tools") if tool["agent"] != "executor"]
    named = [(tool["function"]["name"], tool["function"]["description"].partition(". ")[0]) for tool in tools]
    return [pair for pair in named if pair[0].startswith(incomplete)]


def plan_ids(incomplete: str) -> list[tuple[str, str]]:
    """The newest plans, with their status."""
    found = [(plan["plan_id"], plan["status"]) for plan in _items("/v1/plans", limit=MOST)]
    return [pair for pair in found if pair[0].startswith(incomplete)]


def _items(path: str, **params: Any) -> list[Any]:
    """A list's first page; nothing where nobody is logged in or the gateway does not answer."""
    try:
        invocation = Invocation(quiet=True, hurried=True)
        found: list[Any] = invocation.gateway.get(path, params)["items"]
    except CliError:
        return []
    return found
