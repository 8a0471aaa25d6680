"""Values that only a person sees (`read_sensitive`): sealed for whoever holds a session's token.

A session has an X25519 key pair that follows from its token, which is stored nowhere. The executor gets the public half
sealed with its credentials and seals a value for it (RFC 7748 and libsodium's sealed boxes); the private half exists
only while a request presents the token. A browser has a cookie in place of the token: the private half is then kept
encrypted under what the cookie holds (`wrapped`). ADR 0047.

A box does not say who made it, so it is signed with the executor's key, for one step of one plan in one session.

What an approval lets the model see of a value is encrypted beside it, under a key that only gateway and executor can
derive: it is bounded, and in Redis no clear text either.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import NewType

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.secret import SecretBox
from pydantic import Field, JsonValue, ValidationError

from shared.errors import Forbidden, Gone
from shared.keys.signing import sign, verify
from shared.messages import Message

# The private half of a session's key pair: 32 bytes. Never stored as it is, logged or sent.
ValueKey = NewType("ValueKey", bytes)

MAX_VALUE_BYTES = 256 * 1024
"""Of one answer of AWS as JSON, and of the bodies of bytes in it."""
VALUE_SECONDS = 900
"""How long a value can be looked at. It ends with its session, if that is sooner."""
MAX_SHARED_CHARACTERS = 8_000
"""Of a value as JSON, where an approval lets the model see it."""


class RevealedValue(Message):
    """What AWS answered to one sensitive read. `base64` are the paths in `value` whose text is bytes in base64."""

    service: str
    operation: str
    region: str
    value: JsonValue
    base64: tuple[str, ...] = ()
    complete: bool = Field(default=True, description="False: AWS has further pages, which were not read.")
    read_at: float
    expires_at: float


def key_of(token: str) -> ValueKey:
    """The private half of the key pair of a session, from its token of 256 random bits; says nothing of the token."""
    return ValueKey(hmac.digest(token.encode(), b"aws-assistant: sealed values, X25519", "sha256"))


def public_half(key: ValueKey) -> str:
    """The public half, base64: what values are sealed for."""
    return base64.b64encode(bytes(PrivateKey(key).public_key)).decode()


def wrapped(key: ValueKey, secret: str) -> str:
    """The key encrypted under a secret of 256 random bits (a cookie, a link's ticket), base64."""
    return base64.b64encode(bytes(_box_under(secret).encrypt(key))).decode()


def unwrapped(kept: str, secret: str) -> ValueKey:
    """What `wrapped` encrypted. Raises Gone (`value_gone`) where the secret is another one."""
    try:
        return ValueKey(_box_under(secret).decrypt(base64.b64decode(kept)))
    except (CryptoError, ValueError):
        raise _gone() from None


def stored_under(plan_id: str, step_id: str) -> str:
    """The Redis key of the sealed value of one step."""
    return f"value:{plan_id}:{step_id}"


def shared_under(plan_id: str) -> str:
    """The Redis hash, by step, of what the model may see of a plan's values."""
    return f"value-shared:{plan_id}"


def listed_under(session_id: str) -> str:
    """The Redis set of the keys of the values that were sealed for a session."""
    return f"values:{session_id}"


def seal(value: RevealedValue, public_key: str, signing_key: bytes, place: tuple[str, str, str]) -> str:
    """`SIGNATURE.BOX`: only the holder of the private half can open it. `place`: ids of plan, step and session."""
    box = SealedBox(PublicKey(base64.b64decode(public_key))).encrypt(value.model_dump_json().encode())
    body = base64.b64encode(box).decode()
    return f"{sign(signing_key, _purpose(place), body)}.{body}"


def unseal(
    sealed: str, key: ValueKey, signing_keys: Sequence[bytes], place: tuple[str, str, str], now: float
) -> RevealedValue:
    """Open what `seal` made for this place. Raises Gone (`value_gone`), also for a forged, swapped or old one."""
    signature, _, body = sealed.partition(".")
    if not any(_fits(signing_key, place, body, signature) for signing_key in signing_keys):
        raise _gone()
    try:
        found = RevealedValue.model_validate_json(SealedBox(PrivateKey(key)).decrypt(base64.b64decode(body)))
    except (CryptoError, ValueError, ValidationError):
        raise _gone() from None
    if found.expires_at <= now:
        raise _gone()
    return found


def seal_for_model(text: str, signing_key: bytes, plan_id: str, step_id: str) -> str:
    """What the model may see, encrypted for the gateway; `signing_key` is the executor's, which the gateway has too."""
    body = base64.b64encode(bytes(_box_for_model(signing_key).encrypt(text.encode()))).decode()
    return f"{sign(signing_key, _purpose((plan_id, step_id, 'model')), body)}.{body}"


def unseal_for_model(sealed: str, signing_key: bytes, plan_id: str, step_id: str) -> str:
    """Open what `seal_for_model` made for this step. Raises Gone (`value_gone`)."""
    signature, _, body = sealed.partition(".")
    if not _fits(signing_key, (plan_id, step_id, "model"), body, signature):
        raise _gone()
    try:
        return _box_for_model(signing_key).decrypt(base64.b64decode(body)).decode()
    except (CryptoError, ValueError):
        raise _gone() from None


def _box_under(secret: str) -> SecretBox:
    return SecretBox(hmac.digest(secret.encode(), b"aws-assistant: wrapped key of sealed values", "sha256"))


def _box_for_model(signing_key: bytes) -> SecretBox:
    return SecretBox(hmac.digest(signing_key, b"aws-assistant: values shared with the model", hashlib.sha256))


def _purpose(place: tuple[str, str, str]) -> str:
    plan_id, step_id, reader = place
    return f"value:{plan_id}:{step_id}:{reader}"


def _fits(signing_key: bytes, place: tuple[str, str, str], body: str, signature: str) -> bool:
    try:
        verify(signing_key, _purpose(place), body, signature)
    except Forbidden:
        return False
    return True


def _gone() -> Gone:
    return Gone(
        f"the value is not kept any more: that is {VALUE_SECONDS // 60} minutes, and not beyond its session. Propose "
        "the read again",
        code="value_gone",
    )
