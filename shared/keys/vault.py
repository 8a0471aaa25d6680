"""Sealed credentials: an X25519 sealed box per agent and session, in Redis until the session ends.

The gateway can seal but not open; only the agent's worker holds the private key. The sealed box is signed
for its agent and session, since a sealed box alone does not say who made it.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import lru_cache

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from pydantic import ValidationError

from shared.errors import Forbidden, Unauthenticated, Unavailable
from shared.keys.signing import sign, verify
from shared.messages import Agent
from shared.sessions.credentials import AgentSession


def new_private_key() -> str:
    """Return a fresh X25519 private key, base64."""
    return base64.b64encode(bytes(PrivateKey.generate())).decode()


def public_key_of(private_key: str) -> str:
    """Return the public half of a private key, both base64."""
    return base64.b64encode(bytes(PrivateKey(base64.b64decode(private_key)).public_key)).decode()


def vault_key(agent: Agent, session_id: str) -> str:
    """The Redis key of one agent's sealed credentials of one session."""
    return f"vault:{agent}:{session_id}"


def seal(session: AgentSession, agent: Agent, public_key: str, signing_key: bytes) -> str:
    """Return `SIGNATURE.BOX`, which only the holder of the private key can open."""
    return signed(box(session, public_key), agent, session.info.session_id, signing_key)


def box(session: AgentSession, public_key: str) -> str:
    """Encrypt for the holder of the private key, base64. A box does not say who made it, so it must be signed too."""
    sealed = SealedBox(PublicKey(base64.b64decode(public_key))).encrypt(session.model_dump_json().encode())
    return base64.b64encode(sealed).decode()


def signed(box: str, agent: Agent, session_id: str, signing_key: bytes) -> str:
    """Return `SIGNATURE.BOX`: the box may be opened for this agent and session, and for no other."""
    return f"{sign(signing_key, _purpose(agent, session_id), box)}.{box}"


def unseal(
    sealed: str | None,
    agent: Agent,
    session_id: str,
    private_keys: str | Sequence[str],
    signing_keys: bytes | Sequence[bytes],
) -> AgentSession:
    """Open what `seal` made, with the key in use or, after a rotation, the one before.

    Raises Unauthenticated: `session_expired` where there is nothing to open, `sealed_for_another_key` where
    no key of ours fits. Raises Unavailable (`session_of_newer_version`) where a newer gateway sealed more than this
    version knows: it may be a limit on what the agent may do.
    """
    if not sealed:
        raise Unauthenticated("the session has ended; open a new one", code="session_expired")
    private_keys = [private_keys] if isinstance(private_keys, str) else private_keys
    signing_keys = [signing_keys] if isinstance(signing_keys, bytes) else signing_keys
    signature, _, body = sealed.partition(".")
    if not any(_fits(key, agent, session_id, body, signature) for key in signing_keys):
        raise _other_key()
    try:
        opened = AgentSession.model_validate_json(_open(body, private_keys))
    except ValidationError:
        raise Unavailable(
            f"the session was opened by a newer version, of which this {agent} agent does not know all. Upgrade the "
            "agent, then try again",
            code="session_of_newer_version",
        ) from None
    if opened.info.session_id != session_id:
        raise _other_key()
    return opened


def _fits(key: bytes, agent: Agent, session_id: str, body: str, signature: str) -> bool:
    try:
        verify(key, _purpose(agent, session_id), body, signature)
    except Forbidden:
        return False
    return True


def _open(body: str, private_keys: Sequence[str]) -> bytes:
    for key in private_keys:
        try:
            return _opener(key).decrypt(base64.b64decode(body))
        except CryptoError:
            continue
    raise _other_key()


@lru_cache(maxsize=4)
def _opener(private_key: str) -> SealedBox[PrivateKey]:
    """Of a worker's few keys, each made once: the public half is computed anew every time."""
    return SealedBox(PrivateKey(base64.b64decode(private_key)))


def _other_key() -> Unauthenticated:
    return Unauthenticated(
        "the session's credentials were sealed for a key that is no longer in use; open a new session",
        code="sealed_for_another_key",
    )


def _purpose(agent: Agent, session_id: str) -> str:
    return f"vault:{agent}:{session_id}"
