"""What Cloud Control refuses and how it says so; slow types, cancelling, concurrency, throttling and faults."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

QUEUE, GROUP, STREAM = "AWS::SQS::Queue", "AWS::Logs::LogGroup", "AWS::Kinesis::Stream"


def error_of(raised: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.parametrize(
    ("type_name", "code"),
    [
        ("AWS::No::Thing", "TypeNotFoundException"),
        ("AWS::IAM::AccessKey", "UnsupportedActionException"),  # has no handlers
        ("AWS::SQS::QueuePolicy", "UnsupportedActionException"),  # cannot be read
        ("AWS::Athena::WorkGroup", "UnsupportedActionException"),  # the sandbox has no handler
    ],
)
def test_a_type_that_is_not_handled_is_refused_at_once(control: Any, type_name: str, code: str) -> None:
    with pytest.raises(ClientError) as raised:
        control.cc.create_resource(TypeName=type_name, DesiredState="{}")
    assert error_of(raised)[0] == code


def test_a_type_that_cannot_be_updated_says_so(control: Any) -> None:
    control.made("AWS::EC2::KeyPair", {"KeyName": "not-updatable"})
    with pytest.raises(ClientError) as raised:
        control.update("AWS::EC2::KeyPair", "not-updatable", {"op": "remove", "path": "/Tags"})
    code, message = error_of(raised)
    assert code == "UnsupportedActionException"
    assert "does not support UPDATE action" in message


@pytest.mark.parametrize(
    ("desired", "wrong"),
    [
        ({"Nmae": "x"}, "#: extraneous key [Nmae] is not permitted"),
        ({"RetentionInDays": "7"}, "#/RetentionInDays: failed validation constraint for keyword [type]"),
        ({"RetentionInDays": 8}, "#/RetentionInDays: failed validation constraint for keyword [enum]"),
        ({"Tags": [{"Key": "a"}, {"Value": "b"}]}, "#/Tags/1: required key [Key] not found"),
        ({"LogGroupName": "x", "Arn": "arn:aws:logs:::x"}, "readOnlyProperties"),
    ],
)
def test_a_desired_state_that_the_schema_forbids_is_refused_before_anything_is_made(
    control: Any, desired: dict[str, Any], wrong: str
) -> None:
    with pytest.raises(ClientError) as raised:
        control.cc.create_resource(TypeName=GROUP, DesiredState=json.dumps(desired))
    code, message = error_of(raised)
    assert code == "ValidationException"
    assert wrong in message


def test_everything_that_is_wrong_is_named_and_never_a_value(control: Any) -> None:
    desired = {"Value": 7, "Type": "a-secret-in-the-wrong-place", "Other": 1}
    with pytest.raises(ClientError) as raised:
        control.cc.create_resource(TypeName="AWS::SSM::Parameter", DesiredState=json.dumps(desired))
    message = error_of(raised)[1]
    assert all(part in message for part in ("#/Value", "#/Type", "[Other]"))
    assert "a-secret" not in message


@pytest.mark.parametrize(
    ("parameters", "wrong"),
    [
        ({"DesiredState": "not json"}, "not valid JSON"),
        ({"DesiredState": "[]"}, "not a JSON object"),
        ({"TypeName": "Queue"}, "typeName"),
        ({"ClientToken": "no spaces"}, "clientToken"),
        ({"ClientToken": "x" * 129}, "clientToken"),
        ({"DesiredState": None}, "desiredState"),
    ],
)
def test_parameters_of_the_wrong_form_are_refused(control: Any, parameters: dict[str, Any], wrong: str) -> None:
    given = {"TypeName": QUEUE, "DesiredState": "{}", **parameters}
    with pytest.raises(ClientError) as raised:
        control.cc.create_resource(**{key: value for key, value in given.items() if value is not None})
    code, message = error_of(raised)
    assert code == "ValidationException"
    assert wrong in message


@pytest.mark.parametrize(
    ("patch", "code", "wrong"),
    [
        ([{"op": "test", "path": "/DelaySeconds", "value": 4}], "ValidationException", "/DelaySeconds"),
        ([{"op": "replace", "path": "/Nothing", "value": 4}], "ValidationException", "noSuchPath"),
        ([{"op": "replace", "path": "/DelaySeconds"}], "ValidationException", "patch"),
        ([{"op": "jump", "path": "/DelaySeconds"}], "ValidationException", "patch"),
        ([{"op": "add", "path": "/DelaySeconds", "value": -1}], "ValidationException", "Model validation failed"),
        ([{"op": "replace", "path": "/Arn", "value": "x"}], "ValidationException", "readOnlyProperties"),
        ([{"op": "remove", "path": "/Arn"}], "ValidationException", "readOnlyProperties"),
        ([{"op": "replace", "path": "/QueueName", "value": "x"}], "NotUpdatableException", "createOnlyProperties"),
        ([], "ValidationException", "no operation"),
        ({"op": "remove", "path": "/Tags"}, "ValidationException", "list of operations"),
    ],
)
def test_a_patch_that_cannot_be_applied_changes_nothing(
    control: Any, request: pytest.FixtureRequest, patch: Any, code: str, wrong: str
) -> None:
    name = f"patched-{abs(hash(request.node.name))}"
    identifier = control.made(QUEUE, {"QueueName": name, "DelaySeconds": 5})
    with pytest.raises(ClientError) as raised:
        control.cc.update_resource(TypeName=QUEUE, Identifier=identifier, PatchDocument=json.dumps(patch))
    assert error_of(raised)[0] == code
    assert wrong in error_of(raised)[1]
    assert control.get(QUEUE, identifier)["DelaySeconds"] == 5


def test_a_patch_is_applied_in_its_order_with_tests_copies_and_moves(control: Any) -> None:
    tags = [{"Key": "a", "Value": "1"}]
    identifier = control.made(QUEUE, {"QueueName": "patch-in-order", "Tags": tags, "DelaySeconds": 5})
    event = control.update(
        QUEUE, identifier,
        {"op": "test", "path": "/Tags/0/Value", "value": "1"},
        {"op": "add", "path": "/Tags/-", "value": {"Key": "b", "Value": "2"}},
        {"op": "copy", "from": "/DelaySeconds", "path": "/VisibilityTimeout"},
        {"op": "test", "path": "/VisibilityTimeout", "value": 5},
        {"op": "remove", "path": "/Tags/0"},
    )  # fmt: skip
    assert event["OperationStatus"] == "SUCCESS"
    after = control.get(QUEUE, identifier)
    assert (after["VisibilityTimeout"], after["Tags"]) == (5, [{"Key": "b", "Value": "2"}])


def test_an_update_loses_a_write_only_property_that_the_patch_does_not_add_again(aws: Any, control: Any) -> None:
    desired = {"Name": "/write-only", "Type": "String", "Value": "a", "Description": "lost"}
    control.made("AWS::SSM::Parameter", desired)
    control.update("AWS::SSM::Parameter", "/write-only", {"op": "replace", "path": "/Value", "value": "b"})
    ssm = aws.admin("ssm", "eu-west-1")
    found = ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": ["/write-only"]}])["Parameters"][0]
    assert found.get("Description", "") == ""


def test_what_is_there_already_fails_and_stays_as_it_was(control: Any) -> None:
    identifier = control.made(QUEUE, {"QueueName": "already", "DelaySeconds": 1})
    event = control.create(QUEUE, {"QueueName": "already", "DelaySeconds": 1})
    assert (event["OperationStatus"], event["ErrorCode"]) == ("FAILED", "AlreadyExists")
    assert control.get(QUEUE, identifier)["DelaySeconds"] == 1


def test_an_identifier_may_be_json(control: Any) -> None:
    control.made(GROUP, {"LogGroupName": "by-json"})
    for text in ('{"LogGroupName": "by-json"}', '{"/properties/LogGroupName": "by-json"}'):
        assert control.get(GROUP, text)["LogGroupName"] == "by-json"
    with pytest.raises(ClientError, match="must have exactly LogGroupName"):
        control.get(GROUP, '{"Name": "by-json"}')


def test_a_list_that_needs_a_property_says_which(control: Any) -> None:
    with pytest.raises(ClientError) as raised:
        control.listed("AWS::EC2::Route")
    assert error_of(raised)[0] == "InvalidRequestException"
    assert "required key [RouteTableId] not found" in error_of(raised)[1]


def test_a_slow_type_is_in_progress_and_can_be_cancelled(control: Any) -> None:
    control.behave(seconds={"AWS::SNS::Topic": 60})
    asked = control.cc.create_resource(TypeName="AWS::SNS::Topic", DesiredState='{"TopicName": "slow"}')
    control.behave(seconds={"AWS::SNS::Topic": 0})
    token = asked["ProgressEvent"]["RequestToken"]
    event = control.cc.get_resource_request_status(RequestToken=token)["ProgressEvent"]
    assert event["OperationStatus"] == "IN_PROGRESS"
    assert event["RetryAfter"] >= event["EventTime"]
    answer = control.cc.cancel_resource_request(RequestToken=token)["ProgressEvent"]
    assert answer["OperationStatus"] == "CANCEL_IN_PROGRESS"
    assert control.ended(asked)["OperationStatus"] == "CANCEL_COMPLETE"
    with pytest.raises(ClientError) as raised:
        control.cc.cancel_resource_request(RequestToken=token)
    assert error_of(raised)[0] == "ConcurrentModificationException"


def test_two_operations_on_one_resource_at_once_are_refused(control: Any) -> None:
    control.made(STREAM, {"Name": "busy", "ShardCount": 1})
    control.behave(seconds={f"{STREAM}:UPDATE": 60})
    patch = json.dumps([{"op": "replace", "path": "/RetentionPeriodHours", "value": 48}])
    asked = control.cc.update_resource(TypeName=STREAM, Identifier="busy", PatchDocument=patch)
    control.behave(seconds={f"{STREAM}:UPDATE": 0})
    with pytest.raises(ClientError) as raised:
        control.cc.delete_resource(TypeName=STREAM, Identifier="busy")
    assert error_of(raised)[0] == "ConcurrentOperationException"
    control.cc.cancel_resource_request(RequestToken=asked["ProgressEvent"]["RequestToken"])
    control.ended(asked)
    assert control.delete(STREAM, "busy")["OperationStatus"] == "SUCCESS"


@pytest.mark.parametrize(("when", "left"), [("before", False), ("after", True)])
def test_a_handler_that_fails_late_leaves_what_it_made(control: Any, when: str, left: bool) -> None:
    name = f"failing-{when}"
    fault = {"type_name": GROUP, "operation": "CREATE", "error": "NotStabilized", "when": when}
    control.behave(faults=[fault])
    event = control.create(GROUP, {"LogGroupName": name})
    assert (event["OperationStatus"], event["ErrorCode"]) == ("FAILED", "NotStabilized")
    assert (name in control.listed(GROUP)) == left


def test_calls_that_are_throttled_are_refused_and_do_nothing(control: Any) -> None:
    control.behave(throttled=1)
    with pytest.raises(ClientError) as raised:
        control.cc.create_resource(TypeName=GROUP, DesiredState='{"LogGroupName": "throttled"}')
    assert error_of(raised)[0] == "ThrottlingException"
    assert "throttled" not in control.listed(GROUP)


def test_requests_are_listed_by_operation_and_status_page_by_page(control: Any) -> None:
    for number in range(3):
        control.made("AWS::ECS::Cluster", {"ClusterName": f"listed-{number}"})
    control.delete("AWS::ECS::Cluster", "listed-0")
    wanted = {"Operations": ["DELETE"], "OperationStatuses": ["SUCCESS"]}
    found = control.cc.list_resource_requests(ResourceRequestStatusFilter=wanted)["ResourceRequestStatusSummaries"]
    assert {one["Operation"] for one in found} == {"DELETE"}
    assert found[0]["Identifier"] == "listed-0"
    pages = list(control.cc.get_paginator("list_resource_requests").paginate(PaginationConfig={"PageSize": 2}))
    tokens = [one["RequestToken"] for page in pages for one in page["ResourceRequestStatusSummaries"]]
    assert max(len(page["ResourceRequestStatusSummaries"]) for page in pages) == 2
    assert len(tokens) == len(set(tokens)) >= 4
