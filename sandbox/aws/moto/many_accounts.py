"""moto with several accounts in one process: who signs a request decides in which account it is, not the process."""

from __future__ import annotations

import os
from typing import Any

# The header that moto reads the account from. The front door sets it from the principal; a client's own is dropped.
HEADER = "HTTP_X_MOTO_ACCOUNT_ID"


def apply_many_accounts() -> None:
    """Patch moto; the variable has named the first account while moto was imported."""
    os.environ.pop("MOTO_ACCOUNT_ID", None)
    # A bucket of another account is not there, as for everybody whom its policy does not let in.
    os.environ["MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS"] = "false"
    _read_managed_policies_once()


def _read_managed_policies_once() -> None:
    from moto.iam.models import IAMBackend

    read = IAMBackend._init_aws_policies
    known: list[Any] = []

    def policies(self: IAMBackend) -> list[Any]:
        # 1,500 policies take half a second; they are AWS's, and so the same in every account.
        if not known:
            known.extend(read(self))
        return list(known)

    setattr(IAMBackend, "_init_aws_policies", policies)  # noqa: B010  # a patch, not a member
