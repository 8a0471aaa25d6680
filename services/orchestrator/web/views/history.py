"""Earlier conversations, and a search among them by what was said."""

from __future__ import annotations

from dataclasses import dataclass

from services.orchestrator.turns.conversations import Conversation, ConversationStore
from shared.broker.stored import UnreadableRecord

PAGE = 30
# A search reads this many conversations, and of each this many turns; older ones are on the next page.
SEARCHED = 100
TURNS_SEARCHED = 50
_AROUND = 60


@dataclass(frozen=True, slots=True)
class Found:
    """A conversation, and where in it the words stand; empty where only its title has them, or all are listed."""

    conversation: Conversation
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """A page of them; `next_cursor` is of the next one."""

    items: tuple[Found, ...]
    unreadable: tuple[UnreadableRecord, ...]
    next_cursor: str | None


async def search(store: ConversationStore, owner_id: str, asked: str, cursor: str | None) -> History:
    """All conversations, or those whose title, messages or answers have what is asked for, in any case of letters."""
    words = asked.strip().casefold()
    conversations, unread, following = await store.page(owner_id, SEARCHED if words else PAGE, cursor)
    if not words:
        return History(tuple(map(Found, conversations)), tuple(unread), following)
    found = []
    for conversation in conversations:
        excerpt = await _excerpt(store, conversation, words)
        if excerpt or words in conversation.title.casefold():
            found.append(Found(conversation, excerpt))
    return History(tuple(found), tuple(unread), following)


async def _excerpt(store: ConversationStore, conversation: Conversation, words: str) -> str:
    for turn in reversed(await store.turns(conversation.conversation_id, TURNS_SEARCHED)):
        for text in (turn.message, turn.answer):
            at = text.casefold().find(words)
            if at >= 0:
                start = max(0, at - _AROUND)
                return f"{'…' if start else ''}{text[start : at + len(words) + _AROUND]}"
    return ""
