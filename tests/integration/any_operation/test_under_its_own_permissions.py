"""Calls that need more than themselves, for their look, inverse or tags: each runs and is undone under its session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.plans.step import ProposedStep
from tests.integration.any_operation.test_life_of_a_call import call, ran, undone
from tests.integration.resources.conftest import Cloud

pytestmark = pytest.mark.slow
TAGS = [{"Key": "team", "Value": "web"}]


def a_stream(cloud: Cloud) -> ProposedStep:
    cloud.admin("logs").create_log_group(logGroupName="/own/permissions")
    return call("logs", "CreateLogStream", logGroupName="/own/permissions", logStreamName="one")


def a_dashboard(cloud: Cloud) -> ProposedStep:
    return call("cloudwatch", "PutDashboard", DashboardName="own", DashboardBody='{"widgets": []}')


def tags_of_a_parameter(cloud: Cloud) -> ProposedStep:
    cloud.admin("ssm").put_parameter(Name="/own/permissions", Value="1", Type="String")
    return call("ssm", "AddTagsToResource", ResourceType="Parameter", ResourceId="/own/permissions", Tags=TAGS)


def a_subscription(cloud: Cloud) -> ProposedStep:
    topic = cloud.admin("sns").create_topic(Name="own-permissions")["TopicArn"]
    queue = cloud.admin("sqs").create_queue(QueueName="own-permissions")["QueueUrl"]
    asked = cloud.admin("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    return call("sns", "Subscribe", TopicArn=topic, Protocol="sqs", Endpoint=asked["Attributes"]["QueueArn"])


def a_volume(cloud: Cloud) -> str:
    made = cloud.admin("ec2").create_volume(AvailabilityZone="eu-west-1a", Size=1)
    return str(made["VolumeId"])


def a_marked_snapshot(cloud: Cloud) -> ProposedStep:
    return call("ec2", "CreateSnapshot", VolumeId=a_volume(cloud))


def a_shared_snapshot(cloud: Cloud) -> ProposedStep:
    snapshot = cloud.admin("ec2").create_snapshot(VolumeId=a_volume(cloud))["SnapshotId"]
    permission = {"Attribute": "createVolumePermission", "OperationType": "add", "UserIds": ["444455556666"]}
    return call("ec2", "ModifySnapshotAttribute", SnapshotId=snapshot, **permission)


def a_snapshot_of_a_database(cloud: Cloud) -> ProposedStep:
    settings: dict[str, Any] = {"Engine": "postgres", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20}
    cloud.admin("rds").create_db_instance(
        DBInstanceIdentifier="own", MasterUsername="admin1", MasterUserPassword="not-a-secret-1", **settings
    )
    return call("rds", "CreateDBSnapshot", DBSnapshotIdentifier="own-snapshot", DBInstanceIdentifier="own")


CALLS: dict[str, Callable[[Cloud], ProposedStep]] = {
    one.__name__: one
    for one in (
        a_stream,
        a_dashboard,
        tags_of_a_parameter,
        a_subscription,
        a_marked_snapshot,
        a_shared_snapshot,
        a_snapshot_of_a_database,
    )
}


@pytest.mark.parametrize("what", CALLS)
def test_a_call_runs_and_is_undone_under_its_own_permissions(cloud: Cloud, what: str) -> None:
    plan = ran(cloud, CALLS[what](cloud))
    assert isinstance(plan.steps[0].result, dict)
    assert plan.steps[0].result["undo"], plan.steps[0].result["not_undone"]
    undone(cloud, plan)
