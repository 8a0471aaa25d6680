"""What front ends ask a model for besides the conversation: a title, tags, follow-up questions. No agent is started.

The forms are those of Open WebUI (its default prompt templates) and of LibreChat (its title prompts). They are answered
from the conversation that they quote, without a model.
"""

from __future__ import annotations

import json
import re

from services.orchestrator.turns.conversations import title_of

_TASK = re.compile(r"\s*### Task:\s*(?P<task>\S.{0,200})", re.DOTALL)
# Open WebUI puts a question with documents into the same frame: that one is a question.
_QUESTION = re.compile(r"respond to the user query", re.IGNORECASE)
_TITLE = re.compile(
    r"\s*(?:Provide|Please generate|Write|Generate) a (?:concise|short)\b.{0,120}\btitle\b.{0,120}\bconversation\b"
    r"|\s*Analyze this conversation and provide:.{0,200}\btitle\b",
    re.IGNORECASE | re.DOTALL,
)
_QUOTED = re.compile(r"(?:<chat_history>|\bConversation:|starts with:)(?P<quoted>.*)", re.DOTALL | re.IGNORECASE)
_SPEAKER = re.compile(r"^\s*(?:user|human)\s*:\s*(?P<said>\S.*)$", re.IGNORECASE | re.MULTILINE)
_NO_TITLE = "AWS Assistant"
# The member that a task's prompt asks for in JSON, and what is in it besides a title.
_MEMBERS: dict[str, object] = {"follow_ups": [], "tags": ["AWS"], "queries": [], "text": ""}


def chore_answer(message: str) -> str | None:
    """The answer to a front end's own request; None where the message is a person's."""
    task = _TASK.match(message)
    if task is not None and not _QUESTION.search(task["task"]):
        return _of_task(message)
    return _title_in(message) if _TITLE.match(message) else None


def _of_task(message: str) -> str:
    asked = re.search(r'\{\s*"(?P<member>\w+)"\s*:', message)
    member = asked["member"] if asked else "title"
    if member in _MEMBERS:
        return json.dumps({member: _MEMBERS[member]})
    title = _title_in(message)
    return json.dumps({"title": title}, ensure_ascii=False) if asked else title


def _title_in(message: str) -> str:
    """The first thing that the user said in the conversation that the message quotes, short."""
    quoted = _QUOTED.search(message)
    first = _SPEAKER.search(quoted["quoted"] if quoted else message)
    said = first["said"] if first else (quoted["quoted"].strip() if quoted else "")
    return title_of(said) if said.strip() else _NO_TITLE
