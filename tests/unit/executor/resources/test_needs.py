"""Which IAM actions a step needs, on which resources: as narrow as the arguments tell."""

from __future__ import annotations

import json

import pytest

from services.executor.operations import OPERATIONS
from services.executor.registry.location import Location
from services.executor.registry.operation import UNKNOWN
from services.executor.resources.known import known_of
from services.executor.resources.needs import needs, own_arns
from services.executor.scope.session_policy import MAX_POLICY_CHARACTERS, session_policies
from services.executor.scope.shortening import shortened
from shared.resource_types.catalogue import resource_type, type_names

HERE = Location("aws", "111122223333", "eu-west-1")
ACCOUNT = "eu-west-1:111122223333"


def of(type_name: str, handler: str, identifier: str | None = None, **properties: object) -> dict[str, list[str]]:
    kind = resource_type(type_name)
    known = known_of(kind, properties, identifier, HERE, "eu-west-1")  # type: ignore[arg-type]
    found: dict[str, list[str]] = {}
    for action, arn in needs(kind, (handler,), known):  # type: ignore[arg-type]
        found.setdefault(action, []).append(arn)
    return found


def test_a_name_in_the_properties_or_in_the_identifier_is_in_the_arn() -> None:
    queue = [f"arn:aws:sqs:{ACCOUNT}:jobs"]
    assert of("AWS::SQS::Queue", "create", QueueName="jobs")["sqs:CreateQueue"] == queue
    url = "https://sqs.eu-west-1.amazonaws.com/111122223333/jobs"
    assert of("AWS::SQS::Queue", "delete", url)["sqs:DeleteQueue"] == queue
    topic = f"arn:aws:sns:{ACCOUNT}:news"
    assert of("AWS::SNS::Topic", "delete", topic)["sns:DeleteTopic"] == [topic]
    assert of("AWS::RDS::DBInstance", "delete", "one")["rds:DeleteDBInstance"] == [f"arn:aws:rds:{ACCOUNT}:db:one"]
    parameter = of("AWS::SSM::Parameter", "create", Name="/a/b", Type="String")["ssm:PutParameter"]
    assert parameter == [f"arn:aws:ssm:{ACCOUNT}:parameter/a/b"]


def test_what_is_made_in_something_else_needs_both() -> None:
    found = of("AWS::EC2::Subnet", "create", VpcId="vpc-1")["ec2:CreateSubnet"]
    assert found == [f"arn:aws:ec2:{ACCOUNT}:subnet/*", f"arn:aws:ec2:{ACCOUNT}:vpc/vpc-1"]


def test_a_role_is_handed_on_only_where_it_is_named() -> None:
    role = "arn:aws:iam::111122223333:role/runs"
    assert of("AWS::Lambda::Function", "create", FunctionName="f", Role=role)["iam:PassRole"] == [role]
    assert "iam:PassRole" not in of("AWS::S3::Bucket", "create", BucketName="b")
    later = of("AWS::Lambda::Function", "create", FunctionName="f", Role=UNKNOWN)
    assert later["iam:PassRole"] == ["arn:aws:iam::111122223333:role/*"]


def test_a_service_linked_role_is_no_other_role() -> None:
    found = of("AWS::DynamoDB::Table", "create", TableName="t")["iam:CreateServiceLinkedRole"]
    assert found == ["arn:aws:iam::111122223333:role/aws-service-role/*"]


def test_the_resources_own_arn_is_known_or_a_pattern_of_its_kind() -> None:
    network = resource_type("AWS::EC2::VPC")
    known = known_of(network, {"CidrBlock": "10.0.0.0/16"}, None, HERE, "eu-west-1")
    assert own_arns(network, "create", known) == (f"arn:aws:ec2:{ACCOUNT}:vpc/*",)
    gone = known_of(network, {}, "vpc-7", HERE, "eu-west-1")
    assert own_arns(network, "delete", gone) == (f"arn:aws:ec2:{ACCOUNT}:vpc/vpc-7",)


def most_needing(handler: str) -> list[str]:
    """The types whose handlers need the longest lists of actions."""
    kinds = [resource_type(name) for name in type_names()]
    able = [kind for kind in kinds if kind.cloud_control and handler in kind.handlers]
    able.sort(key=lambda kind: sum(len(one) for name in (handler, "read") for one in kind.handlers[name].actions))  # type: ignore[index]
    return [kind.name for kind in able[-40:]]


@pytest.mark.parametrize("operation", ["create_aws_resource", "update_aws_resource", "delete_aws_resource"])
def test_one_session_policy_has_room_for_a_step_on_any_type(operation: str) -> None:
    made = OPERATIONS[operation]
    handler = operation.partition("_")[0]
    for name in most_needing(handler):
        arguments = {
            "create": {"properties": {}},
            "update": {"identifier": "it", "changes": {}},
            "delete": {"identifier": "it"},
        }
        values = made.validate({"type_name": name, "region": "eu-west-1", **arguments[handler]})
        policies = session_policies(made.declared(values, HERE).needs)
        assert all(len(policy) <= MAX_POLICY_CHARACTERS for policy in policies), name


def test_only_what_plainly_reads_is_shortened() -> None:
    bucket = "arn:aws:s3:::b"
    needed = [
        *((f"s3:{name}", bucket) for name in ("GetBucketAcl", "GetBucketCORS", "PutBucketAcl", "PutBucketCORS")),
        *((f"s3:{name}", bucket) for name in ("GetObjectAcl", "GetObjectTagging")),
    ]
    # s3:GetObject* would reach the objects themselves.
    assert shortened(needed) == [
        ("s3:GetBucket*", bucket),
        ("s3:PutBucketAcl", bucket),
        ("s3:PutBucketCORS", bucket),
        ("s3:GetObjectAcl", bucket),
        ("s3:GetObjectTagging", bucket),
    ]


def test_no_session_policy_names_what_is_no_action() -> None:
    found = of("AWS::Logs::LogGroup", "create", LogGroupName="/x")
    assert all(action.partition(":")[2].isalnum() for action in found), json.dumps([*found])
