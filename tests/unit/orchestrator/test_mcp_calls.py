"""Calls of MCP's tools whose arguments are no values that the services exchange."""

from __future__ import annotations

from typing import Any, cast

import pytest
from mcp import types

from services.orchestrator.mcp_api.calls import Caller, call


def nested(levels: int) -> dict[str, Any]:
    return {"a": nested(levels - 1)} if levels else {}


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (nested(70), "is nested more than 64 deep"),
        ({"a": float("nan")}, "has a number that is not finite"),
        ({"a": "\ud800"}, "has text that is not valid Unicode"),
    ],
)
async def test_such_arguments_are_refused_as_invalid(arguments: dict[str, Any], wrong: str) -> None:
    result = await call(cast(Caller, None), "read_aws", arguments)
    assert result.is_error
    # Clients check structured content against the tool's output schema, also of an error.
    assert result.structured_content is None
    assert isinstance(result.content[0], types.TextContent)
    assert result.content[0].text == f"invalid_arguments: an argument {wrong}"
