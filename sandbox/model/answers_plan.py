"""Answers about a plan of changes: what was made, or which step failed and why."""

from __future__ import annotations

from typing import Any

from sandbox.model.answers_policy import finding_lines, review_lines
from sandbox.model.types import JsonObject
from sandbox.model.undoing import doubt, steps_of

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
        lines = [done_line(step) if step.get("status") in _DONE else _state_line(step) for step in steps]
    else:
        identifier = f" (plan {plan['plan_id']})" if plan.get("plan_id") else ""
        reason = plan.get("reason") or (plan.get("error") or {}).get("detail")
        lead = f"{_STATUS.get(status, f'The plan is {status}')}{identifier}{goal}."
        lead += f" Reason: {reason}" if reason else ""
        lead += _remains(plan, steps)
        lines = [_state_line(step) for step in steps]
    parts = [lead, "\n".join(f"- {line}" for line in lines), _place(plan), finding_lines(plan.get("findings"))]
    review = plan.get("review")
    parts.append(review_lines(review) if isinstance(review, dict) else "")
    return "\n\n".join(part for part in parts if part)


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


def _values(step: JsonObject) -> JsonObject:
    """A step's arguments, where its result does not say it better."""
    arguments = {key: value for key, value in (step.get("arguments") or {}).items() if not isinstance(value, dict)}
    result = step.get("result")
    return arguments | result if isinstance(result, dict) else arguments


def done_line(step: JsonObject) -> str:
    """One carried-out step in words, with the names and ARNs of what it made."""
    known, operation = _values(step), str(step.get("operation", "step"))
    name = known.get("bucket_name") or known.get("role_name") or known.get("function_name") or known.get("name")
    region = f" in {known['region']}" if known.get("region") else ""
    if operation == "create_s3_bucket":
        return f"Created the bucket {name}{region}{_arn(known.get('arn'))}"
    if operation == "create_iam_role":
        return f"Created the role {name}{_arn(known.get('arn'))}"
    if operation == "create_lambda_function":
        return _function_line(known, region)
    if operation in ("assign_policy_to_role", "detach_policy_from_role"):
        verb, word = ("Attached", "to") if operation.startswith("assign") else ("Detached", "from")
        return f"{verb} the policy {known.get('policy_arn')} {word} the role {known.get('role_name')}"
    nouns = {"delete_s3_bucket": "bucket", "delete_iam_role": "role", "delete_lambda_function": "Lambda function"}
    if operation in nouns:
        return f"Deleted the {nouns[operation]} {name}{region}"
    return f"{operation}: {_plain(known)}"


def _arn(arn: Any) -> str:
    return f" ({arn})" if arn else ""


def _function_line(known: JsonObject, region: str) -> str:
    runtime = f", runtime {known['runtime']}" if known.get("runtime") else ""
    handler = f", handler {known['handler']}" if known.get("handler") else ""
    role = f", running as {known['role_arn']}" if isinstance(known.get("role_arn"), str) else ""
    packaged = {
        "minimal": "; its code is a minimal handler that was packed, as no package was given",
        "uploaded": "; its code is the uploaded package",
        "s3": "; its code comes from S3",
    }.get(str(known.get("packaged")), "")
    arn = _arn(known.get("function_arn") or known.get("arn"))
    return f"Created the Lambda function {known.get('function_name')}{region}{arn}{runtime}{handler}{role}{packaged}"


def _plain(known: JsonObject) -> str:
    return ", ".join(f"{key} {value}" for key, value in known.items() if isinstance(value, (str, int, bool)))


def _state_line(step: JsonObject) -> str:
    known = _values(step)
    name = known.get("bucket_name") or known.get("role_name") or known.get("function_name") or known.get("name")
    policy = known.get("policy_arn")
    subject = " ".join(str(each) for each in (policy, name) if each)
    what = f"{step.get('operation')}{' ' + subject if subject else ''}"
    status = str(step.get("status", "unknown"))
    line = f"{step.get('id', '?')}: {what}: {_STEP_STATUS.get(status, status)}"
    error = step.get("error")
    if isinstance(error, dict):
        line += f": {error.get('detail') or error.get('message') or 'no reason given'} ({error.get('code', 'error')})"
    elif error:
        line += f": {error}"
    return line
