"""Cuts the elements that a tool does not read out of a large XML answer of AWS, before botocore parses it.

A parser makes an object of every element, and that is most of what reading a large answer costs; to find where a part
begins and ends takes a sixth of it. In a well-formed document without comments, CDATA sections and processing
instructions every "<" begins a tag (https://www.w3.org/TR/xml/#syntax), so that a part is found by its name alone.
Where a document has anything of these, or a name that is written or nested in another way, it is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

# A smaller answer is parsed as fast as this looks at it. How much of it tells what there is in it.
MIN_BYTES, LOOKED_AT_BYTES = 32 * 1024, 16 * 1024
# An element with nothing in it is parsed as fast as it is taken out.
MIN_TAGS = 2
# Botocore reads these whatever the shape; items of a list and pairs of a map are mostly called so.
_OF_EVERY_ANSWER = ("ResponseMetadata", "RequestId", "requestId", "RequestID", "item", "entry", "Errors", "Error")


class Only(NamedTuple):
    """Of structures of this name (botocore's) these members are read, the others passed over."""

    structure: str
    members: frozenset[str]


def names_left_out(shape: Any, only: Only, key_of: Callable[[Any, str], str]) -> tuple[bytes, ...]:
    """The names of elements that hold others, are passed over, and have the name of nothing that is read.

    `shape` is that of the whole answer; `key_of` says how a member's element is called, as botocore's parser does.
    """
    names = _Names(only, key_of)
    names.look_at(shape)
    return tuple(sorted(name.encode() for name in names.left - names.read))


class _Names:
    """The names of the elements that are read in an answer, and of those that are passed over and hold others."""

    def __init__(self, only: Only, key_of: Callable[[Any, str], str]) -> None:
        self._only, self._key_of = only, key_of
        self.read, self.left = {*_OF_EVERY_ANSWER}, set[str]()
        self._seen: set[str] = set()

    def look_at(self, shape: Any) -> None:
        if shape.name in self._seen:  # a structure may hold itself
            return
        self._seen.add(shape.name)
        wanted = self._only.members if shape.name == self._only.structure else None
        for name, member in getattr(shape, "members", {}).items():
            if wanted is None or name in wanted:
                self.read.add(self._key_of(member, name))
                self.look_at(member)
            elif member.type_name in ("structure", "list", "map"):
                self.left.add(self._key_of(member, name))
        for attribute in ("member", "key", "value"):
            if (inner := getattr(shape, attribute, None)) is not None:
                self.read.add(inner.serialization.get("name", attribute))
                self.look_at(inner)


def without(body: bytes, names: tuple[bytes, ...]) -> bytes:
    """The document without the elements of these names, as far as it is large and they are surely found.

    Nothing else may have one of the names. A document that is not well-formed stays so, but for what is taken out.
    """
    if len(body) < MIN_BYTES or _has(body, b"<!") or _has(body, b"<?", 1):
        return body
    beginning = body[:LOOKED_AT_BYTES]
    tags = {name: _tags_in_first(beginning, name) for name in names}
    for name in sorted(tags, key=lambda name: -tags[name]):
        if tags[name] >= MIN_TAGS:
            body = _without_one(body, name)
    return body


def _has(body: bytes, mark: bytes, start: int = 0) -> bool:
    """Whether a mark is there. Its second character is rare, and one alone is found fifty times as fast."""
    return body.find(mark[1:], start) >= 0 and body.find(mark, start) >= 0


def _tags_in_first(beginning: bytes, name: bytes) -> int:
    """The tags, those that begin and those that end an element, in the first element of a name; 0 where none is."""
    _, _, after = beginning.partition(b"<%b>" % name)
    inside, end, _ = after.partition(b"</%b>" % name)
    return inside.count(b"<") if end else 0


def _without_one(body: bytes, name: bytes) -> bytes:
    """The document without one name; the same where it is written with attributes or spaces, or holds itself.

    Between one tag that begins it and the next there has to be one that ends it. A longer name that begins with this
    one is seen as a form of it that is not known.
    """
    end = b"</%b>" % name
    first, *rest = body.split(b"<%b" % name)
    kept = [first]
    for piece in rest:
        if piece[:2] == b"/>":
            kept.append(piece[2:])
            continue
        _, found, after = piece.partition(end)
        if not found or piece[:1] != b">":
            return body
        kept.append(after)
    return b"".join(kept)
