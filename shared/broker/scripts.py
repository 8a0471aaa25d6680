"""Reads the Lua scripts that run inside Redis: `lua/NAME.lua` in the folder of the package that uses them."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def lua(package: str, name: str) -> str:
    """The text of a script of a package, as `lua("shared.audit", "append")`; each is read once per process."""
    return (resources.files(package) / "lua" / f"{name}.lua").read_text(encoding="utf-8")
