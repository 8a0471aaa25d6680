"""Which service may write which kind of audit entry, and in which log: the one table of the writers and of the check.

There are two sorts of logs: a session's, and each service's own (one a month) of what belongs to no session. A worker's
key signs its own entries only; this table keeps it from signing, say, a decision that only the gateway can know of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from shared.messages import AGENTS

Service = Literal["gateway", "info", "advisor", "executor"]
SERVICES: tuple[Service, ...] = ("gateway", *AGENTS)

Kind = Literal[
    "session.opened",
    "session.renewed",
    "session.ended",
    "session.link_made",
    "session.refused",
    "tool.called",
    "advisor.called",
    "turn.cancelled",
    "plan.proposed",
    "plan.refused",
    "plan.edited",
    "plan.decided",
    "plan.cancelled",
    "plan.resolved",
    "plan.ended",
    "plan.resumed",
    "plan.foreign_call",
    "plan.drift_read",
    "grant.made",
    "grant.revoked",
    "logs.read",
    "value.shown",
    "step.intent",
    "step.done",
    "step.failed",
    "step.undo_intent",
    "step.undone",
    "step.not_undone",
    "step.skipped",
    "step.in_doubt",
    "step.resumed",
    "step.late",
    "step.unexpected",
    "task.dead",
    "task.late",
    "replies.flooded",
    "denied",
]

_GATEWAY: tuple[Service, ...] = ("gateway",)
_EXECUTOR: tuple[Service, ...] = ("executor",)

# A kind stays here as long as there may be a log with it, also where nothing writes it any more.
IN_SESSION_LOGS: Mapping[str, tuple[Service, ...]] = {
    "session.opened": _GATEWAY,
    "session.renewed": _GATEWAY,
    "session.ended": _GATEWAY,
    "session.link_made": _GATEWAY,
    "tool.called": _GATEWAY,
    "turn.cancelled": _GATEWAY,
    "plan.proposed": _GATEWAY,
    "plan.refused": _GATEWAY,
    "plan.edited": _GATEWAY,
    "plan.decided": _GATEWAY,
    "plan.cancelled": _GATEWAY,
    "plan.resolved": _GATEWAY,
    "plan.ended": _GATEWAY,
    "plan.resumed": _EXECUTOR,
    "plan.foreign_call": _GATEWAY,
    "plan.drift_read": _GATEWAY,
    "grant.made": _GATEWAY,
    "grant.revoked": _GATEWAY,
    "logs.read": _EXECUTOR,
    "value.shown": _GATEWAY,
    "step.intent": _EXECUTOR,
    "step.done": _EXECUTOR,
    "step.failed": _EXECUTOR,
    "step.undo_intent": _EXECUTOR,
    "step.undone": _EXECUTOR,
    "step.not_undone": _EXECUTOR,
    "step.skipped": _EXECUTOR,
    "step.in_doubt": _EXECUTOR,
    "step.resumed": _EXECUTOR,
    "step.late": _EXECUTOR,
    "step.unexpected": _EXECUTOR,
    # The executor asks the advisor to review a plan, and refuses plans and approvals.
    "advisor.called": ("gateway", "executor"),
    "denied": ("gateway", "executor"),
}
IN_SERVICE_LOGS: Mapping[str, tuple[Service, ...]] = {
    "session.refused": _GATEWAY,
    "task.dead": AGENTS,
    "task.late": AGENTS,
    "replies.flooded": _GATEWAY,
}

_SERVICE_LOG = re.compile(rf"({'|'.join(SERVICES)})\.\d{{4}}-\d{{2}}")


def owner_of(log: str) -> str | None:
    """The service whose own log this is, None for a session's."""
    found = _SERVICE_LOG.fullmatch(log)
    return found.group(1) if found else None


def writers_of(log: str) -> frozenset[str]:
    """The services that may write in this log at all."""
    owner = owner_of(log)
    return frozenset((owner,)) if owner else frozenset(one for writers in IN_SESSION_LOGS.values() for one in writers)


def _name(service: str) -> str:
    """A service as a detail may name it; whoever forges an entry may put anything there."""
    return service if service in SERVICES else "a service of another name"


def writer_fault(log: str, service: str, kind: str) -> str | None:
    """Why this service may not write an entry of this kind in this log, None where it may."""
    owner = owner_of(log)
    here, elsewhere = (IN_SERVICE_LOGS, IN_SESSION_LOGS) if owner else (IN_SESSION_LOGS, IN_SERVICE_LOGS)
    if kind not in here:
        if kind not in elsewhere:
            return "no service writes entries of this kind"
        return "entries of this kind belong in " + ("the log of a session" if owner else "a service's own log")
    if owner is not None and service != owner:
        return f"{_name(service)} may not write in the log of {owner}"
    if service not in here[kind]:
        return f"{_name(service)} may not write entries of this kind; {' and '.join(here[kind])} may"
    return None
