"""Cost Explorer's GetCostAndUsage, computed from daily costs per service relative to today."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.aws.account.organization import cost_shares
from sandbox.aws.moto.patches import ACCOUNT_ID
from sandbox.aws.protocol.errors import Answer, AwsError

DAILY_COSTS: Mapping[str, Decimal] = {
    "Amazon Elastic Compute Cloud - Compute": Decimal("4.1200"),
    "Amazon Simple Storage Service": Decimal("0.8350"),
    "AWS Lambda": Decimal("0.1240"),
    "AmazonCloudWatch": Decimal("0.3100"),
    "AWS Key Management Service": Decimal("0.0330"),
}
"""US dollars per day and service; they grow by one per cent for every month nearer to now."""

SEEDED_MONTHS = 6
_METRICS = frozenset(
    {"UnblendedCost", "BlendedCost", "AmortizedCost", "NetUnblendedCost", "NetAmortizedCost", "UsageQuantity",
     "NormalizedUsageAmount"}
)  # fmt: skip


def _month_start(day: date, months_back: int = 0) -> date:
    index = day.year * 12 + day.month - 1 - months_back
    return date(index // 12, index % 12 + 1, 1)


def daily_cost(service: str, day: date, today: date) -> Decimal:
    """What a service cost on a day; nothing before the seeded months and nothing after today."""
    if not _month_start(today, SEEDED_MONTHS) <= day <= today:
        return Decimal(0)
    age = (today.year - day.year) * 12 + today.month - day.month
    return (DAILY_COSTS[service] * (100 - age) / 100).quantize(Decimal("0.0001"))


def _periods(start: date, end: date, granularity: str) -> Iterator[tuple[date, date]]:
    while start < end:
        if granularity == "MONTHLY":
            following = _month_start(_month_start(start) + timedelta(days=32))
        else:
            following = start + timedelta(days=1)
        yield start, min(following, end)
        start = following


def _validation(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def _interval(params: Mapping[str, Any]) -> tuple[date, date]:
    period = params.get("TimePeriod") or {}
    try:
        start, end = date.fromisoformat(str(period.get("Start"))), date.fromisoformat(str(period.get("End")))
    except ValueError as error:
        raise _validation("Start and End of TimePeriod must be dates (YYYY-MM-DD)") from error
    if start >= end:
        raise _validation("Start date (and hour) should be before end date (and hour)")
    return start, end


def _amounts(metrics: list[str], amount: Decimal) -> dict[str, dict[str, str]]:
    unit = {"UsageQuantity": "N/A", "NormalizedUsageAmount": "N/A"}
    return {name: {"Amount": str(amount), "Unit": unit.get(name, "USD")} for name in metrics}


def _selected_services(expression: Mapping[str, Any] | None) -> list[str]:
    """The services a Filter leaves; only the SERVICE dimension is known here."""
    services = list(DAILY_COSTS)
    if not expression:
        return services
    if "Not" in expression:
        excluded = _selected_services(expression["Not"])
        return [name for name in services if name not in excluded]
    if "And" in expression:
        for part in expression["And"]:
            kept = _selected_services(part)
            services = [name for name in services if name in kept]
        return services
    dimension = expression.get("Dimensions") or {}
    if dimension.get("Key") == "SERVICE":
        return [name for name in services if name in dimension.get("Values", [])]
    return services


def _accounts(expression: Mapping[str, Any] | None, account: str) -> list[str]:
    """Whose costs are asked for: those of LINKED_ACCOUNT, else the caller's own."""
    parts = [expression or {}, *((expression or {}).get("And") or [])]
    named = [part["Dimensions"] for part in parts if (part.get("Dimensions") or {}).get("Key") == "LINKED_ACCOUNT"]
    asked = [value for dimension in named for value in dimension.get("Values", [])]
    if not asked:
        return [account]
    # A member sees its own costs only, the management account those of all.
    return asked if account == ACCOUNT_ID else [one for one in asked if one == account]


def cost_and_usage(params: Mapping[str, Any], today: date | None = None, account: str = ACCOUNT_ID) -> dict[str, Any]:
    """The GetCostAndUsage result for a request.

    Raises AwsError ValidationException for a bad period, granularity or metric.
    """
    today = today or datetime.now(UTC).date()
    start, end = _interval(params)
    granularity = str(params.get("Granularity") or "")
    if granularity not in ("DAILY", "MONTHLY"):
        raise _validation("Granularity must be DAILY or MONTHLY")
    metrics = [str(name) for name in params.get("Metrics") or []]
    if not metrics or not set(metrics) <= _METRICS:
        raise _validation("Metrics must name at least one known metric, for example UnblendedCost")
    groups = [dict(group) for group in params.get("GroupBy") or []]
    services = _selected_services(params.get("Filter"))
    shares = cost_shares()
    share = sum((Decimal(str(shares.get(one, 0))) for one in _accounts(params.get("Filter"), account)), Decimal(0))
    results = []
    for first, last in _periods(start, end, granularity):
        days = [first + timedelta(days=n) for n in range((last - first).days)]
        costs = {name: share * sum((daily_cost(name, day, today) for day in days), Decimal(0)) for name in services}
        costs = {name: amount for name, amount in costs.items() if amount}
        results.append(
            {
                "TimePeriod": {"Start": first.isoformat(), "End": last.isoformat()},
                "Total": {} if groups else _amounts(metrics, sum(costs.values(), Decimal(0))),
                "Groups": _groups(groups, metrics, costs),
                "Estimated": last > _month_start(today),
            }
        )
    return {"GroupDefinitions": groups, "ResultsByTime": results, "DimensionValueAttributes": []}


def _groups(
    definitions: list[dict[str, Any]], metrics: list[str], costs: Mapping[str, Decimal]
) -> list[dict[str, Any]]:
    if not definitions:
        return []

    def keys(service: str) -> list[str]:
        return [
            service if item.get("Key") == "SERVICE" else f"{item['Key']}$" if item.get("Type") == "TAG" else "us-east-1"
            for item in definitions
        ]

    merged: dict[tuple[str, ...], Decimal] = {}
    for service, amount in costs.items():
        merged[tuple(keys(service))] = merged.get(tuple(keys(service)), Decimal(0)) + amount
    return [{"Keys": list(key), "Metrics": _amounts(metrics, amount)} for key, amount in merged.items()]


def answer_costs(params: Mapping[str, Any], account: str) -> Answer:
    """GetCostAndUsage as an HTTP answer."""
    body = json.dumps(cost_and_usage(params, account=account)).encode()
    return Answer(200, {"Content-Type": "application/x-amz-json-1.1"}, body)
