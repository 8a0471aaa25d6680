"""What is wrong with the properties of a resource, in words that a model or a person can mend all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.errors import InvalidArguments

MAX_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    `path` is a JSON pointer into the properties, "" for all of them. `code` is of these: `unknown_property`,
    `missing_property`, `wrong_type`, `wrong_value`, `not_together`, `read_only`, `create_only`, `rule` (what cfn-lint
    knows of the type beyond its schema), `too_large`, `too_complex`. `message` says what to do.

    `certain` is false where the catalogue is only older than AWS, as with an instance type of a new family: to be
    shown, not to be refused.
    """

    path: str
    code: str
    message: str
    certain: bool = True


def refuse(type_name: str, problems: Sequence[Problem]) -> None:
    """Raise InvalidArguments `invalid_properties` with every problem that is certain; nothing where there is none."""
    certain = [problem for problem in problems if problem.certain]
    if not certain:
        return
    lines = [f"{problem.path or '/'}: {problem.message}" for problem in certain[:MAX_PROBLEMS]]
    if len(certain) > MAX_PROBLEMS:
        lines.append(f"and {len(certain) - MAX_PROBLEMS} more")
    raise InvalidArguments(f"{type_name}: " + "; ".join(lines), code="invalid_properties")
