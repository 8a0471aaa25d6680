"""What the file of a tool or an operation declares: the words that call for it, its arguments and its answer."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from sandbox.model.changes.change_request import ChangeRequest
from sandbox.model.phrasing import by_age, by_region, by_state, in_one_line, join, objects_of, plural, rows, searched
from sandbox.model.types import Call, Focus, JsonObject, Outcome, Step


def in_regions(clause: Focus) -> list[JsonObject]:
    """One call, limited to the regions that the clause names."""
    return [{"regions": list(clause.regions)} if clause.regions else {}]


@dataclass(frozen=True)
class ReadTool:
    """An informational or an advisor tool: when it is called, with what, and how its result is told."""

    name: str
    noun: str = ""  # what a list is of, in the singular
    rows: tuple[str, str, str] | None = None  # the result's list (empty: the result itself), its name field, its kind
    line: Callable[[JsonObject], str] = in_one_line  # one row of a list in words
    dated: str = ""  # the field of a row that tells its age
    answer: Callable[[JsonObject, Focus], str] | None = None  # the result in words; empty: as a list
    topics: tuple[str, ...] = ()  # concepts it is about; a follow-up question without a topic keeps the first
    words: dict[str, str] = field(default_factory=dict)  # concept: its words and phrases, separated by commas
    # The arguments of every call that a clause asks for; empty where it asks for none. Without it: a topic came up.
    asked: Callable[[Focus], list[JsonObject]] | None = None
    order: int = 50  # tools are tried in this order; the first that a clause is meant for answers it
    # A follow-up's arguments from those of the question before; None where the follow-up says nothing for them.
    again: Callable[[JsonObject, Focus], JsonObject | None] = lambda _before, _focus: None
    instead: tuple[str, ...] = ()  # tools whose results hold the same, for requests that do not offer this one
    covered_by: tuple[str, ...] = ()  # tools that make this one needless where they are called without arguments
    several: str = ""  # the argument for several names, where one call can be made of several
    parts: tuple["ReadTool", ...] = ()  # the tools that are called instead where their results make up this one's
    whole: tuple[str, ...] = ()  # concepts for which it is called itself, and not its parts
    title: str = ""  # the service in an overview
    headline: Callable[[JsonObject], str] | None = None  # the result in one line of an overview
    can: str = ""  # what the model says it can tell about
    tells: Callable[[JsonObject], str] | None = None  # what a call's answer is about, in words; without it: a list
    # Besides its topics, what of a question its answer heeds: concepts and words, and `region`, `states`, `period`,
    # `named`. What is not among them is said not to be understood.
    heeds: tuple[str, ...] = ()
    misses: Callable[[Focus], list[str]] | None = None  # what of `topics` and `heeds` it does not heed in this question
    unanswered: Callable[[Focus], list[str]] | None = None  # phrases that it has no figures for
    free_form: bool = False  # what is asked about a document is not narrowed down by words

    def calls(self, clause: Focus) -> list[Call]:
        """The calls that a clause asks for."""
        on_topic = in_regions(clause) if clause.has(*self.topics) else []
        found = self.asked(clause) if self.asked else on_topic
        parts = () if clause.has(*self.whole) else self.parts
        names = [part.name for part in parts] or [self.name]
        return [Call(name, arguments) for arguments in found for name in names]

    def answers(self, arguments: JsonObject) -> str:
        """What the answer to a call is about, in words."""
        if self.tells:
            return self.tells(arguments)
        place = arguments.get("regions") or []
        states = f"{'/'.join(arguments['states'])} " if arguments.get("states") else ""
        where = f" in {join(list(place))}" if place else ""
        return f"the list of all {states}{self.noun}s{where}" if self.noun else self.name

    def tell(self, result: JsonObject, focus: Focus) -> str:
        """The result in words; empty when the file says nothing of them."""
        told = self.answer(result, focus) if self.answer else ""
        return told or (self._list(result, focus, *self.rows) if self.rows and self.noun else "")

    def _list(self, result: JsonObject, focus: Focus, key: str, name: str, kind: str) -> str:
        """How many there are, where, and each of them; or those that are named."""
        found = objects_of(result, key)
        wanted = [each.value for each in focus.named if each.kind in (None, kind) and not focus.has("summary")]
        named = [self.line(row) for row in found if row.get(name) in wanted]
        if named:
            return rows(named) + searched(result)
        regional = not found or any(row.get("region") for row in found)
        regions = [each for each in focus.regions if regional and each in result.get("regions_searched", focus.regions)]
        found = [row for row in found if not regions or row.get("region") in regions]
        counts = (value for said, value in result.items() if said.endswith("_count"))
        count = len(found) if regions else next(counts, len(found))
        missing = f"There is no {self.noun} named {join(wanted)}. " if wanted else ""
        place = f" in {join(regions)}" if regions else ""
        if not count:
            return f"{missing}You have no {self.noun}s{place}.{searched(result)}"
        which, best = by_age(found, self.dated, focus)
        aged = f". The {which} is {self.line(best)}" if best else ""
        lead = f"{missing}You have {plural(count, self.noun)}{place}{by_state(result)}{by_region(result)}{aged}:"
        return f"{lead}\n\n{rows([self.line(row) for row in found])}{searched(result)}"


@dataclass(frozen=True)
class Resource:
    """A kind of resource that operations make and delete; `kind` is also the concept of its nouns."""

    kind: str
    noun: str
    name_key: str  # the field of arguments and results that holds its name
    words: str  # its nouns, separated by commas
    order: int = 50  # resources are made in this order and deleted in the reverse
    topics: tuple[str, ...] = ()  # other concepts that make a name without a noun one of these
    hints: tuple[str, ...] = ()  # parts of a name that say its kind


@dataclass
class Draft:
    """A plan while it is drawn up: what was asked for, what is known, and the steps so far."""

    request: ChangeRequest
    outcomes: list[Outcome]
    region: str  # the one that is named, else the session's; may be empty
    salt: str
    seen_in: dict[str, str]  # the regions of names that the conversation has shown
    steps: list[Step] = field(default_factory=list)
    goals: list[str] = field(default_factory=list)
    lookups: list[Call] = field(default_factory=list)
    say: str = ""

    def names(self, kind: str, *words: str) -> list[str]:
        """The names of the new resources of a kind, chosen where the user gave none."""
        names = self.request.names(kind)
        for number, name in enumerate(names):
            # What it is for, and a suffix that one plan shares and the next does not.
            digest = hashlib.sha256(f"{self.salt}\n{number}".encode()).hexdigest()[:6]
            names[number] = name or "-".join(["assistant", *words, kind, digest])
        return names

    def add(
        self, base: str, operation: str, arguments: JsonObject, needs: tuple[str, ...] = (), joiner: str = ""
    ) -> str:
        """Add a step and return its id: `base`, with a number where that is taken."""
        taken = {step.id for step in self.steps}
        numbered = (f"{base}{joiner}{number}" for number in range(2, len(taken) + 2))
        identifier = base if base not in taken else next(each for each in numbered if each not in taken)
        self.steps.append(Step(identifier, operation, arguments, needs))
        return identifier

    def outcome(self, tool: str, key: str, value: str) -> Outcome | None:
        """The outcome of a look-up in this turn; None, and the look-up is to be made, while there is none."""
        found = (each for each in self.outcomes if each.call.name == tool and each.call.arguments.get(key) == value)
        outcome = next(found, None)
        if outcome is None:
            self.lookups.append(Call(tool, {key: value}))
        return outcome


@dataclass(frozen=True)
class Operation:
    """A change that plans are made of: its arguments from the request, its steps, and its words."""

    name: str
    verb: Literal["create", "delete", "attach", "detach"]
    resource: Resource
    takes: tuple[str, ...]  # arguments: the name, and `region` where the resource is in one
    inverse: str = ""  # the operation that takes it back, with the arguments that one takes
    prepare: Callable[[Draft], None] | None = None  # looks up, asks, or adds to the request before any step is drawn
    draw: Callable[[Draft, list[str]], None] | None = None  # the steps for names; without it one step for each
    done: Callable[[JsonObject], str] | None = None  # a carried-out step in words, from its arguments and result

    def draw_up(self, draft: Draft, names: list[str]) -> None:
        """Add the steps for these names to a draft, and what they are for."""
        if self.draw:
            self.draw(draft, names)
            return
        regions = draft.request.regions
        for number, name in enumerate(names):
            arguments = dict.fromkeys(self.takes, name)
            if "region" in self.takes:
                seen = draft.region if regions else draft.seen_in.get(name, draft.region)
                arguments["region"] = regions[number] if len(regions) == len(names) else seen
            if not all(arguments.values()):
                draft.say = f"Which region? Name that of the {self.resource.noun}, for example us-east-1."
                return
            draft.add(self.resource.kind, self.name, arguments)
        draft.goals.append(listed(self.resource.noun, names))


def listed(noun: str, names: list[str]) -> str:
    """A noun and the names of one or several: "roles a, b"."""
    return f"{noun}{'s' if len(names) > 1 else ''} {', '.join(names)}"
