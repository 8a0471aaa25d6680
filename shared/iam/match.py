"""How the patterns of a policy match a request, or take in other patterns: wildcards, policy variables, context.

Sources: "Resource", "Action" and "Variables and tags" in the IAM user guide's policy reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from shared.iam.truth import Truth, Unknown

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
# Longer patterns than actions have are not kept.
_CACHED_CHARACTERS = 128
# A condition key and, after a comma, its default: "aws:username, 'nobody'".
_NAME = re.compile(r"\s*([A-Za-z0-9-]+:[^,'\s${}]+)\s*(?:,\s*'([^']*)'\s*)?")
# "You can't use a wildcard in the service segment" (IAM user guide, "Resource"); account and resource may be empty.
_PARTITION, _SERVICE = re.compile(r"[a-z*?-]+"), re.compile(r"[a-z0-9-]+")


class Wildcard(Enum):
    """A part of a pattern that is not text."""

    RUN = "*"
    ONE = "?"


Pattern = list[str | Wildcard]
"""Single characters and wildcards."""


@dataclass(frozen=True, slots=True)
class Request:
    """One action on one resource. `context` has lower-case keys; None says that a key is known to be absent."""

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...] | None]
    # Whether keys that `context` does not have are absent from the request, or just not known yet.
    complete: bool = True

    def values(self, key: str) -> tuple[str, ...] | Unknown:
        """The key's values; empty where the request does not have it."""
        if key.lower() in self.context:
            return self.context[key.lower()] or ()
        return () if self.complete else Unknown(f"the value of {key} is not known before the call")


def pattern_of(text: str) -> Pattern:
    """The text with its wildcards, without variables."""
    wildcards: dict[str, Wildcard] = {"*": Wildcard.RUN, "?": Wildcard.ONE}
    return [wildcards.get(character, character) for character in text]


def glob(pattern: Sequence[str | Wildcard], text: Sequence[str | Wildcard]) -> bool:
    """Whether the whole text matches, in time proportional to both lengths (a regular expression may take for ever).

    The text may be a pattern too: then whether everything that it matches is matched. A wildcard of it counts as a
    character that only a wildcard of `pattern` takes in, so there the answer may be a false "no" (`a*b` takes in
    `a*bb*b`, which is not seen), and is never a false "yes".
    """
    at, here, star, retry = 0, 0, -1, 0
    while here < len(text):
        part = pattern[at] if at < len(pattern) else None
        if part is Wildcard.RUN:
            star, retry = at, here
            at += 1
        elif (part is Wildcard.ONE and text[here] is not Wildcard.RUN) or part == text[here]:
            at += 1
            here += 1
        elif star >= 0:
            retry += 1
            at, here = star + 1, retry
        else:
            return False
    return all(part is Wildcard.RUN for part in pattern[at:])


def covers(outer: str, inner: str) -> bool:
    """Whether everything the pattern `inner` matches is matched by `outer` too; see `glob` for a false "no"."""
    return glob(pattern_of(outer), pattern_of(inner))


def action_covers(outer: str, inner: str) -> bool:
    """`covers` for actions, which IAM compares without regard to case."""
    return covers(outer.casefold(), inner.casefold())


def resource_covers(outer: str, inner: str) -> bool:
    """`covers` for ARNs: a wildcard does not reach over the five colons between the parts of an ARN."""
    if outer == "*" or outer == inner:
        return True
    if "${" in outer:
        # A policy variable or an escape such as ${*}: what it stands for is not known here.
        return False
    left, right = outer.split(":", 5), inner.split(":", 5)
    return len(left) == len(right) == 6 and all(covers(a, b) for a, b in zip(left, right, strict=True))


def action_matches(pattern: str, action: str) -> bool:
    """Actions are matched without regard to case, service and name as one text."""
    wanted, actual = pattern.lower(), action.lower()
    beginning, star, rest = wanted.partition("*")
    if not rest and "?" not in beginning:  # as most are: s3:GetObject, s3:Get*
        return actual.startswith(beginning) if star else actual == beginning
    return glob(_cached(wanted) if len(wanted) <= _CACHED_CHARACTERS else pattern_of(wanted), actual)


@lru_cache(maxsize=8192)
def _cached(pattern: str) -> tuple[str | Wildcard, ...]:
    return tuple(pattern_of(pattern))


