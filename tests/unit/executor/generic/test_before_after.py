"""What a call overwrites, as its plan shows it: before → after."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.executor.generic import before_after
from services.executor.generic.change import Change, read_change
from services.executor.generic.effects import MARKS_TO_COME, effect_of
from services.executor.generic.observing import Effect
from services.executor.registry.operation import UNKNOWN
from shared.access.stripping import REMOVED
from shared.errors import Conflict
from shared.plans.step import PropertyChange

PUBLIC = {"Statement": [{"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}]}
OWN = {"Statement": [{"Sid": "x", "Effect": "Deny", "Principal": "*", "Action": "s3:*"}]}
RULE = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def asked(service: str, operation: str, **parameters: Any) -> tuple[Change, Effect]:
    change = read_change(service, operation, parameters, "eu-west-1", "aws")
    effect = effect_of(change.service, change.name, change.parameters, MARKS_TO_COME)
    assert effect is not None
    return change, effect


def shown(call: tuple[Change, Effect], state: Any) -> list[tuple[str, Any, Any, str]]:
    found = before_after.changes_of(*call, state)
    return [(one.path, one.before, one.after, one.kind) for one in found]


@pytest.mark.parametrize(
    ("call", "state", "expected"),
    [
        pytest.param(
            asked("s3", "PutBucketPolicy", Bucket="b", Policy=json.dumps(PUBLIC)),
            json.dumps(OWN),
            [("/Policy", OWN, PUBLIC, "changed")],
            id="a policy in the place of another one, both as what they say",
        ),
        pytest.param(
            asked("s3", "PutBucketPolicy", Bucket="b", Policy=json.dumps(PUBLIC)),
            None,
            [("/Policy", None, PUBLIC, "added")],
            id="a policy where there was none",
        ),
        pytest.param(
            asked("s3", "DeleteBucketPolicy", Bucket="b"),
            json.dumps(OWN),
            [("/BucketPolicy", OWN, None, "removed")],
            id="a policy that goes",
        ),
        pytest.param(
            asked(
                "sqs",
                "SetQueueAttributes",
                QueueUrl="https://q",
                Attributes={"DelaySeconds": "5", "VisibilityTimeout": "30"},
            ),
            {"DelaySeconds": "0", "VisibilityTimeout": "30"},
            [("/DelaySeconds", "0", "5", "changed")],
            id="of several values the one that changes",
        ),
        pytest.param(
            asked("sns", "SetTopicAttributes", TopicArn="arn", AttributeName="DisplayName", AttributeValue="b"),
            {"DisplayName": "a"},
            [("/DisplayName", "a", "b", "changed")],
            id="an attribute that a parameter names",
        ),
        pytest.param(
            asked("ec2", "StopInstances", InstanceIds=["i-1", "i-2"]),
            [{"id": "i-1", "is": "running"}, {"id": "i-2", "is": "stopped"}],
            [("/i-1", "running", "stopped", "changed")],
            id="a state, of the things that are in another one",
        ),
        pytest.param(
            asked("ec2", "AuthorizeSecurityGroupIngress", GroupId="sg-1", IpPermissions=[RULE]),
            [],
            [("/0", None, RULE, "added")],
            id="a rule that is new",
        ),
        pytest.param(
            asked("ec2", "AuthorizeSecurityGroupIngress", GroupId="sg-1", IpPermissions=[RULE]),
            [RULE],
            [],
            id="a rule that is there",
        ),
        pytest.param(
            asked("events", "PutTargets", Rule="r", Targets=[{"Id": "1", "Arn": "arn:b"}]),
            [{"Id": "1", "Arn": "arn:a", "Input": "{}"}],
            [("/1", {"Id": "1", "Arn": "arn:a", "Input": "{}"}, {"Id": "1", "Arn": "arn:b"}, "changed")],
            id="an element that takes the place of the one with its key",
        ),
        pytest.param(
            asked("lambda", "RemovePermission", FunctionName="f", StatementId="x"),
            json.dumps(PUBLIC),
            [("/x", PUBLIC["Statement"][0], None, "removed")],
            id="a statement that goes",
        ),
        pytest.param(
            asked("athena", "UpdateDataCatalog", Name="c", Type="GLUE", Description="b"),
            {"Type": "GLUE", "Description": "a"},
            [("/Description", "a", "b", "changed")],
            id="derived from a read of the same name",
        ),
    ],
)
def test_each_value_that_becomes_another_is_shown(
    call: tuple[Change, Effect], state: Any, expected: list[tuple[str, Any, Any, str]]
) -> None:
    assert shown(call, state) == expected


def test_a_secret_is_not_shown_on_either_side() -> None:
    call = asked("sns", "SetTopicAttributes", TopicArn="arn", AttributeName="DisplayName", AttributeValue="b")
    [one] = before_after.changes_of(*call, {"DisplayName": REMOVED})
    assert one.hidden
    assert (one.before, one.after) == (None, None)


def test_a_value_that_is_too_long_to_read_is_said_to_be_unknown() -> None:
    call = asked("s3", "PutBucketPolicy", Bucket="b", Policy=json.dumps(PUBLIC))
    [one] = before_after.changes_of(*call, "x" * 10_000)
    assert (one.kind, one.before) == ("set", None)


def test_what_a_step_before_changes_is_unknown() -> None:
    call = asked("sqs", "SetQueueAttributes", QueueUrl="https://q", Attributes={"DelaySeconds": "5"})
    [one] = before_after.unknown(before_after.changes_of(*call, {"DelaySeconds": "0"}))
    assert (one.kind, one.before, one.after) == ("set", None, "5")


def test_nothing_is_read_that_a_step_before_makes_or_that_a_call_creates() -> None:
    assert not before_after.is_shown(asked("s3", "DeleteBucketPolicy", Bucket=UNKNOWN)[1])
    assert not before_after.is_shown(asked("lambda", "CreateAlias", FunctionName="f", Name="a", FunctionVersion="1")[1])


def test_a_call_is_refused_where_a_value_is_not_the_one_that_was_shown() -> None:
    call = asked("sqs", "SetQueueAttributes", QueueUrl="https://q", Attributes={"DelaySeconds": "5"})
    approved = before_after.changes_of(*call, {"DelaySeconds": "0"})
    before_after.check(*call, {"DelaySeconds": 0, "Other": "new"}, approved)
    for moved in ({"DelaySeconds": "7"}, {"DelaySeconds": "5"}, None):
        with pytest.raises(Conflict, match="/DelaySeconds is not what the plan showed") as refused:
            before_after.check(*call, moved, approved)
        assert refused.value.code == "world_moved_on"


def test_a_state_that_passes_by_itself_is_not_held_to() -> None:
    call = asked("ec2", "StopInstances", InstanceIds=["i-1"])
    approved = before_after.changes_of(*call, [{"id": "i-1", "is": "pending"}])
    before_after.check(*call, [{"id": "i-1", "is": "running"}], approved)


def test_a_value_whose_ground_was_never_shown_is_not_held_to() -> None:
    call = asked("sqs", "SetQueueAttributes", QueueUrl="https://q", Attributes={"DelaySeconds": "5"})
    before_after.check(*call, {"DelaySeconds": "9"}, [PropertyChange(path="/DelaySeconds", after="5", kind="set")])
