"""The values that the model's parts hand to each other."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

# JSON of a tool, a schema or a message: its shape belongs to whoever made it, so it stays open here.
JsonObject = dict[str, Any]


@dataclass(frozen=True)
class Token:
    """One piece of a message; ``kind`` says what it is, ``concept`` what a word means."""

    text: str
    word: str
    kind: str = "word"
    concept: str = ""


@dataclass(frozen=True)
class Named:
    """A name in a message, the kind of its resource (None when the words do not say) and where it stands."""

    value: str
    kind: str | None
    at: int


@dataclass(frozen=True)
class Focus:
    """The meaning of a message or a clause in parts: concepts, plain words, names, regions, states, prefix."""

    tokens: tuple[Token, ...] = ()
    concepts: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()  # the concepts that are something of AWS
    words: frozenset[str] = frozenset()
    named: tuple[Named, ...] = ()
    regions: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    prefix: str = ""
    text: str = ""
    documents: tuple[JsonObject, ...] = ()
    broken_document: str = ""
    caller: str = ""  # the ARN of the person who asks, where the instructions name it

    def has(self, *concepts: str) -> bool:
        """True when any of these concepts came up."""
        return bool(self.concepts & set(concepts))

    def says(self, *words: str) -> bool:
        """True when any of these words came up."""
        return bool(self.words & set(words))

    def names(self, kind: str) -> list[str]:
        """The names of one kind, in order, once each."""
        return names_of(self.named, kind)

    def on(self, topics: frozenset[str]) -> "Focus":
        """The same with more topics."""
        return replace(self, concepts=self.concepts | topics, topics=self.topics | topics)

    @property
    def policies(self) -> list[str]:
        """The text of each policy document in the message; a broken one as it was written."""
        texts = [json.dumps(document) for document in self.documents if _is_policy(document)]
        return texts or ([self.broken_document] if self.broken_document else [])


def _is_policy(document: JsonObject) -> bool:
    return bool({"Statement", "Version", "Effect", "Action"} & set(document)) or "statement" in str(document).lower()


def names_of(named: Iterable[Named], kind: str | None) -> list[str]:
    """The names of one kind, or of none, in order, once each."""
    return list(dict.fromkeys(each.value for each in named if each.kind == kind))


@dataclass(frozen=True)
class Call:
    """One function call the model wants made."""

    name: str
    arguments: JsonObject = field(default_factory=dict)
    malformed: bool = False  # its arguments were no JSON object, so it was never made


@dataclass(frozen=True)
class Outcome:
    """A call of the conversation and the body its tool message carried."""

    call: Call
    status: str
    result: JsonObject
    error: JsonObject
    gaps: tuple[JsonObject, ...] = ()
    complete: bool = True
    plan: JsonObject | None = None
    ref: str = ""  # names the whole of a result that is stored
    table: JsonObject = field(default_factory=dict)  # what is told of the rows of one that is too large to be shown

    @property
    def ok(self) -> bool:
        """True when the tool answered with a result."""
        return self.status == "ok" and not self.error


@dataclass(frozen=True)
class Step:
    """One step of a plan of changes; an argument may be ``{"$from": "STEP.path"}``."""

    id: str
    operation: str
    arguments: JsonObject
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """What a change request comes to: steps or a plan to undo, or what must be looked up or asked first."""

    steps: tuple[Step, ...] = ()
    goal: str = ""
    lookups: tuple[Call, ...] = ()
    say: str = ""
    note: str = ""
    undo: str = ""  # the id of the plan to undo


@dataclass(frozen=True)
class Reply:
    """What the model answers: text, or calls."""

    text: str = ""
    calls: tuple[Call, ...] = ()
