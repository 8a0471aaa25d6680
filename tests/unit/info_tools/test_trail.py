"""CloudTrail's names: event sources of services, and the names of resources in events; and the pace of asking."""

from __future__ import annotations

import pytest

from services.info_tools.pace import Pace
from services.info_tools.trail.sources import event_source
from services.info_tools.trail.subjects import subject_of


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("s3", "s3"),
        ("AWS Lambda", "lambda"),
        ("CloudWatch", "monitoring"),
        ("step functions", "states"),
        ("states", "states"),
        ("elbv2", "elasticloadbalancing"),
        ("Load Balancer", "elasticloadbalancing"),
        ("ecr", "ecr"),
        ("dynamodb.amazonaws.com", "dynamodb"),
        ("Secrets Manager", "secretsmanager"),
        ("route 53", "route53"),
        ("dynamo", "dynamodb"),
        ("Elasticsearch", "es"),
        ("Amazon CloudWatch Logs", "logs"),
        ("tag", "tagging"),
        ("signin", "signin"),
    ],
)
def test_a_service_is_found_by_the_names_people_give_it(said: str, source: str) -> None:
    assert event_source(said) == f"{source}.amazonaws.com"


@pytest.mark.parametrize(
    ("arn", "parts", "region"),
    [
        ("arn:aws:s3:::bucket/key/x", ("bucket",), None),
        ("arn:aws:iam::123456789012:role/ops/team", ("ops/team", "team"), None),
        ("arn:aws:lambda:eu-west-1:123456789012:function:fn:live", ("fn",), "eu-west-1"),
        ("arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/fn:*", ("/aws/lambda/fn",), "eu-west-1"),
        ("arn:aws:cloudformation:eu-west-1:123456789012:stack/web/1-2", ("web",), "eu-west-1"),
        ("arn:aws:sns:eu-west-1:123456789012:topic", ("topic",), "eu-west-1"),
        ("arn:aws:ec2:eu-west-1:123456789012:instance/i-0abc", ("i-0abc",), "eu-west-1"),
    ],
)
def test_an_arn_is_looked_for_under_its_parts_too(arn: str, parts: tuple[str, ...], region: str | None) -> None:
    subject = subject_of(arn, "aws", "123456789012")
    assert (subject.parts, subject.region) == (parts, region)


def test_a_name_may_be_a_functions() -> None:
    subject = subject_of("fn", "aws", "123456789012")
    assert subject.names("eu-west-1") == ("fn", "arn:aws:lambda:eu-west-1:123456789012:function:fn")
    assert subject_of("a.bucket", "aws", "123456789012").names("eu-west-1") == ("a.bucket",)


def test_calls_of_one_region_are_spaced_out_and_those_of_others_are_not() -> None:
    slept: list[float] = []
    pace = Pace(0.5, clock=lambda: 100.0, sleep=slept.append)
    assert all(pace.take_turn(("eu-west-1",), 10) for _ in range(3))
    assert pace.take_turn(("us-east-1",), 10)
    assert slept == [0.5, 1.0]


def test_a_turn_that_comes_too_late_is_not_waited_for() -> None:
    slept: list[float] = []
    pace = Pace(5, clock=lambda: 100.0, sleep=slept.append)
    assert pace.take_turn(("r",), 1)
    assert not pace.take_turn(("r",), 1)
    assert slept == []
