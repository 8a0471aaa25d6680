"""Prints a run as a table that goes into `docs/reliability.md` as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.chaos.orders import Hit
from tests.chaos.runner import Record
from tests.chaos.verdict import Verdict

SHOWN = 8


def percentiles(values: Sequence[float]) -> str:
    """Median, 95th, 99th and largest, in seconds."""
    if not values:
        return "none"
    ordered = sorted(values)
    at = [ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.95, 0.99)]
    return " · ".join(f"{value:.1f}" for value in (*at, ordered[-1])) + " s"


def recoveries(hits: Sequence[Hit], records: dict[str, Record]) -> list[float]:
    """From a kill that hit a known plan to that plan's end."""
    ends = {plan_id: record.ended_at for plan_id, record in records.items() if record.ended_at}
    return [ends[hit.plan_id] - hit.at for hit in hits if ends.get(hit.plan_id, 0) > hit.at]


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def table(
    title: str,
    verdict: Verdict,
    hits: Sequence[Hit],
    faults: Counter[str],
    records: dict[str, Record],
    seconds: float,
    more: dict[str, str],
) -> str:
    """The whole report in Markdown."""
    took = [record.ended_at - record.approved_at for record in records.values() if record.ended_at]
    rows = {
        "plans": str(sum(verdict.statuses.values())),
        "plans by status": _counted(verdict.statuses),
        "kills and stops": f"{len(hits)}: {_counted(Counter(hit.kind for hit in hits))}",
        "faults": _counted(faults),
        "effects counted": str(verdict.effects),
        "steps in doubt that a person resolved · plans left in doubt": f"{verdict.resolved} · {len(verdict.in_doubt)}",
        "late effects, found and reported": str(len(verdict.late)),
        **{name: str(len(found)) for name, found in verdict.violations.items()},
        "audit logs checked": str(verdict.audit_logs),
        "approval to end (p50 · p95 · p99 · max)": percentiles(took),
        "kill to the end of the plan it hit": percentiles(recoveries(hits, records)),
        "took": f"{seconds:.0f} s",
        **more,
        "verdict": "exactly once" if verdict.good else "VIOLATED",
    }
    lines = [f"### {title}", "", "| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items()), ""]
    for name, found in verdict.violations.items():
        lines += [f"- {name}: {item}" for item in found[:SHOWN]]
    return "\n".join(lines)
