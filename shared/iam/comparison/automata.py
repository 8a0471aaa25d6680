"""Is there a text that matches these patterns and none of those? By the product of their automata, shortest first.

A set of states is an integer, a bit for each place in each pattern; a character moves all of them at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from shared.iam.comparison.effort import Effort
from shared.iam.comparison.patterns import Pattern, Sign, Union, is_letter

# For a character that no pattern names; the first that is free is taken.
_OTHERS = "xyzabcdefghijklmnopqrstuvw0123456789XYZ" + "".join(map(chr, range(0x100, 0x400)))


@dataclass(slots=True)
class Automaton:
    """Patterns of which one must match, as one automaton."""

    size: int = 0
    start: int = 0
    accepting: int = 0
    # A pattern that is here has matched whatever follows.
    always: int = 0
    runs: int = 0
    runs_within: int = 0
    ones: int = 0
    ones_within: int = 0
    named: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, union: Iterable[Pattern]) -> Automaton:
        made = cls()
        place = 0
        for pattern in union:
            made.start |= 1 << place
            for number, part in enumerate(pattern):
                made._add(part, 1 << place, last=number == len(pattern) - 1)
                place += 1
            made.accepting |= 1 << place
            place += 1
        made.size = place
        made.start = made._closed(made.start)
        return made

    def _add(self, part: str | Sign, bit: int, *, last: bool) -> None:
        match part:
            case Sign.RUN:
                self.runs |= bit
                self.always |= bit if last else 0
            case Sign.RUN_WITHIN:
                self.runs_within |= bit
            case Sign.ONE:
                self.ones |= bit
            case Sign.ONE_WITHIN:
                self.ones_within |= bit
            case _:
                for character in part:
                    self.named[character] = self.named.get(character, 0) | bit

    def _closed(self, states: int) -> int:
        """With the states that a run of no characters leads to."""
        runs = self.runs | self.runs_within
        while more := ((states & runs) << 1) & ~states:
            states |= more
        return states

    def step(self, states: int, character: str) -> int:
        taken = self.named.get(character, 0)
        stays = self.runs
        if not is_letter(character):
            taken |= self.ones
            if character != ":":
                taken |= self.ones_within
                stays |= self.runs_within
        return self._closed((states & stays) | ((states & taken) << 1))

    def matches(self, text: str) -> bool:
        states = self.start
        for character in text:
            states = self.step(states, character)
            if not states:
                return False
        return bool(states & self.accepting)


_State = tuple[tuple[int, ...], int]
_Came = dict[_State, tuple[_State, str] | None]


def shortest(wanted: Sequence[Automaton], unwanted: Automaton, effort: Effort) -> str | None:
    """The shortest text that every one of `wanted` takes and `unwanted` does not; None where there is none."""
    alphabet = _alphabet([*wanted, unwanted])
    # Of one state: each character moves all places, a machine word of them at once.
    cost = 1 + len(alphabet) * (1 + sum(one.size for one in (*wanted, unwanted)) // 512) // 16
    first = (tuple(one.start for one in wanted), unwanted.start)
    came: _Came = {first: None}
    waiting = deque([first])
    while waiting:
        here = waiting.popleft()
        effort.spend(cost)
        states, others = here
        if others & unwanted.always:
            continue
        if not others & unwanted.accepting and all(
            state & one.accepting for state, one in zip(states, wanted, strict=True)
        ):
            return _spelled(came, here)
        for character in alphabet:
            moved = tuple(one.step(state, character) for one, state in zip(wanted, states, strict=True))
            if not all(moved):
                continue
            there = (moved, unwanted.step(others, character))
            if there not in came:
                came[there] = (here, character)
                waiting.append(there)
    return None


def _alphabet(automata: Sequence[Automaton]) -> list[str]:
    """A character of each kind that the automata tell apart, one that none of them names among them."""
    named = set(chain.from_iterable(one.named for one in automata)) | {":"}
    kinds: dict[tuple[object, ...], str] = {}
    for character in sorted(named, key=lambda one: (not one.isalnum(), one)):
        kind = (character == ":", is_letter(character), *(one.named.get(character, 0) for one in automata))
        kinds.setdefault(kind, character)
    # In the order in which an example would rather have them.
    return [next(one for one in _OTHERS if one not in named), *kinds.values()]


def _spelled(came: _Came, here: _State) -> str:
    spelled: list[str] = []
    while (step := came[here]) is not None:
        here, character = step
        spelled.append(character)
    return "".join(reversed(spelled))


def texts_of(union: Union) -> list[str] | None:
    """The texts of patterns that have no wildcards; None where one has some."""
    if all(isinstance(part, str) and len(part) == 1 for pattern in union for part in pattern):
        return ["".join(pattern) for pattern in union]  # type: ignore[arg-type]  # all of them are text
    return None
