"""Words find the operations that they mean: AWS's own, people's, and misspelt ones."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.aws_operations.search.nearest import nearest
from shared.aws_operations.search.search import search
from shared.messages import Effect
from tests.evaluation.search.scores import SETS, Score, score


def names(text: str, **where: str) -> list[str]:
    return [f"{hit.service}:{hit.name}" for hit in search(text, **where)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("describe db instances", "rds:DescribeDBInstances"),
        ("DescribeDBInstances", "rds:DescribeDBInstances"),
        ("rds:DescribeDBInstances", "rds:DescribeDBInstances"),
        ("describe ec2 instances", "ec2:DescribeInstances"),
        ("ec2 security groups", "ec2:DescribeSecurityGroups"),
        ("delete an sqs queue", "sqs:DeleteQueue"),
        ("turn off a machine", "ec2:StopInstances"),
        ("can you stop the instance", "ec2:StopInstances"),
        ("which alarms are going off", "cloudwatch:DescribeAlarms"),
        ("disks that are not attached to any machine", "ec2:DescribeVolumes"),
    ],
)
def test_the_operation_that_is_meant_comes_first(text: str, first: str) -> None:
    assert names(text)[0] == first


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("descibe instnaces", "ec2:DescribeInstances"),
        ("list buckts", "s3:ListBuckets"),
        ("cloud watch alarms", "cloudwatch:DescribeAlarms"),
        ("dynamo db tables", "dynamodb:ListTables"),
        ("kuberntes clusters", "eks:ListClusters"),
        ("secretsmanger secrets", "secretsmanager:ListSecrets"),
    ],
)
def test_misspelt_and_parted_words_are_understood(text: str, found: str) -> None:
    assert found in names(text)


def test_a_question_finds_what_looks_and_an_order_what_changes() -> None:
    looking, changing = search("instances ec2"), search("stop ec2 instances")
    assert {hit.candidate.effect for hit in looking} <= {Effect.LIST, Effect.READ}
    assert changing[0].candidate.effect is Effect.WRITE


def test_only_a_service_and_only_some_effects() -> None:
    assert {name.partition(":")[0] for name in names("list queues", service="sqs")} == {"sqs"}
    changes = search("bucket policy s3", allows=lambda effect: effect is Effect.PERMISSIONS)
    assert changes
    assert {hit.candidate.effect for hit in changes} == {Effect.PERMISSIONS}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "???",
        "the of and",
        "ß∂ƒ©",
        "'\" OR 1=1; --",
        'NEAR("a" "b")',
        "name : x*",
        "^describe",
        "a" * 100_000,
    ],
)
def test_no_text_breaks_the_query(text: str) -> None:
    assert len(search(text)) <= 5


def test_it_may_be_asked_by_many_threads_at_once() -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda _: tuple(names("describe db instances")), range(32)))
    assert len(answers) == 1


def test_what_nothing_fits_names_services_and_what_they_hold() -> None:
    services = nearest(search("who outside the company can get at our stuff"))
    assert "accessanalyzer" in [one.service for one in services]
    assert all(one.nouns for one in services)
    assert [one.service for one in nearest([])] == ["ec2", "s3", "iam", "cloudwatch"]


@pytest.fixture(scope="module")
def scores() -> dict[str, Score]:
    """Of every third question: all of them take seconds."""
    return {name: score(questions[::3]) for name, questions in SETS.items()}


def test_the_sets_of_questions_are_answered_as_often_as_the_documents_say(scores: dict[str, Score]) -> None:
    """docs/search.md has the scores; these are the least that a change may leave."""
    assert scores["aws_words"].in_five >= 0.97
    assert scores["peoples_words"].in_five >= 0.85
    assert scores["unseen"].in_five >= 0.85
