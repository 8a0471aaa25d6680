"""Judges a run: what AWS did, held against what each plan says of itself and what was approved.

Each step bounds how often its effects may have happened: a done one exactly once, one in doubt at most once, one that
never began not at all, an undone one once with its counter-effect once. Bounds of all plans are added up per effect.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.chaos import aws_proxy
from tests.chaos.effects import ALONG, DOUBTFUL, Doing, Effect, doing_of, doubted_call, is_shown, taken_by
from tests.chaos.runner import PLAN_ENDS, Record

# The audit writes whole milliseconds.
CLOCK_SECONDS = 0.002
_NOT_BEGUN = ("proposed", "rejected", "expired")


@dataclass
class Bounds:
    """How often an effect may have happened, and the steps (plan id, step id) that may have caused it."""

    low: int = 0
    high: int = 0
    steps: set[tuple[str, str]] = field(default_factory=set)


@dataclass
class Verdict:
    """What was found. `in_doubt` and `late` are told by the product itself; every other list must be empty."""

    doubled: list[str] = field(default_factory=list)
    lost_effects: list[str] = field(default_factory=list)
    unapproved: list[str] = field(default_factory=list)
    lost_plans: list[str] = field(default_factory=list)
    unbalanced: list[str] = field(default_factory=list)
    wrong_state: list[str] = field(default_factory=list)
    audit: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    in_doubt: list[str] = field(default_factory=list)
    resolved: int = 0
    late: list[str] = field(default_factory=list)
    effects: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    audit_logs: int = 0

    @property
    def violations(self) -> dict[str, list[str]]:
        return {
            "effects doubled": self.doubled,
            "effects lost (a step says done)": self.lost_effects,
            "effects unapproved": self.unapproved,
            "plans lost": self.lost_plans,
            "failed steps that left something": self.unbalanced,
            "resources not as the plans say": self.wrong_state,
            "doubts where AWS shows what happened": self.doubts,
            "audit faults": self.audit,
        }

    @property
    def good(self) -> bool:
        return not any(self.violations.values())


@dataclass
class Seen:
    """What a run left behind."""

    records: dict[str, Record]
    plans: list[dict[str, Any]]
    effects: list[aws_proxy.Effect]
    # How many there are of each, by the effect that makes one.
    resources: Counter[Effect]
    tag: str
    # Of each session's log: the check's faults, and its entries. None: nothing audits (the control).
    audit: dict[str, tuple[list[Any], list[dict[str, Any]]]] | None = None
    # Names of resources by AWS's identifiers.
    aliases: dict[str, str] = field(default_factory=dict)
    # Resources at which AWS let nobody look for a while.
    hidden: set[str] = field(default_factory=set)
    # Changes that did not come through the proxy.
    elsewhere: list[str] = field(default_factory=list)


def judge(seen: Seen) -> Verdict:
    """Hold everything against everything."""
    verdict = Verdict(statuses=Counter(plan["status"] for plan in seen.plans), unapproved=list(seen.elsewhere))
    bounds: dict[Effect, Bounds] = defaultdict(Bounds)
    pairs: list[tuple[dict[str, Any], dict[str, Any], Doing]] = []
    undone_by_plan = _undone_by_plan(seen.plans)
    for plan in seen.plans:
        _judge_plan(verdict, seen.records, plan)
        for step in plan["steps"]:
            doing = doing_of(step, plan, seen.aliases)
            pairs.append((plan, step, doing))
            _bound(bounds, plan, step, doing, by_plan=(plan["plan_id"], step["id"]) in undone_by_plan)
            if _is_late(plan, step):
                verdict.late.append(f"{plan['plan_id']} {step['id']}")
    happened = Counter(effect.call.effect for effect in seen.effects if effect.call.resource.startswith(seen.tag))
    verdict.effects = sum(happened.values())
    _judge_effects(verdict, bounds, happened)
    _judge_failed(verdict, pairs, happened)
    _judge_resources(verdict, bounds, seen, {doing.done[0]: doing.undone for _, _, doing in pairs if doing.done})
    _judge_doubts(verdict, seen, pairs)
    if seen.audit is not None:
        _judge_audit(verdict, bounds, seen)
    return verdict


def _undone_by_plan(plans: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """The steps that a plan of its own has taken back; the counter-effects are that plan's."""
    refs = (
        step.get("undoes")
        for plan in plans
        if plan.get("undoes")
        for step in plan["steps"]
        if step["status"] in ("done", "in_doubt")
    )
    return {(ref["plan_id"], ref["step"]) for ref in refs if ref}


