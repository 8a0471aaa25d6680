"""Values that some reader or writer of ours would choke on are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.text.json_values import MAX_DEPTH, checked, strings


def nested(levels: int) -> Any:
    return json.loads("[" * levels + "]" * levels)


@pytest.mark.parametrize("value", [None, 1, 1.5, "ü 🚀", {"a": [{"b": "c"}]}, nested(MAX_DEPTH)])
def test_an_ordinary_value_is_returned(value: Any) -> None:
    assert checked(value) is value


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (nested(MAX_DEPTH + 2), "nested"),
        (nested(900), "nested"),
        ({"a": float("nan")}, "finite"),
        ([float("-inf")], "finite"),
        ("\ud800", "Unicode"),
        ({"\udfff": 1}, "Unicode"),
    ],
)
def test_another_is_refused(value: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        checked(value)


def test_texts_are_found_however_deep_and_keys_where_they_are_asked_for() -> None:
    value = {"a": ["b", {"c": "d"}, 1, None], "e": ("f",)}
    assert list(strings(value)) == ["b", "d", "f"]
    assert list(strings(value, keys=True)) == ["a", "b", "c", "d", "e", "f"]
