"""The instructions that every request to the model begins with: `system.md`, or the operator's own."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from string import Template
from typing import Annotated

from pydantic import AfterValidator

# What stands for the person and the day in the text.
PLACEHOLDERS = frozenset({"today", "account", "caller_arn", "region", "regions"})

BUILT_IN = Template((resources.files("services.orchestrator.instructions") / "system.md").read_text(encoding="utf-8"))


def read_instructions(path: str | None) -> Template:
    """The file's text; the built-in one without a file. Raises ValueError, which names the file and what is wrong."""
    if not path:
        return BUILT_IN
    try:
        made = Template(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"the instructions in {path} cannot be read: {error}") from error
    if not made.is_valid():
        raise ValueError(f"the instructions in {path} have a $ that begins no name; write $$ for a dollar sign")
    if unknown := set(made.get_identifiers()) - PLACEHOLDERS:
        known = ", ".join(f"${name}" for name in sorted(PLACEHOLDERS))
        raise ValueError(f"the instructions in {path} name ${', $'.join(sorted(unknown))}; there are {known}")
    return made


def _understood(path: str | None) -> str | None:
    read_instructions(path)
    return path


# The path of the file, as a setting: a gateway does not start with one that it does not understand.
InstructionsFile = Annotated[str | None, AfterValidator(_understood)]
