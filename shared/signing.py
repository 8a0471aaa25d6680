"""Signs what travels over Redis: HMAC-SHA256 over the body itself, with a key per agent.

Who can write to Redis can then neither forge a task nor an answer nor swap sealed credentials. `purpose`
separates the uses of one key, so that a signature made for one kind of body never fits another.
"""

from __future__ import annotations

import hashlib
import hmac

from shared.errors import Forbidden


def sign(key: bytes, purpose: str, body: str) -> str:
    """Return the hexadecimal HMAC-SHA256 of `body` for `purpose`."""
    return hmac.new(key, f"{purpose}\n{body}".encode(), hashlib.sha256).hexdigest()


def verify(key: bytes, purpose: str, body: str, signature: str) -> None:
    """Raise Forbidden (`bad_signature`) unless `signature` was made with `key` for this purpose and body."""
    if not hmac.compare_digest(sign(key, purpose, body), signature):
        raise Forbidden(f"the signature of a {purpose} does not fit its body", code="bad_signature")
