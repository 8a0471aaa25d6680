"""What is too large to show keeps as much as fits, and says what it left out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.text.shorten import shorten, size_of


def instances(count: int) -> list[dict[str, Any]]:
    return [{"instance_id": f"i-{number:017x}", "state": "running"} for number in range(count)]


@pytest.mark.parametrize("limit", [2_000, 50_000, 200_000])
def test_a_list_keeps_every_item_that_fits(limit: int) -> None:
    rows = instances(4_998)
    short, cut = shorten({"instances": rows, "instance_count": len(rows)}, limit)
    assert cut
    assert isinstance(short, dict)
    *kept, more = short["instances"]  # type: ignore[misc]  # a list
    assert kept == rows[: len(kept)]
    assert more == f"… ({len(rows) - len(kept)} more)"
    assert short["instance_count"] == 4_998
    assert size_of(short) <= limit
    one_more = {"instances": [*rows[: len(kept) + 1], f"… ({len(rows) - len(kept) - 1} more)"], "instance_count": 4_998}
    assert size_of(one_more) > limit


def test_a_short_list_beside_a_long_one_stays_whole() -> None:
    value = {"few": [1, 2, 3], "many": instances(1_000), "deeper": {"some": list(range(20))}}
    short, cut = shorten(value, 10_000)
    assert cut
    assert isinstance(short, dict)
    assert (short["few"], short["deeper"]) == (value["few"], value["deeper"])
    assert len(short["many"]) > 100  # type: ignore[arg-type]  # a list


def test_where_one_item_is_too_large_items_are_cut_too() -> None:
    short, cut = shorten({"rows": [{"text": "x" * 50_000, "name": "a"}]}, 1_000)
    assert cut
    assert size_of(short) <= 1_000
    assert '"name": "a"' in json.dumps(short)


ROWS = st.lists(st.one_of(st.integers(), st.text(max_size=40), st.lists(st.integers(), max_size=5)), max_size=200)


@given(st.dictionaries(st.text(max_size=5), ROWS, min_size=1, max_size=3), st.integers(200, 2_000))
def test_what_is_kept_is_never_over_the_limit_and_never_less_than_could_be(value: Any, limit: int) -> None:
    short, cut = shorten(value, limit)
    assert size_of(short) <= limit
    if cut and any(len(each) > 1 for each in short.values()):
        kept = max(len(each) - 1 for name, each in short.items() if len(each) - 1 < len(value[name]))
        more = {
            name: each if len(each) <= kept + 1 else [*each[: kept + 1], f"… ({len(each) - kept - 1} more)"]
            for name, each in value.items()
        }
        assert size_of(more) > limit
