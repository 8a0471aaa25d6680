"""Secrets are gone from AWS's answers before a tool has them, in every way boto3 has of calling AWS."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse

from shared.access.guard import EXECUTOR, READ_ONLY, Guard
from shared.access.secret_members import holds_secret
from shared.access.stripping import REMOVED, may_hold, strip
from shared.aws.clients import new_session
from shared.sessions.credentials import Credentials

SECRET = "hunter2-4f81"
CREDENTIALS = Credentials(access_key_id="AKIAEXAMPLE", secret_access_key="secret")
FUNCTION = {
    "FunctionName": "orders",
    "FunctionArn": "arn:aws:lambda:eu-west-1:111122223333:function:orders",
    "Environment": {
        "Variables": {"DB_PASSWORD": SECRET, "DB_SECRET": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db"}
    },
}
LISTED = {"Functions": [FUNCTION], "NextMarker": "page-2"}


class Raw(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def session_of(guard: Guard, *answers: dict[str, Any]) -> boto3.Session:
    left = [json.dumps(answer).encode() for answer in answers]

    def answer(*, request: Any, **_: Any) -> AWSResponse:
        headers = {"Content-Type": "application/json", "x-amzn-requestid": "r-1"}
        return AWSResponse(request.url, 200, headers, Raw(left.pop(0)))

    made = new_session(guard, CREDENTIALS)
    made._session.register("before-send", answer)
    return made


WAYS: dict[str, Callable[[boto3.Session], Any]] = {
    "a client": lambda session: session.client("lambda", "eu-west-1").list_functions(),
    "botocore's own client": lambda session: session._session.create_client("lambda", "eu-west-1").list_functions(),
    "a paginator": lambda session: next(
        iter(session.client("lambda", "eu-west-1").get_paginator("list_functions").paginate())
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_values_of_an_environment_are_removed_and_its_names_stay(way: str) -> None:
    found = WAYS[way](session_of(READ_ONLY, LISTED))

    assert SECRET not in repr(found)
    variables = found["Functions"][0]["Environment"]["Variables"]
    assert variables["DB_PASSWORD"] == REMOVED
    assert variables["DB_SECRET"].endswith(":secret:db"), "a reference to a secret is none"
    assert found["Functions"][0]["FunctionName"] == "orders"
    assert found["NextMarker"] == "page-2", "or the rest would never be read"


def test_the_executor_which_compares_environments_gets_them() -> None:
    found = session_of(EXECUTOR, LISTED).client("lambda", "eu-west-1").list_functions()

    assert SECRET in repr(found)


def output_of(service: str, operation: str) -> Any:
    return botocore.session.Session().get_service_model(service).operation_model(operation).output_shape


S = SECRET
ANSWERS: dict[tuple[str, str], dict[str, Any]] = {
    ("lambda", "GetFunctionConfiguration"): FUNCTION,
    ("ecs", "DescribeServices"): {
        "services": [
            {
                "deployments": [
                    {"serviceConnectConfiguration": {"logConfiguration": {"options": {"splunk-token": S}}}},
                ]
            }
        ]
    },
    ("ecs", "DescribeTaskDefinition"): {
        "taskDefinition": {
            "containerDefinitions": [{"name": "web", "environment": [{"name": "DB_PASSWORD", "value": S}]}]
        }
    },
    ("codebuild", "BatchGetProjects"): {
        "projects": [{"name": "p", "environment": {"environmentVariables": [{"name": "TOKEN", "value": S}]}}]
    },
    ("codepipeline", "GetPipeline"): {
        "pipeline": {"stages": [{"actions": [{"name": "source", "configuration": {"OAuthToken": S}}]}]}
    },
    ("apprunner", "DescribeService"): {
        "Service": {
            "SourceConfiguration": {
                "ImageRepository": {"ImageConfiguration": {"RuntimeEnvironmentVariables": {"DB_PASSWORD": S}}}
            }
        }
    },
    ("lightsail", "GetContainerServiceDeployments"): {
        "deployments": [{"containers": {"web": {"environment": {"DB_PASSWORD": S}}}}]
    },
    ("cloudformation", "DescribeStacks"): {
        "Stacks": [
            {
                "StackName": "s",
                "Parameters": [{"ParameterKey": "DbPassword", "ParameterValue": S}],
                "Outputs": [{"OutputKey": "Url", "OutputValue": S}],
            }
        ]
    },
    ("cloudformation", "DescribeStackEvents"): {
        "StackEvents": [{"StackName": "s", "ResourceProperties": json.dumps({"Environment": {"DB_PASSWORD": S}})}]
    },
    ("cloudformation", "DescribeStackResourceDrifts"): {
        "StackResourceDrifts": [{"ActualProperties": S, "PropertyDifferences": [{"ActualValue": S}]}]
    },
    ("cloudfront", "ListDistributions"): {
        "DistributionList": {
            "Items": [
                {"Origins": {"Items": [{"CustomHeaders": {"Items": [{"HeaderName": "X-Key", "HeaderValue": S}]}}]}}
            ]
        }
    },
    ("rds", "DescribeDBInstances"): {"DBInstances": [{"PendingModifiedValues": {"MasterUserPassword": S}}]},
    ("mwaa", "GetEnvironment"): {"Environment": {"Name": "e", "AirflowConfigurationOptions": {"core.sql_conn": S}}},
    ("apigateway", "GetStages"): {"item": [{"stageName": "prod", "variables": {"key": S}}]},
    ("events", "ListTargetsByRule"): {
        "Targets": [{"Id": "1", "Input": S, "HttpParameters": {"HeaderParameters": {"Authorization": S}}}]
    },
    ("emr", "DescribeCluster"): {
        "Cluster": {"Configurations": [{"Classification": "hive-site", "Properties": {"ConnectionPassword": S}}]}
    },
    ("securityhub", "GetFindings"): {
        "Findings": [
            {"Resources": [{"Details": {"AwsLambdaFunction": {"Environment": {"Variables": {"DB_PASSWORD": S}}}}}]}
        ]
    },
    ("ec2", "DescribeVerifiedAccessTrustProviders"): {
        "VerifiedAccessTrustProviders": [{"OidcOptions": {"ClientId": "c", "ClientSecret": S}}]
    },
    ("glue", "GetTriggers"): {"Triggers": [{"Name": "t", "Actions": [{"Arguments": {"--password": S}}]}]},
    ("directconnect", "DescribeVirtualInterfaces"): {"virtualInterfaces": [{"authKey": S}]},
    ("amplify", "GetBranch"): {"branch": {"branchName": "main", "environmentVariables": {"K": S}}},
}


@pytest.mark.parametrize(("service", "operation"), ANSWERS)
def test_it_is_so_in_answers_of_every_service(service: str, operation: str) -> None:
    found: dict[str, Any] = json.loads(json.dumps(ANSWERS[service, operation]))
    before = repr(found)
    strip(service, output_of(service, operation), found)

    assert SECRET not in repr(found)
    assert repr(found).count("Name") == before.count("Name")


HARMLESS: dict[tuple[str, str], dict[str, Any]] = {
    ("ec2", "DescribeInstances"): {
        "NextToken": "t",
        "Reservations": [
            {"Instances": [{"InstanceId": "i-1", "Tags": [{"Key": "Name", "Value": "web"}], "ClientToken": "c"}]}
        ],
    },
    ("s3", "ListObjectsV2"): {"NextContinuationToken": "t", "Contents": [{"Key": "secrets/password.txt", "Size": 3}]},
    ("iam", "ListAccessKeys"): {"AccessKeyMetadata": [{"AccessKeyId": "AKIA1", "UserName": "ann", "Status": "Active"}]},
    ("iam", "GetAccountPasswordPolicy"): {"PasswordPolicy": {"MinimumPasswordLength": 14, "MaxPasswordAge": 90}},
    ("secretsmanager", "ListSecrets"): {
        "SecretList": [{"ARN": "a", "Name": "db", "SecretVersionsToStages": {"v1": ["AWSCURRENT"]}}]
    },
    ("rds", "DescribeDBParameters"): {"Parameters": [{"ParameterName": "max_connections", "ParameterValue": "100"}]},
    ("elasticbeanstalk", "DescribeEnvironments"): {"Environments": [{"EnvironmentName": "prod", "Status": "Ready"}]},
    ("sqs", "GetQueueAttributes"): {"Attributes": {"VisibilityTimeout": "30"}},
    ("ce", "GetCostAndUsage"): {"NextPageToken": "t", "ResultsByTime": []},
}


@pytest.mark.parametrize(("service", "operation"), HARMLESS)
def test_names_settings_tags_and_page_tokens_stay(service: str, operation: str) -> None:
    found: dict[str, Any] = json.loads(json.dumps(HARMLESS[service, operation]))
    strip(service, output_of(service, operation), found)

    assert found == HARMLESS[service, operation]


@pytest.mark.parametrize("service", ["ec2", "lambda", "ecs", "wafv2", "rds", "dynamodb", "lexv2-models"])
def test_what_is_not_looked_through_has_no_place_for_a_secret(service: str) -> None:
    model = botocore.session.Session().get_service_model(service)
    for name in model.operation_names:
        shape = model.operation_model(name).output_shape
        if shape is None:
            continue
        seen, left, found = set(), [shape], False
        while left:
            one = left.pop()
            if one.name in seen:
                continue
            seen.add(one.name)
            for member, target in getattr(one, "members", {}).items():
                found = found or holds_secret(service, one.name, member, target)
                left.append(target)
            left += [getattr(one, part) for part in ("member", "value") if hasattr(one, part)]
        assert may_hold(service, shape) is found, name
