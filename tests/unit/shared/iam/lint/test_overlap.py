"""Two patterns have a text in common exactly where a search through short texts finds one."""

from __future__ import annotations

import itertools
import re

from hypothesis import given
from hypothesis import strategies as st

from shared.iam.lint.overlap import overlaps

PATTERN = st.text(alphabet="a/*?|", max_size=4)


def expression(pattern: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": ".", "|": "[^/]*"}.get(one, re.escape(one)) for one in pattern))


# Two patterns of four characters that have a text in common have one of at most eight.
TEXTS = ["".join(text) for length in range(9) for text in itertools.product("a/", repeat=length)]


@given(left=PATTERN, right=PATTERN)
def test_patterns_overlap_where_a_text_matches_both(left: str, right: str) -> None:
    one, other = expression(left), expression(right)
    common = any(one.fullmatch(text) and other.fullmatch(text) for text in TEXTS)
    assert overlaps(left, right) == common
    assert overlaps(right, left) == common
