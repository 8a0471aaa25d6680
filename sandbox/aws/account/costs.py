"""Cost Explorer, computed from daily costs per service, region and environment relative to today.

GetCostAndUsage with groups and filters, GetCostForecast and ListCostAllocationTags:
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Cost_Explorer_Service.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.aws.account.organization import cost_shares
from sandbox.aws.moto.patches import ACCOUNT_ID
from sandbox.aws.protocol.errors import Answer, AwsError

OPERATIONS = frozenset({"GetCostAndUsage", "GetCostForecast", "ListCostAllocationTags"})


@dataclass(frozen=True)
class DailyCost:
    """What is spent a day now, in US dollars, on a service in a region; by how many per cent it grows a month."""

    service: str
    region: str
    environment: str
    amount: Decimal
    growth: int = 1
    account: str = ACCOUNT_ID


_EC2, _S3 = "Amazon Elastic Compute Cloud - Compute", "Amazon Simple Storage Service"
ITEMS = (
    DailyCost(_EC2, "us-east-1", "production", Decimal("2.10")),
    DailyCost(_EC2, "eu-west-1", "production", Decimal("1.20")),
    DailyCost(_EC2, "us-west-2", "staging", Decimal("0.82")),
    DailyCost(_S3, "us-west-2", "production", Decimal("0.51")),
    DailyCost(_S3, "eu-west-1", "", Decimal("0.325")),
    DailyCost("Amazon Relational Database Service", "eu-west-1", "production", Decimal("2.35"), 4),
    DailyCost("Amazon Relational Database Service", "us-east-1", "staging", Decimal("0.64")),
    DailyCost("AWS Lambda", "us-east-1", "production", Decimal("0.124"), 12),
    DailyCost("AmazonCloudWatch", "us-east-1", "", Decimal("0.31")),
    DailyCost("AWS Key Management Service", "us-east-1", "", Decimal("0.033")),
)
DAILY_COSTS: Mapping[str, Decimal] = {
    service: sum((item.amount for item in ITEMS if item.service == service), Decimal())
    for service in dict.fromkeys(item.service for item in ITEMS)
}
"""US dollars per day and service of the first account alone, as they are in the current month."""
TAG = "Environment"
"""The tag that is activated as a cost allocation tag."""
INACTIVE_TAG = "CostCenter"
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
    return sum((_cost(item, day, today) for item in _seen_by(ACCOUNT_ID) if item.service == service), Decimal())


def _cost(item: DailyCost, day: date, today: date) -> Decimal:
    if not _month_start(today, SEEDED_MONTHS) <= day <= today:
        return Decimal(0)
    age = (today.year - day.year) * 12 + today.month - day.month
    return item.amount * (100 - item.growth * age) / 100


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


def _value(item: DailyCost, key: str) -> str:
    """What an item has of a dimension."""
    return {"SERVICE": item.service, "REGION": item.region, "LINKED_ACCOUNT": item.account}.get(key, "")


def _seen_by(account: str) -> list[DailyCost]:
    """What an account sees: the management account what every account spends, a member its own costs."""
    return [
        replace(item, amount=item.amount * Decimal(str(share)), account=spender)
        for spender, share in cost_shares().items()
        if share and account in (spender, ACCOUNT_ID)
        for item in ITEMS
    ]


def _wanted(expression: Mapping[str, Any] | None) -> Callable[[DailyCost], bool]:
    """What a Filter leaves."""
    if not expression:
        return lambda item: True
    if "Not" in expression:
        inner = _wanted(expression["Not"])
        return lambda item: not inner(item)
    parts = [_wanted(part) for part in expression.get("And") or expression.get("Or") or ()]
    if parts:
        of = all if "And" in expression else any
        return lambda item: of(part(item) for part in parts)
    if tags := expression.get("Tags"):
        return lambda item: tags.get("Key") == TAG and item.environment in tags.get("Values", [])
    dimension = expression.get("Dimensions") or {}
    return lambda item: _value(item, str(dimension.get("Key"))) in dimension.get("Values", [])


def cost_and_usage(params: Mapping[str, Any], account: str, today: date | None = None) -> dict[str, Any]:
    """The GetCostAndUsage result for a request.

    Raises AwsError ValidationException for a bad period, granularity, metric or group.
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
    if len(groups) > 2:
        raise _validation("GroupBy takes at most two groups")
    wanted = _wanted(params.get("Filter"))
    items = [item for item in _seen_by(account) if wanted(item)]
    results = []
    for first, last in _periods(start, end, granularity):
        days = [first + timedelta(days=n) for n in range((last - first).days)]
        costs = {item: sum((_cost(item, day, today) for day in days), Decimal(0)) for item in items}
        costs = {item: amount for item, amount in costs.items() if amount}
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
    definitions: list[dict[str, Any]], metrics: list[str], costs: Mapping[DailyCost, Decimal]
) -> list[dict[str, Any]]:
    if not definitions:
        return []

    def key(item: DailyCost, group: Mapping[str, Any]) -> str:
        if group.get("Type") == "TAG":
            return f"{group['Key']}${item.environment if group['Key'] == TAG else ''}"
        return _value(item, str(group.get("Key")))

    merged: dict[tuple[str, ...], Decimal] = {}
    for item, amount in costs.items():
        keys = tuple(key(item, group) for group in definitions)
        merged[keys] = merged.get(keys, Decimal(0)) + amount
    return [{"Keys": list(keys), "Metrics": _amounts(metrics, amount)} for keys, amount in merged.items()]


def cost_forecast(params: Mapping[str, Any], account: str, today: date | None = None) -> dict[str, Any]:
    """The GetCostForecast result: today's costs go on, give or take a tenth. Raises AwsError for days that are past."""
    today = today or datetime.now(UTC).date()
    start, end = _interval(params)
    if start < today:
        raise _validation("Start date should not be before the current date")
    wanted = _wanted(params.get("Filter"))
    daily = sum((item.amount for item in _seen_by(account) if wanted(item)), Decimal())
    mean = daily * (end - start).days
    bounds = (
        {"PredictionIntervalLowerBound": str(mean * 9 / 10), "PredictionIntervalUpperBound": str(mean * 11 / 10)}
        if params.get("PredictionIntervalLevel")
        else {}
    )
    period = {"Start": start.isoformat(), "End": end.isoformat()}
    return {
        "Total": {"Amount": str(mean), "Unit": "USD"},
        "ForecastResultsByTime": [{"TimePeriod": period, "MeanValue": str(mean), **bounds}],
    }


def allocation_tags(params: Mapping[str, Any]) -> dict[str, Any]:
    """The ListCostAllocationTags result."""
    tags = [{"TagKey": TAG, "Status": "Active"}, {"TagKey": INACTIVE_TAG, "Status": "Inactive"}]
    asked = params.get("TagKeys")
    return {
        "CostAllocationTags": [{"Type": "UserDefined", **tag} for tag in tags if not asked or tag["TagKey"] in asked]
    }


def answer_costs(operation: str, params: Mapping[str, Any], account: str) -> Answer:
    """One of `OPERATIONS` as an HTTP answer."""
    if operation == "ListCostAllocationTags":
        result = allocation_tags(params)
    else:
        result = (cost_forecast if operation == "GetCostForecast" else cost_and_usage)(params, account)
    return Answer(200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(result).encode())
