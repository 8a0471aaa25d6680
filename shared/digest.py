"""The digest of a plan: what a person approves, byte for byte; the gateway and the executor each compute it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from shared.messages import Plan
from shared.signing import canonical


def digest_of(plan: Plan, files: Mapping[str, str]) -> str:
    """SHA-256 over what a person approves; `files` is the SHA-256 of each uploaded file by its id.

    What follows from these (titles, permissions, resources, costs) is not in it.
    """
    body = plan.model_dump(
        mode="json", include={"v", "plan_id", "session_id", "goal", "on_failure", "identity", "expires_at", "undoes"}
    )
    body["steps"] = [
        step.model_dump(mode="json", include={"id", "operation", "arguments", "needs", "undoes"}) for step in plan.steps
    ]
    body["files"] = dict(files)
    return hashlib.sha256(canonical(body).encode()).hexdigest()
