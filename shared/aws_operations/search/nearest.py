"""Where no operation is a good answer: the services that are nearest, with what they have, for a second try."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from shared.aws_operations.catalogue import services
from shared.aws_operations.levels import levels_of
from shared.aws_operations.search.ranking import Hit
from shared.aws_operations.search.tokens import split, stem
from shared.messages import Effect, Message

NOUNS = 14
BROADEST = ["ec2", "s3", "iam", "cloudwatch"]


class NearService(Message):
    """A service, and what its operations are about, in AWS's words."""

    service: str
    title: str
    nouns: tuple[str, ...]


def nearest(hits: Iterable[Hit], most: int = 4) -> list[NearService]:
    """The services of the hits, in their order; the broadest ones where there are no hits."""
    names = list(dict.fromkeys(hit.service for hit in hits)) or BROADEST
    return [NearService(service=name, title=services()[name].title, nouns=nouns(name)) for name in names[:most]]


@lru_cache(maxsize=512)
def nouns(service: str) -> tuple[str, ...]:
    """What can be listed or described in a service: the shortest names, which are the kinds of things it has."""
    found: dict[str, str] = {}
    for name, level in levels_of(service).items():
        verb, *rest = split(name)
        if verb in ("list", "describe", "get") and rest and level.effect in (Effect.LIST, Effect.READ):
            noun = " ".join(rest)
            # The plural, where there are both.
            key = " ".join(map(stem, rest))
            found[key] = max(found.get(key, noun), noun, key=len)
    return tuple(sorted(found.values(), key=lambda noun: (noun.count(" "), noun))[:NOUNS])
