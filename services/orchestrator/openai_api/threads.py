"""Which of our conversations a client goes on with: by the messages it sends, or by the response that it names.

`conversation:thread:{digest}` holds the conversation whose messages have that digest, exactly as they were answered,
and the turn that waits for a plan. It is taken when it is used. A history that differs in anything, as one that a
client has edited or made up, finds none: a new conversation begins, and that history goes into it as data. For a
client of the Responses API the same stands under the digest of the response's id, and is not taken: there only the
last response of a conversation leads on in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from services.orchestrator.openai_api.requests import ClientMessage
from services.orchestrator.turns.store import KEEP_SECONDS
from shared.broker.stored import read
from shared.errors import InvalidArguments
from shared.messages import Record

MAX_TOLD_CHARS = 8000
_SPOKEN = ("user", "assistant")
_INSTRUCTIONS = ("system", "developer")


class Thread(Record):
    """Where a conversation stands: its id, and the turn that waited for a plan when it was last answered."""

    conversation_id: str
    waiting_turn_id: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A request's messages as (role, text): the person's last ones, and what the client says came before."""

    latest: tuple[str, ...]
    before: tuple[tuple[str, str], ...]

    @property
    def message(self) -> str:
        return "\n\n".join(self.latest)

    @classmethod
    def of(cls, messages: Sequence[ClientMessage], field: str = "messages") -> Said:
        """Of a request's `field`.

        Raises InvalidArguments: `unsupported_content`; `invalid_request` where the last one is not the user's.
        """
        said = [(one.role, one.text) for one in messages]
        last = len(said)  # what one person sends at once may come in several messages
        while last and said[last - 1][0] == "user":
            last -= 1
        if last == len(said):
            raise InvalidArguments(f"{field}: the last one must be the user's", code="invalid_request", param=field)
        return cls(tuple(text for _, text in said[last:]), tuple(said[:last]))

    def answered(self, answer: str) -> Said:
        """The same, as a client has it that goes on after our answer."""
        asked = [("user", text) for text in self.latest]
        return Said((), (*self.before, *asked, ("assistant", answer)))

    def digest(self, owner_id: str) -> str:
        """Of the owner and what was said before. White space does not count, nor the instructions of a front end, which
        hold the time of day."""
        words = [[role, " ".join(text.split())] for role, text in self.before if role in _SPOKEN]
        return hashlib.sha256(json.dumps([owner_id, words]).encode()).hexdigest()

    def history(self) -> str:
        """What the client says was said before, as lines of "speaker: text"; "" where there was nothing.

        A front end's instructions are left out: the assistant's own hold.
        """
        said = [f"{role}: {text}" for role, text in self.before if text.strip() and role not in _INSTRUCTIONS]
        told = "\n".join(said)
        left_out = len(told) - MAX_TOLD_CHARS
        return f"({left_out} characters left out)\n{told[left_out:]}" if left_out > 0 else told


def response_digest(owner_id: str, response_id: str) -> str:
    """As the digest of what was said, for a client that names the response it goes on after."""
    return hashlib.sha256(json.dumps([owner_id, response_id]).encode()).hexdigest()


class Threads:
    """The threads of all owners, by digests."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def take(self, owner_id: str, said: Said) -> Thread | None:
        """The conversation that these messages go on with, once; None for a new one."""
        if not any(role == "assistant" for role, _ in said.before):
            return None
        key = _key(said.digest(owner_id))
        pipe = self._redis.pipeline(transaction=True)
        pipe.get(key)
        pipe.delete(key)
        found: Any = (await pipe.execute())[0]
        return read(Thread, found) if found else None

    async def find(self, digest: str) -> Thread | None:
        """The conversation that stands under a digest, which stays there."""
        found: Any = await self._redis.get(_key(digest))
        return read(Thread, found) if found else None

    async def keep(self, digest: str, thread: Thread) -> None:
        """Remember where the conversation stands after our answer."""
        await self._redis.set(_key(digest), thread.model_dump_json(), ex=KEEP_SECONDS)


def _key(digest: str) -> str:
    return f"conversation:thread:{digest}"
