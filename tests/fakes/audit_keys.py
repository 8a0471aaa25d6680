"""The workers' keys of the audit log, the same for all tests of one run."""

from __future__ import annotations

from shared.audit.signers import PublicKey, new_signing_key, public_key_of
from shared.messages import AGENTS

SIGNING_KEYS: dict[str, str] = {agent: new_signing_key(0) for agent in AGENTS}
PUBLIC_KEYS = {agent: PublicKey.of(public_key_of(key)) for agent, key in SIGNING_KEYS.items()}
# The gateway's settings of these keys.
SETTINGS = {f"audit_public_key_{agent}": public_key_of(key) for agent, key in SIGNING_KEYS.items()}
