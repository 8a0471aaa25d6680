"""Composes the answer of a turn from its tools' results, and from nothing else."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.model import answers_inventory as inventory
from sandbox.model import answers_policy as policy
from sandbox.model import answers_s3 as s3
from sandbox.model.answers_overview import headlines, in_order
from sandbox.model.answers_plan import plan_answer
from sandbox.model.focus import Focus
from sandbox.model.generic import describe_value
from sandbox.model.history import plans_of
from sandbox.model.types import JsonObject, Outcome
from sandbox.model.undoing import UNDO_TOOL

Answerer = Callable[[JsonObject, Focus], str]

_ANSWERERS: dict[str, Answerer] = {
    "get_s3_usage": s3.usage,
    "get_s3_bucket_sizes": s3.bucket_sizes,
    "list_s3_buckets": s3.buckets,
    "count_s3_objects": s3.objects,
    "list_ec2_instances": inventory.instances,
    "list_lambda_functions": inventory.functions,
    "list_iam_roles": inventory.roles,
    "describe_iam_role": inventory.role,
    "get_caller_identity": inventory.identity,
    "get_cost_summary": inventory.cost,
    "summarize_aws_usage": inventory.summary,
    "explain_policy_with_claude": policy.explanation,
    "validate_policy": policy.validation,
    "optimize_policy": policy.optimization,
}


def compose(outcomes: list[Outcome], focus: Focus) -> str:
    """The whole answer: each result in the order of its call, then plans, then what is missing."""
    reads = in_order([outcome for outcome in _newest(outcomes) if outcome.plan is None])
    parts = [headlines(reads), *(_part(outcome, focus) for outcome in reads)]
    parts += [plan_answer(plan) for plan in plans_of(outcomes)]
    return "\n\n".join(part for part in parts if part)


def _newest(outcomes: list[Outcome]) -> list[Outcome]:
    """One outcome per call; a call that was mended and made again counts by its last outcome."""
    last: dict[str, Outcome] = {}
    for outcome in outcomes:
        if outcome.error.get("code") == "invalid_arguments":
            key = f"{outcome.call.name}?"
        else:
            key = str(outcome.call)
            last.pop(f"{outcome.call.name}?", None)
        last[key] = outcome
    return list(last.values())


def _part(outcome: Outcome, focus: Focus) -> str:
    if not outcome.ok:
        return error_answer(outcome)
    answerer = _ANSWERERS.get(outcome.call.name)
    text = answerer(outcome.result, focus) if answerer else describe_value(outcome.call.name, outcome.result)
    return text + gaps_note(outcome)


def error_answer(outcome: Outcome) -> str:
    """An honest word about a tool that failed, with its own detail."""
    code = outcome.error.get("code", "error")
    detail = outcome.error.get("detail") or outcome.error.get("message") or "it gave no reason"
    if outcome.call.name == UNDO_TOOL:
        return f"I cannot undo that: {detail} ({code}). Nothing was changed."
    about = outcome.call.arguments
    named = about.get("role_name") or about.get("bucket_name") or about.get("function_name") or about.get("name")
    subject = f" for {named}" if isinstance(named, str) else ""
    return f"I could not get an answer from {outcome.call.name}{subject}: {detail} ({code})."


def gaps_note(outcome: Outcome) -> str:
    """What a result does not cover; an incomplete answer always says so."""
    if not outcome.gaps:
        return "" if outcome.complete else "\n\nThis answer is incomplete: the tool says that something is missing."
    lines = []
    for gap in outcome.gaps:
        where = gap.get("region") or gap.get("resource")
        reason = gap.get("detail") or gap.get("code") or "no reason given"
        lines.append(f"- {where}: {reason}" if where else f"- {reason}")
    return "\n\nThis answer is incomplete. Missing:\n" + "\n".join(lines)