def _judge_plan(verdict: Verdict, records: Mapping[str, Record], plan: dict[str, Any]) -> None:
    record = records.get(plan["plan_id"])
    name = f"{plan['plan_id']} ({plan['goal']}) is {plan['status']}"
    if record is None or not record.approved:
        if plan["status"] not in _NOT_BEGUN:
            verdict.unapproved.append(f"nobody approved it: {name}")
        return
    if plan["status"] not in PLAN_ENDS:
        verdict.lost_plans.append(name)
    elif not record.ended_at:
        verdict.lost_plans.append(f"too late: {name}")
    verdict.resolved += record.resolved
    if plan["status"] == "in_doubt" or any(step["status"] == "in_doubt" for step in plan["steps"]):
        verdict.in_doubt.append(name)


def _bound(
    bounds: dict[Effect, Bounds], plan: dict[str, Any], step: dict[str, Any], doing: Doing, *, by_plan: bool
) -> None:
    status, open_end = step["status"], plan["status"] not in PLAN_ENDS or plan["status"] == "in_doubt"
    done, undone = {
        "done": ((1, 1), (0, 0)),
        "undone": ((1, 1), (0, 0) if by_plan else (1, 1)),
        "in_doubt": ((0, 1), (0, 1)),
        "failed": ((0, 1), (0, 1)),
        "running": ((0, 1), (0, 1 if open_end else 0)),
    }.get(status, ((0, 0), (0, 0)))
    if _is_late(plan, step) and status in ("skipped", "failed", "undone"):
        # A stopped executor's call got through after all; the plan says so, and took it back.
        done, undone = (done[0], done[1] + 1), (undone[0], undone[1] + 1)
    for effects, (low, high) in ((doing.done, done), (doing.undone, undone)):
        for effect in effects:
            bound = bounds[effect]
            bound.low, bound.high = bound.low + low, bound.high + high
            if high:
                bound.steps.add((plan["plan_id"], step["id"]))
    if status not in ("pending", "skipped"):
        for effect in (*doing.done, *doing.undone):
            for along in ALONG:
                # Whatever comes along comes once, for one resource.
                bounds[(along, effect[1], "*")].high = 1
                bounds[(along, effect[1], "*")].steps.add((plan["plan_id"], step["id"]))


def _is_late(plan: dict[str, Any], step: dict[str, Any]) -> bool:
    return any(found["code"] == "late_effect" and found.get("step") == step["id"] for found in plan.get("findings", ()))


def _judge_effects(verdict: Verdict, bounds: dict[Effect, Bounds], happened: Counter[Effect]) -> None:
    for effect, count in happened.items():
        bound = _bound_of(bounds, effect)
        if bound.high == 0:
            verdict.unapproved.append(f"{' '.join(effect)} happened {count} times")
        elif count > bound.high:
            verdict.doubled.append(f"{' '.join(effect)} happened {count} times, at most {bound.high} by {bound.steps}")
    for effect, bound in bounds.items():
        if bound.low > happened[effect]:
            verdict.lost_effects.append(f"{' '.join(effect)} did not happen: {bound.steps}")


def _bound_of(bounds: Mapping[Effect, Bounds], effect: Effect) -> Bounds:
    """The bound of an effect: its own, else that of what comes along."""
    own = bounds.get(effect, Bounds())
    return own if own.high else bounds.get((effect[0], effect[1], "*"), own)


