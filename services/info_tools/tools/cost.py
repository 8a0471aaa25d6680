"""Informational tool about what the account costs, from AWS Cost Explorer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from services.info_tools.combined import ANY, DECIMAL_SUM, EARLIEST, Combined, Rule, amounts_by, same_or
from services.info_tools.costs.amounts import (
    NO_VALUE,
    Amounts,
    Span,
    added_up,
    changes,
    decimal,
    percent,
    ranked,
)
from services.info_tools.costs.explorer import Explorer
from services.info_tools.costs.periods import Period, PeriodName, before, chosen, rest_of_month
from services.info_tools.toolbox import toolbox
from shared.aws.clients import Aws
from shared.errors import AssistantError, InvalidArguments
from shared.messages import Effect, Message

GroupBy = Literal["service", "account", "region", "tag"]
_DIMENSIONS: dict[GroupBy, str] = {"account": "LINKED_ACCOUNT", "region": "REGION"}
MOST_CHANGES = 10
TagKey = Annotated[str, Field(min_length=1, max_length=128)]


class ServiceCost(Message):
    service: str
    amount: str = Field(description="Decimal number.")


class GroupCost(Message):
    group: str = Field(description=f'An account id, a region or a tag\'s value; "{NO_VALUE}" for costs without one.')
    amount: str = Field(description="Decimal number.")


class SpanCost(Message):
    start: date
    end: date = Field(description="The day after the last one.")
    amount: str = Field(description="Decimal number.")


class CostChange(Message):
    name: str = Field(description="A service; or an account, region or tag's value, where grouped by that.")
    before: str
    now: str
    change: str = Field(description="Decimal number; negative where it costs less now.")


def _largest(parts: Sequence[tuple[CostChange, ...]]) -> tuple[CostChange, ...]:
    """The changes of several accounts added up by name."""
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for one in (one for part in parts for one in part):
        was, now = sums.get(one.name, (Decimal(), Decimal()))
        sums[one.name] = (was + Decimal(one.before), now + Decimal(one.now))
    was_by, now_by = ({name: pair[index] for name, pair in sums.items()} for index in (0, 1))
    return _changed(now_by, was_by)


def _changed(now: dict[str, Decimal], was: dict[str, Decimal]) -> tuple[CostChange, ...]:
    return tuple(
        CostChange(name=name, before=decimal(earlier), now=decimal(later), change=decimal(later - earlier))
        for name, earlier, later in changes(now, was)[:MOST_CHANGES]
    )


class CostComparison(Combined):
    """The same figures of the period before, and what changed most."""

    start: Annotated[date, EARLIEST]
    end: Annotated[date, EARLIEST] = Field(description="The day after the last one.")
    total: Annotated[str, DECIMAL_SUM] = Field(description="Of the period before; decimal number.")
    change: Annotated[str, DECIMAL_SUM] = Field(description="The period's total less this one.")
    change_percent: Annotated[str | None, same_or(None)] = Field(description="Null where the one before was 0.")
    largest_changes: Annotated[tuple[CostChange, ...], Rule(_largest)] = Field(
        description=f"{MOST_CHANGES} at most, the largest first, up or down."
    )


class CostForecast(Combined):
    """What AWS expects, which is no cost yet."""

    start: Annotated[date, EARLIEST]
    end: Annotated[date, EARLIEST] = Field(description="The day after the last one.")
    amount: Annotated[str, DECIMAL_SUM] = Field(description="AWS's mean forecast for these days; decimal number.")
    low: Annotated[str, DECIMAL_SUM] = Field(description="With 80 % confidence the cost will be above this …")
    high: Annotated[str, DECIMAL_SUM] = Field(description="… and below this.")


class CostSummary(Combined):
    start: Annotated[date, EARLIEST]
    end: Annotated[date, EARLIEST] = Field(description="The day after the last one.")
    currency: Annotated[str, same_or("mixed")]
    metric: Annotated[str, same_or("mixed")] = Field(description="unblended cost: before discounts are shared out.")
    total: Annotated[str, DECIMAL_SUM] = Field(description="Decimal number.")
    by_service: Annotated[tuple[ServiceCost, ...], amounts_by("service")] = Field(
        description="Most expensive first; without services that cost 0."
    )
    by_group: Annotated[tuple[GroupCost, ...], amounts_by("group")] = Field(
        default=(), description="By account, region or tag value, where that was asked for; they add up to the total."
    )
    by_month: Annotated[tuple[SpanCost, ...], amounts_by("start", "end", largest_first=False)]
    by_day: Annotated[tuple[SpanCost, ...], amounts_by("start", "end", largest_first=False)] = Field(
        default=(), description="Where days were asked for."
    )
    estimated: Annotated[bool, ANY] = Field(description="True where AWS has not closed a month yet.")
    comparison: CostComparison | None = Field(default=None, description="Where it was asked for.")
    forecast: CostForecast | None = Field(default=None, description="Where it was asked for; no cost yet.")
    requests: int = Field(default=1, description="To Cost Explorer, which AWS charges for.")
    charged_usd: Annotated[str, DECIMAL_SUM] = Field(default="0.01", description="What AWS charges for them.")


@toolbox.tool(effect=Effect.READ, iam_actions=("ce:GetCostAndUsage", "ce:GetCostForecast", "ce:ListCostAllocationTags"))
def get_cost_summary(
    aws: Aws,
    period: PeriodName = "month_to_date",
    start: date | None = None,
    end: date | None = None,
    group_by: GroupBy = "service",
    tag_key: TagKey | None = None,
    by_day: bool = False,
    compare: bool = False,
    forecast: bool = False,
) -> CostSummary:
    """Get what the account costs: by service and month; if asked by account, region, tag or day.

    Unblended cost. With `compare` also the period before and what changed most; with `forecast` what AWS expects for
    the rest of this month, which is no cost yet. Amounts are decimal numbers in `currency`, net of credits and refunds
    and with tax and support; in an organisation's management account those of its members too. `end` is the day after
    the last one. Where `estimated`, AWS may still change them. AWS charges $0.01 for each request (1 to 4 here).

    Args:
        period: In UTC; month_to_date is the current calendar month until now, last_N_months
            are the N whole calendar months before it, last_N_days the N whole days before today.
        start: First day, as 2026-01-31, instead of a period.
        end: The day after the last one; today is included when left out.
        group_by: What to break down by; besides the service.
        tag_key: For group_by "tag"; such as "Environment".
        by_day: Each day's amount too.
        compare: With the period before; that is the same days of last month, or as many months or days.
        forecast: AWS's forecast; beside the costs.
    """
    if (group_by == "tag") != (tag_key is not None):
        raise InvalidArguments('tag_key: name the tag, and only with group_by "tag"')
    today = datetime.now(UTC).date()
    days = chosen(start, end, period, today)
    explorer = Explorer(aws)
    granularity = "DAILY" if by_day else "MONTHLY"
    groups = [{"Type": "DIMENSION", "Key": "SERVICE"}, *_other_group(group_by, tag_key)]
    found = added_up(explorer.costs(days, granularity, groups))
    compared = _compared(explorer, days, groups, found) if compare else None
    expected = _forecast(explorer, rest_of_month(today)) if forecast else None
    _say_what_is_odd(explorer, found, tag_key)
    return CostSummary(
        start=days.start,
        end=days.end,
        currency=min(found.currencies, default="USD"),
        metric="unblended cost",
        total=decimal(found.total),
        by_service=tuple(ServiceCost(service=name, amount=decimal(one)) for name, one in ranked(found.by_service)),
        by_group=tuple(GroupCost(group=name, amount=decimal(one)) for name, one in ranked(found.by_group)),
        by_month=_spans(found.by_month()),
        by_day=_spans(found.by_span) if by_day else (),
        estimated=found.estimated,
        comparison=compared,
        forecast=expected,
        requests=explorer.requests,
        charged_usd=decimal(explorer.charged),
    )


def _other_group(group_by: GroupBy, tag_key: str | None) -> list[dict[str, str]]:
    if tag_key is not None:
        return [{"Type": "TAG", "Key": tag_key}]
    return [{"Type": "DIMENSION", "Key": _DIMENSIONS[group_by]}] if group_by in _DIMENSIONS else []


def _spans(amounts: dict[Span, Decimal]) -> tuple[SpanCost, ...]:
    return tuple(
        SpanCost(start=date.fromisoformat(span[0]), end=date.fromisoformat(span[1]), amount=decimal(amount))
        for span, amount in sorted(amounts.items())
    )


def _compared(explorer: Explorer, days: Period, groups: list[dict[str, str]], now: Amounts) -> CostComparison | None:
    """The period before; None, and a gap, where it cannot be read."""
    earlier = before(days)
    try:
        was = added_up(explorer.costs(earlier, "MONTHLY", groups))
    except AssistantError as error:
        explorer.aws.gap(error.code, f"{error.detail} (the period before)", resource="comparison")
        return None
    by_group = len(groups) > 1
    change = now.total - was.total
    return CostComparison(
        start=earlier.start,
        end=earlier.end,
        total=decimal(was.total),
        change=decimal(change),
        change_percent=percent(change, was.total),
        largest_changes=_changed(now.by_group, was.by_group) if by_group else _changed(now.by_service, was.by_service),
    )


def _forecast(explorer: Explorer, days: Period) -> CostForecast | None:
    """AWS's forecast; None, and a gap, where it has none: it needs about a month of costs to tell from."""
    try:
        answer = explorer.forecast(days)
    except AssistantError as error:
        explorer.aws.gap(error.code, f"{error.detail} (the forecast)", resource="forecast")
        return None
    results = answer.get("ForecastResultsByTime") or []
    low, high = (
        sum((Decimal(one[name]) for one in results), Decimal())
        for name in ("PredictionIntervalLowerBound", "PredictionIntervalUpperBound")
    )
    return CostForecast(
        start=days.start,
        end=days.end,
        amount=decimal(Decimal(answer["Total"]["Amount"])),
        low=decimal(low),
        high=decimal(high),
    )


def _say_what_is_odd(explorer: Explorer, found: Amounts, tag_key: str | None) -> None:
    if len(found.currencies) > 1:
        detail = f"amounts in {', '.join(sorted(found.currencies))} were added up as if they were of one currency"
        explorer.aws.gap("mixed_currencies", detail)
    if tag_key is None or found.by_group.keys() - {NO_VALUE}:
        return
    status = explorer.tag_status(tag_key)
    why = {
        "Active": "the tag is activated; nothing that cost something in this time has it",
        "Inactive": "it is not activated as a cost allocation tag: activate it in the Billing console (Cost allocation "
        "tags); that takes up to a day and counts from then on",
        "Unknown": "AWS Billing knows no tag of this name yet: a tag appears there up to a day after its first use, "
        "and has then to be activated as a cost allocation tag",
    }.get(str(status), "either nothing has it, or it is not activated as a cost allocation tag in the Billing console")
    explorer.aws.gap("tag_not_in_costs", f"no cost has the tag {tag_key!r}: {why}", resource=tag_key)
