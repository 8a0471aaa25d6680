"""What a comparison found, in words: for its page and for the web page alike."""

from __future__ import annotations

from collections.abc import Mapping

from services.orchestrator.plans.evidence.model import CallState, EventKind, Evidence, Verdict

VERDICTS: Mapping[Verdict, str] = {
    "alarm": "ALARM: AWS has changes under this plan's name that the plan's journal does not have",
    "incomplete": "not certain: part of AWS's event history could not be read",
    "waiting": "not certain yet: AWS shows events up to 15 minutes late",
    "unexplained": "AWS's event history lacks calls that AWS accepted",
    "agrees": "the journal and AWS's event history have the same calls",
}
ADVICE: Mapping[Verdict, str] = {
    "alarm": "Somebody else used the plan's credentials, or a role session of its name. Look at these events in"
    " CloudTrail, end the role's sessions (IAM: revoke active sessions), and end this session.",
    "incomplete": "Let the role call cloudtrail:LookupEvents in every region of the session, or ask again.",
    "waiting": "Ask again later.",
    "unexplained": "Some services record less than others. Look whether these calls had their effect.",
    "agrees": "",
}
STATES: Mapping[CallState, str] = {
    "seen_by_both": "AWS has it",
    "answer_lost": "AWS has such a call; the answer with its request id was lost",
    "other_call": "AWS HAS THIS REQUEST ID AS ANOTHER CALL",
    "not_delivered_yet": "not shown by AWS yet",
    "missing": "AWS does not have it",
    "not_recorded": "the event history never has such calls",
    "unknown": "not found in the part of the history that could be read",
}
KINDS: Mapping[EventKind, str] = {
    "only_by_aws": "only AWS has it",
    "made_by_cloud_control": "made by Cloud Control for a step",
    "made_by_service": "made by a service of AWS for a step",
    "dry_run": "a dry run while the plan was prepared",
    "unknown_read": "a read that the journal does not have",
}


def in_numbers(found: Evidence) -> str:
    """How many requests and events there are of each kind."""
    states = [one.state for one in found.calls]
    kinds = [one.kind for one in found.events]
    parts = [f"{words}: {states.count(state)}" for state, words in STATES.items() if state in states]
    parts += [f"{words}: {kinds.count(kind)}" for kind, words in KINDS.items() if kind in kinds]
    if found.own_reads:
        parts.append(f"reads that both have: {found.own_reads}")
    return "; ".join(parts) or "nothing was sent, and AWS has nothing"
