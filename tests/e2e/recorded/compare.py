"""Says how two recordings differ: by the name of the request and the path into its answer."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

MAX_SHOWN = 160
MAX_LINES = 300
# A difference in at least so many places is told once more, at the top, with their number.
OFTEN = 4
_INDEX = re.compile(r"\[\d+\]")


def report(expected: Sequence[dict[str, Any]], found: Sequence[dict[str, Any]], most: int | None = MAX_LINES) -> str:
    """Every difference on a line of its own under its request, `most` lines in all; empty where there is none."""
    before, after = ({one["name"]: one for one in recording} for recording in (expected, found))
    lines: list[str] = []
    counts: Counter[str] = Counter()
    requests = 0
    for name in [*before, *(name for name in after if name not in before)]:
        differing = list(_of_request(before.get(name), after.get(name)))
        if differing:
            requests += 1
            request = (after.get(name) or before[name])["request"]
            lines += ["", f"{name}  [{request['method']} {request['path']}]", *(f"    {one}" for one in differing)]
            counts.update(_INDEX.sub("[]", one) for one in differing)
    if not lines:
        return "" if list(before) == list(after) else "the same requests came in another order"
    if most is not None and len(lines) > most:
        lines = [*lines[:most], f"… and {len(lines) - most} lines more"]
    often = [f"    {count} times {one}" for one, count in counts.most_common() if count >= OFTEN]
    top = [f"{requests} of {len(before)} requests are not as recorded."]
    return "\n".join([*top, *(["The same difference in several places:", *often] if often else []), *lines])


def _of_request(before: dict[str, Any] | None, after: dict[str, Any] | None) -> Iterator[str]:
    if before is None:
        yield "is not in the recording"
    elif after is None:
        yield "was not sent"
    else:
        for part in ("request", "status", "headers", "body"):
            yield from differences(before[part], after[part], part)


def differences(before: Any, after: Any, path: str) -> Iterator[str]:
    """A line for each place where two JSON values differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            here = f"{path}.{key}"
            if key not in after:
                yield f"{here}: is gone, was {_shown(before[key])}"
            elif key not in before:
                yield f"{here}: is new: {_shown(after[key])}"
            else:
                yield from differences(before[key], after[key], here)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(before, after, path)
    elif type(before) is not type(after) or before != after:
        yield from _of_values(before, after, path)


def _of_values(before: Any, after: Any, path: str) -> Iterator[str]:
    if not (isinstance(before, str) and isinstance(after, str)):
        yield f"{path}: was {_shown(before)}, is {_shown(after)}"
        return
    # Of long texts only the surroundings of where they part.
    start = next((at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), None)
    at = max(0, (min(len(before), len(after)) if start is None else start) - MAX_SHOWN // 4)
    where = f" (from character {at})" if at else ""
    yield f"{path}{where}: was {_shown(before[at:])}, is {_shown(after[at:])}"


def _of_lists(before: list[Any], after: list[Any], path: str) -> Iterator[str]:
    if len(before) == len(after):
        for at, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, f"{path}[{at}]")
        return
    keys, others = ([json.dumps(item, sort_keys=True) for item in side] for side in (before, after))
    for what, low, high, to_low, to_high in SequenceMatcher(None, keys, others, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        pairs = min(high - low, to_high - to_low)
        for offset in range(pairs):
            yield from differences(before[low + offset], after[to_low + offset], f"{path}[{low + offset}]")
        for at in range(low + pairs, high):
            yield f"{path}[{at}]: is gone, was {_shown(before[at])}"
        for at in range(to_low + pairs, to_high):
            yield f"{path}[{at}]: is new: {_shown(after[at])}"


def _shown(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
