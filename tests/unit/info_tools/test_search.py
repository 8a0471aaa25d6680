"""The search's answer is short, says what a call needs, and helps on where nothing fits."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from services.info_tools.toolbox import toolbox
from services.info_tools.tools.search import OperationSearch, search_aws_operations
from shared.aws.clients import Aws
from shared.errors import InvalidArguments, NotFound
from shared.messages import Effect


@pytest.fixture
def ask(make_aws: Callable[..., Aws]) -> Callable[..., OperationSearch]:
    aws = make_aws()
    return lambda **arguments: toolbox["search_aws_operations"].call(aws, arguments)


Ask = Callable[..., OperationSearch]


def test_a_read_says_that_it_can_be_called_at_once_and_with_what(ask: Ask) -> None:
    first = ask(query="get metric statistics cloudwatch").operations[0]
    assert (first.service, first.operation, first.call_with) == ("cloudwatch", "GetMetricStatistics", "read_aws")
    assert first.required == {
        "Namespace": "string",
        "MetricName": "string",
        "StartTime": "timestamp",
        "EndTime": "timestamp",
        "Period": "integer",
    }
    assert "Dimensions" in first.optional
    assert first.purpose == "Gets statistics for the specified metric."


def test_what_read_aws_fills_in_itself_is_not_offered(ask: Ask) -> None:
    first = ask(query="describe db instances rds").operations[0]
    assert first.pages
    assert "Filters" in first.optional
    assert not {"Marker", "MaxRecords"} & set(first.optional)


def test_secrets_and_changes_need_a_plan(ask: Ask) -> None:
    secret = ask(query="get secret value").operations[0]
    assert (secret.operation, secret.call_with, secret.sensitive) == ("GetSecretValue", "a plan", True)
    stop = ask(query="stop ec2 instances").operations[0]
    assert (stop.operation, stop.call_with, stop.sensitive) == ("StopInstances", "a plan", False)


def test_one_service_under_any_of_its_names_and_one_effect(ask: Ask) -> None:
    found = ask(query="log groups", service="CloudWatch Logs", effect="change").operations
    assert found
    assert {one.service for one in found} == {"logs"}
    assert {one.effect for one in found} <= {Effect.TAGGING, Effect.WRITE, Effect.PERMISSIONS}


def test_without_a_good_hit_the_nearest_services_say_what_they_hold(ask: Ask) -> None:
    answer = ask(query="who outside the company can get at our stuff")
    assert answer.advice is not None
    assert any("findings" in near.nouns for near in answer.nearest_services)
    assert ask(query="describe db instances rds").advice is None


def test_an_answer_is_short(ask: Ask) -> None:
    for query in ("describe db instances", "run instances", "create distribution cloudfront", "no such thing at all"):
        assert len(json.dumps(ask(query=query).model_dump(mode="json"))) < 5_000


def test_a_service_that_does_not_exist_is_named(ask: Ask) -> None:
    with pytest.raises(NotFound, match="AWS has no service 'nosuch'"):
        ask(query="list things", service="nosuch")
    with pytest.raises(InvalidArguments, match="query"):
        ask(query="a" * 401)


def test_it_is_declared_as_asking_no_aws() -> None:
    tool = toolbox["search_aws_operations"]
    assert (tool.iam_actions, tool.effect) == ((), Effect.READ)
    assert "accounts" not in tool.parameters["properties"]
    assert search_aws_operations.__doc__ is not None
