"""An operation's arguments are checked offline, and one error says all that has to be mended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.aws.arguments.checking import Checked, check
from shared.aws.service_models import operation_model
from shared.errors import InvalidArguments


def checked(service: str, operation: str, arguments: dict[str, Any]) -> Checked:
    return check(f"{service}:{operation}", operation_model(service, operation).input_shape, arguments)


def refusal(service: str, operation: str, arguments: dict[str, Any]) -> str:
    with pytest.raises(InvalidArguments) as raised:
        checked(service, operation, arguments)
    assert raised.value.code == "invalid_arguments"
    return raised.value.detail


@pytest.mark.parametrize("name", ["instance_ids", "instanceIds", "INSTANCEIDS", "Instance-Ids", "instance ids"])
def test_a_name_in_another_spelling_is_taken_and_told(name: str) -> None:
    found = checked("ec2", "DescribeInstances", {name: ["i-1"]})
    assert found.arguments == {"InstanceIds": ["i-1"]}
    assert found.changed == (f"{name}: read as InstanceIds",)


def test_names_within_objects_and_lists_are_taken_in_another_spelling_too() -> None:
    found = checked("ec2", "DescribeInstances", {"filters": [{"name": "tag:team", "values": ["web"]}]})
    assert found.arguments == {"Filters": [{"Name": "tag:team", "Values": ["web"]}]}


def test_an_unknown_name_is_named_with_the_one_most_like_it_and_what_is_wrong_with_its_value() -> None:
    detail = refusal("ec2", "DescribeInstances", {"Filter": [{"Name": "x", "Values": "running"}]})
    assert "Filter is unknown; did you mean Filters" in detail
    assert "Filter[0].Values takes a list of strings, not a string; put it in [ ]" in detail


def test_a_list_where_a_string_belongs_and_the_other_way_round_are_named() -> None:
    assert "DBInstanceIdentifier takes a string, not a list; send one value, without [ ]" in refusal(
        "rds", "DescribeDBInstances", {"DBInstanceIdentifier": ["orders"]}
    )
    assert "VolumeIds takes a list of strings, not a string; put it in [ ]" in refusal(
        "ec2", "DescribeVolumes", {"VolumeIds": "vol-1"}
    )
    assert "send the list itself, not a text that holds it" in refusal(
        "ec2", "DescribeVolumes", {"VolumeIds": '["vol-1"]'}
    )
    assert "send the object itself, not a text that holds it" in refusal(
        "ce", "GetCostAndUsage", {"TimePeriod": '{"Start": "2026-11-01"}', "Granularity": "DAILY", "Metrics": ["a"]}
    )


def test_all_faults_of_a_call_are_in_one_error_with_what_the_operation_takes() -> None:
    detail = refusal(
        "cloudwatch",
        "GetMetricStatistics",
        {"MetricName": ["CPU"], "StartTime": "yesterday", "Period": "often", "Statistics": ["Mean"], "Dimension": []},
    )
    for fault in (
        "MetricName takes a string",
        "StartTime takes a time in ISO 8601",
        "Period takes an integer, not a string",
        "Statistics[0] takes one of SampleCount, Average, Sum, Minimum, Maximum",
        "Dimension is unknown; did you mean Dimensions",
        "Namespace is missing",
        "EndTime is missing",
        "It takes {MetricName: string, ",
        "Namespace: string, ",
        "Statistics?: [SampleCount | Average | Sum | Minimum | Maximum]",
    ):
        assert fault in detail
    assert "yesterday" not in detail


def test_a_value_of_no_enumeration_is_named_with_those_that_there_are() -> None:
    detail = refusal("iam", "ListPolicies", {"Scope": "Everything"})
    assert "Scope takes one of All, AWS, Local" in detail
    # Only its case is wrong: it is meant.
    assert checked("iam", "ListPolicies", {"Scope": "local"}).arguments == {"Scope": "Local"}


def test_limits_of_numbers_texts_and_lists_are_those_of_the_model() -> None:
    assert "MaxItems takes 1000 at most" in refusal("iam", "ListRoles", {"MaxItems": 5000})
    assert "MaxItems takes at least 1" in refusal("iam", "ListRoles", {"MaxItems": 0})
    assert "RoleName takes 64 characters at most" in refusal("iam", "GetRole", {"RoleName": "r" * 65})
    assert "accountIdentifiers takes 20 items at most, not 21" in refusal(
        "logs", "DescribeLogGroups", {"accountIdentifiers": ["111122223333"] * 21}
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T12:30:00Z", datetime(2026, 11, 1, 12, 30, tzinfo=UTC)),
        (1793491200, datetime.fromtimestamp(1793491200, UTC)),
    ],
)
def test_a_time_is_read_from_text_and_from_seconds(written: Any, meant: datetime) -> None:
    found = checked("cloudtrail", "LookupEvents", {"StartTime": written})
    assert found.arguments == {"StartTime": meant}


@pytest.mark.parametrize("written", ["2026-02-30", "last week", "2026-13-01T00:00:00Z", 1e30, True])
def test_what_is_no_time_is_a_fault(written: Any) -> None:
    assert "StartTime takes a time" in refusal("cloudtrail", "LookupEvents", {"StartTime": written})


def test_a_nested_date_that_no_calendar_has_is_a_fault() -> None:
    detail = refusal(
        "ce",
        "GetCostAndUsage",
        {
            "TimePeriod": {"Start": "2026-11-31", "End": "2026-12-01"},
            "Granularity": "DAILY",
            "Metrics": ["AmortizedCost"],
        },
    )
    assert 'TimePeriod.Start takes a date such as "2026-11-01"' in detail


def test_what_a_number_or_a_truth_is_written_as_is_taken_where_it_is_certain() -> None:
    assert checked("iam", "ListRoles", {"MaxItems": "10"}).arguments == {"MaxItems": 10}
    assert checked("ec2", "DescribeVolumes", {"DryRun": "False"}).arguments == {"DryRun": False}
    assert "takes a string, not a number; put it in quotes" in refusal("iam", "GetRole", {"RoleName": 7})
    assert "takes an integer" in refusal("iam", "ListRoles", {"MaxItems": True})


def test_a_parameter_that_is_null_is_as_good_as_left_out_but_for_one_that_is_needed() -> None:
    assert checked("iam", "ListRoles", {"PathPrefix": None}).arguments == {}
    assert "RoleName is missing" in refusal("iam", "GetRole", {"RoleName": None})


def test_one_name_in_two_spellings_is_a_fault() -> None:
    assert "RoleName is given twice" in refusal("iam", "GetRole", {"RoleName": "a", "role_name": "b"})


def test_an_operation_without_parameters_takes_none() -> None:
    assert checked("iam", "GetAccountSummary", {}).arguments == {}
    assert "takes no parameters" in refusal("iam", "GetAccountSummary", {"Account": "1"})


def test_a_recursive_argument_without_end_is_a_fault_and_no_crash() -> None:
    nested: dict[str, Any] = {"Dimensions": {"Key": "REGION", "Values": ["x"]}}
    for _ in range(60):
        nested = {"Not": nested}
    period = {"Start": "2026-11-01", "End": "2026-11-02"}
    detail = refusal(
        "ce",
        "GetCostAndUsage",
        {"TimePeriod": period, "Granularity": "DAILY", "Metrics": ["AmortizedCost"], "Filter": nested},
    )
    assert "is nested more than 40 deep" in detail
    assert len(detail) < 4000


def test_faults_without_number_are_cut() -> None:
    detail = refusal("ec2", "DescribeVolumes", {"VolumeIds": [1] * 500})
    assert "and 480 more" in detail
