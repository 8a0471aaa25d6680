"""Redacts secrets from what is logged, traced or audited: by a field's name, and by the form of a value.

It errs on the side of redacting too much: a harmless word that is hidden can be looked up elsewhere, while a key that
is shown can cost the account.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any

from pydantic import JsonValue

HIDDEN = "[redacted]"
MAX_DEPTH = 32

_NAMES = (
    "secret",
    "token",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "credential",
    "authorization",
    "apikey",
    "privatekey",
    "signingkey",
    "approvalkey",
    "auditkey",
    "accesskey",
    "cookie",
    "bearer",
    "signature",
    "externalid",
    "nonce",
)
# Names that look like a secret's and are none.
_HARMLESS = re.compile(r"(accesskeyid|keyarn|tokencount)$")
_NAMED_IN_TEXT = re.compile(
    r"(?i)((?:secret|token(?!s)|passw(?:or)?d|passphrase|pwd|credential|authorization|api[_-]?key|private[_-]?key"
    r"|access[_-]?key(?![_-]?id)|cookie|signature|external[_-]?id)"
    r"""[\w.-]{0,40}[\\"']{0,4}\s{0,4}(?:=>|[:=])\s{0,4})"""
    r"""(\\?"[^"]{0,4096}"|'[^']{0,4096}'|[^\s"',;&{}\[\]()<>]+)"""
)
_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|\Z)", re.DOTALL
)
_JWT = re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){1,4}")
_SCHEME = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}")
_URL_PASSWORD = re.compile(r"""(://[^\s"'<>@/:]{0,256}):[^\s"'<>]{1,256}@""")
# AWS session tokens, and any other long base64: a package, a sealed box.
_LONG_BASE64 = re.compile(r"(?<![A-Za-z0-9/+_-])[A-Za-z0-9/+_-]{100,}={0,2}")
_SECRET_KEY = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_OWN_TOKEN = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
# Words, names and ids, too short for a key, and moments. Most of what is logged is one; nothing of any form above fits,
# but for what begins as a JWT or an access key id does.
_SHORTEST_KEY = 40
_PLAIN = re.compile(r"[A-Za-z0-9_.-]{0,39}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}Z", re.ASCII)
_KEY_ID = re.compile(r"(?<![A-Z0-9])(AKIA|ASIA)[A-Z0-9]{8,}([A-Z0-9]{4})(?![A-Z0-9])")


@lru_cache(maxsize=4096)
def is_sensitive(name: str) -> bool:
    """Whether a field of this name is redacted whatever its value: `session_token`, `DB_PASSWORD`, `Authorization`."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    return any(part in plain for part in _NAMES) and not _HARMLESS.search(plain)


def redact_text(text: str) -> str:
    """The text with its secrets redacted; access key ids keep their first and last four characters."""
    if _PLAIN.fullmatch(text) and "eyJ" not in text and "AKIA" not in text and "ASIA" not in text:
        return text
    # Each form is looked for only where the text has what none of its kind is without.
    if "-----BEGIN" in text:
        text = _PEM.sub(HIDDEN, text)
    if "eyJ" in text:
        text = _JWT.sub(HIDDEN, text)
    if not text.isascii() or "bearer" in (lower := text.lower()) or "basic" in lower:
        text = _SCHEME.sub(rf"\1 {HIDDEN}", text)
    if "://" in text:
        text = _URL_PASSWORD.sub(rf"\1:{HIDDEN}@", text)
    if len(text) >= _SHORTEST_KEY:
        text = _LONG_BASE64.sub(HIDDEN, text)
        text = _SECRET_KEY.sub(_if_random, text)
        text = _OWN_TOKEN.sub(_if_random, text)
    if ":" in text or "=" in text:
        text = _NAMED_IN_TEXT.sub(rf"\1{HIDDEN}", text)
    if "AKIA" in text or "ASIA" in text:
        text = _KEY_ID.sub(r"\1…\2", text)
    return text


def redact(value: Any, depth: int = 0) -> JsonValue:
    """A value as JSON with its secrets redacted; the structure stays."""
    if type(value) is str and depth <= MAX_DEPTH:  # most of all values
        return redact_text(_writable(value))
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else str(value)  # no NaN and no infinity in JSON
    if depth > MAX_DEPTH:
        return "[nested too deep]"
    if isinstance(value, Mapping):
        return _redact_mapping(value, depth)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [redact(item, depth + 1) for item in value]
    if isinstance(value, (bytes, bytearray)):
        return f"[{len(value)} bytes]"
    return redact_text(_writable(str(value)))


def _redact_mapping(value: Mapping[Any, Any], depth: int) -> dict[str, JsonValue]:
    """Redact by field name; and in `{"key": "DB_PASSWORD", "value": …}` by the name that the pair gives."""
    tells_secret = is_sensitive(_told(value))
    redacted: dict[str, JsonValue] = {}
    for key, item in value.items():
        name = str(key)
        if _hides(name, item) or (tells_secret and name.lower() in ("value", "values")):
            redacted[_shown_name(name)] = HIDDEN
        else:
            redacted[_shown_name(name)] = redact(item, depth + 1)
    return redacted


def _told(value: Mapping[Any, Any]) -> str:
    """The name that a pair gives; "" where it gives none."""
    for name in ("key", "Key", "name", "Name"):
        if isinstance(told := value.get(name), str):
            return told
    return ""


@lru_cache(maxsize=4096)
def _shown_name(name: str) -> str:
    """A field's name, redacted: the same few come again and again."""
    return redact_text(_writable(name))


def _writable(text: str) -> str:
    """The text with what cannot be written as UTF-8, a lone surrogate, replaced."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _hides(name: str, value: Any) -> bool:
    if not is_sensitive(name) or value is None or isinstance(value, bool):
        return False
    counted = isinstance(value, (int, float)) and name.lower().endswith("tokens")
    return not counted


def redact_event(_: object, __: str, event: Any) -> Any:
    """A structlog processor: put it last before the renderer, where exceptions are text already."""
    return {
        name: item if str(name).startswith("_") else HIDDEN if _hides(str(name), item) else redact(item)
        for name, item in event.items()
    }


def _if_random(match: re.Match[str]) -> str:
    """Redacted, unless the text reads like a name or is a plain hexadecimal digest."""
    return HIDDEN if _looks_random(match.group()) else match.group()


def _looks_random(text: str) -> bool:
    if re.fullmatch(r"[0-9a-f]+", text) or not (re.search("[a-z]", text) and re.search("[A-Z]", text)):
        return False
    kinds = [1 if one.islower() else 2 if one.isupper() else 3 for one in text]
    changes = sum(kind != following for kind, following in pairwise(kinds))
    return changes >= 14 or (changes >= 8 and any(one.isdigit() for one in text))
