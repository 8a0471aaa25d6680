"""A secret does not get through, whatever it is wrapped in; what is no secret does."""

from __future__ import annotations

import json
import secrets
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.secrets import redaction
from shared.secrets.redaction import HIDDEN, redact, redact_event, redact_text

AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzz9Qe4aTqL"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nq83v\n-----END RSA PRIVATE KEY-----"
SESSION_TOKEN = "IQoJb3JpZ2luX2VjE" + "aB3/" * 60 + "=="


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"key {AWS_SECRET} leaked", AWS_SECRET),
        (f"token {SESSION_TOKEN}", SESSION_TOKEN),
        (f"Authorization: Bearer {JWT}", JWT),
        (f"x {JWT} y", JWT),
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        (PEM, "MIIEpAIBAAKCAQEA"),
        ("redis://gateway:hunter2@redis:6379/0", "hunter2"),
        ("postgres://u:p@ss/w0rd@db/x", "w0rd"),
        ('{"DB_PASSWORD": "two words"}', "two words"),
        (r"{\"password\":\"hunter2\"}", "hunter2"),
        ("https://b.s3.amazonaws.com/k?X-Amz-Security-Token=abc123&X-Amz-Signature=deadbeef", "deadbeef"),
        ("aws_secret_access_key = short", "short"),
        ("AKIAIOSFODNN7EXAMPLE", "IOSFODNN7EXA"),
    ],
)
def test_a_secret_in_a_text_is_hidden(text: str, secret: str) -> None:
    assert secret not in redact_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:iam::123456789012:role/service-role/AWSLambdaBasicExecutionRole",
        "secret_access_key has 40 characters of A-Z, a-z, 0-9, / and +",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "my-bucket-of-logs/2026/11/22",
        "https://example.org/a/b?c=d",
        "the role AmazonEKSWorkerNodeMinimalPolicyForProd",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact_text(text) == text


def test_names_decide_whatever_the_value() -> None:
    given_value = {"session_token": "x", "Password": 1234, "env": {"API_KEY": ["a"]}, "prompt_tokens": 5, "name": "n"}

    assert redact(given_value) == {
        "session_token": HIDDEN,
        "Password": HIDDEN,
        "env": {"API_KEY": HIDDEN},
        "prompt_tokens": 5,
        "name": "n",
    }


def test_a_tag_named_like_a_secret_hides_its_value() -> None:
    assert redact([{"Key": "db-password", "Value": "hunter2"}]) == [{"Key": "db-password", "Value": HIDDEN}]


def test_a_log_event_loses_its_secrets_in_exceptions_too() -> None:
    event: Any = redact_event(None, "", {"event": f"failed with {AWS_SECRET}", "exception": PEM, "token": "t"})

    assert AWS_SECRET not in str(event)
    assert "MIIE" not in str(event)
    assert event["token"] == HIDDEN


@st.composite
def planted(draw: st.DrawFn) -> tuple[str, Any]:
    """A JSON value with a fresh secret somewhere in it."""
    # Not hypothesis's own characters: it would shrink the secret to what looks like none.
    letters = string.ascii_letters + string.digits
    secret = "".join(secrets.choice(letters + "/+") for _ in range(37)) + "aZ9"
    told = draw(st.sampled_from(["{}", "key {} here", "secret={}", "x://u:{}@h/", "Bearer {}", '"password": "{}"']))
    value: Any = told.format(secret)
    for _ in range(draw(st.integers(0, 4))):
        name = draw(st.text(string.ascii_letters, min_size=1, max_size=8))
        value = draw(st.sampled_from([{name: value}, [1, value], {name: [value]}, json.dumps({name: value})]))
    return secret, value


@settings(max_examples=200)
@given(planted())
def test_a_planted_secret_never_comes_through(case: tuple[str, Any]) -> None:
    secret, value = case

    assert secret not in json.dumps(redact(value), ensure_ascii=False)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
    )
)
def test_whatever_comes_in_valid_json_comes_out(value: Any) -> None:
    json.dumps(redact(value), allow_nan=False).encode()


# Beginnings, ends and middles of every form, put together at random: what is looked for only where it can be must be
# found all the same.
PARTS = (
    *("eyJhbGciOi", "eyJ", "AKIA", "ASIA", "ABCDEFGH1234", "Bearer ", "baſic ", "basic ", "secret", "Token", "api-key"),
    *("=", ":", "=>", "://", "user:pw@host", " ", "\n", '"', ".", "-", "_", "é", "password", "'v'", "{", ",", "trn_12"),
    *("-----BEGIN RSA PRIVATE KEY-----", "-----END", "a" * 40, "A1b2" * 25, "2026-11-26T09:29:41Z", AWS_SECRET),
)


@settings(max_examples=200)
@given(st.lists(st.sampled_from(PARTS), max_size=7).map("".join))
def test_a_text_is_redacted_as_by_looking_for_every_form_in_it(text: str) -> None:
    every = (redaction._PEM, redaction._JWT, redaction._SCHEME, redaction._URL_PASSWORD, redaction._LONG_BASE64)
    expected = text
    for form, left in zip(every, (HIDDEN, HIDDEN, rf"\1 {HIDDEN}", rf"\1:{HIDDEN}@", HIDDEN), strict=True):
        expected = form.sub(left, expected)
    for form in (redaction._SECRET_KEY, redaction._OWN_TOKEN):
        expected = form.sub(redaction._if_random, expected)
    expected = redaction._KEY_ID.sub(r"\1…\2", redaction._NAMED_IN_TEXT.sub(rf"\1{HIDDEN}", expected))
    assert redact_text(text) == expected
