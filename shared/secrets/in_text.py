"""Recognises a secret that a person typed where none belongs: keys and tokens whose form leaves little doubt.

Stricter than `redaction`, which may hide a harmless word: here a whole message is refused. Digests, ARNs, ids, names
and policy documents are no secrets, and neither is an access key's id, which AWS shows in its logs and console.
Passwords have no form of their own and are not recognised, except inside a URL.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import unquote

from pydantic import JsonValue

_KEY_ID = re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])")
# 40 characters of base64 without padding.
_SECRET_KEY = re.compile(r"(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_AFTER_ITS_ID = re.compile(r"(?:AKIA|ASIA)[A-Z0-9]{16}[^A-Za-z0-9+]{1,20}([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])")
_NAMES_IT = re.compile(r"secret|aws_sec", re.IGNORECASE)
_NEAR = 80
# 32 bytes as URL-safe base64: the token of a session of this gateway.
_OWN_TOKEN = re.compile(r"(?<![A-Za-z0-9_+/=-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_+/=-])")
_MODEL_KEY = re.compile(r"(?<![A-Za-z0-9_-])sk-([A-Za-z0-9_-]{20,256})")
_BEARER = re.compile(r"\bBearer\s{1,8}([A-Za-z0-9._~+/-]{20,4096})", re.IGNORECASE)
_URL_PASSWORD = re.compile(r"""://[^\s:@/'"<>]{1,64}:([^\s@/'"<>]{6,256})@""")
_PLACEHOLDER = re.compile(
    r"pass(?:word|wd)?\d*|secret|changeme|example|your\W.*|.*(?:\*\*|\.\.\.|…|[{}$\[\]]|xxx).*", re.I
)

# Forms that need no further look: each ends the search for its kind.
_FORMS = (
    ("an AWS session token", re.compile(r"(?<![A-Za-z0-9+/])(?:IQoJb3JpZ2lu|F[wQ]oGZXIvYXdz)[A-Za-z0-9+/]{40}")),
    (
        "an Amazon Bedrock API key",
        re.compile(r"(?<![A-Za-z0-9+/])ABSK[A-Za-z0-9+/]{60}|bedrock-api-key-[A-Za-z0-9+/]{40}"),
    ),
    (
        "a private key",
        re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?:(?!-----END).){0,300}?[A-Za-z0-9+/]{32}", re.DOTALL),
    ),
    (
        "a JSON web token",
        re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16}"),
    ),
    ("a presigned URL", re.compile(r"X-Amz-Signature=[0-9a-f]{64}", re.IGNORECASE)),
    ("a password in a header", re.compile(r"Authorization:\s{0,8}Basic\s{1,8}[A-Za-z0-9+/]{12}", re.IGNORECASE)),
    (
        "a key of another provider",
        re.compile(
            r"(?<![A-Za-z0-9_-])(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22}|glpat-[A-Za-z0-9_-]{20}"
            r"|xox[abprs]-[0-9][A-Za-z0-9-]{20}|AIza[A-Za-z0-9_-]{35}|[sr]k_live_[A-Za-z0-9]{16}|gsk_[A-Za-z0-9]{40}"
            r"|xai-[A-Za-z0-9]{40}|hf_[A-Za-z0-9]{30}|npm_[A-Za-z0-9]{36})"
        ),
    ),
)


def find_in_value(value: JsonValue) -> tuple[str, tuple[str, ...]] | None:
    """The kind of the first secret in a JSON value's texts and names, and where it is: names and positions."""
    parts: list[tuple[tuple[str, ...], JsonValue]] = [((), value)]
    while parts:
        where, part = parts.pop()
        if isinstance(part, str):
            if kind := find(part):
                return kind, where
        elif isinstance(part, list):
            parts += [((*where, str(position)), item) for position, item in enumerate(part)]
        elif isinstance(part, dict):
            for name in part:
                if kind := find(name):
                    return kind, where
            parts += [((*where, name), item) for name, item in part.items()]
    return None


def find(text: str) -> str | None:
    """What the text holds, in words ("an AWS secret access key"), or None. Time is linear in the text's length."""
    if len(text) < 20:
        return None
    for reading in _readings(text):
        if kind := _in(reading):
            return kind
    return None


def _readings(text: str) -> Iterator[str]:
    """The text without what may stand between a secret's characters: unseen ones, JSON's escapes, a URL's."""
    if not text.isascii():
        text = "".join(one for one in text if unicodedata.category(one) != "Cf")
    text = text.replace("\\/", "/")
    yield text
    if "%" in text:
        yield unquote(text)


def _in(text: str) -> str | None:
    for kind, form in _FORMS:
        if form.search(text):
            return kind
    if _has_secret_key(text):
        return "an AWS secret access key"
    if any(_is_random(found.group()) for found in _OWN_TOKEN.finditer(text)):
        return "a session's token"
    if any(_is_key(found[1]) for found in _MODEL_KEY.finditer(text)):
        return "a model provider's key"
    if any(_is_random(found[1], changes=5) for found in _BEARER.finditer(text)):
        return "a bearer token"
    if any(not _PLACEHOLDER.fullmatch(found[1]) for found in _URL_PASSWORD.finditer(text)):
        return "a password in a URL"
    return None


def _has_secret_key(text: str) -> bool:
    has_id = _KEY_ID.search(text) is not None
    for found in _SECRET_KEY.finditer(text):
        named = has_id or _NAMES_IT.search(text, max(0, found.start() - _NEAR), found.start()) is not None
        if _is_secret_key(found.group(), named=named):
            return True
    # After its id the key may begin with what parts the two: "AKIA…/…".
    return any(_is_secret_key(found[1], named=True) for found in _AFTER_ITS_ID.finditer(text))


def _is_secret_key(text: str, *, named: bool) -> bool:
    # The key in AWS's documentation ends so, and is nobody's.
    return _is_random(text, changes=10 if named else 15) and not text.endswith("EXAMPLEKEY")


def _is_random(text: str, changes: int = 15) -> bool:
    """Whether a text of base64 is likely random: of 40 random characters 24 differ in kind from the one before.

    15 are reached by 99 of 100 random keys and by hardly a name: names are parted more often and have fewer digits.
    """
    separators = sum(one in "-_/+.~" for one in text)
    if separators > max(5, len(text) // 8) or not (re.search("[a-z]", text) and re.search("[A-Z]", text)):
        return False
    kinds = [1 if one.islower() else 2 if one.isupper() else 3 if one.isdigit() else 0 for one in text]
    differing = sum(kind != following and 0 not in (kind, following) for kind, following in pairwise(kinds))
    few_digits = kinds.count(3) < 3 and changes == 15
    return 3 in kinds and differing >= (20 if few_digits else changes)


def _is_key(text: str) -> bool:
    """Whether one of the parts between dashes is no word: long, of letters and digits."""
    return any(
        len(part) >= 16 and re.search("[A-Za-z]", part) is not None and sum(one.isdigit() for one in part) >= 2
        for part in re.split("[-_]", text)
    )
