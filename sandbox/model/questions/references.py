"""Finds what "it", "that bucket" and "the second one" stand for in the turns before."""

import re
from dataclasses import replace

from sandbox.model.reading.focus import focus_of, ordinal_of
from sandbox.model.reading.history import Conversation, Turn, done_steps, listed, plans_of
from sandbox.model.reading.vocabulary import NOUNS
from sandbox.model.tools import CREATED
from sandbox.model.types import Focus, Named, Outcome

_NOUN = rf"(?:{'|'.join(NOUNS)}|one|instance)"
_BACK = re.compile(
    r"\b(?:it|its|itself)\b(?! (?:possible|true|okay|ok|fine|time|is possible))"
    rf"|\b(?:that|this|said|same) (?:\w+ )?{_NOUN}\b"
    rf"|\bthe {_NOUN}(?: (?:you|we|i|just|again)|\W*$)"
    r"|\b(?:that|this)\W*$|\b(?:in|of|about|for) (?:that|this)\b(?! (?:account|month|year|region))"
)


def with_references(focus: Focus, conversation: Conversation) -> Focus:
    """Replace "it", "that bucket", "the second one" by the names they stand for."""
    about_account = focus.has("identity", "cost", "summary") and not focus.has("it")
    if not conversation.earlier or (focus.named and not focus.has("it")) or about_account:
        return focus
    place = ordinal_of(focus)
    if place is not None and not focus.named:
        kind, names = conversation.listing()
        if names and -1 <= place < len(names):
            return _naming(focus, kind, names[place])
    if not focus.named and (_BACK.search(focus.text.lower()) or _continues(focus)):
        kind, names = referents(conversation, next((kind for kind in CREATED if focus.has(kind)), None))
        if names:
            return _naming(focus, kind, names[0])
    return focus


def _continues(focus: Focus) -> bool:
    """ "And how many objects?": a short addition about the one resource spoken of."""
    whole = focus.has("total", "each", "largest", "smallest", "them", "list", "ec2", *CREATED)
    aspect = focus.has("object", "size", "when", "where", "trust")
    return focus.text.lower().lstrip().startswith("and ") and aspect and not whole and len(focus.tokens) < 8


def _naming(focus: Focus, kind: str, name: str) -> Focus:
    known = kind in CREATED
    named = (Named(name, kind if known else None, -1),)
    return replace(focus.on(frozenset({kind if known else "ec2"})), named=named)


def referents(conversation: Conversation, wanted: str | None = None) -> tuple[str, list[str]]:
    """Kind and names of what was last spoken of; of one kind only when one is wanted."""
    for turn in reversed(conversation.earlier):
        for kind, names in _spoken_of(turn):
            if names and wanted in (None, kind):
                return kind, names
    return "", []


def _spoken_of(turn: Turn) -> list[tuple[str, list[str]]]:
    """What a turn was about, the most pointed first."""
    found: list[tuple[str, list[str]]] = []
    for plan in plans_of(turn.outcomes):
        found += [(kind, [name]) for kind, name in reversed(done_steps(plan, "create"))]
    for outcome in reversed(turn.outcomes):
        if outcome.plan is None:
            found += _pointed(turn, outcome)
    named = focus_of(turn.text).named
    found += [(each.kind, [each.value]) for each in reversed(named) if each.kind]
    return found


def _pointed(turn: Turn, outcome: Outcome) -> list[tuple[str, list[str]]]:
    kind, names = listed(outcome)
    focus = focus_of(turn.text)
    mentioned = [each.value for each in focus.named if each.value in names]
    if mentioned:
        return [(kind, mentioned)]
    if len(names) == 1:
        return [(kind, names)]
    if focus.has("smallest"):
        return [(kind, names[-1:])]
    return [(kind, names[:1])] if focus.has("largest") else []


def what_was_made(text: str, conversation: Conversation) -> str:
    """The answer to "what did you just create?": what the last plan made. Empty for any other question."""
    if not re.match(
        r"\W*(?:so |and |ok(?:ay)? )?what\b.*\b(?:you|we|i|was|got)\b.*\b(?:created?|ma[dk]e|set up|buil[dt])\b",
        text.lower(),
    ):
        return ""
    plans = [plan for turn in conversation.earlier for plan in plans_of(turn.outcomes) if plan.get("status") == "done"]
    made = next((made for plan in reversed(plans) if (made := done_steps(plan, "create"))), [])
    return f"The last plan made {', '.join(f'the {kind} {name}' for kind, name in made)}." if made else ""