def resource_matches(text: str, request: Request, variables: bool) -> Truth:
    """Resources are matched with regard to case; `*` crosses `:` and `/`.

    A pattern in doubt (`pattern_doubt`) is Unknown, unless no value of its variables could match.
    """
    doubt = pattern_doubt(text, request, variables)
    if doubt is None:
        pattern = substituted(text, request, variables)
        return pattern if isinstance(pattern, Unknown) else glob(pattern, request.resource)
    if _is_arn(text) and not glob(pattern_of(without_variables(text)), request.resource):
        return False
    return doubt


def pattern_doubt(text: str, request: Request, variables: bool) -> Unknown | None:
    """Why nobody can say what AWS makes of a resource pattern: it is no ARN, or a variable of it has no value."""
    if not _is_arn(text):
        return Unknown(f"{text!r} is neither * nor the pattern of an ARN")
    if not variables or "${" not in text:
        return None
    before, _, _ = text.partition("${")
    if before.count(":") < 5:
        return Unknown(f"{text} has a variable before its fifth colon, where AWS does not support one")
    return variable_doubt(text, request)


@lru_cache(maxsize=8192)
def _is_arn(text: str) -> bool:
    """Whether a resource pattern is `*` or has the six parts of an ARN, a service without wildcards among them."""
    if text == "*":
        return True
    # A variable's name has a colon of its own.
    parts = without_variables(text).split(":", 5)
    return (
        len(parts) == 6
        and parts[0] == "arn"
        and _PARTITION.fullmatch(parts[1]) is not None
        and _SERVICE.fullmatch(parts[2]) is not None
    )


def without_variables(text: str) -> str:
    """The text with `*` in place of each variable.

    Nothing is looked for behind the last `}`: each of ten thousand `${` there would be read to the text's end.
    """
    end = text.rfind("}") + 1
    return _VARIABLE.sub("*", text[:end]) + text[end:]


def variable_doubt(text: str, request: Request) -> Unknown | None:
    """Why a variable of the text has no value. "If AWS cannot resolve a variable this might cause the entire statement
    to be invalid" (IAM user guide, "Variables and tags")."""
    made = substituted(text, request, True)
    return made if isinstance(made, Unknown) else None


def substituted(text: str, request: Request, variables: bool) -> Pattern | Unknown:
    """The pattern with its variables replaced, their values taken literally; Unknown where one has no single value."""
    if not variables or "${" not in text:
        return pattern_of(text)
    made: Pattern = []
    end = 0
    for found in _VARIABLE.finditer(text, 0, text.rfind("}") + 1):
        made += pattern_of(text[end : found.start()])
        value = _value(found.group(1), request)
        if isinstance(value, Unknown):
            return value
        made += list(value)
        end = found.end()
    if "${" in text[end:]:
        return Unknown(f"{text!r} has a policy variable that does not end")
    return made + pattern_of(text[end:])


def literal(text: str, request: Request, variables: bool) -> str | Unknown:
    """The text with its variables replaced, and no wildcards."""
    pattern = substituted(text, request, variables)
    if isinstance(pattern, Unknown):
        return pattern
    return "".join(part.value if isinstance(part, Wildcard) else part for part in pattern)


def read_variable(name: str) -> tuple[str, str | None] | None:
    """The condition key and the default of what stands in `${…}`; None where it is no variable that AWS knows."""
    parsed = _NAME.fullmatch(name)
    return (parsed[1], parsed[2]) if parsed else None


def _value(name: str, request: Request) -> str | Unknown:
    if name in ("*", "?", "$"):
        return name
    read = read_variable(name)
    if read is None:
        return Unknown(f"the policy variable ${{{name}}} is not one that AWS knows")
    key, default = read
    values = request.values(key)
    if isinstance(values, Unknown):
        return values
    if len(values) == 1:
        return values[0]
    if values:
        return Unknown(f"the policy variable ${{{key}}} has several values, of which AWS takes none")
    if default is None:
        return Unknown(f"the policy variable ${{{key}}} has no value in this request")
    if "*" in default or "?" in default:
        return Unknown(f"the default of the policy variable ${{{key}}} has a wildcard, which AWS does not define")
    return default
