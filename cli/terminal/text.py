"""Makes what models, AWS and other users wrote safe to print at a terminal.

Control characters (C0, C1), bidirectional controls and characters that cannot be seen are shown by their codes, so that
no text moves the cursor, hides, or turns other text around. Rich, which prints, would pass all of these on, and would
read `[brackets]` as markup: text of others reaches it only through `safe`, or as a `Text` that is made here.
"""

from __future__ import annotations

from rich.text import Text

from shared.plans.page.lines import unmarked
from shared.text.answers import visible


def safe(value: object) -> str:
    """Any text, as it may be printed; line breaks and tabs stay."""
    return visible(value if isinstance(value, str) else str(value))


def of_model(text: str) -> str:
    """What a model says, as it may be printed: no line of it looks like one of a plan's page either."""
    return unmarked(safe(text))


def one_line(value: object, limit: int | None = None) -> str:
    """The text in one line; where it has more than `limit` characters it is cut, and says so."""
    text = " ".join(safe(value).split())
    return text if limit is None or len(text) <= limit else f"{text[: limit - 1]}…"


def styled(value: object, style: str = "") -> Text:
    """A text for Rich, which is never read as markup."""
    return Text(safe(value), style=style)


def line(*parts: str | tuple[str, str]) -> Text:
    """One line of several parts: texts, and pairs of a text and its style. A line break in one becomes a blank."""
    pairs = (part if isinstance(part, tuple) else (part, "") for part in parts)
    return Text.assemble(*((_flat(text), style) for text, style in pairs))


def _flat(text: str) -> str:
    return safe(text).replace("\n", " ").replace("\t", " ")
