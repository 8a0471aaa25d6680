"""Informational tool about what the account costs, from AWS Cost Explorer."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from botocore.exceptions import ClientError
from pydantic import Field

from services.info_tools.aws import translated
from services.info_tools.combined import ANY, DECIMAL_SUM, EARLIEST, Combined, amounts_by, same_or
from services.info_tools.toolbox import toolbox
from shared.aws import Aws, error_code, translate
from shared.errors import AwsError, Forbidden
from shared.messages import Effect, Message
from shared.regions import home_region

Period = Literal["month_to_date", "last_month", "last_3_months", "last_6_months", "last_12_months"]
FULL_MONTHS: dict[Period, int] = {"last_month": 1, "last_3_months": 3, "last_6_months": 6, "last_12_months": 12}

METRIC = "UnblendedCost"


class ServiceCost(Message):
    service: str
    amount: str = Field(description="Decimal number.")


class MonthCost(Message):
    start: date
    end: date = Field(description="The day after the last one.")
    amount: str = Field(description="Decimal number.")


class CostSummary(Combined):
    start: Annotated[date, EARLIEST]
    end: Annotated[date, EARLIEST] = Field(description="The day after the last one.")
    currency: Annotated[str, same_or("mixed")]
    total: Annotated[str, DECIMAL_SUM] = Field(description="Decimal number.")
    by_service: Annotated[tuple[ServiceCost, ...], amounts_by("service")] = Field(
        description="Most expensive first; without services that cost 0."
    )
    by_month: Annotated[tuple[MonthCost, ...], amounts_by("start", "end", largest_first=False)]
    estimated: Annotated[bool, ANY] = Field(description="True where AWS has not closed a month yet.")


@toolbox.tool(effect=Effect.READ, iam_actions=("ce:GetCostAndUsage",))
def get_cost_summary(aws: Aws, period: Period = "month_to_date") -> CostSummary:
    """Get what the account costs (unblended cost): total, by service and by calendar month.

    Amounts are decimal numbers in `currency`, net of credits and refunds and with tax and support, as Cost Explorer's
    unblended cost has them without a filter; in an organisation's management account those of its members too. `end`
    is the day after the last one. Where `estimated`, AWS may still change them. AWS updates them a few times a day and
    charges $0.01 for asking.

    Args:
        period: month_to_date is the current calendar month until now; last_N_months are the N whole calendar
            months before it, without the current one. Months are in UTC.
    """
    start, end = dates(period, datetime.now(UTC).date())
    results = _results(aws, start, end)
    if len(currencies := _currencies(results)) > 1:
        detail = f"amounts in {', '.join(sorted(currencies))} were added up as if they were of one currency"
        aws.gap("mixed_currencies", detail)
    return _summary(start, end, results)


def _currencies(results: list[dict[str, Any]]) -> set[str]:
    groups = [group for result in results for group in result.get("Groups", ())]
    return {str(group["Metrics"][METRIC]["Unit"]) for group in groups if Decimal(group["Metrics"][METRIC]["Amount"])}


def dates(period: Period, today: date) -> tuple[date, date]:
    """The first day of the period and the day after its last.

    Cost Explorer refuses Start == End, which on the first of a month "until today" would be. So the current
    month runs until tomorrow, which also brings in today; that is never past the first of the next month,
    beyond which it refuses too.
    """
    first = today.replace(day=1)
    if period == "month_to_date":
        return first, today + timedelta(days=1)
    months = first.year * 12 + first.month - 1 - FULL_MONTHS[period]
    return date(months // 12, months % 12 + 1, 1), first


def _results(aws: Aws, start: date, end: date) -> list[dict[str, Any]]:
    """ResultsByTime of all pages. Botocore has no paginator for this operation."""
    client = aws.client("ce", _region(aws))
    request: dict[str, Any] = {
        "TimePeriod": {"Start": start.isoformat(), "End": end.isoformat()},
        "Granularity": "MONTHLY",
        "Metrics": [METRIC],
        "GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}],
    }
    if aws.names_account:
        # The management account's costs are those of its members too; each would be counted twice.
        request["Filter"] = {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [aws.info.account]}}
    results: list[dict[str, Any]] = []
    while True:
        with translated():
            try:
                page = client.get_cost_and_usage(**request)
            except ClientError as error:
                raise _explained(error) from error
        results.extend(page["ResultsByTime"])
        if not page.get("NextPageToken"):
            return results
        request["NextPageToken"] = page["NextPageToken"]


def _region(aws: Aws) -> str:
    """The region of Cost Explorer, which a partition has once or not at all. Raises AwsError (`not_in_partition`)."""
    partition = aws.info.caller_arn.split(":")[1]
    region = home_region("ce", partition)
    if region is None:
        raise AwsError(
            f"the partition {partition} has no Cost Explorer; in AWS GovCloud (US) look at the standard account that"
            " pays for this one",
            code="not_in_partition",
        )
    return region


def _explained(error: ClientError) -> Exception:
    """Adds what to do about Cost Explorer's two usual refusals; other errors stay as they are."""
    if error_code(error) == "DataUnavailableException":
        detail = "Cost Explorer has no data for this period yet; it is ready about 24 hours after it was enabled"
        return AwsError(detail, code="cost_data_unavailable")
    reason = translate(error)
    if isinstance(reason, Forbidden):
        detail = (
            f"{reason.detail}. It needs ce:GetCostAndUsage, Cost Explorer enabled in the Billing console, "
            "and IAM access to billing allowed by the account's root user"
        )
        return Forbidden(detail, code=reason.code)
    return reason


def _summary(start: date, end: date, results: list[dict[str, Any]]) -> CostSummary:
    services: defaultdict[str, Decimal] = defaultdict(Decimal)
    months: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    currency = "USD"
    for result in results:
        span = result["TimePeriod"]["Start"], result["TimePeriod"]["End"]
        months[span] += 0  # a month without costs has no groups and is listed nevertheless
        for group in result.get("Groups", ()):
            cost = group["Metrics"][METRIC]
            services[group["Keys"][0]] += Decimal(cost["Amount"])
            months[span] += Decimal(cost["Amount"])
            currency = cost["Unit"]
    ranked = sorted(services.items(), key=lambda item: (-item[1], item[0]))
    return CostSummary(
        start=start,
        end=end,
        currency=currency,
        total=_decimal(sum(services.values(), Decimal())),
        by_service=tuple(ServiceCost(service=name, amount=_decimal(amount)) for name, amount in ranked if amount),
        by_month=tuple(
            MonthCost(start=date.fromisoformat(span[0]), end=date.fromisoformat(span[1]), amount=_decimal(amount))
            for span, amount in sorted(months.items())
        ),
        estimated=any(result.get("Estimated", False) for result in results),
    )


def _decimal(amount: Decimal) -> str:
    """A plain decimal number, never "0E-10"."""
    return f"{amount:f}" if amount else "0"
