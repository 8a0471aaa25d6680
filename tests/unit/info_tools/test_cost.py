"""Cost: exact decimal sums over services, months and pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from services.info_tools.costs.periods import Period, PeriodName, before, chosen, named
from services.info_tools.tools.cost import get_cost_summary
from shared.aws.clients import Aws
from shared.errors import AwsError, Forbidden, InvalidArguments
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
        ("yesterday", date(2026, 3, 1), date(2026, 2, 28), date(2026, 3, 1)),
        ("last_7_days", date(2026, 3, 10), date(2026, 3, 3), date(2026, 3, 10)),
    ],
)
def test_a_period_is_whole_months_or_the_current_one_with_today(
    period: PeriodName, today: date, start: date, end: date
) -> None:
    assert named(period, today) == Period(start, end)


@pytest.mark.parametrize(
    ("days", "earlier"),
    [
        (("2026-03-01", "2026-03-11"), ("2026-02-01", "2026-02-11")),
        (("2026-03-01", "2026-03-31"), ("2026-02-01", "2026-03-01")),
        (("2026-02-01", "2026-03-01"), ("2026-01-01", "2026-02-01")),
        (("2025-11-01", "2026-02-01"), ("2025-08-01", "2025-11-01")),
        (("2026-03-03", "2026-03-10"), ("2026-02-24", "2026-03-03")),
        (("2026-01-01", "2026-01-05"), ("2025-12-01", "2025-12-05")),
    ],
)
def test_a_period_is_compared_with_as_much_time_before_it(days: tuple[str, str], earlier: tuple[str, str]) -> None:
    assert before(Period(*map(date.fromisoformat, days))) == Period(*map(date.fromisoformat, earlier))


def test_days_may_be_named_and_wrong_ones_are_refused() -> None:
    today = date(2026, 3, 10)
    assert chosen(date(2026, 2, 3), date(2026, 2, 5), "last_month", today) == Period(date(2026, 2, 3), date(2026, 2, 5))
    assert chosen(date(2026, 3, 1), None, "last_month", today).end == date(2026, 3, 11)
    for start, end in ((date(2026, 2, 5), date(2026, 2, 5)), (None, date(2026, 2, 5)), (date(2026, 3, 11), None)):
        with pytest.raises(InvalidArguments):
            chosen(start, end, "last_month", today)


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


def grouped(start: str, end: str, costs: dict[tuple[str, str], str]) -> dict[str, Any]:
    groups = [
        {"Keys": list(keys), "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": "USD"}}}
        for keys, amount in costs.items()
    ]
    return {"TimePeriod": {"Start": start, "End": end}, "Groups": groups, "Estimated": False}


JANUARY, FEBRUARY = ("2026-01-01", "2026-02-01"), ("2026-02-01", "2026-03-01")


def test_groups_and_services_add_up_to_the_same_total(make_aws: MakeAws) -> None:
    costs = {("EC2", "us-east-1"): "1.1", ("EC2", "eu-west-1"): "2.2", ("S3", "eu-west-1"): "0.7"}
    aws = make_aws(script=lambda _: {"ResultsByTime": [grouped(*JANUARY, costs)]})
    found = get_cost_summary(aws, start=date(2026, 1, 1), end=date(2026, 2, 1), group_by="region")
    assert [(one.group, one.amount) for one in found.by_group] == [("eu-west-1", "2.9"), ("us-east-1", "1.1")]
    assert [(one.service, one.amount) for one in found.by_service] == [("EC2", "3.3"), ("S3", "0.7")]
    assert (found.total, found.requests, found.charged_usd) == ("4.0", 1, "0.01")


def test_days_are_given_and_add_up_to_their_months(make_aws: MakeAws) -> None:
    days = [
        month("2026-01-30", "2026-01-31", {"S3": "1"}),
        month("2026-01-31", "2026-02-01", {"S3": "2"}),
        month("2026-02-01", "2026-02-02", {"S3": "4"}, estimated=True),
    ]
    aws = make_aws(script=lambda _: {"ResultsByTime": days})
    found = get_cost_summary(aws, start=date(2026, 1, 30), end=date(2026, 2, 2), by_day=True)
    assert [one.amount for one in found.by_day] == ["1", "2", "4"]
    assert [(str(one.start), str(one.end), one.amount) for one in found.by_month] == [
        ("2026-01-30", "2026-02-01", "3"),
        ("2026-02-01", "2026-02-02", "4"),
    ]
    assert found.estimated


def test_what_changed_most_comes_first_whether_up_or_down(make_aws: MakeAws) -> None:
    answers = iter(
        [
            {"ResultsByTime": [month(*FEBRUARY, {"EC2": "10", "S3": "5", "KMS": "1", "Lambda": "2"})]},
            {"ResultsByTime": [month(*JANUARY, {"EC2": "7", "S3": "9", "KMS": "1"})]},
        ]
    )
    aws = make_aws(script=lambda _: next(answers))
    found = get_cost_summary(aws, start=date(2026, 2, 1), end=date(2026, 3, 1), compare=True).comparison
    assert found is not None
    assert (str(found.start), str(found.end), found.total) == ("2026-01-01", "2026-02-01", "17")
    assert (found.change, found.change_percent) == ("1", "5.9")
    assert [(one.name, one.before, one.now, one.change) for one in found.largest_changes] == [
        ("S3", "9", "5", "-4"),
        ("EC2", "7", "10", "3"),
        ("Lambda", "0", "2", "2"),
    ]


def test_a_forecast_is_apart_from_the_costs_and_says_its_range(make_aws: MakeAws) -> None:
    def script(call: Any) -> dict[str, Any]:
        if call.operation == "GetCostForecast":
            bounds = {"PredictionIntervalLowerBound": "90.5", "PredictionIntervalUpperBound": "110.5"}
            return {"Total": {"Amount": "100.25", "Unit": "USD"}, "ForecastResultsByTime": [bounds]}
        return {"ResultsByTime": [month(*JANUARY, {"EC2": "10"})]}

    found = get_cost_summary(make_aws(script=script), forecast=True)
    assert found.total == "10"
    assert found.forecast is not None
    assert (found.forecast.amount, found.forecast.low, found.forecast.high) == ("100.25", "90.5", "110.5")
    assert (found.requests, found.charged_usd) == (2, "0.02")


def test_a_forecast_that_aws_cannot_make_is_a_gap(make_aws: MakeAws, failing: Failing) -> None:
    def script(call: Any) -> Any:
        failing("DataUnavailableException", "GetCostForecast")(call)
        return {"ResultsByTime": []}

    aws = make_aws(script=script)
    assert get_cost_summary(aws, forecast=True).forecast is None
    assert [(gap.code, gap.resource) for gap in aws.gaps] == [("cost_data_unavailable", "forecast")]


@pytest.mark.parametrize(
    ("status", "said"),
    [("Inactive", "activate it in the Billing console"), ("Active", "the tag is activated"), (None, "knows no tag")],
)
def test_a_tag_that_no_cost_has_says_whether_it_is_activated(make_aws: MakeAws, status: str | None, said: str) -> None:
    def script(call: Any) -> dict[str, Any]:
        if call.operation == "ListCostAllocationTags":
            return {
                "CostAllocationTags": [{"TagKey": "Team", "Type": "UserDefined", "Status": status}] if status else []
            }
        return {"ResultsByTime": [grouped(*JANUARY, {("EC2", "Team$"): "3"})]}

    aws = make_aws(script=script)
    found = get_cost_summary(aws, group_by="tag", tag_key="Team")
    assert [(one.group, one.amount) for one in found.by_group] == [("(no value)", "3")]
    (gap,) = aws.gaps
    assert (gap.code, said in gap.detail) == ("tag_not_in_costs", True)


def test_the_values_of_a_tag_are_named_without_its_key(make_aws: MakeAws) -> None:
    costs = {("EC2", "Environment$production"): "3", ("EC2", "Environment$"): "1", ("S3", "Environment$a$b"): "2"}
    aws = make_aws(script=lambda _: {"ResultsByTime": [grouped(*JANUARY, costs)]})
    found = get_cost_summary(aws, group_by="tag", tag_key="Environment")
    assert [(one.group, one.amount) for one in found.by_group] == [
        ("production", "3"),
        ("a$b", "2"),
        ("(no value)", "1"),
    ]
    assert aws.gaps == []


@pytest.mark.parametrize("arguments", [{"group_by": "tag"}, {"tag_key": "Team"}])
def test_a_tag_and_its_grouping_go_together(make_aws: MakeAws, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidArguments):
        get_cost_summary(make_aws(), **arguments)
