"""The digest of a plan, which an approval binds; the gateway and the executor each compute it themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from shared.messages import Plan
from shared.signing import canonical


def digest_of(plan: Plan, files: Mapping[str, str]) -> str:
    """SHA-256, hexadecimal, over what a person approves; `files` is the SHA-256 of each uploaded file by its id.

    What is derived from these fields (titles, permissions, resources, costs) is left out.
    """
    body = plan.model_dump(
        mode="json", include={"v", "plan_id", "session_id", "goal", "on_failure", "identity", "expires_at", "undoes"}
    )
    body["steps"] = [
        step.model_dump(mode="json", include={"id", "operation", "arguments", "needs", "undoes"}) for step in plan.steps
    ]
    body["files"] = dict(files)
    return hashlib.sha256(canonical(body).encode()).hexdigest()
