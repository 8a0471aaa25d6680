"""What the fields of a plan's record mean, in the words that every page of it uses."""

from __future__ import annotations

from collections.abc import Mapping

STATUS: Mapping[str, str] = {
    "proposed": "waits for a decision; nothing has been changed yet",
    "approved": "approved; nothing has been changed yet",
    "running": "running",
    "done": "done",
    "failed": "FAILED",
    "undoing": "what it had done is being undone",
    "undone": "undone: what it had done is taken back",
    "rejected": "rejected; nothing has been changed",
    "expired": "expired before anybody approved it; nothing has been changed",
    "in_doubt": "IN DOUBT: it is unknown whether a step of it happened, and a person has to say",
    "cancelled": "cancelled",
}
STEP_STATUS: Mapping[str, str] = {
    "pending": "not begun yet",
    "running": "running",
    "done": "done",
    "failed": "FAILED",
    "skipped": "not carried out",
    "undone": "undone: what it had done is taken back",
    "in_doubt": "IN DOUBT: it is unknown whether it happened",
}
REGION_SOURCES: Mapping[str, str] = {
    "argument": "named in the plan",
    "session": "the session's region",
    "default": "a default nobody chose",
    "model": "chosen by the model: you did not name it",
    "resource": "where what it changes is",
}
SEVERITIES = ("high", "medium", "low", "info")
REVIEW_NEEDED: Mapping[str, str] = {
    "required": "the operator's rules let nobody approve the plan without it",
    "if_available": "the operator's rules ask to wait for it, until it is known whether it comes",
}
REVIEW_PENDING = "asked for; it has not come yet"
VERDICTS: Mapping[str, str] = {"looks_fine": "looks fine", "concerns": "has concerns", "dangerous": "dangerous"}
REVERSIBLE: Mapping[str, str] = {"yes": "yes", "partly": "in part", "no": "IMPOSSIBLE"}
PERMISSIONS: Mapping[str, str] = {"allowed": "allowed", "denied": "DENIED", "unknown": "not certain"}
NOT_ALL_SHOWN = "NOT ALL OF IT IS SHOWN: a newer version prepared this plan. Upgrade the gateway, then look again."
BY_PROGRAM = "a program over REST. You did not write it, its goal included: check every argument."
UNDONE_BY_PROGRAM = "a program over REST, as the command line is one. See that you want this to be taken back."
