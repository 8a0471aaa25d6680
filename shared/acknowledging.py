"""What has to be acknowledged of a plan, and whether it was: the gateway asks for it, the executor checks it again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from shared.decisions import Acknowledged
from shared.messages import Finding, Plan, ToAcknowledge

# Whatever their severity: what is lost for good, and the assistant's own power.
ALWAYS = frozenset({"deletes_data", "changes_own_access"})


def with_ids(plan_id: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, each with an id that no other plan's has."""
    named = []
    for number, finding in enumerate(findings):
        about = f"{plan_id}\n{number}\n{finding.code}\n{finding.step}\n{finding.path}\n{finding.message}"
        named.append(finding.model_copy(update={"id": f"fnd_{hashlib.sha256(about.encode()).hexdigest()[:16]}"}))
    return tuple(named)


def to_acknowledge(findings: Iterable[Finding], typed: Mapping[str, str]) -> tuple[ToAcknowledge, ...]:
    """Those of the findings that a person has to acknowledge; `typed` is by step what is lost with it."""
    return tuple(
        ToAcknowledge(
            finding_id=finding.id, typed=typed.get(str(finding.step)) if finding.code == "deletes_data" else None
        )
        for finding in findings
        if finding.severity == "high" or finding.code in ALWAYS
    )


def missing(plan: Plan, acknowledged: Sequence[Acknowledged]) -> list[ToAcknowledge]:
    """What of the plan was not acknowledged, or not by typing what it asks for."""
    given = {(one.finding_id, one.typed) for one in acknowledged}
    ids = {one.finding_id for one in acknowledged}
    return [
        one
        for one in plan.acknowledge
        if (one.finding_id not in ids if one.typed is None else (one.finding_id, one.typed) not in given)
    ]
