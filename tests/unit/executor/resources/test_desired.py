"""The properties a resource is made with, and what of its state makes one like it."""

from __future__ import annotations

from typing import Any

import pytest

from services.executor.registry.operation import UNKNOWN
from services.executor.resources import state
from services.executor.resources.desired import (
    check_tags,
    identifier_of,
    is_known,
    not_recorded,
    recorded,
    tagged,
    tags_of,
)
from services.executor.resources.kinds import kind_for, refuse_secrets
from shared.errors import InvalidArguments
from shared.resource_types.catalogue import resource_type

QUEUE, FUNCTION, PARAMETER = "AWS::SQS::Queue", "AWS::Lambda::Function", "AWS::SSM::Parameter"
MARKS = {"assistant:plan": "pln_1", "assistant:step": "q"}


@pytest.mark.parametrize(
    ("type_name", "own", "written"),
    [
        (QUEUE, [{"Key": "team", "Value": "a"}], [{"Key": "team", "Value": "a"}]),
        (PARAMETER, {"team": "a"}, {"team": "a"}),
    ],
)
def test_the_plans_tags_are_added_in_the_types_own_form(type_name: str, own: Any, written: Any) -> None:
    kind = resource_type(type_name)
    made = tagged(kind, {"Tags": own}, MARKS)
    assert tags_of(kind, made) == {"team": "a"} | MARKS
    assert type(made["Tags"]) is type(written)
    assert recorded(kind, made) == {"Tags": written}


def test_reserved_tags_are_not_proposed() -> None:
    with pytest.raises(InvalidArguments, match="assistant:plan"):
        check_tags(resource_type(QUEUE), {"Tags": [{"Key": "assistant:plan", "Value": "pln_2"}]})


def test_what_aws_sets_and_what_is_secret_makes_no_new_resource() -> None:
    kind = resource_type(FUNCTION)
    found = {
        "FunctionName": "f",
        "Arn": "arn:aws:lambda:eu-west-1:111122223333:function:f",
        "Environment": {"Variables": {"LEVEL": "info"}},
        "Role": "arn:aws:iam::111122223333:role/r",
    }
    assert recorded(kind, found) == {
        "FunctionName": "f",
        "Environment": {"Variables": {}},
        "Role": "arn:aws:iam::111122223333:role/r",
    }
    # AWS does not read a function's code back.
    assert not_recorded(kind) == () or "Code" in not_recorded(kind)


def test_an_identifier_is_known_where_all_its_parts_are() -> None:
    assert identifier_of(resource_type("AWS::S3::Bucket"), {"BucketName": "b"}) == "b"
    assert identifier_of(resource_type(QUEUE), {"QueueName": "q"}) is None
    assert not is_known(identifier_of(resource_type("AWS::S3::Bucket"), {"BucketName": UNKNOWN}))


def test_the_order_of_a_list_that_says_nothing_is_no_change() -> None:
    kind = resource_type(QUEUE)
    one, other = {"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}
    assert state.changed_paths(kind, {"Tags": [one, other]}, {"Tags": [other, one]}) == []
    assert state.changed_paths(kind, {"Tags": [one, other]}, {"Tags": [one]}) == ["/Tags"]
    assert state.changed_paths(kind, {"Arn": "a"}, {"Arn": "b"}) == []


def test_a_secret_by_its_name_is_refused_and_a_variable_is_not() -> None:
    database = kind_for("AWS::RDS::DBInstance", "create")
    with pytest.raises(InvalidArguments) as refused:
        refuse_secrets(database, {"MasterUserPassword": "hunter2-and-more"}, "properties")
    assert refused.value.code == "secret_in_plan"
    refuse_secrets(kind_for(FUNCTION, "create"), {"Environment": {"Variables": {"LEVEL": "info"}}}, "properties")


@pytest.mark.parametrize(
    ("type_name", "properties"),
    [
        ("AWS::SecretsManager::Secret", {"GenerateSecretString": {"ExcludeCharacters": '"@/', "PasswordLength": 32}}),
        (PARAMETER, {"AllowedPattern": "^(info|debug)$"}),
        ("AWS::EC2::KeyPair", {"PublicKeyMaterial": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFq7sM2aD0vZbLr2pHqv ops"}),
        ("AWS::ApiGateway::RestApi", {"Mode": "overwrite"}),
        ("AWS::StepFunctions::StateMachine", {"DefinitionSubstitutions": {"Queue": "orders"}}),
    ],
)
def test_what_only_goes_in_is_no_secret_for_that(type_name: str, properties: dict[str, Any]) -> None:
    refuse_secrets(kind_for(type_name, "create"), properties, "properties")


@pytest.mark.parametrize(
    ("type_name", "properties"),
    [
        ("AWS::SecretsManager::Secret", {"SecretString": "hunter2-and-more"}),
        ("AWS::Transfer::HostKey", {"HostKeyBody": "hunter2-and-more"}),
        ("AWS::AmazonMQ::Broker", {"Users": [{"Username": "a", "Password": "hunter2-and-more"}]}),
        ("AWS::DataSync::Agent", {"ActivationKey": "F0EFT-7FPPR-GG7MC-3I9R3-27DOH"}),
    ],
)
def test_a_key_that_aws_never_reads_back_is_refused(type_name: str, properties: dict[str, Any]) -> None:
    with pytest.raises(InvalidArguments) as refused:
        refuse_secrets(kind_for(type_name, "create"), properties, "properties")
    assert refused.value.code == "secret_in_plan"
    assert "hunter2" not in refused.value.detail


def test_of_two_properties_that_aws_reads_back_and_takes_one_of_the_shorter_makes_it_again() -> None:
    state = {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24", "AvailabilityZone": "eu-west-1a", "AvailabilityZoneId": "z1"}
    made = recorded(resource_type("AWS::EC2::Subnet"), state)
    assert made == {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24", "AvailabilityZone": "eu-west-1a"}


def test_what_cloud_control_cannot_do_is_refused_with_a_way_out() -> None:
    with pytest.raises(InvalidArguments) as refused:
        kind_for("AWS::CodeBuild::Project", "create")
    assert refused.value.code == "resource_type_unsupported"
    with pytest.raises(InvalidArguments, match=r"write AWS::SQS::Queue"):
        kind_for("aws::sqs::queue", "create")
