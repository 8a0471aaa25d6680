"""Conversations in Redis: a title and the turns in the order they began, reachable by their owner only."""

from __future__ import annotations

import secrets
import time
from typing import Any

from redis.asyncio import Redis

from services.orchestrator.paging import decode_place, encode_place, newest_first
from services.orchestrator.sessions.session import Session
from services.orchestrator.turns.store import (
    KEEP_SECONDS,
    LEASE_MS,
    RUNNING,
    Event,
    Turn,
    active_key,
    events_key,
    lease_key,
    stream_arguments,
    turn_key,
)
from shared.broker.functions import redis_function
from shared.broker.stored import UnreadableRecord, read, read_all
from shared.errors import Conflict, NotFound
from shared.messages import Owner, Record, owner_id

MAX_TITLE_CHARS = 80
# The most turns of one conversation, and how many of them are shown and sent to the model.
MAX_TURNS = 1000
MAX_TURNS_SHOWN = 100
MAX_TURNS_IN_PROMPT = 40
_LIST = "conversations"


class Conversation(Record):
    """What is kept of a conversation besides its turns. Times are Unix seconds."""

    conversation_id: str
    # The session that began it.
    session_id: str
    owner: Owner | None = None
    title: str
    created_at: float
    updated_at: float

    @property
    def owner_id(self) -> str:
        return owner_id(self.owner, self.session_id)


def _key(conversation_id: str) -> str:
    return f"conversation:{conversation_id}"


def _turns_key(conversation_id: str) -> str:
    return f"conversation:{conversation_id}:turns"


def _index_key(owner_id: str) -> str:
    return f"conversations:{owner_id}"


def title_of(message: str) -> str:
    """The first line of a message, short."""
    line = " ".join(message.strip().splitlines()[0].split())
    return line if len(line) <= MAX_TITLE_CHARS else line[: MAX_TITLE_CHARS - 1].rstrip() + "…"


def new_conversation(session: Session, message: str) -> Conversation:
    """A conversation whose first message this is; it is stored with its first turn."""
    now = time.time()
    return Conversation(
        conversation_id=f"cnv_{secrets.token_hex(12)}",
        session_id=session.session_id,
        owner=session.owner,
        title=title_of(message),
        created_at=now,
        updated_at=now,
    )


class ConversationStore:
    """The conversations of all owners; every call names the one it is for."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self._begin = redis_function(redis, "turns_begin")

    async def begin_turn(
        self, conversation: Conversation, turn: Turn, *events: Event, new: bool, holder: str, seconds: int
    ) -> None:
        """Store a turn that begins, and its conversation, at once; `holder` gets its lease.

        `seconds` is how long it may stay the conversation's running turn. Raises Conflict (`conversation_busy`,
        `conversation_full`).
        """
        touched = conversation.model_copy(update={"updated_at": turn.created_at})
        name, turn_id = conversation.conversation_id, turn.turn_id
        keys = [lease_key(turn_id), turn_key(turn_id), events_key(turn_id), RUNNING]
        keys += [active_key(name), _key(name), _turns_key(name), _index_key(conversation.owner_id)]
        stored: list[str | int | float] = [holder, turn_id, turn.model_dump_json(), name, touched.model_dump_json()]
        stored += [turn.created_at, MAX_TURNS, LEASE_MS, seconds, KEEP_SECONDS, int(new), *stream_arguments(events)]
        outcome, *details = await self._begin(keys, stored)
        if outcome == "busy":
            raise Conflict(
                "a turn of this conversation is running; wait for its answer",
                code="conversation_busy",
                turn_id=details[0],
            )
        if outcome == "full":
            raise Conflict(f"a conversation has at most {MAX_TURNS} turns; start a new one", code="conversation_full")

    async def get(self, owner_id: str, conversation_id: str) -> Conversation:
        """The conversation. Raises NotFound (`conversation_not_found`), for another owner's too."""
        stored = await self.redis.get(_key(conversation_id))
        conversation = read(Conversation, stored) if stored else None
        if conversation is None or conversation.owner_id != owner_id:
            raise NotFound("there is no such conversation, or it is not yours", code="conversation_not_found")
        return conversation

    async def turns(self, conversation_id: str, most: int, before: Turn | None = None) -> list[Turn]:
        """As `read_turns`, without those that this version cannot read; they are logged."""
        return (await self.read_turns(conversation_id, most, before))[0]

    async def read_turns(
        self, conversation_id: str, most: int, before: Turn | None = None
    ) -> tuple[list[Turn], list[UnreadableRecord]]:
        """The newest `most` turns in the order they began, all or those older than `before`; and the unreadable."""
        key = _turns_key(conversation_id)
        # Two turns never begin at the same time: only one runs at once.
        newest = f"({before.created_at!r}" if before else "+inf"
        turn_ids: Any = await self.redis.zrevrangebyscore(key, newest, "-inf", start=0, num=most)
        if not turn_ids:
            return [], []
        names = [str(turn_id) for turn_id in reversed(turn_ids)]
        stored = await self.redis.mget([turn_key(turn_id) for turn_id in names])
        return read_all(Turn, zip(names, stored, strict=True))

    async def count(self, conversation_id: str) -> int:
        """How many turns the conversation has."""
        return int(await self.redis.zcard(_turns_key(conversation_id)))

    async def page(
        self, owner_id: str, limit: int, cursor: str | None
    ) -> tuple[list[Conversation], list[UnreadableRecord], str | None]:
        """A page, newest first; those of it that cannot be read; and the next page's cursor.

        Raises BadRequest (`invalid_cursor`).
        """
        after = decode_place(_LIST, cursor)
        places, more = await newest_first(self.redis, _index_key(owner_id), limit, after)
        names = [place.name for place in places]
        stored = await self.redis.mget([_key(name) for name in names]) if names else []
        items, unread = read_all(Conversation, zip(names, stored, strict=True))
        return items, unread, encode_place(_LIST, places[-1]) if more else None

    async def delete(self, owner_id: str, conversation_id: str) -> None:
        """Forget a conversation and its turns; one that runs stops at its next step. Raises NotFound."""
        await self.get(owner_id, conversation_id)
        turn_ids: Any = await self.redis.zrange(_turns_key(conversation_id), 0, -1)
        pipe = self.redis.pipeline(transaction=True)
        for turn_id in turn_ids:
            pipe.delete(lease_key(turn_id), turn_key(turn_id), events_key(turn_id))
            pipe.zrem(RUNNING, turn_id)
        pipe.delete(_key(conversation_id), _turns_key(conversation_id), active_key(conversation_id))
        pipe.zrem(_index_key(owner_id), conversation_id)
        await pipe.execute()
