"""The account's access keys: from the environment, from an earlier state file, or fresh."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.aws.account.contents import REGION, ROLE_ARN
from sandbox.aws.account.organization import MEMBERS
from sandbox.aws.iam.sessions import new_access_key_id, new_secret
from sandbox.aws.moto.patches import ACCOUNT_ID
from shared.keys.private_files import write_private


@dataclass(frozen=True)
class KeyPair:
    """A long-term access key."""

    access_key_id: str
    secret_access_key: str

    def as_dict(self) -> dict[str, str]:
        """The pair as the state file holds it."""
        return {"access_key_id": self.access_key_id, "secret_access_key": self.secret_access_key}


@dataclass(frozen=True)
class Keys:
    """Keys of the assistant's user, the administrator and root."""

    user: KeyPair
    admin: KeyPair
    root: KeyPair


def load_keys(state: Path) -> Keys:
    """Keys by precedence: environment `SANDBOX_…`, an earlier state file (so a restart keeps them), random."""
    earlier: dict[str, Any] = json.loads(state.read_text()) if state.exists() and state.stat().st_size else {}
    return Keys(
        user=_pair("SANDBOX_", earlier),
        admin=_pair("SANDBOX_ADMIN_", earlier.get("admin", {})),
        root=_pair("SANDBOX_ROOT_", earlier.get("root", {})),
    )


def _pair(prefix: str, earlier: dict[str, Any]) -> KeyPair:
    key = os.environ.get(f"{prefix}ACCESS_KEY_ID")
    secret = os.environ.get(f"{prefix}SECRET_ACCESS_KEY")
    if key and secret:
        return KeyPair(key, secret)
    if earlier.get("access_key_id") and earlier.get("secret_access_key"):
        return KeyPair(str(earlier["access_key_id"]), str(earlier["secret_access_key"]))
    return KeyPair(new_access_key_id("AKIA"), new_secret())


def write_state(path: Path, endpoint: str, keys: Keys) -> None:
    """Write the state file for the sandbox's users, readable by its owner alone, in one step."""
    state = {
        "aws_endpoint": endpoint,
        **keys.user.as_dict(),
        "role_arn": ROLE_ARN,
        "region": REGION,
        "account": ACCOUNT_ID,
        # As `accounts` of POST /v1/sessions takes them.
        "accounts": [{"role_arn": one.role_arn, "name": one.name} for one in MEMBERS if one.state == "ACTIVE"],
        "admin": keys.admin.as_dict(),
        "root": keys.root.as_dict(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, json.dumps(state, indent=2))
