"""Resource types are looked up by name, quickly, and say what a plan must know of them."""

from __future__ import annotations

import pytest

from shared.errors import NotFound
from shared.resource_types.catalogue import (
    dated,
    lists_of,
    regional_values,
    resource_type,
    rules_of,
    schema_of,
    type_names,
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("AWS::S3::Bucket", "AWS::S3::Bucket"),
        ("aws::s3::bucket", "AWS::S3::Bucket"),
        ("S3::Bucket", "AWS::S3::Bucket"),
        ("s3 bucket", "AWS::S3::Bucket"),
        ("aws-rds-dbinstance", "AWS::RDS::DBInstance"),
    ],
)
def test_a_type_is_found_however_it_is_written(written: str, meant: str) -> None:
    assert resource_type(written).name == meant


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("AWS::EC2::Bucket", "AWS::S3::Bucket"),
        ("AWS::DynamoDB::Tabel", "AWS::DynamoDB::Table"),
        ("LogGroup", "AWS::Logs::LogGroup"),
    ],
)
def test_an_unknown_type_is_refused_with_similar_ones(written: str, named: str) -> None:
    with pytest.raises(NotFound) as refused:
        resource_type(written)
    assert refused.value.code == "unknown_resource_type"
    assert named in refused.value.detail


@pytest.mark.parametrize("written", ["", "x" * 100_000, "\x00", "AWS::S3::Bucket'; drop table types"])
def test_a_name_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(NotFound):
        resource_type(written)


def test_a_bucket_is_known_with_its_identifier_and_what_cannot_be_changed() -> None:
    bucket = resource_type("AWS::S3::Bucket")
    assert bucket.primary_identifier == ("BucketName",)
    assert bucket.cloud_control
    assert bucket.updatable
    assert bucket.holds_data
    assert "BucketName" in bucket.create_only.paths
    assert bucket.read_only.covers(("Arn",))
    assert bucket.tagging is not None
    assert (bucket.tagging.property, bucket.tagging.shape, bucket.tagging.updatable) == ("Tags", "list", True)
    assert "s3:CreateBucket" in bucket.handlers["create"].actions


def test_tags_that_are_a_map_are_told_from_a_list() -> None:
    tagging = resource_type("AWS::SSM::Parameter").tagging
    assert tagging is not None
    assert tagging.shape == "map"


def test_a_type_without_handlers_is_none_of_cloud_control() -> None:
    assert not resource_type("AWS::IAM::AccessKey").cloud_control
    assert not resource_type("AWS::SQS::QueuePolicy").cloud_control
    assert not resource_type("AWS::SQS::QueuePolicy").updatable


def test_nearly_all_types_can_be_made_by_cloud_control() -> None:
    every = [resource_type(name) for name in type_names()]
    able = [one for one in every if one.cloud_control]
    assert len(able) > 1700
    assert all(one.primary_identifier for one in able)
    assert all(one.purpose == one.purpose.strip() and len(one.purpose) <= 140 for one in every)


def test_every_path_leads_to_a_property() -> None:
    """AWS leaves out the `*` of a list as often as not; stored paths have it."""
    volume = resource_type("AWS::ECS::TaskDefinition")
    assert "ContainerDefinitions/*/Environment/*/Value" in volume.secret.paths


def test_a_schema_comes_with_rules_and_lists() -> None:
    assert schema_of("AWS::SQS::Queue")["properties"]["DelaySeconds"]["type"] == "integer"
    assert any(
        "billing" in rule["says"].lower() or "BillingMode" in rule["says"] for rule in rules_of("AWS::DynamoDB::Table")
    )
    assert "eu-west-1" in regional_values(lists_of("AWS::EC2::Instance")["InstanceType"])["t3.micro"]
    assert dated().startswith("20")
