"""Cost: exact decimal sums over services, months and pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from services.info_tools.tools.cost import Period, dates, get_cost_summary
from shared.aws import Aws
from shared.errors import AwsError, Forbidden
from tests.unit.info_tools.conftest import ScriptedClients

MakeAws = Callable[..., Aws]
Failing = Callable[..., Any]


@pytest.mark.parametrize(
    ("period", "today", "start", "end"),
    [
        ("month_to_date", date(2026, 3, 10), date(2026, 3, 1), date(2026, 3, 11)),
        ("month_to_date", date(2026, 3, 1), date(2026, 3, 1), date(2026, 3, 2)),
        ("month_to_date", date(2026, 12, 31), date(2026, 12, 1), date(2027, 1, 1)),
        ("last_month", date(2026, 1, 15), date(2025, 12, 1), date(2026, 1, 1)),
        ("last_3_months", date(2026, 2, 28), date(2025, 11, 1), date(2026, 2, 1)),
        ("last_12_months", date(2026, 2, 28), date(2025, 2, 1), date(2026, 2, 1)),
    ],
)
def test_a_period_is_whole_months_or_the_current_one_with_today(
    period: Period, today: date, start: date, end: date
) -> None:
    assert dates(period, today) == (start, end)


def month(start: str, end: str, costs: dict[str, str], *, estimated: bool = False) -> dict[str, Any]:
    groups = [
        {"Keys": [service], "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": "USD"}}}
        for service, amount in costs.items()
    ]
    return {"TimePeriod": {"Start": start, "End": end}, "Groups": groups, "Estimated": estimated}


def test_costs_are_summed_exactly_over_pages_and_months(make_aws: MakeAws) -> None:
    january, february = ("2026-01-01", "2026-02-01"), ("2026-02-01", "2026-03-01")
    pages = iter(
        [
            {
                "ResultsByTime": [month(*january, {"Amazon S3": "0.1", "AWS Lambda": "0"})],
                "NextPageToken": "more",
            },
            {
                "ResultsByTime": [
                    month(*january, {"Amazon EC2": "12.0000000001"}),
                    month(*february, {"Amazon S3": "0.2", "Credit": "-1.5"}, estimated=True),
                ]
            },
        ]
    )
    summary = get_cost_summary(make_aws(script=lambda _: next(pages)), period="last_3_months")
    assert (summary.total, summary.currency, summary.estimated) == ("10.8000000001", "USD", True)
    assert [(item.service, item.amount) for item in summary.by_service] == [
        ("Amazon EC2", "12.0000000001"),
        ("Amazon S3", "0.3"),
        ("Credit", "-1.5"),
    ]
    assert [(str(item.start), item.amount) for item in summary.by_month] == [
        ("2026-01-01", "12.1000000001"),
        ("2026-02-01", "-1.3"),
    ]


def test_amounts_in_several_currencies_are_a_gap(make_aws: MakeAws) -> None:
    mixed = month("2026-01-01", "2026-02-01", {"Amazon S3": "1", "Tax": "2", "Free": "0"})
    mixed["Groups"][1]["Metrics"]["UnblendedCost"]["Unit"] = "EUR"
    mixed["Groups"][2]["Metrics"]["UnblendedCost"]["Unit"] = "N/A"
    aws = make_aws(script=lambda _: {"ResultsByTime": [mixed]})
    get_cost_summary(aws)
    (gap,) = aws.gaps
    assert (gap.code, "EUR, USD" in gap.detail) == ("mixed_currencies", True)


def test_a_period_without_costs_is_zero(make_aws: MakeAws) -> None:
    quiet = {"ResultsByTime": [month("2026-01-01", "2026-02-01", {"Amazon S3": "0.0000000000"})]}
    summary = get_cost_summary(make_aws(script=lambda _: quiet))
    assert (summary.total, summary.by_service) == ("0", ())
    assert [item.amount for item in summary.by_month] == ["0"]


def test_being_denied_says_what_it_takes(make_aws: MakeAws, failing: Failing) -> None:
    with pytest.raises(Forbidden, match="ce:GetCostAndUsage"):
        get_cost_summary(make_aws(script=failing("AccessDeniedException", "GetCostAndUsage")))


def test_data_that_is_not_ready_has_a_code_of_its_own(make_aws: MakeAws, failing: Failing) -> None:
    with pytest.raises(AwsError) as raised:
        get_cost_summary(make_aws(script=failing("DataUnavailableException", "GetCostAndUsage")))
    assert raised.value.code == "cost_data_unavailable"


@pytest.mark.parametrize(
    ("partition", "home", "asked"),
    [
        ("aws", "eu-west-1", "us-east-1"),
        ("aws-cn", "cn-north-1", "cn-northwest-1"),
        ("aws-iso", "us-iso-west-1", "us-iso-east-1"),
    ],
)
def test_cost_explorer_is_asked_in_the_one_region_that_its_partition_has(
    make_aws: MakeAws, partition: str, home: str, asked: str
) -> None:
    aws = of_partition(make_aws(script=lambda _: {"ResultsByTime": []}), partition, home)
    get_cost_summary(aws)
    assert isinstance(aws.cache, ScriptedClients)
    assert aws.client("ce", asked).meta.endpoint_url.split(".")[1] == asked
    assert [call.region for call in aws.cache.calls] == [aws.client("ce", asked).meta.region_name]


@pytest.mark.parametrize(("partition", "home"), [("aws-us-gov", "us-gov-west-1"), ("aws-eusc", "eusc-de-east-1")])
def test_a_partition_without_cost_explorer_says_so(make_aws: MakeAws, partition: str, home: str) -> None:
    with pytest.raises(AwsError) as raised:
        get_cost_summary(of_partition(make_aws(), partition, home))
    assert raised.value.code == "not_in_partition"
    assert partition in raised.value.detail


def of_partition(aws: Aws, partition: str, region: str) -> Aws:
    """The same session, in another partition."""
    arn = f"arn:{partition}:iam::123456789012:user/test"
    info = aws.info.model_copy(update={"caller_arn": arn, "region": region, "regions": (region,)})
    return Aws(aws.session.model_copy(update={"info": info}), aws.deadline, aws.cache)
