"""What an answer says is seen; what people write in any script is left as it is."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import NotFound
from shared.text.answers import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("red \x1b[31malert\x1b[0m", "red \\u001b[31malert\\u001b[0m"),
        ("a\x00b\x07c\x7fd\x9be", "a\\u0000b\\u0007c\\u007fd\\u009be"),
        ("\u202egnp.exe\u2066 \u200f", "\\u202egnp.exe\\u2066 \\u200f"),
        ("ad\u200bmin\ufeff so\u00adft \u200d", "admin soft "),
        ("tag\U000e0041\U000e0042", "tag\\U000e0041\\U000e0042"),
        ("variation\U000e0100 a\ufe01", "variation\\U000e0100 a\\ufe01"),
        ("blank\u3164\u2800\u115f", "blank\\u3164\\u2800\\u115f"),
        ("one\r\ntwo\rthree\u2028four\u0085five", "one\ntwothree\nfour\nfive"),
        ("half \ud800 \ufffe", "half \\ud800 \\ufffe"),
    ],
)
def test_what_is_not_seen_is_shown_or_left_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    "text",
    ["line\n\tindented  code", "Größe, 東京, עברית, العربية, ไทย, é e\u0301", "❤️ 🚀 ½ → ≤ € “quotes” …", "\\u001b"],
)
def test_what_people_write_stays(text: str) -> None:
    assert visible(text) == text


@given(st.text(st.characters(), max_size=30), st.integers(0, 30))
def test_a_text_may_be_cut_anywhere(text: str, at: int) -> None:
    assert visible(text[:at]) + visible(text[at:]) == visible(text)
    assert visible(visible(text)) == visible(text)
    assert all(one in "\n\t" or unicodedata.category(one) not in ("Cc", "Cf", "Cs") for one in visible(text))


def test_an_error_shows_what_it_repeats() -> None:
    assert NotFound("no bucket \x1b[2J\u202e").detail == "no bucket \\u001b[2J\\u202e"
