"""Reads a plan's page as a person does."""

from __future__ import annotations

from shared.plans.page.lines import CONTINUED, MARK


def whole_lines(page: str) -> list[str]:
    """The page's lines without their marks, each with what continues it. Fails where a line has no mark."""
    lines: list[str] = []
    for line in page.splitlines():
        assert line.startswith(MARK), f"a line without a mark: {line!r}"
        text = line.removeprefix(MARK).removeprefix(" ")
        if text.lstrip().startswith(CONTINUED):
            lines[-1] += " " + text.lstrip().removeprefix(CONTINUED).removeprefix(" ")
        else:
            lines.append(text)
    return lines


def text_of(page: str) -> str:
    """The page's lines as one text, without marks and continued lines."""
    return "\n".join(whole_lines(page))
