"""Things in AWS that this plan and its owner's other plans made or removed in the last minutes, by name and by ARN.

AWS is eventually consistent: it may refuse to use a role made a moment ago, or still show one that was removed. So a
refusal that is about such a thing is waited out, see `passing.py`.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.text.json_values import strings

RECENT_SECONDS = 600.0
# The plan's own credentials, which AWS may not know everywhere in their first seconds.
NEW_CREDENTIALS_SECONDS = 30.0
# The fields of a result, and the parameters of a request, that name things.
_NAMES = re.compile(r"(?:^|_)(?:name|arn|id|url|identifier)$|(?:Name|Arn|Bucket|Id|Url|Identifier)$")
_REMOVES = re.compile(r"^(?:delete|detach|remove|disassociate)", re.IGNORECASE)


@dataclass(slots=True)
class Recent:
    """When each thing was made or removed (Unix seconds), as far back as `RECENT_SECONDS` before `now`."""

    now: float
    made: dict[str, float] = field(default_factory=dict)
    removed: dict[str, float] = field(default_factory=dict)
    assumed_at: float | None = None

    def add(self, action: str, values: Mapping[str, Any], at: float | None, *, undone: bool = False) -> None:
        """Take in what an operation or a call of AWS of this name, with these values, did; or that it was undone."""
        if at is None or self.now - at > RECENT_SECONDS:
            return
        removed = (_REMOVES.match(action) is not None) != undone
        things, others = (self.removed, self.made) if removed else (self.made, self.removed)
        for name in _names(values):
            if at >= others.get(name, 0.0):
                others.pop(name, None)
                things[name] = max(at, things.get(name, 0.0))

    def at(self, name: str) -> float | None:
        """When the thing was last made or removed; None where that was not lately."""
        return self.made.get(name, self.removed.get(name))

    def concerned(self, after: str, parameters: Mapping[str, Any], message: str) -> str | None:
        """The name of what was made or removed lately that a request or AWS's message is about; None where none is.

        `after` is "made", "removed", or "assumed": then it is the plan's credentials, and the name is empty.
        """
        if after == "assumed":
            new = self.assumed_at is not None and self.now - self.assumed_at < NEW_CREDENTIALS_SECONDS
            return "" if new else None
        things = self.made if after == "made" else self.removed
        texts = [*strings(parameters), message]
        found = (name for name in sorted(things, key=len) if any(_is_about(text, name) for text in texts))
        return next(found, None)


def _is_about(text: str, name: str) -> bool:
    """Whether the text is the name, or has it as a word of its own: an ARN in a document, a name in a message."""
    return text == name or re.search(rf"(?<![\w+=.@-]){re.escape(name)}(?![\w+=@-])", text) is not None


def _names(values: Mapping[str, Any]) -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, str) and len(value) > 2 and _NAMES.search(key):
            yield value
