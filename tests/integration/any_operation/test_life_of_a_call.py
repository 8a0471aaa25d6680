"""change_aws against the sandbox's AWS, which enforces IAM: each step under its own permissions alone, and undone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.messages import Effect
from shared.plans.plan import Plan
from shared.plans.step import ProposedStep
from tests.integration.resources.conftest import REGION, Cloud


def call(service: str, operation: str, id: str = "one", **parameters: Any) -> ProposedStep:
    given = {"service": service, "operation": operation, "parameters": parameters}
    where = {} if service == "iam" else {"region": REGION}
    return ProposedStep(id=id, operation="change_aws", arguments=given | where)


def ran(cloud: Cloud, *steps: ProposedStep) -> Plan:
    ended = cloud.run(cloud.prepare(*steps))
    assert ended.status == "done", [one.error for one in ended.steps]
    return ended


def undone(cloud: Cloud, plan: Plan) -> None:
    ended = cloud.run(cloud.undo(plan))
    assert ended.status == "done", [one.error for one in ended.steps]


@pytest.fixture
def instance(cloud: Cloud) -> str:
    ec2 = cloud.admin("ec2")
    return str(ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"])


def state_of(cloud: Cloud, instance: str) -> str:
    [found] = cloud.admin("ec2").describe_instances(InstanceIds=[instance])["Reservations"]
    return str(found["Instances"][0]["State"]["Name"])


def test_an_instance_is_stopped_under_exactly_that_permission_and_started_again(cloud: Cloud, instance: str) -> None:
    plan = cloud.prepare(call("ec2", "StopInstances", InstanceIds=[instance]))
    [made] = plan.steps
    assert made.permission == "allowed", made.notes
    assert made.iam_actions[0] == "ec2:StopInstances"
    ended = cloud.run(plan)
    assert ended.status == "done", ended.steps[0].error
    assert state_of(cloud, instance) == "stopped"
    undone(cloud, ended)
    assert state_of(cloud, instance) == "running"


def test_metric_data_is_put_and_cannot_be_undone(cloud: Cloud) -> None:
    plan = cloud.prepare(
        call("cloudwatch", "PutMetricData", Namespace="Orders", MetricData=[{"MetricName": "Late", "Value": 3}])
    )
    assert plan.steps[0].reversible == "no"
    assert cloud.run(plan).status == "done"
    found = cloud.admin("cloudwatch").list_metrics(Namespace="Orders")["Metrics"]
    assert [one["MetricName"] for one in found] == ["Late"]


def test_a_function_is_called_and_what_it_answers_is_not_shown(cloud: Cloud) -> None:
    [function, *_] = cloud.admin("lambda").list_functions()["Functions"]
    plan = cloud.prepare(call("lambda", "Invoke", FunctionName=function["FunctionName"], InvocationType="DryRun"))
    assert "runs_code" in {one.code for one in plan.findings}
    ended = cloud.run(plan)
    assert ended.status == "done", ended.steps[0].error
    assert isinstance(ended.steps[0].result, dict)
    assert ended.steps[0].result["answer"]["StatusCode"] == 204


def test_a_queue_s_policy_is_changed_and_put_back(cloud: Cloud) -> None:
    sqs = cloud.admin("sqs")
    url = sqs.create_queue(QueueName="call-orders")["QueueUrl"]
    statement = {"Sid": "all", "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    plan = cloud.prepare(
        call("sqs", "SetQueueAttributes", QueueUrl=url, Attributes={"Policy": document, "VisibilityTimeout": "77"})
    )
    assert plan.steps[0].effect is Effect.PERMISSIONS
    assert "public_principal" in {one.code for one in plan.findings}
    assert cloud.run(plan).status == "done"
    assert attributes(sqs, url)["VisibilityTimeout"] == "77"


def attributes(sqs: Any, url: str) -> dict[str, str]:
    found: dict[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return found


def test_an_attribute_is_put_back_to_what_it_was(cloud: Cloud) -> None:
    sqs = cloud.admin("sqs")
    url = sqs.create_queue(QueueName="call-times", Attributes={"VisibilityTimeout": "33"})["QueueUrl"]
    ended = ran(cloud, call("sqs", "SetQueueAttributes", QueueUrl=url, Attributes={"VisibilityTimeout": "99"}))
    undone(cloud, ended)
    assert attributes(sqs, url)["VisibilityTimeout"] == "33"


def test_a_group_is_opened_to_the_world_with_a_finding(cloud: Cloud) -> None:
    ec2 = cloud.admin("ec2")
    group = ec2.create_security_group(GroupName="call-web", Description="web")["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    plan = cloud.prepare(call("ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[rule]))
    assert {"open_to_world"} <= {one.code for one in plan.findings if one.severity == "high"}
    ended = cloud.run(plan)
    assert ended.status == "done", ended.steps[0].error
    undone(cloud, ended)
    assert ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"] == []


def test_a_tag_is_set_and_taken_away_again(cloud: Cloud, instance: str) -> None:
    tags = [{"Key": "owner", "Value": "ann"}]
    ended = ran(cloud, call("ec2", "CreateTags", Resources=[instance], Tags=tags))
    assert ended.steps[0].effect is Effect.TAGGING
    undone(cloud, ended)
    found = cloud.admin("ec2").describe_tags(Filters=[{"Name": "resource-id", "Values": [instance]}])["Tags"]
    assert [one["Key"] for one in found] == []


def test_a_user_joins_a_group_of_a_service_without_regions(cloud: Cloud) -> None:
    iam = cloud.admin("iam")
    iam.create_user(UserName="call-user")
    iam.create_group(GroupName="call-group")
    ended = ran(cloud, call("iam", "AddUserToGroup", UserName="call-user", GroupName="call-group"))
    undone(cloud, ended)
    assert iam.get_group(GroupName="call-group")["Users"] == []


def test_a_denied_call_refuses_the_plan_with_the_statement(cloud: Cloud, instance: str) -> None:
    role = cloud.double.role_arn.rpartition("/")[2]
    statement = {"Effect": "Deny", "Action": "ec2:RebootInstances", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam = cloud.admin("iam")
    iam.put_role_policy(RoleName=role, PolicyName="no-reboots", PolicyDocument=document)
    try:
        with pytest.raises(Exception, match="ec2:RebootInstances on arn:aws:ec2"):
            cloud.prepare(call("ec2", "RebootInstances", InstanceIds=[instance]))
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="no-reboots")


def test_the_strongest_form_makes_the_same_thing(cloud: Cloud) -> None:
    plan = cloud.prepare(call("sqs", "CreateQueue", QueueName="call-strong", Attributes={"VisibilityTimeout": "45"}))
    assert plan.steps[0].operation == "create_aws_resource"
    ended = cloud.run(plan)
    assert ended.status == "done", ended.steps[0].error
    sqs = cloud.admin("sqs")
    url = sqs.get_queue_url(QueueName="call-strong")["QueueUrl"]
    assert attributes(sqs, url)["VisibilityTimeout"] == "45"
    undone(cloud, ended)


def test_ec2_is_asked_beforehand_whether_it_would_carry_a_call_out(cloud: Cloud, instance: str) -> None:
    plan = cloud.prepare(call("ec2", "StopInstances", InstanceIds=[instance]))
    assert any("would carry this out (a dry run)" in note for note in plan.steps[0].notes), plan.steps[0].notes
    assert state_of(cloud, instance) == "running"
