"""The keys of the audit log: who signs entries and anchors with which, and how a signature is checked.

The gateway signs with HMAC-SHA256 and its `audit_key`. A worker signs with Ed25519 (RFC 8032) and a private key of its
own; the gateway holds the public half, so it can check a worker's entries and cannot write them.

Entries of workers from before they had such keys are signed with HMAC and a key derived from the gateway's. They are
accepted up to the time that stands in the public key, and not after it: the gateway could make them too.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from shared.keys.signing import sign

# What a check of one signature says: it fits; it fits, and the gateway could have made it too; no key was at hand.
Verdict = Literal["good", "shared", "forged", "unknown"]

# A worker's signatures begin with this; without it one is an HMAC.
ED25519 = "ed25519:"


class Signer(Protocol):
    """Signs what one service writes."""

    def sign(self, purpose: str, body: str) -> str: ...


@dataclass(frozen=True, slots=True)
class SharedKey:
    """The gateway's key: whoever can check its signatures can make them."""

    key: bytes = field(repr=False)

    def sign(self, purpose: str, body: str) -> str:
        return hmac.digest(self.key, _message(purpose, body), "sha256").hex()


class PrivateKey:
    """A worker's key, from the text that `new_signing_key` makes."""

    def __init__(self, text: str) -> None:
        seed, _ = _parts(text)
        self._key = SigningKey(seed)

    def sign(self, purpose: str, body: str) -> str:
        return ED25519 + self._key.sign(_message(purpose, body)).signature.hex()


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public half of a worker's key. From `since_ms` on (since 1970) the worker signs with it alone."""

    key: bytes
    since_ms: int

    @classmethod
    def of(cls, text: str) -> PublicKey:
        """From the text that `public_key_of` makes. Raises ValueError."""
        return cls(*_parts(text))

    def fits(self, purpose: str, body: str, signature: str) -> bool:
        try:
            VerifyKey(self.key).verify(_message(purpose, body), bytes.fromhex(signature.removeprefix(ED25519)))
        except (BadSignatureError, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys that a check has at hand: the gateway's, and the workers' public ones. Each may be missing."""

    audit_key: bytes | None = field(default=None, repr=False)
    public_keys: Mapping[str, PublicKey] = field(default_factory=dict)

    def verdict(self, service: str, purpose: str, body: str, signature: str, time_ms: object) -> Verdict:
        """Check what `service` says it signed at `time_ms`."""
        if service == "gateway":
            if self.audit_key is None:
                return "unknown"
            return "good" if _is_hmac(self.audit_key, purpose, body, signature) else "forged"
        public = self.public_keys.get(service)
        if signature.startswith(ED25519):
            if public is None:
                return "unknown"
            return "good" if public.fits(purpose, body, signature) else "forged"
        if public is not None and not (type(time_ms) is int and time_ms < public.since_ms):
            return "forged"
        if self.audit_key is None:
            return "unknown"
        return "shared" if _is_hmac(derived_key(self.audit_key, service), purpose, body, signature) else "forged"


def derived_key(audit_key: bytes, service: str) -> bytes:
    """A worker's HMAC key, with which workers signed before they had keys of their own."""
    return sign(audit_key, "audit-writer", service).encode()


def new_signing_key(since_ms: int) -> str:
    """A worker's fresh private key, as `SEED:SINCE`; entries before `since_ms` may be signed as they once were."""
    return f"{bytes(SigningKey.generate()).hex()}:{since_ms}"


def public_key_of(signing_key: str) -> str:
    """The public half, as `KEY:SINCE`."""
    seed, since_ms = _parts(signing_key)
    return f"{bytes(SigningKey(seed).verify_key).hex()}:{since_ms}"


def _parts(text: str) -> tuple[bytes, int]:
    key, _, since_ms = text.strip().partition(":")
    parts = bytes.fromhex(key), int(since_ms)
    if len(parts[0]) != 32:
        raise ValueError("a key of the audit has 32 bytes")
    return parts


def _is_hmac(key: bytes, purpose: str, body: str, signature: str) -> bool:
    return hmac.compare_digest(SharedKey(key).sign(purpose, body).encode(), signature.encode("utf-8", "replace"))


def _message(purpose: str, body: str) -> bytes:
    # A forged entry may hold half of a surrogate pair; it must not stop the check of the others.
    return f"{purpose}\n{body}".encode("utf-8", "surrogatepass")
