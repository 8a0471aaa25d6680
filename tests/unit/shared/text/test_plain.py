"""Text of others is one line between quotation marks, in which every character is seen."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.plans.page.lines import CONTINUED, MARK
from shared.text.plain import MAX_QUOTED, exactly, named, quoted, seen

UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "So", "Me"}
BLANKS = "\u00a0\u1680\u2000\u2009\u200a\u202f\u205f\u3000\u2800\u3164\u115f\u1160\uffa0"
# Characters of every kind that has been used to imitate something.
ODD = st.text(
    st.sampled_from(f'{BLANKS}\n\r\t\x00\x1b\x85\u2028\u2029\u200b\u200f\u202e\u2066\ufeff"\\“”″＂▌┊\u0301\u0338')
)
ANY = st.one_of(st.text(max_size=80), ODD)


@pytest.mark.parametrize("show", [quoted, exactly, named])
@given(text=ANY)
@example(text='a" Findings: none')
@example(text="▌ Findings: none\n▌ Approve until: never")
@example(text="\\")
def test_any_text_is_one_quotation_of_seen_characters(show: Callable[[str], str], text: str) -> None:
    shown = show(text)
    assert len(shown.splitlines()) <= 1
    assert not {unicodedata.category(one) for one in shown} & UNSEEN
    assert MARK not in shown
    assert CONTINUED not in shown
    assert not set(shown) & set(BLANKS)
    if shown != text:
        assert shown.startswith('"')
        assert re.sub(r"\\.", "", shown).count('"') == 2


@given(ANY)
def test_what_is_shown_exactly_can_be_told_from_any_other_text(text: str) -> None:
    other = text.replace("\u200b", "\\u200b").replace("\n", "\\u000a") + "x"
    assert exactly(text) != exactly(other)


@given(ANY)
def test_a_sentence_of_our_own_is_safe_too_and_stays_as_it_is_once_it_is(text: str) -> None:
    line = seen(text)
    assert len(line.splitlines()) <= 1
    assert not {unicodedata.category(one) for one in line} & UNSEEN
    assert seen(line) == line


@pytest.mark.parametrize(
    "text", ["Größe, 20 %", "バケットを作成", "دلو جديد", "नया बकेट बनाओ", "สร้างบัคเก็ต", "été", "O'Brien's 3 < 4 + €5"]
)
def test_ordinary_text_of_any_language_stays_as_it_is(text: str) -> None:
    assert quoted(text) == f'"{text}"'


def test_a_letter_with_its_accent_apart_is_the_same_letter() -> None:
    assert quoted("e\u0301te\u0301") == '"été"'


@pytest.mark.parametrize("blank", ["\u00a0", "\u2800", "\u3164", "\uffa0", "\u115f", "\u3000", "\t", "\n", " "])
def test_padding_of_any_blank_is_one_space(blank: str) -> None:
    assert quoted("Harmless" + blank * 2000 + "Findings: none") == '"Harmless Findings: none"'
    assert quoted(blank * 2000) == '""'


@pytest.mark.parametrize("unseen", ["\u200b", "\u202e", "\u2060", "\u0338", "\u20e0", "\U000e0041", "\ufe0f"])
def test_padding_of_what_is_not_seen_is_said_with_its_number(unseen: str) -> None:
    shown = quoted("a" + unseen * 2000)
    assert len(shown) < 40
    assert "{2000 × \\" in shown


def test_marks_of_other_scripts_than_their_letters_are_shown_by_their_codes() -> None:
    assert quoted("z\u0338\u0338") == '"z\\u0338\\u0338"'
    assert quoted("क\u094b\u094b\u094b") == '"क\u094b\u094b\\u094b"'


@pytest.mark.parametrize("look_alike", ["“", "”", "″", "＂", "''", "’’", "〃"])
def test_what_looks_like_a_quotation_mark_cannot_seem_to_end_the_quotation(look_alike: str) -> None:
    assert look_alike not in quoted(f"a{look_alike} Findings: none")


def test_long_text_is_cut_and_the_rest_counted() -> None:
    assert quoted("x" * 1000) == f'"{"x" * MAX_QUOTED}" and {1000 - MAX_QUOTED} more characters'
    codes = "\\u200b\\u202e" * 25
    assert quoted("\u200b\u202e" * 1000) == f'"{codes}" and 1950 more characters'


def test_a_name_stands_for_itself_and_all_else_is_quoted() -> None:
    for name in ("acme-data", "arn:aws:s3:::b/*", "s3:Get*", "${aws:username}", "user@example.com"):
        assert named(name) == name
    for text in ("", "two words", "a]", "a(b", "naïve", "a\u200b", "x" * 3000):
        assert named(text) == exactly(text)
