"""Patterns of a policy as an automaton reads them: characters, wildcards, and a letter of its own for each variable.

What `${aws:username}` stands for is the same in both policies for one request, and nobody knows what it is. A letter
that no text has stands for it, which only `*` takes in: what holds for the letter holds for every value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from shared.iam.match import read_variable


class Sign(Enum):
    """A part of a pattern that stands for more than one character would."""

    RUN = "*"
    ONE = "?"
    # In the first five parts of an ARN that a condition compares: not over a colon.
    RUN_WITHIN = "*:"
    ONE_WITHIN = "?:"


Part = str | Sign
"""A string stands for any one of its characters."""
Pattern = tuple[Part, ...]
Union = tuple[Pattern, ...]
"""Patterns of which one must match."""

EVERYTHING: Union = ((Sign.RUN,),)
_WILDCARDS = {"*": Sign.RUN, "?": Sign.ONE}
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_FIRST_LETTER, _LAST_LETTER = 0xF0000, 0xFFFFD


class Unreadable(ValueError):
    """What AWS makes of the pattern cannot be told from its text; the message says why."""


def is_letter(character: str) -> bool:
    """Whether the character stands for a variable: of a plane that Unicode leaves to private use."""
    return _FIRST_LETTER <= ord(character) <= _LAST_LETTER


def has_letter(pattern: Pattern) -> bool:
    return any(isinstance(part, str) and is_letter(part[0]) for part in pattern if part)


@dataclass(slots=True)
class Letters:
    """Which letter stands for which variable: the key in lower case, and its default where it has one."""

    of: dict[tuple[str, str | None], str] = field(default_factory=dict)

    def letter(self, key: str, default: str | None) -> str:
        name = (key.lower(), default)
        return self.of.setdefault(name, chr(_FIRST_LETTER + len(self.of)))

    def pattern(self, text: str, *, variables: bool, wild: bool = True, any_case: bool = False) -> Pattern:
        """The text as a pattern. Raises Unreadable for a variable that AWS does not know."""
        made: list[Part] = []
        end = 0
        found = _VARIABLE.finditer(text, 0, text.rfind("}") + 1) if variables and "${" in text else ()
        for one in found:
            made += _parts(text[end : one.start()], wild, any_case)
            made += self._variable(one.group(1))
            end = one.end()
        if variables and "${" in text[end:]:
            raise Unreadable(f"{text!r} has a policy variable that does not end")
        return tuple(made + _parts(text[end:], wild, any_case))

    def _variable(self, name: str) -> list[Part]:
        if name in ("*", "?", "$"):
            return [name]
        read = read_variable(name)
        if read is None:
            raise Unreadable(f"the policy variable ${{{name}}} is not one that AWS knows")
        key, default = read
        if default is not None and set(default) & set("*?"):
            raise Unreadable(f"the default of the policy variable ${{{key}}} has a wildcard")
        return [self.letter(key, default)]


def variables_in(text: str) -> list[tuple[str, bool]]:
    """The key of each variable in a text, in lower case, and whether it has a default."""
    names = _VARIABLE.findall(text, 0, text.rfind("}") + 1) if "${" in text else ()
    read = [(name, read_variable(name)) for name in names if name not in ("*", "?", "$")]
    return [(found[0].lower(), found[1] is not None) if found else (name.lower(), False) for name, found in read]


def within_parts(pattern: Pattern) -> Pattern:
    """The pattern of an ARN whose wildcards stay in their part. Raises Unreadable where it has not the six parts."""
    made: list[Part] = []
    colons = 0
    for part in pattern:
        if colons < 5:
            if isinstance(part, str) and is_letter(part[0]):
                raise Unreadable("a policy variable stands in one of the first five parts of an ARN")
            colons += part == ":"
            part = {Sign.RUN: Sign.RUN_WITHIN, Sign.ONE: Sign.ONE_WITHIN}.get(part, part)  # type: ignore[arg-type]  # a str is no key
        made.append(part)
    if colons < 5 or made[:3] != ["a", "r", "n"]:
        raise Unreadable("an Arn condition has a value that is not an ARN")
    return tuple(made)


def literal(text: str) -> Pattern:
    """A pattern that matches this text alone."""
    return tuple(text)


def plain(text: str) -> Pattern:
    """The text with its wildcards, and no variables."""
    return tuple(_WILDCARDS.get(one, one) for one in text)


def spelled_out(union: Union, values: Mapping[str, str]) -> Union:
    """The patterns with a text for each letter."""
    return tuple(
        tuple(
            character
            for part in one
            for character in (values.get(part, part) if isinstance(part, str) and is_letter(part[0]) else (part,))
        )
        for one in union
    )


def widened(union: Union) -> Union:
    """The patterns with `*` in place of variables."""
    return tuple(
        tuple(Sign.RUN if isinstance(part, str) and is_letter(part[0]) else part for part in one) for one in union
    )


def _parts(text: str, wild: bool, any_case: bool) -> list[Part]:
    if any(is_letter(one) for one in text):
        raise Unreadable("a text has a character of private use")
    made: list[Part] = [_WILDCARDS.get(one, one) if wild else one for one in text]
    return [_both_cases(one) if any_case and isinstance(one, str) else one for one in made]


def _both_cases(character: str) -> str:
    """The characters that are equal to this one without regard to case, where each is one character."""
    forms = {character, character.lower(), character.upper()}
    same = {one for one in forms if len(one) == 1 and one.lower() == character.lower()}
    if len(character.lower()) != 1 or any(len(one) != 1 for one in forms):
        raise Unreadable(f"{character!r} has no case of one character")
    return "".join(sorted(same))
