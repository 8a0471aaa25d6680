"""What botocore answers becomes JSON that every reader of ours takes."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from botocore.response import StreamingBody

from shared.access.stripping import REMOVED
from shared.aws.answers.plain import CUT, MAX_BODY_BYTES, as_json
from shared.text.json_values import checked


@pytest.mark.parametrize(
    ("answered", "plain"),
    [
        (datetime(2026, 11, 26, 5, 30, tzinfo=UTC), "2026-11-26T05:30:00+00:00"),
        (datetime(2026, 11, 26, 5, 30, tzinfo=timezone(timedelta(hours=2))), "2026-11-26T05:30:00+02:00"),
        (date(2026, 11, 26), "2026-11-26"),
        (Decimal("12"), 12),
        (Decimal("0.25"), 0.25),
        (Decimal("0.10000000000000000000001"), "0.10000000000000000000001"),
        (Decimal("NaN"), "NaN"),
        (float("inf"), "inf"),
        (b"\x00\xff", "AP8="),
        (REMOVED.encode(), REMOVED),
        ("half \ud83d", "half ?"),
        ({1: {"a"}}, {"1": ["a"]}),
        (True, True),
        (None, None),
    ],
)
def test_a_value_is_plain_json(answered: Any, plain: Any) -> None:
    assert as_json(answered) == plain


def test_a_body_is_text_where_it_is_text_and_else_base64() -> None:
    assert as_json(StreamingBody(io.BytesIO("größer".encode()), None)) == "größer"
    assert as_json(StreamingBody(io.BytesIO(b"\x89PNG\x00\xff\xfe" + bytes(8)), None)) == "iVBORwD//gAAAAAAAAAA"


def test_a_long_body_is_cut_and_says_so_without_parting_a_character() -> None:
    body = ("a" + "ß" * MAX_BODY_BYTES).encode()
    found = as_json(StreamingBody(io.BytesIO(body), None))
    assert isinstance(found, str)
    assert found.endswith(f"ß {CUT}")
    assert len(found) < MAX_BODY_BYTES


def test_what_is_nested_without_end_is_cut_where_readers_stop() -> None:
    value: Any = "end"
    for _ in range(5000):
        value = {"a": value}
    found = as_json(value)
    assert checked(json.loads(json.dumps({"rows": [found]}))) == {"rows": [found]}
    assert "left out: nested too deeply" in json.dumps(found)
