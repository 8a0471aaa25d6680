"""Which of our conversations a client goes on with: its requests carry messages and no id.

`conversation:thread:{digest}` holds the conversation whose messages have that digest, exactly as they were answered,
and the turn that waits for a plan. It is taken when it is used. A history that differs in anything, as one that a
client has edited or made up, finds none: a new conversation begins, and that history goes into it as data.
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
    def of(cls, messages: Sequence[ClientMessage]) -> Said:
        """Raises InvalidArguments: `unsupported_content`; `invalid_request` where the last one is not the user's."""
        said = [(one.role, one.text) for one in messages]
        last = len(said)  # what one person sends at once may come in several messages
        while last and said[last - 1][0] == "user":
            last -= 1
        if last == len(said):
            raise InvalidArguments(
                "messages: the last one must be the user's", code="invalid_request", param="messages"
            )
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


class Threads:
    """The threads of all owners."""

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

    async def keep(self, owner_id: str, said: Said, thread: Thread) -> None:
        """Remember where the conversation stands after `said`, which ends with our answer."""
        await self._redis.set(_key(said.digest(owner_id)), thread.model_dump_json(), ex=KEEP_SECONDS)


def _key(digest: str) -> str:
    return f"conversation:thread:{digest}"
