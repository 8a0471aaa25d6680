"""The digest of a plan, which an approval binds; the gateway and the executor each compute it themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from shared.errors import Conflict
from shared.keys.signing import canonical
from shared.plans.plan import Plan
from shared.plans.step import Step

_PLAN = {"v", "plan_id", "session_id", "goal", "on_failure", "expires_at", "undoes"}
_IDENTITY = {"account", "caller_arn", "region", "region_source"}
_OWNER = {"account", "principal"}
_STEP: dict[str, Any] = {
    "id": True,
    "operation": True,
    "arguments": True,
    "needs": True,
    "undoes": {"plan_id": True, "step": True},
}
# Advice next to the plan. Nothing of it runs, so what is not known of it may be passed over.
_ADVICE = frozenset({"findings", "review"})


def digest_of(plan: Plan, files: Mapping[str, str]) -> str:
    """SHA-256, hexadecimal, over what a person approves; `files` is the SHA-256 of each uploaded file by its id.

    What is derived from these fields (titles, permissions, resources, costs) is left out, and so are fields that this
    version does not know: see `check_known`.
    """
    body = plan.model_dump(mode="json", include=_PLAN)
    body["identity"] = plan.identity.model_dump(mode="json", include=_IDENTITY)
    # Left out where they are not there, so that plans of before these fields keep their digest.
    if plan.owner is not None:
        body["owner"] = plan.owner.model_dump(mode="json", include=_OWNER)
    if plan.acknowledge:
        body["acknowledge"] = [one.model_dump(mode="json", include={"finding_id", "typed"}) for one in plan.acknowledge]
    if plan.proposed_by is not None:
        body["proposed_by"] = plan.proposed_by
    if plan.approvers:
        body["approvers"] = plan.approvers
    if plan.review_needed:
        body["review_needed"] = plan.review_needed
    if plan.replaces is not None:
        body["replaces"] = plan.replaces
    if plan.identity.role_arn is not None:
        body["identity"]["role_arn"] = plan.identity.role_arn
    body["steps"] = [_step(step) for step in plan.steps]
    body["files"] = dict(files)
    return hashlib.sha256(canonical(body).encode()).hexdigest()


def _step(step: Step) -> dict[str, Any]:
    body = step.model_dump(mode="json", include=_STEP)
    # What a run compares with AWS before it changes anything.
    return body | ({"changes": step.model_dump(mode="json", include={"changes"})["changes"]} if step.changes else {})


def unknown_fields(plan: Plan) -> list[str]:
    """The plan's fields that this version does not know, and that may say what will run: all outside its advice."""
    return plan.unknown_fields(besides=_ADVICE)


def check_known(plan: Plan, service: str) -> None:
    """Raise Conflict (`plan_of_newer_version`) where the plan has fields that `service` in this version does not know.

    Its digest covers them only where they are known, so neither an approval nor a run would be of what was shown.
    """
    unknown = unknown_fields(plan)
    if unknown:
        raise of_newer_version(", ".join(unknown[:5]), service)


def of_newer_version(unknown: str, service: str) -> Conflict:
    """The refusal of a plan of which `service` does not know a part; another process may be of the newer version."""
    return Conflict(
        f"the plan was prepared by a newer version: this {service} does not know {unknown}, and so not all of what "
        f"would run. Upgrade the {service}, then try again",
        code="plan_of_newer_version",
        retryable=True,
    )
