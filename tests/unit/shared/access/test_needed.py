"""A call's permissions, each on the narrowest resource that its arguments name."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest

from shared.access.argument_arns import MAX_ARNS
from shared.access.arn_forms import Place
from shared.access.needed import permissions_of
from shared.aws_operations.catalogue import operations, services
from shared.errors import AssistantError
from shared.messages import Effect

HERE = Place("aws", "111122223333", "eu-west-1")
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:"


def regional(service: str, rest: str) -> str:
    return f"arn:aws:{service}:eu-west-1:111122223333:{rest}"


@pytest.mark.parametrize(
    ("called", "arguments", "needed"),
    [
        ("secretsmanager:GetSecretValue", {"SecretId": "my-secret"}, {f"{SECRET}my-secret-??????"}),
        ("secretsmanager:GetSecretValue", {"SecretId": f"{SECRET}prod/db-AbC123"}, {f"{SECRET}prod/db-AbC123"}),
        ("s3:GetObject", {"Bucket": "b", "Key": "a/b.txt"}, {"arn:aws:s3:::b/a/b.txt"}),
        (
            "s3:GetObject",
            {"Bucket": "arn:aws:s3:eu-west-1:111122223333:accesspoint/ap", "Key": "k"},
            {"arn:aws:s3:eu-west-1:111122223333:accesspoint/ap/object/k"},
        ),
        ("ssm:GetParameter", {"Name": "/prod/x"}, {regional("ssm", "parameter/prod/x")}),
        ("ssm:GetParameters", {"Names": ["a", "/b"]}, {regional("ssm", f"parameter/{name}") for name in "ab"}),
        (
            "ssm:GetParametersByPath",
            {"Path": "/prod"},
            {regional("ssm", "parameter/prod"), regional("ssm", "parameter/prod/*")},
        ),
        ("ssm:GetParametersByPath", {"Path": "/"}, {regional("ssm", "parameter/*")}),
        (
            "lambda:GetFunction",
            {"FunctionName": "f"},
            {regional("lambda", "function:f")},
        ),
        (
            "lambda:GetFunction",
            {"FunctionName": "f:live"},
            {regional("lambda", "function:f"), regional("lambda", "function:f:live")},
        ),
        (
            "logs:FilterLogEvents",
            {"logGroupName": "/aws/lambda/f"},
            {regional("logs", "log-group:/aws/lambda/f"), regional("logs", "log-group:/aws/lambda/f:*")},
        ),
        (
            "logs:GetLogEvents",
            {"logGroupName": "g", "logStreamName": "s"},
            {regional("logs", "log-group:g:log-stream:s")},
        ),
        (
            "dynamodb:Query",
            {"TableName": "t", "IndexName": "i"},
            {regional("dynamodb", "table/t"), regional("dynamodb", "table/t/index/i")},
        ),
        ("dynamodb:BatchGetItem", {"RequestItems": {"t": {"Keys": []}}}, {regional("dynamodb", "table/t")}),
        (
            "ec2:DescribeInstanceAttribute",
            {"InstanceId": "i-1", "Attribute": "userData"},
            {regional("ec2", "instance/i-1")},
        ),
        ("kms:Decrypt", {"KeyId": "alias/x"}, {regional("kms", "key/*")}),
        ("athena:GetQueryResults", {"QueryExecutionId": "q"}, {regional("athena", "workgroup/*")}),
        ("apigateway:GetApiKey", {"apiKey": "k1"}, {"arn:aws:apigateway:eu-west-1::/apikeys/k1"}),
        ("ecs:DescribeTaskDefinition", {"taskDefinition": "x"}, {"*"}),
        (
            "stepfunctions:DescribeExecution",
            {"executionArn": regional("states", "execution:m:e")},
            {regional("states", "execution:m:e")},
        ),
    ],
)
def test_the_resources_are_what_the_arguments_name(called: str, arguments: dict[str, Any], needed: set[str]) -> None:
    service, _, operation = called.partition(":")
    assert {resource for _, resource in permissions_of(service, operation, arguments, HERE)} == needed


def test_a_read_that_hands_a_role_on_needs_to_pass_it() -> None:
    role = "arn:aws:iam::111122223333:role/reader"
    read = {"TypeName": "AWS::Logs::LogGroup", "Identifier": "g", "RoleArn": role}
    assert ("iam:PassRole", role) in permissions_of("cloudcontrol", "GetResource", read, HERE)


def test_of_what_is_not_known_yet_any_may_be_meant() -> None:
    found = permissions_of("secretsmanager", "GetSecretValue", {"SecretId": "made by s1"}, HERE, unknown="made by")
    assert found == (("secretsmanager:GetSecretValue", f"{SECRET}*"),)


def test_an_operation_that_needs_more_than_its_name_says_gets_that_too() -> None:
    found = permissions_of("s3", "GetObject", {"Bucket": "b", "Key": "k", "VersionId": "1"}, HERE)
    assert {action for action, _ in found} == {"s3:GetObject", "s3:GetObjectVersion"}
    batch = permissions_of("secretsmanager", "BatchGetSecretValue", {"SecretIdList": ["a", "b"]}, HERE)
    assert [one for one in batch if one[0].endswith(":GetSecretValue")] == [
        ("secretsmanager:GetSecretValue", f"{SECRET}{name}-??????") for name in "ab"
    ]


@pytest.mark.parametrize("name", ["*", "a*", "a?", "${aws:username}"])
def test_a_name_that_a_policy_reads_as_a_pattern_widens_nothing(name: str) -> None:
    for service, operation, arguments in (
        ("s3", "GetObject", {"Bucket": "b", "Key": name}),
        ("secretsmanager", "GetSecretValue", {"SecretId": name}),
        ("secretsmanager", "GetSecretValue", {"SecretId": f"{SECRET}{name}"}),
        ("s3", "GetObject", {"Bucket": "arn:aws:s3:eu-west-1:111122223333:accesspoint/ap", "Key": name}),
        ("apigateway", "GetApiKey", {"apiKey": name}),
    ):
        with pytest.raises(AssistantError) as caught:
            permissions_of(service, operation, arguments, HERE)
        assert caught.value.code == "unnameable_resource"


def test_no_argument_of_any_sensitive_read_gets_into_a_policy_as_a_pattern() -> None:
    names = itertools.cycle(("zq*zq", "zq?", "${zq}", "arn:aws:s3:::zq*", regional("sns", "zq?")))
    for service in services():
        for operation in operations(service).values():
            if operation.effect is Effect.SENSITIVE_READ:
                name = next(names)
                arguments = {one.name: name for one in operation.arguments}
                try:
                    found = permissions_of(service, operation.name, arguments, HERE)
                except AssistantError:
                    continue
                assert not [resource for _, resource in found if "zq" in resource], operation.name


def test_more_names_than_a_policy_holds_are_any_of_their_kind() -> None:
    names = [f"p{number}" for number in range(MAX_ARNS + 1)]
    any_parameter = ("ssm:GetParameters", regional("ssm", "parameter/*"))
    assert permissions_of("ssm", "GetParameters", {"Names": names}, HERE) == (any_parameter,)


def test_every_sensitive_read_gets_resources_that_a_policy_takes_and_no_variable_is_left() -> None:
    form = re.compile(r"\*|arn:aws:[a-z0-9-]+:[a-z0-9-]*:(\d{12}|\*)?:\S+")
    for service in services():
        for operation in operations(service).values():
            if operation.effect is Effect.SENSITIVE_READ:
                found = permissions_of(service, operation.name, {}, HERE)
                assert {action for action, _ in found} >= set(operation.actions)
                for _, resource in found:
                    assert form.fullmatch(resource), (service, operation.name, resource)
                    assert "${" not in resource
