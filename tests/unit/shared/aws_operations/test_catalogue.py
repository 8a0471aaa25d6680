"""An operation is found by whatever name people and models write, and all that is known of it comes with it."""

from __future__ import annotations

import pytest

from shared.aws_operations.catalogue import find, find_service, operations, services
from shared.errors import NotFound
from shared.messages import Effect


@pytest.mark.parametrize(
    ("service", "operation", "meant"),
    [
        ("s3", "ListBuckets", "s3:ListBuckets"),
        ("S3", "list_buckets", "s3:ListBuckets"),
        ("s3", "LISTBUCKETS", "s3:ListBuckets"),
        ("ec2", "describe-instances", "ec2:DescribeInstances"),
        ("rds", "rds:DescribeDBInstances", "rds:DescribeDBInstances"),
        ("Amazon CloudWatch Logs", "describe_log_groups", "logs:DescribeLogGroups"),
        ("cloudwatch logs", "DescribeLogGroups", "logs:DescribeLogGroups"),
        ("AWS Lambda", "listFunctions", "lambda:ListFunctions"),
        ("states", "ListStateMachines", "stepfunctions:ListStateMachines"),
        ("secrets-manager", "ListSecrets", "secretsmanager:ListSecrets"),
        ("EventBridge", "ListRules", "events:ListRules"),
        ("Cost Explorer", "GetCostAndUsage", "ce:GetCostAndUsage"),
        ("elasticfilesystem", "DescribeFileSystems", "efs:DescribeFileSystems"),
    ],
)
def test_a_name_is_understood_as_it_is_written(service: str, operation: str, meant: str) -> None:
    found = find(service, operation)
    assert f"{found.service}:{found.name}" == meant


@pytest.mark.parametrize("service", ["", "nosuch", "rd", "x" * 10_000, "s3; drop table services"])
def test_a_service_that_does_not_exist_is_refused(service: str) -> None:
    with pytest.raises(NotFound) as refused:
        find_service(service)
    assert refused.value.code == "unknown_aws_service"
    assert len(refused.value.detail) < 400


def test_an_operation_that_does_not_exist_is_refused_with_what_may_be_meant() -> None:
    with pytest.raises(NotFound, match="did you mean DescribeDBInstances") as refused:
        find("rds", "DescribeDBInstance")
    assert refused.value.code == "unknown_aws_operation"


def test_every_name_of_botocore_means_itself() -> None:
    for name in services():
        assert find_service(name) == find_service(name.upper()) == name


def test_what_is_known_of_an_operation() -> None:
    query = find("dynamodb", "Query")
    assert (query.effect, query.actions) == (Effect.SENSITIVE_READ, ("dynamodb:Query",))
    assert [argument.name for argument in query.required] == ["TableName"]
    assert query.paging is not None
    assert (query.paging.kind, query.paging.input_tokens) == ("paginator", ("ExclusiveStartKey",))

    run = find("ec2", "RunInstances")
    assert (run.effect, run.idempotency_token) == (Effect.WRITE, "ClientToken")
    assert {argument.name: argument.type for argument in run.required} == {"MaxCount": "integer", "MinCount": "integer"}
    assert find("s3", "PutObject").idempotency_token is None
    assert find("s3", "GetObject").streams


def test_a_type_is_told_in_words() -> None:
    required = {argument.name: argument.type for argument in find("cloudwatch", "GetMetricStatistics").required}
    assert required["StartTime"] == "timestamp"
    filters = {argument.name: argument.type for argument in find("ce", "GetCostAndUsage").required}
    assert filters["TimePeriod"] == "{Start: string, End: string}"
    assert "MONTHLY" in filters["Granularity"]


def test_operations_without_a_paginator_still_page_by_their_token() -> None:
    by_kind: dict[str, list[str]] = {}
    for service in services():
        for operation in operations(service).values():
            if operation.paging:
                by_kind.setdefault(operation.paging.kind, []).append(f"{service}:{operation.name}")
                tokens = operation.paging.input_tokens
                assert len(tokens) == len(operation.paging.output_tokens), operation.name
                assert set(tokens) <= {argument.name for argument in operation.arguments}, operation.name
    assert len(by_kind["paginator"]) > 3_000
    assert len(by_kind["token"]) > 800
    assert by_kind["token_with_limit"] == ["sqs:ListDeadLetterSourceQueues", "sqs:ListQueues"]


def test_every_operation_has_a_level_and_nearly_every_one_a_purpose() -> None:
    every = [operation for service in services() for operation in operations(service).values()]
    assert len(every) > 19_000
    assert sum(not operation.purpose for operation in every) < 50
    assert {operation.effect for operation in every if not operation.actions} == {Effect.WRITE}
