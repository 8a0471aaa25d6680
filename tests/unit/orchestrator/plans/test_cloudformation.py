"""A plan's CloudFormation is what it made or would make, and passes cfn-lint."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.core import get_rules

from services.orchestrator.plans.cloudformation.export import as_cloudformation
from shared.errors import Conflict, InvalidArguments
from shared.messages import Effect, Identity
from shared.plans.plan import Plan
from shared.plans.step import Step

REGION = "eu-west-1"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}  # fmt: skip
READS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}],
}


def a_step(id: str, operation: str, needs: tuple[str, ...] = (), **arguments: Any) -> Step:
    return Step(
        id=id,
        operation=operation,
        arguments=arguments,
        needs=needs,
        title=operation,
        effect=Effect.WRITE,
        reversible="yes",
    )


def a_plan(*steps: Step, status: Any = "proposed") -> Plan:
    return Plan(
        plan_id="plan_1",
        session_id="ses_1",
        status=status,
        goal="What the reports need",
        digest="d",
        created_at=0.0,
        expires_at=1.0,
        identity=Identity(
            account="111122223333",
            caller_arn="arn:aws:iam::111122223333:user/a",
            region=REGION,
            region_source="session",
        ),
        steps=steps,
    )


def made(id: str, type_name: str, needs: tuple[str, ...] = (), region: str = REGION, **properties: Any) -> Step:
    return a_step(id, "create_aws_resource", needs, type_name=type_name, properties=properties, region=region)


@cache
def rules() -> Any:
    """Of errors and warnings; loading them takes longest."""
    return get_rules([], [], ["E", "W"])


def problems(template: dict[str, Any]) -> list[str]:
    """What cfn-lint says of a template: errors and warnings."""
    found = lint(json.dumps(template), rules=rules(), regions=[REGION])
    return [f"{match.rule.id} {match.path}: {match.message}" for match in found]


def test_cfn_lint_would_say_what_is_wrong() -> None:
    template = as_cloudformation(a_plan(made("queue", "AWS::SQS::Queue", DelaySeconds=9999)))
    assert "E3034" in str(problems(template))


def exported(*steps: Step, status: Any = "proposed") -> dict[str, Any]:
    template = as_cloudformation(a_plan(*steps, status=status))
    assert problems(template) == []
    return template


BUCKET = a_step("bucket", "create_s3_bucket", bucket_name="reports-of-the-year", region=REGION)
ROLE = a_step("role", "create_iam_role", name="reporter", policy_document=json.dumps(TRUST), permissions=READS)


def test_the_assistants_own_operations_become_resources() -> None:
    attach = a_step(
        "attach",
        "assign_policy_to_role",
        role_name={"$from": "role.role_name"},
        policy_arn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    )
    function = a_step(
        "function",
        "create_lambda_function",
        needs=("role", "attach"),
        function_name="report",
        runtime="python3.13",
        handler="index.handler",
        role_arn={"$from": "role.arn"},
        region=REGION,
    )
    tag = a_step(
        "tag", "tag_resource", resource_arn={"$from": "bucket.arn"}, tags=[{"key": "team", "value": "reports"}]
    )
    resources = exported(BUCKET, ROLE, attach, function, tag)["Resources"]
    assert resources["BucketBucket"] == {
        "Type": "AWS::S3::Bucket",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {"BucketName": "reports-of-the-year", "Tags": [{"Key": "team", "Value": "reports"}]},
    }
    role = resources["RoleRole"]["Properties"]
    assert role["AssumeRolePolicyDocument"] == TRUST
    assert role["Policies"] == [{"PolicyName": "reporter-permissions", "PolicyDocument": READS}]
    assert role["ManagedPolicyArns"] == ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]
    assert resources["FunctionFunction"]["Properties"]["Role"] == {"Fn::GetAtt": ["RoleRole", "Arn"]}
    assert "def handler" in resources["FunctionFunction"]["Properties"]["Code"]["ZipFile"]


def test_resources_of_any_type_refer_to_each_other() -> None:
    template = exported(
        made("queue", "AWS::SQS::Queue", QueueName="jobs"),
        made("topic", "AWS::SNS::Topic", TopicName="news"),
        made(
            "subscription",
            "AWS::SNS::Subscription",
            Protocol="sqs",
            Endpoint={"$from": "queue.properties.Arn"},
            TopicArn={"$from": "topic.identifier"},
        ),
        made("table", "AWS::DynamoDB::Table", needs=("queue",), TableName="t", **TABLE),
    )
    resources = template["Resources"]
    assert resources["SubscriptionSubscription"]["Properties"] == {
        "Protocol": "sqs",
        "Endpoint": {"Fn::GetAtt": ["QueueQueue", "Arn"]},
        "TopicArn": {"Ref": "TopicTopic"},
    }
    assert resources["TableTable"]["DependsOn"] == ["QueueQueue"]
    assert resources["TableTable"]["DeletionPolicy"] == "Retain"
    assert resources["TopicTopic"]["DeletionPolicy"] == "Delete"


TABLE: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def test_what_aws_sets_is_left_out() -> None:
    """cfn-lint accepts it, CloudFormation does not."""
    template = exported(made("queue", "AWS::SQS::Queue", QueueName="jobs", Arn="arn:aws:sqs:eu-west-1:1:jobs"))
    assert template["Resources"]["QueueQueue"]["Properties"] == {"QueueName": "jobs"}


def test_a_secret_becomes_a_parameter_that_is_never_shown() -> None:
    template = exported(
        made("parameter", "AWS::SSM::Parameter", Name="/a", Type="String", Value="correct-horse"),
        made(
            "function",
            "AWS::Lambda::Function",
            Code={"S3Bucket": "code", "S3Key": "a.zip"},
            Handler="a.b",
            Runtime="python3.13",
            Role="arn:aws:iam::111122223333:role/x",
            Environment={"Variables": {"TOKEN": "correct-horse", "URL": {"$from": "parameter.identifier"}}},
        ),
    )
    assert "correct-horse" not in json.dumps(template)
    parameters = template["Parameters"]
    assert all(parameter["NoEcho"] is True and "Default" not in parameter for parameter in parameters.values())
    variables = template["Resources"]["FunctionFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["TOKEN"]["Ref"] in parameters
    assert variables["URL"] == {"Ref": "ParameterParameter"}


def test_a_change_of_a_resource_of_the_plan_becomes_part_of_it() -> None:
    change = a_step(
        "longer",
        "update_aws_resource",
        type_name="AWS::SQS::Queue",
        identifier={"$from": "queue.identifier"},
        changes={"DelaySeconds": 5, "QueueName": None},
        region=REGION,
    )
    template = exported(made("queue", "AWS::SQS::Queue", QueueName="jobs", VisibilityTimeout=9), change)
    assert template["Resources"]["QueueQueue"]["Properties"] == {"VisibilityTimeout": 9, "DelaySeconds": 5}


def test_a_policy_that_is_attached_after_its_role_makes_no_circle() -> None:
    policy = made("policy", "AWS::IAM::ManagedPolicy", needs=("role",), PolicyDocument=READS)
    attach = a_step(
        "attach",
        "assign_policy_to_role",
        needs=("policy", "role"),
        role_name="reporter",
        policy_arn={"$from": "policy.properties.PolicyArn"},
    )
    resources = exported(ROLE, policy, attach)["Resources"]
    assert resources["RoleRole"]["Properties"]["ManagedPolicyArns"] == [
        {"Fn::GetAtt": ["ManagedPolicyPolicy", "PolicyArn"]}
    ]
    assert "DependsOn" not in resources["ManagedPolicyPolicy"]


def test_what_a_template_cannot_say_is_noted() -> None:
    template = exported(
        BUCKET,
        a_step("gone", "delete_s3_bucket", bucket_name="old"),
        a_step("other", "tag_resource", resource_arn="arn:aws:s3:::other", tags=[]),
        a_step("start", "change_aws", service="ec2", parameters={}, region=REGION),
    )
    notes = template["Metadata"]["AwsAssistant"]["Notes"]
    assert [note.partition(":")[0] for note in notes] == ["gone", "other", "start"]
    assert list(template["Resources"]) == ["BucketBucket"]


def test_a_type_that_is_known_no_more_is_noted() -> None:
    template = exported(BUCKET, made("old", "AWS::Retired::Thing"))
    assert "AWS::Retired::Thing" in template["Metadata"]["AwsAssistant"]["Notes"][0]


def test_code_that_was_uploaded_is_named_on_deploying() -> None:
    function = a_step(
        "function",
        "create_lambda_function",
        function_name="report",
        runtime="python3.13",
        handler="app.run",
        role_arn="arn:aws:iam::111122223333:role/x",
        zip_file_path="file_1",
        region=REGION,
    )
    template = exported(function)
    code = template["Resources"]["FunctionFunction"]["Properties"]["Code"]
    assert {code["S3Bucket"]["Ref"], code["S3Key"]["Ref"]} == set(template["Parameters"])


def test_literal_properties_never_become_functions() -> None:
    """Cloud Control takes them as they are; CloudFormation would run them."""
    queue = made("queue", "AWS::SQS::Queue", QueueName={"Fn::ImportValue": "theirs"})
    template = exported(BUCKET, queue)
    assert "ImportValue" not in json.dumps(template["Resources"])
    assert "Fn::ImportValue" in template["Metadata"]["AwsAssistant"]["Notes"][0]


def test_an_ended_plan_is_exported_as_far_as_it_came() -> None:
    done = BUCKET.model_copy(update={"status": "done", "result": {"bucket_name": "reports-of-the-year"}})
    failed = made("queue", "AWS::SQS::Queue").model_copy(update={"status": "failed"})
    assert list(exported(done, failed, status="failed")["Resources"]) == ["BucketBucket"]
    with pytest.raises(Conflict) as refused:
        as_cloudformation(a_plan(failed, status="failed"))
    assert refused.value.code == "nothing_to_export"


def test_a_template_is_of_one_region() -> None:
    plan = a_plan(
        made("here", "AWS::SQS::Queue", QueueName="a"),
        made("there", "AWS::SQS::Queue", QueueName="b", region="us-east-1"),
        made(
            "both",
            "AWS::SNS::Subscription",
            Protocol="sqs",
            TopicArn="arn:aws:sns:eu-west-1:111122223333:a",
            Endpoint={"$from": "there.properties.Arn"},
        ),
    )
    with pytest.raises(InvalidArguments, match="us-east-1") as refused:
        as_cloudformation(plan)
    assert refused.value.code == "region_required"
    template = as_cloudformation(plan, REGION)
    assert problems(template) == []
    assert set(template["Resources"]) == {"QueueHere", "SubscriptionBoth"}
    endpoint = template["Resources"]["SubscriptionBoth"]["Properties"]["Endpoint"]
    assert endpoint["Ref"] in template["Parameters"]


def test_what_a_step_elsewhere_has_given_is_its_value() -> None:
    there = made("there", "AWS::SQS::Queue", region="us-east-1").model_copy(
        update={"status": "done", "result": {"properties": {"Arn": "arn:aws:sqs:us-east-1:111122223333:b"}}}
    )
    here = made(
        "here",
        "AWS::SNS::Subscription",
        Protocol="sqs",
        TopicArn="arn:aws:sns:eu-west-1:111122223333:a",
        Endpoint={"$from": "there.properties.Arn"},
    ).model_copy(update={"status": "done"})
    template = as_cloudformation(a_plan(there, here, status="done"), REGION)
    assert template["Resources"]["SubscriptionHere"]["Properties"]["Endpoint"].endswith(":b")


def test_ids_that_are_alike_stay_apart() -> None:
    template = exported(
        made("a-b", "AWS::SQS::Queue", QueueName="one"), made("a_b", "AWS::SQS::Queue", QueueName="two")
    )
    assert len(template["Resources"]) == 2
