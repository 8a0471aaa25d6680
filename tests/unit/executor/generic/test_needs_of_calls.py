"""What a step's session has to allow besides the call: tags that it sets, looks at its effect, its inverse with its
own looks."""

from __future__ import annotations

from typing import Any

import pytest

from services.executor.generic.declaring import declares
from services.executor.generic.effects import reads_of
from services.executor.generic.table import services, table_of
from services.executor.registry.location import Location
from shared.access.levels import actions_of
from shared.access.needed import permissions_of
from shared.aws.service_models import operation_model
from shared.errors import AssistantError

HERE = Location("aws", "111122223333", "eu-west-1")
OF = "eu-west-1:111122223333"
TAGS = [{"Key": "team", "Value": "web"}]


def needs(service: str, operation: str, **parameters: Any) -> set[tuple[str, str]]:
    return {(a, arn.replace(OF, "@")) for a, arn in declares(service, operation, parameters, "eu-west-1", HERE).needs}


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "needed"),
    [
        ("cloudtrail", "CreateTrail", {"Name": "t", "S3BucketName": "logs-of-us", "TagsList": TAGS},
         {("cloudtrail:AddTags", "arn:aws:cloudtrail:@:trail/t")}),
        ("ec2", "RunInstances", {"MinCount": 1, "MaxCount": 1, "ImageId": "ami-12345678",
                                 "TagSpecifications": [{"ResourceType": "instance", "Tags": TAGS}]},
         {("ec2:CreateTags", "arn:aws:ec2:@:instance/*"), ("ec2:RunInstances", "arn:aws:ec2:@:volume/*"),
          ("ec2:RunInstances", "arn:aws:ec2:eu-west-1::image/ami-12345678")}),
        # The plan's own tags.
        ("ec2", "CreateSnapshot", {"VolumeId": "vol-12345678"},
         {("ec2:CreateTags", "arn:aws:ec2:eu-west-1::snapshot/*")}),
        ("sqs", "CreateQueue", {"QueueName": "q", "tags": {"a": "b"}}, {("sqs:TagQueue", "arn:aws:sqs:@:q")}),
        ("iam", "CreateUser", {"UserName": "u", "Tags": TAGS}, {("iam:TagUser", "arn:aws:iam::111122223333:user/u")}),
        ("efs", "CreateFileSystem", {"CreationToken": "c", "Tags": TAGS},
         {("elasticfilesystem:TagResource", "arn:aws:elasticfilesystem:@:file-system/*")}),
        ("s3", "CreateBucket", {"Bucket": "logs-of-us", "CreateBucketConfiguration": {"Tags": TAGS}},
         {("s3:TagResource", "arn:aws:s3:::logs-of-us")}),
        ("s3", "PutObject", {"Bucket": "logs-of-us", "Key": "k", "ACL": "private", "Tagging": "a=b"},
         {("s3:PutObjectAcl", "arn:aws:s3:::logs-of-us/k"), ("s3:PutObjectTagging", "arn:aws:s3:::logs-of-us/k")}),
        ("ssm", "AddTagsToResource", {"ResourceType": "Parameter", "ResourceId": "/a", "Tags": TAGS},
         {("ssm:AddTagsToResource", "arn:aws:ssm:@:parameter/a"),
          ("ssm:ListTagsForResource", "arn:aws:ssm:@:parameter/a")}),
        ("ssm", "AddTagsToResource", {"ResourceType": "Document", "ResourceId": "d", "Tags": TAGS},
         {("ssm:ListTagsForResource", "arn:aws:ssm:@:document/d")}),
        ("ssm", "SendCommand", {"DocumentName": "AWS-RunShellScript", "InstanceIds": ["i-12345678"]},
         {("ssm:SendCommand", "arn:aws:ssm:eu-west-1::document/AWS-RunShellScript"),
          ("ssm:SendCommand", "arn:aws:ec2:@:instance/i-12345678")}),
        ("ssm", "SendCommand", {"DocumentName": "ours", "Targets": [{"Key": "tag:team", "Values": ["web"]}]},
         {("ssm:SendCommand", "arn:aws:ssm:@:document/ours"), ("ssm:SendCommand", "arn:aws:ec2:@:instance/*"),
          ("ssm:SendCommand", "arn:aws:ssm:@:managed-instance/*")}),
        ("ssm", "StartAutomationExecution", {"DocumentName": "AWS-StopEC2Instance"},
         {("ssm:StartAutomationExecution", "arn:aws:ssm:eu-west-1::automation-definition/AWS-StopEC2Instance:*")}),
        ("sns", "Subscribe", {"TopicArn": f"arn:aws:sns:{OF}:t", "Protocol": "sqs", "Endpoint": f"arn:aws:sqs:{OF}:q"},
         {("sns:Unsubscribe", "*"), ("sns:GetSubscriptionAttributes", "*")}),
        ("sns", "Unsubscribe", {"SubscriptionArn": f"arn:aws:sns:{OF}:t:12345678-1234-1234-1234-123456789012"},
         {("sns:GetSubscriptionAttributes", "arn:aws:sns:@:t"),
          ("sns:GetSubscriptionAttributes", "arn:aws:sns:@:t:12345678-1234-1234-1234-123456789012")}),
        ("rds", "CreateDBSnapshot", {"DBSnapshotIdentifier": "s", "DBInstanceIdentifier": "d"},
         {("rds:DescribeDBSnapshots", "arn:aws:rds:@:snapshot:s"), ("rds:DescribeDBSnapshots", "arn:aws:rds:@:db:*")}),
        ("codebuild", "StopBuild", {"id": "site:0f1e"}, {("codebuild:StopBuild", "arn:aws:codebuild:@:project/site")}),
        ("cloudwatch", "PutDashboard", {"DashboardName": "d", "DashboardBody": "{}"},
         {("cloudwatch:GetDashboard", "arn:aws:cloudwatch::111122223333:dashboard/d"),
          ("cloudwatch:DeleteDashboards", "arn:aws:cloudwatch::111122223333:dashboard/*"),
          ("cloudwatch:ListDashboards", "*")}),
    ],
)  # fmt: skip
def test_a_step_needs_what_its_tags_its_looks_and_its_undoing_need(
    service: str, operation: str, parameters: dict[str, Any], needed: set[tuple[str, str]]
) -> None:
    assert needed <= needs(service, operation, **parameters)


