"""A sealed value opens with the token's key alone, at its own place, for its time."""

from __future__ import annotations

import time
from typing import Any

import pytest

from shared.errors import Gone
from shared.keys.sealed_values import (
    RevealedValue,
    key_of,
    public_half,
    seal,
    seal_for_model,
    unseal,
    unseal_for_model,
    unwrapped,
    wrapped,
)

PLACE = ("pln_1", "s1", "ses_1")


def value(**more: Any) -> RevealedValue:
    made: dict[str, Any] = {
        "service": "s3", "operation": "GetObject", "region": "eu-west-1", "value": {"Body": "a secret"},
        "read_at": time.time(), "expires_at": time.time() + 60,
    }  # fmt: skip
    return RevealedValue(**made | more)


def test_what_is_sealed_for_a_token_opens_with_that_token_alone() -> None:
    sealed = seal(value(), public_half(key_of("token")), b"k", PLACE)
    assert "a secret" not in sealed
    assert unseal(sealed, key_of("token"), [b"k"], PLACE, time.time()).value == {"Body": "a secret"}
    for key, signing, place in (
        (key_of("another"), b"k", PLACE),
        (key_of("token"), b"another", PLACE),
        (key_of("token"), b"k", ("pln_2", "s1", "ses_1")),
        (key_of("token"), b"k", ("pln_1", "s2", "ses_1")),
        (key_of("token"), b"k", ("pln_1", "s1", "ses_2")),
    ):
        with pytest.raises(Gone):
            unseal(sealed, key, [signing], place, time.time())


def test_it_does_not_open_after_its_time() -> None:
    sealed = seal(value(expires_at=100.0), public_half(key_of("token")), b"k", PLACE)
    assert unseal(sealed, key_of("token"), [b"k"], PLACE, 99.0)
    with pytest.raises(Gone):
        unseal(sealed, key_of("token"), [b"k"], PLACE, 100.0)


def test_a_rotated_signing_key_still_fits_where_it_is_among_the_keys() -> None:
    sealed = seal(value(), public_half(key_of("token")), b"old", PLACE)
    assert unseal(sealed, key_of("token"), [b"new", b"old"], PLACE, time.time())


def test_a_wrapped_key_comes_back_with_its_secret_alone_and_each_wrapping_is_another() -> None:
    key = key_of("token")
    kept = wrapped(key, "cookie")
    assert unwrapped(kept, "cookie") == key
    assert wrapped(key, "cookie") != kept
    for text, secret in ((kept, "another"), ("", "cookie"), ("AAAA", "cookie"), ("no base64!", "cookie")):
        with pytest.raises(Gone):
            unwrapped(text, secret)


def test_what_the_model_may_see_opens_at_its_own_step_alone() -> None:
    sealed = seal_for_model("a secret", b"k", "pln_1", "s1")
    assert "a secret" not in sealed
    assert unseal_for_model(sealed, b"k", "pln_1", "s1") == "a secret"
    for key, plan, step in ((b"x", "pln_1", "s1"), (b"k", "pln_2", "s1"), (b"k", "pln_1", "s2")):
        with pytest.raises(Gone):
            unseal_for_model(sealed, key, plan, step)


def test_the_key_says_nothing_of_what_is_stored_for_the_token() -> None:
    """Redis has the token's SHA-256; the key is not made from that."""
    assert key_of("token") != key_of("3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0")
    assert len(key_of("token")) == 32
