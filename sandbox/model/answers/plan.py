"""Answers about a plan of changes: what was made, or which step failed and why."""

from sandbox.model.changes.calls import CALL, said
from sandbox.model.changes.resources import MAKE, made_line
from sandbox.model.changes.secret_value import READ_VALUE, told
from sandbox.model.changes.undo import doubt, steps_of
from sandbox.model.phrasing import paragraphs
from sandbox.model.policies.wording import findings, review_lines
from sandbox.model.reading.history import known_of
from sandbox.model.tools import OPERATIONS, RESOURCES, name_in
from sandbox.model.types import JsonObject

_STATUS: dict[str, str] = {
    "rejected": "The plan was rejected, so nothing was changed",
    "expired": "The plan expired before it was approved, so nothing was changed",
    "cancelled": "The plan was cancelled",
    "failed": "The plan failed",
    "undone": "The plan was undone: what it had made was taken back",
    "undoing": "The plan is being undone",
    "in_doubt": "The plan stopped in doubt",
    "proposed": "The plan is prepared and waits for your approval; nothing has been changed yet",
    "approved": "The plan is approved and has not finished yet",
    "running": "The plan is running and has not finished yet",
}
_STEP_STATUS: dict[str, str] = {
    "undone": "undone, what it had made was taken back",
    "in_doubt": "in doubt, unknown whether it happened",
    "skipped": "skipped, not carried out",
    "pending": "pending, not carried out",
}
_DONE = ("done", "ok", None)


def plan_answer(plan: JsonObject) -> str:
    """What became of a plan, step by step."""
    status = str(plan.get("status", "done"))
    steps = steps_of(plan)
    goal = f": {plan['goal']}" if plan.get("goal") else ""
    if status == "done":
        lead = f"Undone: {str(plan.get('goal', '')).removeprefix('Undo: ')}." if plan.get("undoes") else f"Done{goal}."
        values = plan.get("values") or {}
        lines = [_done_line(step, values) if step.get("status") in _DONE else _state_line(step) for step in steps]
    else:
        identifier = f" (plan {plan['plan_id']})" if plan.get("plan_id") else ""
        reason = plan.get("reason") or (plan.get("error") or {}).get("detail")
        lead = f"{_STATUS.get(status, f'The plan is {status}')}{identifier}{goal}."
        lead += f" Reason: {reason}" if reason else ""
        lead += _remains(plan, steps)
        lines = [_state_line(step) for step in steps]
    review = review_lines(plan["review"]) if isinstance(plan.get("review"), dict) else ""
    return paragraphs(lead, "\n".join(f"- {line}" for line in lines), _place(plan), findings(plan), review)


def _remains(plan: JsonObject, steps: list[JsonObject]) -> str:
    """What a plan that did not end as it should has left behind."""
    status, found = plan.get("status"), {str(step.get("status")) for step in steps}
    parts = [doubt(plan)] if "in_doubt" in found or status == "in_doubt" else []
    if status not in ("failed", "cancelled", "undone", "in_doubt"):
        return ""
    if "undone" in found and status != "undone":
        parts.append("What it had made was taken back.")
    if "done" in found:
        parts.append("What is done below was kept.")
    if status == "cancelled" and not found & {"done", "undone", "in_doubt", "failed"}:
        parts.append("Nothing was changed.")
    return "".join(f" {part}" for part in parts)


def _place(plan: JsonObject) -> str:
    identity = plan.get("identity")
    if not isinstance(identity, dict) or not identity.get("account"):
        return ""
    region = f", region {identity['region']}" if identity.get("region") else ""
    return f"Account {identity['account']}{region}."


def _done_line(step: JsonObject, values: JsonObject) -> str:
    """One carried-out step in words, with the names and ARNs of what it made, or the value that may be told."""
    if step.get("operation") == READ_VALUE:
        return told(step, values)
    if step.get("operation") == CALL:
        return said(step)
    if step.get("operation") == MAKE:
        return made_line(step)
    known = known_of(step)
    operation = OPERATIONS.get(str(step.get("operation")))
    if operation is None:
        facts = [f"{key} {value}" for key, value in known.items() if isinstance(value, (str, int, bool))]
        return f"{step.get('operation', 'step')}: {', '.join(facts)}"
    if operation.done:
        return operation.done(known)
    region = f" in {known['region']}" if known.get("region") else ""
    arn = f" ({known['arn']})" if known.get("arn") and operation.verb == "create" else ""
    verb = "Created" if operation.verb == "create" else "Deleted"
    return f"{verb} the {operation.resource.noun} {name_in(known, operation.resource)}{region}{arn}"


def _state_line(step: JsonObject) -> str:
    known = known_of(step)
    keys = [*(resource.name_key for resource in RESOURCES.values()), "name"]
    names = dict.fromkeys(str(known[key]) for key in keys if known.get(key))
    what = " ".join([str(step.get("operation")), *names])
    status = str(step.get("status", "unknown"))
    line = f"{step.get('id', '?')}: {what}: {_STEP_STATUS.get(status, status)}"
    error = step.get("error")
    if isinstance(error, dict):
        line += f": {error.get('detail') or error.get('message') or 'no reason given'} ({error.get('code', 'error')})"
    elif error:
        line += f": {error}"
    return line
