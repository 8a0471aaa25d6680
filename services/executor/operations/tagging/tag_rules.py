"""What AWS takes for tags, and the tags that nobody changes by a plan.

Limits: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html (naming limits and
requirements) and API_Tag of each service.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from pydantic import Field

from shared.errors import Conflict, InvalidArguments
from shared.messages import Message

MAX_KEY_CHARACTERS, MAX_VALUE_CHARACTERS, MAX_TAGS = 128, 256, 50
# By which plans recognise what they have made.
MARKS = frozenset({"assistant:plan", "assistant:step"})
_SIGNS = frozenset("_.:/=+-@")


class Tag(Message):
    """One tag."""

    key: str = Field(description="1 to 128 characters.")
    value: str = Field(description="Up to 256 characters; may be empty.")


def check_tags(tags: Sequence[Tag], remove: Sequence[str], *, ignores_case: bool) -> None:
    """Raise InvalidArguments unless AWS takes these tags and they are not the product's own.

    `ignores_case`: two keys that differ in case alone are the same to the service.
    """
    if not tags and not remove:
        raise InvalidArguments("tags, remove: at least one tag to set or one key to remove")
    if len(tags) > MAX_TAGS or len(remove) > MAX_TAGS:
        raise InvalidArguments(f"tags, remove: a resource has at most {MAX_TAGS} tags")
    for tag in tags:
        _check_key(tag.key, "tags")
        _check_characters(tag.key, "tags: the key")
        if len(tag.value) > MAX_VALUE_CHARACTERS:
            raise InvalidArguments(f"tags: the value of {tag.key!r} has more than {MAX_VALUE_CHARACTERS} characters")
        _check_characters(tag.value, f"tags: the value of {tag.key!r}")
    for key in remove:
        _check_key(key, "remove")
    _check_twice([*(tag.key for tag in tags), *remove], ignores_case=ignores_case)


def check_count(tags: Iterable[str], what: str) -> None:
    """Raise Conflict (`quota_reached`) where a resource would have more tags than it may; AWS's own do not count."""
    count = sum(not key.lower().startswith("aws:") for key in tags)
    if count > MAX_TAGS:
        raise Conflict(f"{what} would have {count} tags; AWS takes at most {MAX_TAGS}", code="quota_reached")


def check_same_case(now: Mapping[str, str], named: Iterable[str], what: str) -> None:
    """Raise Conflict (`name_taken`) for a key that a resource has in another case, where its service tells none apart.

    AWS would replace the one that is there, which no page has shown.
    """
    there = {key.lower(): key for key in now}
    for key in named:
        other = there.get(key.lower(), key)
        if other != key:
            raise Conflict(
                f"{what} has the tag {other!r}, which its service does not tell from {key!r}: name it {other!r}",
                code="name_taken",
            )


def _check_key(key: str, where: str) -> None:
    if not 1 <= len(key) <= MAX_KEY_CHARACTERS:
        raise InvalidArguments(f"{where}: a key has 1 to {MAX_KEY_CHARACTERS} characters")
    if key.lower().startswith("aws:"):
        raise InvalidArguments(f"{where}: {key!r}: keys that begin with aws: are AWS's own; nobody else changes them")
    if key.lower() in MARKS:
        raise InvalidArguments(
            f"{where}: {key!r} is a mark by which plans recognise what they have made; no plan changes it"
        )


def _check_characters(text: str, what: str) -> None:
    wrong = next((one for one in text if one not in _SIGNS and unicodedata.category(one)[0] not in "LZN"), None)
    if wrong is not None:
        raise InvalidArguments(f"{what} has {wrong!r}; AWS takes letters, digits, spaces and {''.join(sorted(_SIGNS))}")


def _check_twice(keys: Sequence[str], *, ignores_case: bool) -> None:
    counted = Counter(key.lower() if ignores_case else key for key in keys)
    twice = next((key for key, count in counted.items() if count > 1), None)
    if twice is not None:
        raise InvalidArguments(f"tags, remove: the key {twice!r} is there twice; each key is set or removed once")
