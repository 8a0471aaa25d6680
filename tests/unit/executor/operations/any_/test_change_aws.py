"""change_aws: any changing operation as a step, once, undone by its inverse."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.executor.proposal import undo
from shared.errors import AssistantError
from shared.messages import Effect
from shared.plans.plan import Plan
from shared.plans.step import ProposedStep
from tests.unit.executor.conftest import Executor

REGION = "us-east-1"


def call(service: str, operation: str, id: str = "one", region: str | None = REGION, **parameters: Any) -> ProposedStep:
    given = {"service": service, "operation": operation, "parameters": parameters}
    return ProposedStep(id=id, operation="change_aws", arguments=given | ({"region": region} if region else {}))


@pytest.fixture
def instance(executor: Executor) -> str:
    ec2 = executor.client("ec2", REGION)
    return str(ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"])


def state_of(executor: Executor, instance: str) -> str:
    found = executor.client("ec2", REGION).describe_instances(InstanceIds=[instance])
    return str(found["Reservations"][0]["Instances"][0]["State"]["Name"])


def undone(executor: Executor, plan: Plan) -> Plan:
    proposed = undo.propose(executor.context("propose_undo"), plan.plan_id)
    return executor.run(proposed)


def test_an_instance_is_stopped_and_started_again_by_undoing(executor: Executor, instance: str) -> None:
    plan = executor.prepare(call("ec2", "stop_instances", instance_ids=[instance]))
    [made] = plan.steps
    assert (made.title, made.effect) == (f"Call ec2:StopInstances in {REGION} for {instance}", Effect.WRITE)
    assert made.resources == (f"arn:aws:ec2:{REGION}:123456789012:instance/{instance}",)
    ended = executor.run(plan)
    assert ended.status == "done", ended.steps[0].error
    assert state_of(executor, instance) == "stopped"
    assert undone(executor, ended).status == "done"
    assert state_of(executor, instance) == "running"


def ran(executor: Executor, *steps: ProposedStep) -> Plan:
    ended = executor.run(executor.prepare(*steps))
    assert ended.status == "done", [one.error for one in ended.steps]
    return ended


def test_a_policy_is_put_in_the_place_of_one_that_undoing_puts_back(executor: Executor) -> None:
    s3 = executor.client("s3", REGION)
    s3.create_bucket(Bucket="acme-policies")
    before = policy("arn:aws:iam::123456789012:root")
    ran(executor, call("s3", "PutBucketPolicy", Bucket="acme-policies", Policy=json.dumps(before)))
    put = call("s3", "PutBucketPolicy", Bucket="acme-policies", Policy=json.dumps(policy("*")))
    plan = executor.prepare(put)
    assert plan.steps[0].effect is Effect.PERMISSIONS
    assert any(found.severity == "high" and found.step == "one" for found in plan.findings), plan.findings
    assert "to everyone" in str(plan.summary)
    ended = executor.run(plan)
    assert "*" in s3.get_bucket_policy(Bucket="acme-policies")["Policy"]
    assert undone(executor, ended).status == "done"
    assert json.loads(s3.get_bucket_policy(Bucket="acme-policies")["Policy"]) == before


def test_a_policy_where_there_was_none_is_deleted_by_undoing(executor: Executor) -> None:
    s3 = executor.client("s3", REGION)
    s3.create_bucket(Bucket="acme-bare")
    account = policy("arn:aws:iam::123456789012:root")
    ended = ran(executor, call("s3", "PutBucketPolicy", Bucket="acme-bare", Policy=json.dumps(account)))
    undone(executor, ended)
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy(Bucket="acme-bare")


def policy(principal: str) -> dict[str, Any]:
    who = principal if principal == "*" else {"AWS": principal}
    statement = {"Effect": "Allow", "Principal": who, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-*/*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_nothing_is_undone_that_somebody_has_changed_since(executor: Executor, instance: str) -> None:
    ended = ran(executor, call("ec2", "StopInstances", InstanceIds=[instance]))
    executor.client("ec2", REGION).start_instances(InstanceIds=[instance])
    with pytest.raises(AssistantError, match="somebody has changed since what ec2:StopInstances did"):
        undo.propose(executor.context("propose_undo"), ended.plan_id)


def test_what_changed_nothing_has_nothing_to_undo(executor: Executor, instance: str) -> None:
    executor.client("ec2", REGION).stop_instances(InstanceIds=[instance])
    ended = ran(executor, call("ec2", "StopInstances", InstanceIds=[instance]))
    assert isinstance(ended.steps[0].result, dict)
    assert ended.steps[0].result["undo"] is None
    with pytest.raises(AssistantError, match="cannot be undone"):
        undo.propose(executor.context("propose_undo"), ended.plan_id)


def test_a_failed_plan_takes_back_what_its_calls_have_done(executor: Executor, instance: str) -> None:
    plan = executor.prepare(
        call("ec2", "StopInstances", "stop", InstanceIds=[instance]),
        ProposedStep(
            id="fails",
            operation="change_aws",
            arguments={
                "service": "sqs",
                "operation": "PurgeQueue",
                "parameters": {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/never-was"},
                "region": REGION,
            },
            needs=("stop",),
        ),
    )
    ended = executor.run(plan)
    assert [one.status for one in ended.steps] == ["undone", "failed"], [one.error for one in ended.steps]
    assert state_of(executor, instance) == "running"


def test_a_group_is_opened_to_the_world_with_a_finding_and_closed_by_undoing(executor: Executor) -> None:
    ec2 = executor.client("ec2", REGION)
    group = ec2.create_security_group(GroupName="web", Description="web")["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    plan = executor.prepare(call("ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[rule]))
    [found] = [one for one in plan.findings if one.code == "open_to_world"]
    assert (found.severity, plan.steps[0].effect) == ("high", Effect.PERMISSIONS)
    assert found.id in [one.finding_id for one in plan.acknowledge]
    ended = executor.run(plan)
    assert ingress(ec2, group) == [22]
    assert undone(executor, ended).status == "done"
    assert ingress(ec2, group) == []


def ingress(ec2: Any, group: str) -> list[int]:
    [found] = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    return [one["FromPort"] for one in found["IpPermissions"]]


def test_a_step_uses_what_another_one_answered(executor: Executor, instance: str) -> None:
    ec2 = executor.client("ec2", REGION)
    volume = ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [instance]}])["Volumes"][0]
    plan = executor.prepare(
        call("ec2", "CreateSnapshot", "snap", VolumeId=volume["VolumeId"]),
        call("ec2", "ModifySnapshotAttribute", "share", SnapshotId={"$from": "snap.answer.SnapshotId"},
             Attribute="createVolumePermission", OperationType="add", UserIds=["999988887777"]),
    )  # fmt: skip
    ended = executor.run(plan)
    assert ended.status == "done", [one.error for one in ended.steps]
    [snapshot] = ec2.describe_snapshots(Filters=[{"Name": "tag:assistant:plan", "Values": [plan.plan_id]}])["Snapshots"]
    shared = ec2.describe_snapshot_attribute(SnapshotId=snapshot["SnapshotId"], Attribute="createVolumePermission")
    assert shared["CreateVolumePermissions"] == [{"UserId": "999988887777"}]


REFUSED = [
    (call("ec2", "DescribeInstances"), "not_a_change", "use read_aws"),
    (call("secretsmanager", "GetSecretValue", SecretId="db"), "sensitive_read", "propose read_sensitive"),
    (call("ec2", "StopInstanses", InstanceIds=["i-1"]), "unknown_aws_operation", "did you mean StopInstances"),
    (call("ec3", "StopInstances", InstanceIds=["i-1"]), "unknown_aws_service", "no service 'ec3'"),
    (call("ec2", "StopInstances", InstanceIdz=["i-1"]), "invalid_arguments", "did you mean InstanceIds"),
    (call("ec2", "StopInstances", InstanceIds="i-1"), "invalid_arguments", r"put it in \[ \]"),
    (
        call("sts", "AssumeRole", RoleArn="arn:aws:iam::123456789012:role/r", RoleSessionName="me"),
        "not_by_a_plan",
        "credentials",
    ),
    (
        call("rds", "ModifyDBInstance", DBInstanceIdentifier="db", MasterUserPassword="hunter2hunter2"),
        "secret_in_plan",
        "MasterUserPassword",
    ),
    (
        call("ec2", "StopInstances", region="mars-1", InstanceIds=["i-12345678"]),
        "invalid_arguments",
        "not an AWS region",
    ),
]


@pytest.mark.parametrize(("step", "code", "words"), REFUSED, ids=[code for _, code, _ in REFUSED])
def test_what_is_no_change_for_a_plan_is_refused_with_what_to_do(
    executor: Executor, step: ProposedStep, code: str, words: str
) -> None:
    with pytest.raises(AssistantError, match=words) as refused:
        executor.prepare(step)
    assert refused.value.code == code
    assert "hunter2" not in refused.value.detail


def test_a_plan_s_page_says_how_a_cut_off_step_is_known(executor: Executor, instance: str) -> None:
    plan = executor.prepare(
        call("ec2", "StopInstances", "stop", InstanceIds=[instance]),
        call("ec2", "RebootInstances", "reboot", InstanceIds=[instance]),
    )
    assert "ec2:DescribeInstances shows whether it happened" in str(plan.summary)
    assert "the plan stops in doubt" in str(plan.summary)


def test_iam_has_no_region_and_none_is_asked_for(make_executor: Any) -> None:
    executor = make_executor(region_source="default")
    iam = executor.client("iam")
    iam.create_user(UserName="bob")
    iam.create_group(GroupName="readers")
    ended = ran(executor, call("iam", "AddUserToGroup", region=None, UserName="bob", GroupName="readers"))
    assert "region" not in ended.steps[0].arguments
    assert [one["UserName"] for one in iam.get_group(GroupName="readers")["Users"]] == ["bob"]


@pytest.fixture
def looking(executor: Executor) -> Executor:
    """The executor, which looks at the account while it prepares a plan."""
    executor.settings = executor.settings.model_copy(update={"conflicts_seconds": 60})
    return executor


def versioning(executor: Executor, bucket: str) -> str | None:
    found: str | None = executor.client("s3", REGION).get_bucket_versioning(Bucket=bucket).get("Status")
    return found


def test_what_a_call_overwrites_is_shown_and_left_alone_where_somebody_has_changed_it(looking: Executor) -> None:
    logs = looking.client("logs", REGION)
    logs.create_log_group(logGroupName="jobs")

    def days() -> int | None:
        found: int | None = logs.describe_log_groups()["logGroups"][0].get("retentionInDays")
        return found

    put = call("logs", "PutRetentionPolicy", logGroupName="jobs", retentionInDays=30)
    plan = looking.prepare(put)
    [shown] = plan.steps[0].changes
    assert (shown.path, shown.before, shown.after, shown.kind) == ("/retentionInDays", None, 30, "added")
    assert "/retentionInDays: not there → 30" in plan.summary
    logs.put_retention_policy(logGroupName="jobs", retentionInDays=7)
    ended = looking.run(plan)
    assert (ended.status, ended.steps[0].error.code) == ("failed", "world_moved_on")
    assert days() == 7
    anew = looking.prepare(put)
    assert anew.steps[0].changes[0].before == 7
    assert looking.run(anew).status == "done"
    assert days() == 30


def test_a_call_that_would_change_nothing_is_said_to(looking: Executor, instance: str) -> None:
    plan = looking.prepare(call("ec2", "StartInstances", InstanceIds=[instance]))
    assert plan.steps[0].changes == ()
    assert any("would change nothing" in note for note in plan.steps[0].notes)


def test_what_a_call_overwrites_of_which_no_read_is_known_is_said_to_be_unknown(executor: Executor) -> None:
    plan = executor.prepare(call("dynamodb", "PutItem", TableName="t", Item={"id": {"S": "1"}}))
    assert any("is overwritten, is not known" in note for note in plan.steps[0].notes)
    adding = call("cloudwatch", "PutMetricData", Namespace="N", MetricData=[{"MetricName": "X", "Value": 1}])
    assert not any("is overwritten" in note for note in executor.prepare(adding).steps[0].notes)


def test_of_two_calls_about_the_same_thing_the_second_shows_what_it_sets_alone(looking: Executor) -> None:
    looking.client("s3", REGION).create_bucket(Bucket="acme-twice")
    steps = (
        call("s3", "PutBucketVersioning", id, Bucket="acme-twice", VersioningConfiguration={"Status": status})
        for id, status in (("on", "Enabled"), ("off", "Suspended"))
    )
    plan = looking.prepare(*steps)
    assert [step.changes[0].kind for step in plan.steps] == ["changed", "set"]
    assert looking.run(plan).status == "done"
    assert versioning(looking, "acme-twice") == "Suspended"


def test_a_target_that_takes_the_place_of_another_is_undone_with_all_that_it_had(executor: Executor) -> None:
    events = executor.client("events", REGION)
    events.put_rule(Name="nightly", ScheduleExpression="rate(1 hour)")
    queue = f"arn:aws:sqs:{REGION}:123456789012:"
    events.put_targets(Rule="nightly", Targets=[{"Id": "1", "Arn": f"{queue}a", "InputPath": "$.detail"}])
    ended = ran(executor, call("events", "PutTargets", Rule="nightly", Targets=[{"Id": "1", "Arn": f"{queue}b"}]))
    assert undone(executor, ended).status == "done"
    [target] = events.list_targets_by_rule(Rule="nightly")["Targets"]
    assert (target["Arn"], target["InputPath"]) == (f"{queue}a", "$.detail")
    removed = ran(executor, call("events", "RemoveTargets", Rule="nightly", Ids=["1"]))
    assert undone(executor, removed).status == "done"
    assert events.list_targets_by_rule(Rule="nightly")["Targets"] == [target]
