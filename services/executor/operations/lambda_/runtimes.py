"""Lambda's runtimes: their names by botocore's service model, and from when on AWS makes no new functions of them.

The dates are AWS's ("Lambda runtimes" in the Lambda developer guide), see `scripts/lambda_runtimes.py`.
"""

from __future__ import annotations

import difflib
import json
import re
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import botocore.session

from shared.errors import InvalidArguments

_TABLE = Path(__file__).with_name("runtimes.json")


@lru_cache
def known_runtimes() -> tuple[str, ...]:
    """Lambda's runtimes, as botocore's service model lists them."""
    model = botocore.session.Session().get_service_model("lambda")
    return tuple(model.shape_for("Runtime").enum)


@lru_cache
def lifecycles() -> dict[str, dict[str, str | None]]:
    """By runtime: the dates `deprecated` and `create_blocked`, None where there is none yet, and its `successor`."""
    table: dict[str, Any] = json.loads(_TABLE.read_text(encoding="utf-8"))
    return table


def check_runtime(runtime: str, today: date | None = None) -> str | None:
    """A note on a runtime that AWS has deprecated, None for others.

    Raises InvalidArguments for one that Lambda does not have, with what may be meant, and (`runtime_deprecated`) for
    one of which AWS makes no new functions any more.
    """
    day = today or datetime.now(UTC).date()
    if runtime not in known_runtimes():
        close = _like(runtime, day)
        hint = f"; did you mean {', '.join(close)}?" if close else ""
        raise InvalidArguments(f"runtime: Lambda has no runtime {runtime!r}{hint}")
    dates = lifecycles().get(runtime, {})
    deprecated, blocked = dates.get("deprecated"), dates.get("create_blocked")
    use = f"; use {dates['successor']}" if dates.get("successor") else ""
    if blocked and date.fromisoformat(blocked) <= day:
        raise InvalidArguments(
            f"runtime: AWS makes no new functions of {runtime} since {blocked} (deprecated on {deprecated}){use}",
            code="runtime_deprecated",
        )
    if deprecated is None or date.fromisoformat(deprecated) > day:
        return None
    until = f", and makes no new functions of it from {blocked} on" if blocked else ""
    return f"AWS has deprecated {runtime} on {deprecated}: it gets no security updates{until}{use}."


def is_blocked(runtime: str, day: date) -> bool:
    """Whether AWS makes no new functions of the runtime on that day."""
    blocked = lifecycles().get(runtime, {}).get("create_blocked")
    return blocked is not None and date.fromisoformat(blocked) <= day


def _like(runtime: str, day: date) -> list[str]:
    """The runtimes that may be meant, best first: the newest of the same language, else those spelled alike."""
    usable = [name for name in known_runtimes() if not is_blocked(name, day)]
    alike = difflib.get_close_matches(runtime.lower(), usable, n=3, cutoff=0.8)
    family = re.match(r"[a-z]*", runtime.lower())
    same = [name for name in usable if family and family[0] and name.startswith(family[0])][-4:]
    # The newest that AWS itself names as a successor, as the model's order is not that of their age.
    same.sort(key=lambda name: name not in _successors())
    return list(dict.fromkeys([*alike, *same]))[:4] or difflib.get_close_matches(runtime.lower(), usable, n=3)


def _successors() -> set[str | None]:
    return {dates["successor"] for dates in lifecycles().values()}