def _judge_failed(
    verdict: Verdict, pairs: list[tuple[dict[str, Any], dict[str, Any], Doing]], happened: Counter[Effect]
) -> None:
    """A failed step leaves nothing behind: what it did it took back."""
    for plan, step, doing in pairs:
        makes = step["operation"].startswith(("create_", "assign_", "change_aws")) and step["status"] == "failed"
        left = happened[doing.done[0]] - sum(happened[effect] for effect in doing.undone[:1]) if makes else 0
        if left:
            verdict.unbalanced.append(f"{plan['plan_id']} {step['id']}: {' '.join(doing.done[0])}")


def _judge_resources(
    verdict: Verdict, bounds: dict[Effect, Bounds], seen: Seen, opposites: Mapping[Effect, tuple[Effect, ...]]
) -> None:
    for effect, bound in bounds.items():
        if not is_shown(effect):
            continue
        taken = Bounds()
        for undone in taken_by(effect, opposites.get(effect, ())):
            found = bounds.get(undone, Bounds())
            taken = Bounds(taken.low + found.low, taken.high + found.high, taken.steps | found.steps)
        if bound.low != bound.high or taken.low != taken.high:
            continue
        if seen.resources[effect] != (wanted := max(0, bound.high - taken.high)):
            there = f"{seen.resources[effect]} there, {wanted} wanted"
            verdict.wrong_state.append(f"{' '.join(effect)}: {there}; {bound.steps | taken.steps}")
    for effect in seen.resources:
        if effect not in bounds:
            verdict.unapproved.append(f"no plan made {effect[1]} ({effect[0]})")


def _judge_doubts(verdict: Verdict, seen: Seen, pairs: list[tuple[dict[str, Any], dict[str, Any], Doing]]) -> None:
    """A person is asked only where AWS has nothing to tell what happened by, or does not let one look at it."""
    asked = [(plan_id, *doubt) for plan_id, record in seen.records.items() for doubt in record.doubts]
    now = [(plan["plan_id"], step["id"], doubted_call(step)) for plan, step, _ in pairs if step["status"] == "in_doubt"]
    resources = {(plan["plan_id"], step["id"]): {effect[1] for effect in doing.done} for plan, step, doing in pairs}
    hidden = {seen.aliases.get(one, one) for one in seen.hidden}
    for plan_id, step_id, call in dict.fromkeys([*asked, *now]):
        if call not in DOUBTFUL and not resources.get((plan_id, step_id), set()) & hidden:
            verdict.doubts.append(f"{plan_id} {step_id}: {call}")


def _judge_audit(verdict: Verdict, bounds: dict[Effect, Bounds], seen: Seen) -> None:
    assert seen.audit is not None
    intents: dict[tuple[str, str], float] = {}
    approvals: dict[str, float] = {}
    for session_id, (faults, entries) in seen.audit.items():
        verdict.audit_logs += 1
        verdict.audit += [f"{session_id}: {fault}" for fault in faults]
        for entry in entries:
            data, at = entry["data"], entry["time"] / 1000
            if entry["kind"] == "plan.decided" and data.get("decision") == "approve":
                approvals.setdefault(data["plan_id"], at)
            if "intent" in entry["kind"]:
                intents.setdefault((data["plan_id"], data["step_id"]), at)
    for effect in seen.effects:
        found = _bound_of(bounds, effect.call.effect)
        if not found.steps:
            continue  # unapproved, which is said already
        before = [
            step
            for step in found.steps
            if intents.get(step, float("inf")) <= effect.sent + CLOCK_SECONDS
            and approvals.get(step[0], float("inf")) <= effect.sent + CLOCK_SECONDS
        ]
        if not before:
            verdict.audit.append(f"no decision or intent before {' '.join(effect.call.effect)} of {found.steps}")
