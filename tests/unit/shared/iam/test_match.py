"""One matcher of wildcards: for names, and for patterns that take in other patterns."""

from __future__ import annotations

import time
from fnmatch import fnmatchcase

from hypothesis import given
from hypothesis import strategies as st

from shared.iam.match import action_covers, action_matches, covers, glob, pattern_of, resource_covers


@given(pattern=st.text("ab*?", max_size=8), text=st.text("ab", max_size=8))
def test_a_pattern_matches_a_text_as_a_shells_would(pattern: str, text: str) -> None:
    assert glob(pattern_of(pattern), text) == fnmatchcase(text, pattern)
    assert action_matches(pattern.upper(), text) == fnmatchcase(text, pattern)


@given(outer=st.text("ab*?", max_size=6), inner=st.text("ab*?", max_size=5), sample=st.text("ab", max_size=6))
def test_what_a_covered_pattern_matches_the_outer_matches_too(outer: str, inner: str, sample: str) -> None:
    if covers(outer, inner) and fnmatchcase(sample, inner):
        assert fnmatchcase(sample, outer)


def test_patterns_compare_as_iam_does() -> None:
    assert action_covers("S3:get*", "s3:GetObject")
    assert not action_covers("s3:Get*", "s3:*")
    assert action_covers("s3:Get?", "s3:Get?")
    assert not action_covers("s3:Get?", "s3:Get*")
    assert resource_covers("arn:aws:s3:::photos/*", "arn:aws:s3:::photos/2024/*")
    assert not resource_covers("arn:aws:s3:::photos/*", "arn:aws:s3:::Photos/x")
    assert not resource_covers("arn:aws:s3*:x", "arn:aws:s3:::x")
    assert not resource_covers("arn:aws:s3:::${*}", "arn:aws:s3:::${a}")


def test_a_hostile_pattern_takes_no_time() -> None:
    started = time.perf_counter()
    assert not covers("*a" * 2000, "a" * 4000 + "b")
    assert not action_matches("*a" * 2000, "a" * 4000 + "b")
    assert time.perf_counter() - started < 5
