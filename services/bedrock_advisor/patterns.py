"""IAM's wildcards: does one pattern take in another? `*` is any text, `?` any one character."""

from __future__ import annotations


def covers(outer: str, inner: str) -> bool:
    """True where everything `inner` matches is matched by `outer` too. Linear in memory, never exponential.

    A wildcard inside `inner` counts as a character that only a wildcard of `outer` takes in, so the answer may
    be a false "no" (for `a*b` and `a*bb*b`-like shapes) and is never a false "yes".
    """
    at = place = 0
    star = mark = -1
    while place < len(inner):
        if at < len(outer) and outer[at] == "*":
            star, mark = at, place
            at += 1
        elif at < len(outer) and _takes(outer[at], inner[place]):
            at, place = at + 1, place + 1
        elif star >= 0:
            mark += 1
            at, place = star + 1, mark
        else:
            return False
    return all(character == "*" for character in outer[at:])


def _takes(outer: str, inner: str) -> bool:
    return inner != "*" if outer == "?" else outer == inner


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
