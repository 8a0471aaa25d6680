"""The one JSON form under every hash and signature: it must never change."""

from __future__ import annotations

import math

import pytest

from shared.errors import Forbidden
from shared.keys.signing import canonical, verify


def test_the_canonical_form_is_what_stored_hashes_were_made_of() -> None:
    value = {"b": [1, 2.5, None, True], "ä": 'ü\u2028 "quoted"', "a": {"z": "", "y": -0.0}}

    assert canonical(value) == '{"a":{"y":-0.0,"z":""},"b":[1,2.5,null,true],"ä":"ü\u2028 \\"quoted\\""}'


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_does_not_have_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical({"share": number})


def test_a_signature_that_is_no_ascii_is_a_wrong_one() -> None:
    with pytest.raises(Forbidden):
        verify(b"key", "task", "body", "\ufffd\ufffd")
