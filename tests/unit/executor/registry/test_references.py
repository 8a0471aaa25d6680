"""References are found and replaced wherever they stand in an argument."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.executor.registry import references
from shared.errors import InvalidArguments

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=10,
)


@given(plain)
def test_what_has_no_reference_is_left_as_it_is(value: Any) -> None:
    assert references.resolve(value, {}) == value
    assert list(references.find(value)) == []


@given(plain, st.lists(st.sampled_from(["list", "object"]), max_size=5))
def test_a_reference_is_replaced_however_deep_it_is(result: Any, wrappers: list[str]) -> None:
    value: Any = {"$from": "role.made.arn"}
    expected = result
    for wrapper in wrappers:
        value = [value] if wrapper == "list" else {"a": value}
        expected = [expected] if wrapper == "list" else {"a": expected}
    assert list(references.find(value)) == ["role.made.arn"]
    assert references.resolve(value, {"role": {"made": {"arn": result}}}) == expected


@pytest.mark.parametrize("bad", ["role", "", ".", "role.", ".arn", 1, None, ["role.arn"]])
def test_a_malformed_reference_is_refused(bad: Any) -> None:
    with pytest.raises(InvalidArguments):
        list(references.find({"$from": bad}))


def test_a_reference_beside_other_keys_is_refused() -> None:
    with pytest.raises(InvalidArguments):
        references.resolve({"$from": "role.arn", "else": 1}, {"role": {"arn": "x"}})
