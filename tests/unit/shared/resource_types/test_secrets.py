"""Secrets are recognised and hidden; what a person has to see before approving is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.resource_types.catalogue import schema_of, type_names
from shared.resource_types.secrets.redact import HIDDEN, redact, secret_paths
from shared.resource_types.shapes import walk

SECRET = "correct-horse"


@pytest.mark.parametrize(
    ("type_name", "properties"),
    [
        ("AWS::RDS::DBInstance", {"MasterUserPassword": SECRET}),
        ("AWS::SSM::Parameter", {"Value": SECRET}),
        ("AWS::SecretsManager::Secret", {"SecretString": SECRET}),
        ("AWS::EC2::Instance", {"UserData": SECRET}),
        ("AWS::EC2::LaunchTemplate", {"LaunchTemplateData": {"UserData": SECRET}}),
        ("AWS::Lambda::Function", {"Environment": {"Variables": {"PASSWORD": SECRET}}}),
        ("AWS::ECS::TaskDefinition", {"ContainerDefinitions": [{"Environment": [{"Name": "A", "Value": SECRET}]}]}),
        ("AWS::CodeBuild::Project", {"Environment": {"EnvironmentVariables": [{"Name": "A", "Value": SECRET}]}}),
        ("AWS::IAM::User", {"LoginProfile": {"Password": SECRET}}),
        ("AWS::Glue::Connection", {"ConnectionInput": {"ConnectionProperties": {"PASSWORD": SECRET}}}),
        ("AWS::EC2::VPNConnection", {"VpnTunnelOptionsSpecifications": [{"PreSharedKey": SECRET}]}),
        ("AWS::AmazonMQ::Broker", {"Users": [{"Username": "a", "Password": SECRET}]}),
        ("AWS::Amplify::App", {"AccessToken": SECRET, "EnvironmentVariables": [{"Name": "a", "Value": SECRET}]}),
        ("AWS::ElastiCache::ReplicationGroup", {"AuthToken": SECRET}),
        ("AWS::DMS::Endpoint", {"Password": SECRET}),
        ("AWS::ApiGateway::ApiKey", {"Value": SECRET}),
    ],
)
def test_a_secret_is_hidden_whether_or_not_aws_calls_it_write_only(type_name: str, properties: dict[str, Any]) -> None:
    hidden = json.dumps(redact(type_name, properties))
    assert SECRET not in hidden
    assert HIDDEN in hidden


@pytest.mark.parametrize(
    ("type_name", "properties"),
    [
        ("AWS::S3::Bucket", {"AccessControl": "PublicRead", "BucketName": "a"}),
        ("AWS::Lambda::Function", {"Code": {"S3Bucket": "code", "S3Key": "a.zip"}, "Role": "arn:aws:iam::1:role/a"}),
        ("AWS::RDS::DBInstance", {"MasterUsername": "admin", "ManageMasterUserPassword": True}),
        ("AWS::IAM::Role", {"AssumeRolePolicyDocument": {"Statement": []}}),
        ("AWS::ECS::TaskDefinition", {"ContainerDefinitions": [{"Environment": [{"Name": "A"}]}]}),
        ("AWS::KMS::Key", {"KeyPolicy": {"Statement": []}, "PendingWindowInDays": 7}),
    ],
)
def test_what_a_person_has_to_see_is_shown(type_name: str, properties: dict[str, Any]) -> None:
    assert redact(type_name, properties) == properties


def test_no_password_of_any_type_is_shown() -> None:
    for name in type_names():
        for path, declared in walk(schema_of(name)):
            if path.endswith(("Password", "SecretString", "PrivateKey")) and declared.get("type") == "string":
                told = "enum" in declared or str(declared.get("pattern", "")).startswith(("^arn", "arn"))
                assert told or secret_paths(name).covers(tuple(path.split("/"))), f"{name} {path}"
