"""Properties are checked offline, and everything that is wrong is said at once, in words that can be acted on."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import InvalidArguments
from shared.resource_types.catalogue import type_names
from shared.resource_types.problems import Problem, refuse
from shared.resource_types.validation import budget
from shared.resource_types.validation.validate import validate, validate_update
from tests.unit.sandbox.cloud_control.samples import SAMPLES, TAGS

TRUST = {"Version": "2012-10-17", "Statement": []}


def found(type_name: str, properties: dict[str, Any], **more: Any) -> dict[str, str]:
    return {problem.path: problem.message for problem in validate(type_name, properties, **more)}


def codes(type_name: str, properties: dict[str, Any], **more: Any) -> set[tuple[str, str]]:
    return {(problem.path, problem.code) for problem in validate(type_name, properties, **more)}


@pytest.mark.parametrize(
    ("type_name", "properties"),
    [
        ("AWS::S3::Bucket", {}),
        ("AWS::S3::Bucket", {"BucketName": "reports", "Tags": [{"Key": "a", "Value": "ä"}]}),
        ("AWS::SQS::Queue", {"QueueName": "jobs", "RedrivePolicy": {"maxReceiveCount": 3}}),
        ("AWS::SSM::Parameter", {"Type": "String", "Value": "x", "Tags": {"a": "b"}}),
        ("AWS::IAM::Role", {"AssumeRolePolicyDocument": TRUST}),
        ("AWS::Logs::LogGroup", {"LogGroupName": "/app", "RetentionInDays": 14}),
        ("AWS::EC2::Instance", {"ImageId": "ami-1", "InstanceType": "t3.micro"}),
        ("AWS::SNS::Topic", {"TopicName": "alarms"}),
        (
            "AWS::DynamoDB::Table",
            {
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        ),
        (
            "AWS::Lambda::Function",
            {
                "Code": {"S3Bucket": "code", "S3Key": "a.zip"},
                "Role": "arn:aws:iam::111122223333:role/x",
                "Handler": "a.b",
                "Runtime": "python3.13",
            },
        ),
    ],
)
def test_good_properties_have_no_problem(type_name: str, properties: dict[str, Any]) -> None:
    assert validate(type_name, properties, region="eu-west-1") == ()


THERE = {
    "address": "eipalloc-0123456789abcdef0",
    "bucket": "needed-by-round-trips",
    "gateway": "igw-0123456789abcdef0",
    "group": "sg-0123456789abcdef0",
    "image": "ami-0123456789abcdef0",
    "key": "1234abcd-12ab-34cd-56ef-1234567890ab",
    "objects": "arn:aws:s3:::needed-by-round-trips/*",
    "queue": "arn:aws:sqs:eu-west-1:111122223333:needed",
    "role": "needed-role",
    "role_arn": "arn:aws:iam::111122223333:role/needed-role",
    "root": "arn:aws:iam::111122223333:root",
    "subnet": "subnet-0123456789abcdef0",
    "subnet2": "subnet-0123456789abcdef1",
    "topic": "arn:aws:sns:eu-west-1:111122223333:needed",
    "vpc": "vpc-0123456789abcdef0",
}


@pytest.mark.parametrize("type_name", sorted(SAMPLES))
def test_what_the_sandbox_makes_is_not_refused(type_name: str) -> None:
    sample = SAMPLES[type_name]
    desired, _ = sample.filled(THERE)
    # CloudTrail's names have three characters at least, which the sandbox does not mind.
    longer = {"TrailName": "round-trips"} if type_name == "AWS::CloudTrail::Trail" else {}
    assert validate(type_name, {**desired, **sample.with_tags(TAGS), **longer}, region="eu-west-1") == ()


def test_every_mistake_is_named_at_once() -> None:
    said = found(
        "AWS::S3::Bucket",
        {
            "bucketName": "x",
            "Versioning": {"Status": "Enabled"},
            "Tags": {"a": "b"},
            "Arn": "arn:aws:s3:::x",
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES"}}]
            },
        },
    )
    assert "did you mean BucketName" in said["/bucketName"]
    assert "did you mean VersioningConfiguration" in said["/Versioning"]
    assert "must be a list" in said["/Tags"]
    assert "leave it out" in said["/Arn"]
    algorithm = "/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/SSEAlgorithm"
    assert "AES256" in said[algorithm]


def test_a_missing_property_is_named_with_what_it_is() -> None:
    assert "AssumeRolePolicyDocument is missing (The trust policy" in found("AWS::IAM::Role", {})[""]


def test_a_property_in_the_wrong_place_is_told_where_it_belongs() -> None:
    said = found("AWS::S3::Bucket", {"SSEAlgorithm": "AES256"})
    assert "ServerSideEncryptionByDefault/SSEAlgorithm" in said["/SSEAlgorithm"]


def test_a_value_of_the_wrong_kind_is_told_which_kind() -> None:
    assert found("AWS::SQS::Queue", {"DelaySeconds": "5"}) == {"/DelaySeconds": "it must be a whole number, not a text"}


@pytest.mark.parametrize(
    ("type_name", "properties", "expected"),
    [
        ("AWS::SQS::Queue", {"DelaySeconds": 901}, ("/DelaySeconds", "wrong_value")),
        (
            "AWS::EC2::Instance",
            {"BlockDeviceMappings": [{"DeviceName": "a"}]},
            ("/BlockDeviceMappings/0", "not_together"),
        ),
        ("AWS::DynamoDB::Table", {"KeySchema": [], "BillingMode": "PROVISIONED"}, ("", "rule")),
        (
            "AWS::EC2::SecurityGroup",
            {"GroupDescription": "x", "SecurityGroupIngress": [{"IpProtocol": "tcp", "CidrIp": "10.0.0.0/8"}]},
            ("/SecurityGroupIngress/0", "rule"),
        ),
        (
            "AWS::S3::Bucket",
            {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "1"}]},
            ("/Tags", "wrong_value"),
        ),
        ("AWS::EC2::Instance", {"InstanceType": "t3.mikro"}, ("/InstanceType", "wrong_value")),
    ],
)
def test_rules_beyond_plain_json_schema_hold(
    type_name: str, properties: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert expected in codes(type_name, properties)


def test_an_instance_type_of_a_family_that_the_catalogue_does_not_know_is_not_refused() -> None:
    """AWS adds families every month; the catalogue is as old as the package it is made from."""
    known, new = (
        validate("AWS::EC2::Instance", {"InstanceType": name}, region="eu-west-1") for name in ("t3.mikro", "zz9.large")
    )
    assert [problem.certain for problem in known] == [True]
    assert [problem.certain for problem in new] == [False]
    refuse("AWS::EC2::Instance", new)
    with pytest.raises(InvalidArguments) as refused:
        refuse("AWS::EC2::Instance", known)
    assert refused.value.code == "invalid_properties"
    assert "t3.micro" in refused.value.detail


def is_reference(value: object) -> bool:
    return isinstance(value, dict) and "$from" in value


@pytest.mark.parametrize(
    ("type_name", "properties"),
    [
        ("AWS::IAM::Role", {"AssumeRolePolicyDocument": {"$from": "s1.document"}}),
        ("AWS::EC2::Instance", {"SecurityGroupIds": [{"$from": "s1.GroupId"}], "InstanceType": {"$from": "s1.type"}}),
        ("AWS::DynamoDB::Table", {"KeySchema": [{"$from": "s1.key"}], "BillingMode": {"$from": "s1.mode"}}),
    ],
)
def test_what_a_step_before_will_give_fits_everything(type_name: str, properties: dict[str, Any]) -> None:
    assert validate(type_name, properties, opaque=is_reference) == ()


def test_an_unknown_name_is_refused_although_its_value_is_not_known_yet() -> None:
    assert codes("AWS::SQS::Queue", {"Nam": {"$from": "s1.x"}}, opaque=is_reference) == {("/Nam", "unknown_property")}


def test_a_value_is_never_repeated() -> None:
    secret = "correct-horse-battery"
    for properties in ({"MasterUserPassword": [secret]}, {"Engine": secret}, {"MasterUserPassword": secret * 50}):
        said = found("AWS::RDS::DBInstance", {**properties, "DBInstanceClass": "db.t3.micro"})
        assert secret not in str(said)


def test_a_create_only_property_is_refused_in_an_update_with_what_would_be_lost() -> None:
    before = {"BucketName": "a", "Arn": "arn:aws:s3:::a"}
    problems = validate_update("AWS::S3::Bucket", before, {**before, "BucketName": "b"})
    assert [(problem.path, problem.code) for problem in problems] == [("/BucketName", "create_only")]
    assert "data" in problems[0].message


def test_a_create_only_property_may_be_given_as_it_is() -> None:
    before = {"BucketName": "a", "Arn": "arn:aws:s3:::a"}
    after = {**before, "VersioningConfiguration": {"Status": "Enabled"}}
    assert validate_update("AWS::S3::Bucket", before, after) == ()


def test_a_read_only_property_is_refused_in_an_update_where_it_changes() -> None:
    before = {"BucketName": "a", "Arn": "arn:aws:s3:::a"}
    problems = validate_update("AWS::S3::Bucket", before, {**before, "Arn": "arn:aws:s3:::b"})
    assert [(problem.path, problem.code) for problem in problems] == [("/Arn", "read_only")]


def test_what_was_odd_before_is_no_problem_of_an_update() -> None:
    before = {"QueueName": "a", "Odd": 1}
    assert validate_update("AWS::SQS::Queue", before, {**before, "DelaySeconds": 5}) == ()
    problems = validate_update("AWS::SQS::Queue", before, {**before, "DelaySeconds": 5, "Odder": 1})
    assert [problem.path for problem in problems] == ["/Odder"]


def nested(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels):
        value = {"NotStatement": {"Statement": value}}
    return value


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"Rules": [{"Statement": nested(200)}]}, "too_complex"),
        ({"Description": "x" * 300_000}, "too_large"),
    ],
)
def test_what_is_too_deep_or_too_large_is_refused(properties: dict[str, Any], code: str) -> None:
    assert [problem.code for problem in validate("AWS::WAFv2::WebACL", properties)] == [code]


def test_the_deepest_that_is_allowed_is_checked() -> None:
    problems = validate("AWS::WAFv2::WebACL", {"Rules": [{"Statement": nested(18)}]})
    assert "too_complex" not in {problem.code for problem in problems}


def test_a_text_made_to_keep_a_pattern_busy_does_not() -> None:
    with budget.limited(0.05), pytest.raises(budget.TooComplex):
        budget.matches(r"^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 5000)


def test_a_long_list_is_checked_for_repetitions_in_time() -> None:
    tags = [{"Key": str(number), "Value": ""} for number in range(5000)]
    assert "too_complex" not in {problem.code for problem in validate("AWS::S3::Bucket", {"Tags": tags})}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=60)
@given(
    type_name=st.sampled_from(["AWS::S3::Bucket", "AWS::EC2::Instance", "AWS::IAM::Role", "AWS::WAFv2::WebACL"]),
    properties=st.dictionaries(
        st.sampled_from(["Tags", "Rules", "Policies", "BlockDeviceMappings", "Other"]), JSON, max_size=4
    ),
)
def test_no_properties_make_the_check_fail(type_name: str, properties: dict[str, Any]) -> None:
    for problem in validate(type_name, properties, region="eu-west-1"):
        assert isinstance(problem, Problem)
        assert problem.message


def test_every_type_can_be_checked() -> None:
    for name in type_names()[::12]:
        validate(name, {"Nothing": 1})


def test_a_function_of_cloudformation_is_answered_with_what_is_taken_instead() -> None:
    given = {"TopicArn": {"Ref": "Topic"}, "Protocol": "sqs", "Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]}}
    found = validate("AWS::SNS::Subscription", given)
    assert [one.path for one in found] == ["/Endpoint", "/TopicArn"]
    assert all('{"$from": "STEP.properties.NAME"}' in one.message for one in found)
