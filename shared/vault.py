"""Sealed credentials: an X25519 sealed box per agent and session, in Redis until the session ends.

The gateway can seal but not open; only the agent's worker holds the private key. The sealed box is signed
for its agent and session, since a sealed box alone does not say who made it.
"""

from __future__ import annotations

import base64

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from shared.credentials import AgentSession
from shared.errors import Forbidden, Unauthenticated
from shared.messages import Agent
from shared.signing import sign, verify


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
    box = SealedBox(PublicKey(base64.b64decode(public_key))).encrypt(session.model_dump_json().encode())
    body = base64.b64encode(box).decode()
    return f"{sign(signing_key, _purpose(agent, session.info.session_id), body)}.{body}"


def unseal(sealed: str | None, agent: Agent, session_id: str, private_key: str, signing_key: bytes) -> AgentSession:
    """Open what `seal` made. Raises Unauthenticated (`session_expired`) where there is nothing to open."""
    if not sealed:
        raise Unauthenticated("the session has ended; open a new one", code="session_expired")
    signature, _, body = sealed.partition(".")
    verify(signing_key, _purpose(agent, session_id), body, signature)
    try:
        opened = SealedBox(PrivateKey(base64.b64decode(private_key))).decrypt(base64.b64decode(body))
    except CryptoError:
        raise Forbidden(
            "the session was sealed for another key of this agent; open a new session", code="sealed_for_another_key"
        ) from None
    return AgentSession.model_validate_json(opened)


def _purpose(agent: Agent, session_id: str) -> str:
    return f"vault:{agent}:{session_id}"
