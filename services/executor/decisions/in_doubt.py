"""Steps in doubt: marks a step of which it is unknown whether it happened, and applies a person's answer.

The answer is a Resolution per step: whether it happened, and whether the plan continues or stops.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from services.executor.calls.entry import Entry, read_entry
from services.executor.calls.outcome import OutcomeUnknown
from services.executor.operations import OPERATIONS
from services.executor.records.progress import Progress
from services.executor.registry import references
from services.executor.registry.location import Location
from services.executor.registry.operation import UNKNOWN
from shared.messages import ErrorBody, SessionInfo
from shared.plans.decisions import Resolution
from shared.plans.step import Step

# The journal field with a person's last answer. No step's field is named so: `@` is in no step's id.
_RESOLVED = "@resolved"
# In a step's field of the journal, where no call is known that the answer would be about.
_NO_CALL = "-"
_NOT_HAPPENED = ErrorBody(code="did_not_happen", detail="a person said that this step did not happen, and to stop")


def mark(progress: Progress, step_id: str, unknown: OutcomeUnknown) -> None:
    """Give a step the status `in_doubt`, with what is known as its error, and remember which call it is about."""
    error = ErrorBody(code="in_doubt", detail=_describe(progress, unknown))
    entries = {_field(step_id): unknown.field or _NO_CALL}
    progress.update(step_id, entries, status="in_doubt", error=error)


def resolve(progress: Progress, answers: Mapping[str, Resolution], info: SessionInfo) -> bool:
    """Apply a person's answers, by step id; False, and nothing is changed, while one of the steps has none.

    After True the plan can be run on. Where one answer is "stop" that only brings these steps to their end, and undoes
    what was done where the plan says so.
    """
    steps_in_doubt = progress.steps("in_doubt")
    if not all(step.id in answers for step in steps_in_doubt):
        return False
    ending = any(answers[step.id].then == "stop" for step in steps_in_doubt)
    undoing = progress.final_status is not None
    entries: dict[str, str] = {}
    steps = {step.id: step for step in progress.plan.steps}
    for step in steps_in_doubt:
        answer = answers[step.id]
        field = progress.journal.entry(_field(step.id)) or _NO_CALL
        known = field != _NO_CALL
        entries[_field(step.id)] = ""
        if known:
            entries[field] = _answered_entry(progress, field, answer)
        changes = _while_undoing(answer, known) if undoing else _while_running(progress, step, answer, info, known)
        steps[step.id] = step.model_copy(update=changes)
    status = "undoing" if undoing else "running"
    entries[_RESOLVED] = json.dumps({"at": time.time(), "stop": ending})
    progress.save(entries, steps=tuple(steps.values()), status=status, ended_at=None)
    return True


def resolved_at(progress: Progress) -> float:
    """When a person last answered, Unix seconds, 0 where nobody did. The plan's running time counts anew from then."""
    return float(_last_answer(progress).get("at", 0))


def stop_requested(progress: Progress) -> bool:
    """Whether a person who answered on a step in doubt said that the plan should stop."""
    return bool(_last_answer(progress).get("stop"))


def values_of(progress: Progress, step: Step) -> dict[str, Any]:
    """The step's arguments as it had them. Raises AssistantError where one refers to a step without a result."""
    results = {done.id: done.result for done in progress.plan.steps if done.result is not None}
    return OPERATIONS[step.operation].validate(references.resolve_arguments(step.arguments, results))


def expected_result(progress: Progress, step: Step, info: SessionInfo) -> dict[str, JsonValue]:
    """The step's result as far as it follows from its arguments; the other fields are None."""
    expected = OPERATIONS[step.operation].expected_result(values_of(progress, step), Location.of(info))
    return {name: None if value == UNKNOWN else value for name, value in expected.items()}


def _describe(progress: Progress, unknown: OutcomeUnknown) -> str:
    """What is known, why the rest is not, and what the person should do."""
    what = "undoing this step" if progress.final_status else "this step"
    advice = "Look at AWS, then say whether it happened or not."
    entry = read_entry(progress.journal, unknown.field) if unknown.field else None
    if entry is None:
        return f"Whether {what} ({unknown.request}) happened is unknown: {unknown.why}. {advice}"
    when = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(entry.at))
    if not entry.sends:
        return f"{unknown.request} was not sent for {what} at {when}, because {unknown.why}. {advice}"
    sent = f"{unknown.request} was sent for {what} at {when}"
    return f"{sent}, and whether it happened is unknown: {unknown.why}. {advice}"


def _last_answer(progress: Progress) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(progress.journal.entry(_RESOLVED) or "{}")
    return found


def _field(step_id: str) -> str:
    """The journal field that names the call which a step in doubt is about."""
    return f"{step_id}#doubt"


def _answered_entry(progress: Progress, field: str, answer: Resolution) -> str:
    """The entry of the call from now on: done, refused for good, or to be sent again unless AWS shows its effect."""
    entry = read_entry(progress.journal, field)
    assert entry is not None
    return _answered(entry, answer).model_dump_json()


def _answered(entry: Entry, answer: Resolution) -> Entry:
    if answer.happened:
        return entry.model_copy(update={"state": "done", "value": None, "adopted": True})
    if answer.then == "stop":
        refusal = {"state": "refused", "code": _NOT_HAPPENED.code, "detail": _NOT_HAPPENED.detail}
        return entry.model_copy(update=refusal)
    return entry.model_copy(update={"denied": True})


def _while_undoing(answer: Resolution, known: bool) -> dict[str, Any]:
    """What changes of a step whose undoing is in doubt; `known`: the call that the answer is about is known."""
    if answer.happened and not known:
        return {"status": "undone", "error": None, "ended_at": time.time()}
    if not answer.happened and answer.then == "stop":
        kept = ErrorBody(code="not_undone", detail="a person said that undoing this step did not happen, and to stop")
        return {"status": "done", "error": kept}
    # Undoing it runs again: a call that happened is not sent again, and what follows it is.
    return {"status": "done", "error": None}


def _while_running(
    progress: Progress, step: Step, answer: Resolution, info: SessionInfo, known: bool
) -> dict[str, Any]:
    """What changes of a step that is in doubt; `known`: the call that the answer is about is known."""
    if answer.happened and not known:
        result = expected_result(progress, step, info)
        return {"status": "done", "error": None, "result": result, "ended_at": time.time()}
    if not answer.happened and answer.then == "stop" and not known:
        return {"status": "failed", "error": _NOT_HAPPENED, "ended_at": time.time()}
    # The step runs again. With its call answered it continues after it, sends it again, or fails and cleans up.
    return {"status": "running", "error": None}
