"""Resource types are found by words and described in little text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.info_tools.tools.resource_types import (
    PropertyDescription,
    TypeDescription,
    describe_resource_type,
    search_resource_types,
)
from shared.aws.clients import Aws
from shared.errors import NotFound

MakeAws = Callable[..., Aws]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("s3 bucket", "AWS::S3::Bucket"),
        ("create a sqs queue", "AWS::SQS::Queue"),
        ("postgres database", "AWS::RDS::DBInstance"),
        ("firewall rules", "AWS::EC2::SecurityGroup"),
        ("launch template", "AWS::EC2::LaunchTemplate"),
        ("elastic ip", "AWS::EC2::EIP"),
        ("schedule", "AWS::Scheduler::Schedule"),
        ("iam role", "AWS::IAM::Role"),
        ("dynamo db tabel", "AWS::DynamoDB::Table"),
        ("kubernetes cluster", "AWS::EKS::Cluster"),
        ("dns record", "AWS::Route53::RecordSet"),
        ("encryption key", "AWS::KMS::Key"),
        ("load balancer", "AWS::ElasticLoadBalancingV2::LoadBalancer"),
        ("cloudwatch alarm", "AWS::CloudWatch::Alarm"),
    ],
)
def test_the_type_that_is_meant_comes_first(make_aws: MakeAws, query: str, wanted: str) -> None:
    assert search_resource_types(make_aws(), query).types[0].type_name == wanted


@pytest.mark.parametrize("query", ["?", "the", "qqqqzzzz", "'; drop table entries", "a" * 200])
def test_words_that_mean_no_type_find_none_or_something_harmless(make_aws: MakeAws, query: str) -> None:
    assert len(search_resource_types(make_aws(), query).types) <= 5


def test_what_is_found_says_what_a_plan_can_do_with_it(make_aws: MakeAws) -> None:
    found = {one.type_name: one.can for one in search_resource_types(make_aws(), "sqs queue").types}
    assert found["AWS::SQS::Queue"] == "create, update, delete"
    assert found["AWS::SQS::QueuePolicy"] == ""


def test_a_type_is_described_with_its_properties(make_aws: MakeAws) -> None:
    described = describe_resource_type(make_aws(), "sqs queue")
    assert isinstance(described, TypeDescription)
    assert described.identifier == ("QueueUrl",)
    assert described.optional["DelaySeconds"] == "integer"
    assert described.optional["Tags"] == "list of {Key, Value}"
    assert "Arn" in described.set_by_aws
    assert "Arn" not in described.optional
    assert "QueueName" in described.fixed


def test_a_nested_property_is_described_however_it_is_written(make_aws: MakeAws) -> None:
    for written in (
        "LifecycleConfiguration.Rules",
        "/LifecycleConfiguration/Rules/0",
        "lifecycleconfiguration.rules[]",
    ):
        described = describe_resource_type(make_aws(), "AWS::S3::Bucket", written)
        assert isinstance(described, PropertyDescription)
        assert described.property == "LifecycleConfiguration.Rules"
        assert described.required["Status"].startswith("Enabled | Disabled")
        assert described.optional["TagFilters"] == "list of {Key, Value}"


def test_a_value_is_described_with_its_limits(make_aws: MakeAws) -> None:
    described = describe_resource_type(make_aws(), "AWS::Lambda::Function", "MemorySize")
    assert isinstance(described, PropertyDescription)
    assert "at least 128" in described.limits


def test_what_is_needed_one_of_is_said(make_aws: MakeAws) -> None:
    described = describe_resource_type(make_aws(), "AWS::EC2::Instance", "BlockDeviceMappings")
    assert isinstance(described, PropertyDescription)
    assert described.needs == ("exactly one of VirtualName, Ebs, NoDevice",)


def test_an_unknown_type_and_an_unknown_property_name_similar_ones(make_aws: MakeAws) -> None:
    with pytest.raises(NotFound, match=r"AWS::S3::Bucket") as unknown:
        describe_resource_type(make_aws(), "AWS::S3::Buket")
    assert unknown.value.code == "unknown_resource_type"
    with pytest.raises(NotFound, match="VersioningConfiguration") as unknown:
        describe_resource_type(make_aws(), "AWS::S3::Bucket", "Versioning")
    assert unknown.value.code == "unknown_property"


def test_a_description_is_a_few_kilobytes_at_most(make_aws: MakeAws) -> None:
    aws = make_aws()
    for name in ("AWS::RDS::DBInstance", "AWS::EC2::Instance", "AWS::ECS::Service", "AWS::CloudFront::Distribution"):
        assert len(describe_resource_type(aws, name).model_dump_json()) < 6000
    rules = describe_resource_type(aws, "AWS::WAFv2::WebACL", "Rules.Statement.AndStatement.Statements")
    assert len(rules.model_dump_json()) < 6000
