"""Patterns of ARNs, as plans, standing grants and their checks use them."""

from __future__ import annotations


def matches(pattern: str, arn: str) -> bool:
    """Whether a pattern covers an ARN; `*` stands for any characters, everything else for itself."""
    head, *parts = pattern.split("*")
    if not parts:
        return pattern == arn
    *middle, tail = parts
    at, end = len(head), len(arn) - len(tail)
    if at > end or not arn.startswith(head) or not arn.endswith(tail):
        return False
    for part in middle:
        # The earliest match is enough: it leaves the most for the parts that follow.
        found = arn.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
