"""Stops a plan where nobody can tell whether a step happened, and goes on when a person has said."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from services.executor.calls.entry import Entry
from services.executor.calls.outcome import OutcomeUnknown
from services.executor.operations import OPERATIONS
from services.executor.records.progress import Progress
from services.executor.registry import references
from services.executor.registry.location import Location
from services.executor.registry.operation import UNKNOWN
from shared.decisions import Resolution
from shared.messages import ErrorBody, SessionInfo, Step

# Of the journal; a step's fields have a mark in them that no step's id has.
_RESOLVED = "@resolved"
NEVER = ErrorBody(code="did_not_happen", detail="a person said that this step did not happen, and to stop")


def stop(progress: Progress, step_id: str, doubt: OutcomeUnknown) -> None:
    """Put the step in doubt, with what is known."""
    stored = progress.journal.entry(doubt.field) if doubt.field else None
    sent = Entry.model_validate_json(stored).at if stored else None
    when = time.strftime(" at %Y-%m-%d %H:%M:%S UTC", time.gmtime(sent)) if sent else ""
    what = "undoing this step" if progress.final_status else "this step"
    detail = (
        f"{doubt.request} was sent for {what}{when}, and nobody can tell whether it happened: {doubt.why}."
        " Look at AWS, then say whether it happened or not."
    )
    error = ErrorBody(code="in_doubt", detail=detail)
    entries = {_field(step_id): doubt.field or "-"}
    progress.update(step_id, entries, status="in_doubt", error=error)


def resolve(progress: Progress, answers: Mapping[str, Resolution], info: SessionInfo) -> bool:
    """Take a person's answers; False while a step in doubt has none. After it the plan can go on.

    Answered "stop", the plan goes on no further than to bring these steps to their end and to take back what was
    done, where it says so.
    """
    doubtful = progress.steps("in_doubt")
    if not all(step.id in answers for step in doubtful):
        return False
    ending = any(answers[step.id].then == "stop" for step in doubtful)
    undoing = progress.final_status is not None
    entries: dict[str, str] = {}
    steps = {step.id: step for step in progress.plan.steps}
    for step in doubtful:
        answer = answers[step.id]
        field = progress.journal.entry(_field(step.id)) or "-"
        entries[_field(step.id)] = ""
        if field != "-":
            entries[field] = _answered(progress, field, answer)
        if undoing:
            changes = _after_undoing(answer, known=field != "-")
        else:
            changes = _after_running(progress, step, answer, info, known=field != "-")
        steps[step.id] = step.model_copy(update=changes)
    status = "undoing" if undoing else "running"
    entries[_RESOLVED] = json.dumps({"at": time.time(), "stop": ending})
    progress.save(entries, steps=tuple(steps.values()), status=status, ended_at=None)
    return True


def resolved_at(progress: Progress) -> float:
    """When a person last answered a doubt: from then on a plan has its time anew. 0 where none was."""
    return float(_last_answer(progress).get("at", 0))


def stopped(progress: Progress) -> bool:
    """Whether a person who answered a doubt said that the plan goes on no further."""
    return bool(_last_answer(progress).get("stop"))


def _last_answer(progress: Progress) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(progress.journal.entry(_RESOLVED) or "{}")
    return found


def _field(step_id: str) -> str:
    return f"{step_id}#doubt"


def _answered(progress: Progress, field: str, answer: Resolution) -> str:
    """The open call's entry from now on: it is done, it failed for good, or it is sent unless AWS shows it."""
    stored = progress.journal.entry(field)
    assert stored is not None
    entry = Entry.model_validate_json(stored)
    if answer.happened:
        return entry.model_copy(update={"state": "done", "value": None, "adopted": True}).model_dump_json()
    if answer.then == "stop":
        return entry.model_copy(
            update={"state": "refused", "code": NEVER.code, "detail": NEVER.detail}
        ).model_dump_json()
    return entry.model_copy(update={"denied": True}).model_dump_json()


def _after_undoing(answer: Resolution, *, known: bool) -> dict[str, Any]:
    if answer.happened and known:
        # Undone again: with its open call answered it goes on after it.
        return {"status": "done", "error": None}
    if answer.happened:
        return {"status": "undone", "error": None, "ended_at": time.time()}
    if answer.then == "stop":
        kept = ErrorBody(code="not_undone", detail="a person said that undoing this step did not happen, and to stop")
        return {"status": "done", "error": kept}
    return {"status": "done", "error": None}


def _after_running(
    progress: Progress, step: Step, answer: Resolution, info: SessionInfo, *, known: bool
) -> dict[str, Any]:
    if answer.happened and not known:
        return {
            "status": "done",
            "error": None,
            "result": expected_result(progress, step, info),
            "ended_at": time.time(),
        }
    if not answer.happened and answer.then == "stop" and not known:
        return {"status": "failed", "error": NEVER, "ended_at": time.time()}
    # Run again: with its open call answered it goes on after it, sends it anew, or fails and leaves nothing behind.
    return {"status": "running", "error": None}


def expected_result(progress: Progress, step: Step, info: SessionInfo) -> dict[str, JsonValue]:
    """The step's result as far as it follows from its arguments; the rest is None."""
    results = {done.id: done.result for done in progress.plan.steps if done.result is not None}
    operation = OPERATIONS[step.operation]
    values = operation.validate(references.resolve_arguments(step.arguments, results))
    expected = operation.expected_result(values, Location.of(info))
    return {name: None if value == UNKNOWN else value for name, value in expected.items()}
