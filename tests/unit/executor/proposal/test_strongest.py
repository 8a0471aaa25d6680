"""One way for one change: a step becomes the strongest form that there is of it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import JsonValue

from services.executor.operations import OPERATIONS
from services.executor.proposal.strongest import strongest
from services.executor.registry.forms.table import forms
from services.executor.registry.location import Location
from services.executor.settings import ExecutorSettings
from shared.aws.service_models import operation_model
from shared.aws_operations.catalogue import find
from shared.errors import Forbidden, InvalidArguments
from shared.plans.step import ProposedStep, UntrustedArgument
from shared.resource_types.catalogue import resource_type, schema_of
from tests.unit.executor.conftest import LAMBDA_TRUST, Executor

HERE = Location("aws", "123456789012", "eu-west-1")
QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"
REGION = "eu-west-1"


def proposed(operation: str, **arguments: Any) -> ProposedStep:
    return ProposedStep(id="one", operation=operation, arguments=arguments)


def call(service: str, operation: str, **parameters: Any) -> ProposedStep:
    given = {"service": service, "operation": operation, "parameters": parameters, "region": REGION}
    return ProposedStep(id="one", operation="change_aws", arguments=given)


def becomes(step: ProposedStep) -> tuple[str, dict[str, JsonValue]]:
    [made] = strongest([step], HERE).steps
    return made.operation, made.arguments


@pytest.mark.parametrize(
    ("step", "operation", "arguments"),
    [
        (call("s3", "CreateBucket", Bucket="acme-x"), "create_s3_bucket", {"bucket_name": "acme-x", "region": REGION}),
        (
            call(
                "S3", "create_bucket", bucket="acme-x", create_bucket_configuration={"location_constraint": "eu-west-2"}
            ),
            "create_s3_bucket",
            {"bucket_name": "acme-x", "region": "eu-west-2"},
        ),
        (call("s3", "DeleteBucket", Bucket="acme-x"), "delete_s3_bucket", {"bucket_name": "acme-x"}),
        (
            call("iam", "AttachRolePolicy", RoleName="r", PolicyArn="arn:aws:iam::aws:policy/X"),
            "assign_policy_to_role",
            {"role_name": "r", "policy_arn": "arn:aws:iam::aws:policy/X"},
        ),
        (
            call("iam", "TagRole", RoleName="r", Tags=[{"Key": "a", "Value": "b"}]),
            "tag_resource",
            {"resource_arn": "arn:aws:iam::123456789012:role/r", "tags": [{"key": "a", "value": "b"}]},
        ),
        (
            call("sqs", "CreateQueue", QueueName="orders", tags={"team": "a"}),
            "create_aws_resource",
            {
                "type_name": "AWS::SQS::Queue",
                "region": REGION,
                "properties": {"QueueName": "orders", "Tags": [{"Key": "team", "Value": "a"}]},
            },
        ),
        (
            call("ecs", "CreateCluster", clusterName="jobs", tags=[{"key": "team", "value": "a"}]),
            "create_aws_resource",
            {
                "type_name": "AWS::ECS::Cluster",
                "region": REGION,
                "properties": {"ClusterName": "jobs", "Tags": [{"Key": "team", "Value": "a"}]},
            },
        ),
        (
            call(
                "ec2",
                "CreateVpc",
                CidrBlock="10.0.0.0/16",
                TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "net"}]}],
            ),
            "create_aws_resource",
            {
                "type_name": "AWS::EC2::VPC",
                "region": REGION,
                "properties": {"CidrBlock": "10.0.0.0/16", "Tags": [{"Key": "Name", "Value": "net"}]},
            },
        ),
        (
            call("ssm", "PutParameter", Name="/app/level", Value="info", Type="String"),
            "create_aws_resource",
            {
                "type_name": "AWS::SSM::Parameter",
                "region": REGION,
                "properties": {"Name": "/app/level", "Value": "info", "Type": "String"},
            },
        ),
        (
            call("ssm", "PutParameter", Name="/app/level", Value="debug", Type="String", Overwrite=True),
            "update_aws_resource",
            {
                "type_name": "AWS::SSM::Parameter",
                "identifier": "/app/level",
                "region": REGION,
                "changes": {"Value": "debug"},
            },
        ),
        (
            call("sqs", "CreateQueue", QueueName="orders", Attributes={"VisibilityTimeout": "45"}),
            "create_aws_resource",
            {
                "type_name": "AWS::SQS::Queue",
                "region": REGION,
                "properties": {"QueueName": "orders", "VisibilityTimeout": 45},
            },
        ),
        (
            call("sqs", "DeleteQueue", QueueUrl=QUEUE),
            "delete_aws_resource",
            {"type_name": "AWS::SQS::Queue", "identifier": QUEUE, "region": REGION},
        ),
        (
            call("cloudcontrol", "CreateResource", TypeName="AWS::S3::Bucket", DesiredState='{"BucketName": "acme-x"}'),
            "create_s3_bucket",
            {"bucket_name": "acme-x", "region": REGION},
        ),
        (
            proposed("create_aws_resource", type_name="AWS::S3::Bucket", properties={"BucketName": "b"}, region=REGION),
            "create_s3_bucket",
            {"bucket_name": "b", "region": REGION},
        ),
        (
            proposed("delete_aws_resource", type_name="aws::iam::role", identifier="reader", region=REGION),
            "delete_iam_role",
            {"name": "reader"},
        ),
        (
            call("s3", "DeleteBucket", Bucket={"$from": "other.bucket_name"}),
            "delete_s3_bucket",
            {"bucket_name": {"$from": "other.bucket_name"}},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_step_becomes_its_strongest_form(step: ProposedStep, operation: str, arguments: dict[str, JsonValue]) -> None:
    assert becomes(step) == (operation, arguments)


@pytest.mark.parametrize(
    "step",
    [
        call("ec2", "StopInstances", InstanceIds=["i-12345678"]),
        call("s3", "CreateBucket", Bucket="acme-x", ObjectLockEnabledForBucket=True),
        call("ec2", "TerminateInstances", InstanceIds=["i-12345678", "i-87654321"]),
        proposed(
            "create_aws_resource",
            type_name="AWS::S3::Bucket",
            properties={"BucketName": "b", "VersioningConfiguration": {"Status": "Enabled"}},
            region=REGION,
        ),
        proposed("create_s3_bucket", bucket_name="b", region=REGION),
    ],
)
def test_a_step_that_says_more_than_the_stronger_form_takes_stays_as_it_is(step: ProposedStep) -> None:
    assert becomes(step) == (step.operation, step.arguments)


def test_what_nobody_knows_is_refused_where_it_is_checked(executor: Executor) -> None:
    step = call("ec2", "StopInstanzes", InstanceIds=["i-12345678"])
    assert becomes(step)[0] == "change_aws"
    with pytest.raises(Exception, match="did you mean StopInstances"):
        executor.prepare(step)


def test_a_call_is_written_by_aws_own_names(executor: Executor) -> None:
    operation, arguments = becomes(call("EC2", "stop-instances", instance_ids=[{"$from": "s1.answer.InstanceId"}]))
    assert operation == "change_aws"
    assert (arguments["service"], arguments["operation"]) == ("ec2", "StopInstances")
    assert arguments["parameters"] == {"InstanceIds": [{"$from": "s1.answer.InstanceId"}]}


def test_the_page_says_what_a_rewritten_step_was_proposed_as(executor: Executor) -> None:
    plan = executor.prepare(call("s3", "CreateBucket", Bucket="acme-proposed"))
    assert plan.steps[0].operation == "create_s3_bucket"
    assert any("proposed as change_aws (s3:CreateBucket)" in note for note in plan.steps[0].notes)


def test_arguments_that_nobody_wrote_stay_marked_when_their_step_is_rewritten(executor: Executor) -> None:
    plan = executor.prepare(
        call("s3", "DeleteBucket", Bucket="acme-x"),
        borrowed=[UntrustedArgument(step="one", argument="parameters", tool="read_aws")],
    )
    assert plan.steps[0].untrusted == ("bucket_name",)


EVASIONS = [
    call("s3", "DeleteBucket", Bucket="acme-x"),
    call("s3", "DeleteBucket", Bucket="acme-x", ExpectedBucketOwner="123456789012"),
    proposed("delete_aws_resource", type_name="AWS::S3::Bucket", identifier="acme-x", region=REGION),
    call("cloudcontrol", "DeleteResource", TypeName="AWS::S3::Bucket", Identifier="acme-x"),
]


def with_settings(executor: Executor, **settings: Any) -> None:
    executor.settings = ExecutorSettings.model_validate({**executor.settings.model_dump(), **settings})


@pytest.mark.parametrize("step", EVASIONS)
@pytest.mark.parametrize("entry", ["delete_s3_bucket", "delete_*"])
def test_a_limit_on_deleting_buckets_holds_whichever_way_it_is_written(
    executor: Executor, step: ProposedStep, entry: str
) -> None:
    with_settings(executor, never_allowed=entry)
    with pytest.raises(Forbidden, match=r"delete_") as refused:
        executor.prepare(step)
    assert refused.value.code == "kind_not_allowed"


@pytest.mark.parametrize("step", EVASIONS)
def test_a_delete_counts_whichever_way_it_is_written(executor: Executor, step: ProposedStep) -> None:
    with_settings(executor, max_deletes=0)
    with pytest.raises(InvalidArguments) as refused:
        executor.prepare(step)
    assert refused.value.code == "too_many_deletes"


def test_each_instance_that_is_terminated_counts(executor: Executor) -> None:
    with_settings(executor, max_deletes=2)
    with pytest.raises(InvalidArguments, match="at most 2 deletes, this one 3"):
        executor.prepare(call("ec2", "TerminateInstances", InstanceIds=["i-12345671", "i-12345672", "i-12345673"]))


@pytest.mark.parametrize("step", EVASIONS)
def test_a_rule_about_deleting_buckets_holds_whichever_way_it_is_written(
    executor: Executor, step: ProposedStep, tmp_path: Any
) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[[approvals]]\noperations = ["delete_s3_bucket"]\napprovers = 2\n')
    with_settings(executor, rules_file=str(rules))
    assert executor.prepare(step).approvers == 2


def test_the_rewritten_role_is_reviewed_as_one_of_ours(executor: Executor) -> None:
    plan = executor.prepare(
        proposed(
            "create_aws_resource",
            type_name="AWS::IAM::Role",
            properties={"RoleName": "reader", "AssumeRolePolicyDocument": LAMBDA_TRUST},
            region=REGION,
        )
    )
    assert plan.steps[0].operation == "create_iam_role"


@pytest.mark.parametrize("form", forms(), ids=lambda form: f"{form.from_} to {form.to}")
def test_every_form_is_of_what_exists(form: Any) -> None:
    assert form.to in OPERATIONS
    service, _, name = form.from_.partition(":")
    tops = {taken.partition(".")[0] for taken in form.takes}
    if " AWS::" in form.from_:
        verb, _, kind = form.from_.partition(" ")
        assert resource_type(kind).name == kind
        properties = set(schema_of(kind)["properties"]) if verb != "delete" else {"identifier"}
        assert tops <= properties
    else:
        assert find(service, name).name == name
        assert tops <= set(operation_model(service, name).input_shape.members)
