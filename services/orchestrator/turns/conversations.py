"""Conversations in Redis: a title and the turns in the order they began, reachable by their owner only."""

from __future__ import annotations

import secrets
import time
from typing import Any

from redis.asyncio import Redis

from services.orchestrator.paging import decode_place, encode_place, newest_first
from services.orchestrator.sessions.service import Session
from services.orchestrator.turns.store import (
    KEEP_SECONDS,
    RUNNING,
    Turn,
    active_key,
    events_key,
    lease_key,
    turn_key,
)
from shared.errors import Conflict, NotFound
from shared.messages import Owner, Record, owner_id
from shared.stored import UnreadableRecord, read, read_all

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


class ConversationStore:
    """The conversations of all owners; every call names the one it is for."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    async def begin(self, session: Session, message: str) -> Conversation:
        """Make a conversation whose first message this is."""
        now = time.time()
        conversation = Conversation(
            conversation_id=f"cnv_{secrets.token_hex(12)}",
            session_id=session.session_id,
            owner=session.owner,
            title=title_of(message),
            created_at=now,
            updated_at=now,
        )
        await self._save(conversation)
        await self.redis.zadd(_index_key(session.owner_id), {conversation.conversation_id: now})
        await self.redis.expire(_index_key(session.owner_id), KEEP_SECONDS)
        return conversation

    async def get(self, owner_id: str, conversation_id: str) -> Conversation:
        """The conversation. Raises NotFound (`conversation_not_found`), for another owner's too."""
        stored = await self.redis.get(_key(conversation_id))
        conversation = read(Conversation, stored) if stored else None
        if conversation is None or conversation.owner_id != owner_id:
            raise NotFound("there is no such conversation, or it is not yours", code="conversation_not_found")
        return conversation

    async def occupy(self, conversation: Conversation, turn_id: str, seconds: int) -> None:
        """Make `turn_id` the conversation's running turn. Raises Conflict (`conversation_busy`)."""
        key = active_key(conversation.conversation_id)
        if await self.redis.set(key, turn_id, nx=True, ex=seconds):
            return
        holder: Any = await self.redis.get(key)
        # A gateway may have died between taking the place and saving its turn.
        if holder is None or not await self.redis.exists(turn_key(holder), lease_key(holder)):
            await self.redis.set(key, turn_id, ex=seconds)
            return
        raise Conflict(
            "a turn of this conversation is running; wait for its answer", code="conversation_busy", turn_id=holder
        )

    async def add(self, conversation: Conversation, turn: Turn) -> None:
        """Append a turn. Raises Conflict (`conversation_full`)."""
        key = _turns_key(conversation.conversation_id)
        if await self.redis.zcard(key) >= MAX_TURNS:
            raise Conflict(f"a conversation has at most {MAX_TURNS} turns; start a new one", code="conversation_full")
        await self.redis.zadd(key, {turn.turn_id: turn.created_at})
        await self.redis.expire(key, KEEP_SECONDS)
        await self._save(conversation.model_copy(update={"updated_at": turn.created_at}))

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

    async def _save(self, conversation: Conversation) -> None:
        await self.redis.set(_key(conversation.conversation_id), conversation.model_dump_json(), ex=KEEP_SECONDS)
