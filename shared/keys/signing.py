"""Signs what travels over Redis: HMAC-SHA256 over the body itself, with a key per agent.

An attacker who can write to Redis can then neither forge a task or a result nor swap sealed credentials. `purpose`
separates the uses of one key: a signature made for one kind of body never verifies for another.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import JsonValue

from shared.errors import Forbidden
from shared.plans.decisions import Signed

D = TypeVar("D", bound=Signed)
# Made once: `json.dumps` with options of its own makes one for each text.
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sign(key: bytes, purpose: str, body: str) -> str:
    """Return the hexadecimal HMAC-SHA256 of `body` for `purpose`."""
    return hmac.digest(key, f"{purpose}\n{body}".encode(), "sha256").hex()


def verify(key: bytes, purpose: str, body: str, signature: str) -> None:
    """Raise Forbidden (`bad_signature`) unless `signature` was made with `key` for this purpose and body."""
    # As bytes: a text that is not ASCII cannot be compared, and whoever forges one chooses its characters.
    if not hmac.compare_digest(sign(key, purpose, body).encode(), signature.encode("utf-8", "replace")):
        raise Forbidden(f"the signature of a {purpose} does not match its body", code="bad_signature")


def canonical(value: JsonValue | Mapping[str, Any]) -> str:
    """The one JSON form that is hashed and signed. Raises ValueError for NaN and Infinity, which JSON does not have."""
    return _CANONICAL.encode(value)


def sign_decision(key: bytes, decision: D) -> D:
    """The decision with its signature, over its canonical JSON without one."""
    return decision.model_copy(update={"signature": sign(key, _purpose(decision), _body(decision))})


def verify_decision(key: bytes, decision: Signed) -> None:
    """Raise Forbidden (`bad_signature`) unless the decision was signed with `key` as it is."""
    verify(key, _purpose(decision), _body(decision), decision.signature)


def _purpose(decision: Signed) -> str:
    """Each kind of decision is its own purpose, so that none can pass for another."""
    return type(decision).__name__.lower()


def _body(decision: Signed) -> str:
    return canonical({name: value for name, value in decision.as_signed().items() if name != "signature"})