def test_what_a_call_is_about_is_not_what_it_names_as_a_destination() -> None:
    other = f"arn:aws:lambda:{OF}:function:other"
    parameters: dict[str, Any] = {"FunctionName": "f", "DestinationConfig": {"OnSuccess": {"Destination": other}}}
    found = permissions_of("lambda", "PutFunctionEventInvokeConfig", parameters, HERE)
    assert found == (("lambda:PutFunctionEventInvokeConfig", f"arn:aws:lambda:{OF}:function:f"),)


def test_a_copy_needs_what_it_is_of_and_what_it_becomes() -> None:
    source = f"arn:aws:rds:{OF}:db:source"
    parameters: dict[str, Any] = {"DBInstanceIdentifier": "copy", "SourceDBInstanceIdentifier": source}
    found = {arn for _, arn in permissions_of("rds", "CreateDBInstanceReadReplica", parameters, HERE)}
    assert {source, f"arn:aws:rds:{OF}:db:copy"} <= found


def test_tags_of_one_kind_allow_no_tags_of_others() -> None:
    actions = {action for action, _ in needs("iam", "CreateUser", UserName="u", Tags=TAGS)}
    assert {one for one in actions if ":Tag" in one} == {"iam:TagUser"}
    assert not {one for one, _ in needs("iam", "CreateUser", UserName="u") if ":Tag" in one}


@pytest.mark.parametrize("service", sorted(services()))
def test_a_step_that_has_an_inverse_may_look_at_what_that_did(service: str) -> None:
    """Else a plan that fails halfway could not tell whether its steps were undone."""
    for operation, entries in table_of(service).operations.items():
        entry = entries[0]
        shape = operation_model(service, operation).input_shape
        found = declares_anyhow(service, operation, dict.fromkeys(shape.required_members, "x"))
        if found is None or entry.when is not None:
            continue
        for undo in entry.undo:
            reads = {action for read in reads_of(service, undo.op) for action in actions_of(service, read)}
            assert reads <= found, (operation, undo.op)
            assert set(actions_of(service, undo.op)) <= found, (operation, undo.op)


def declares_anyhow(service: str, operation: str, parameters: dict[str, Any]) -> set[str] | None:
    """The actions of a step; None where its parameters take no text."""
    try:
        return {action for action, _ in declares(service, operation, parameters, "eu-west-1", HERE).needs}
    except AssistantError:
        return None
