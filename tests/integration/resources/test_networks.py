"""Steps that refer to what steps before them made, of which nothing is known beforehand."""

from __future__ import annotations

from tests.integration.resources.conftest import REGION, Cloud, step


def test_a_subnet_is_made_in_the_vpc_of_a_step_before_and_both_are_undone(cloud: Cloud) -> None:
    network = step(
        "create_aws_resource", "vpc", type_name="AWS::EC2::VPC", properties={"CidrBlock": "10.99.0.0/16"}, region=REGION
    )
    subnet = step(
        "create_aws_resource",
        "subnet",
        type_name="AWS::EC2::Subnet",
        properties={"VpcId": {"$from": "vpc.properties.VpcId"}, "CidrBlock": "10.99.1.0/24"},
        region=REGION,
    )
    plan = cloud.prepare(network, subnet)
    ended = cloud.run(plan)
    assert ended.status == "done", [one.error.detail for one in ended.steps if one.error]
    assert ended.steps[1].result["properties"]["VpcId"] == ended.steps[0].result["identifier"]
    undo = cloud.run(cloud.undo(ended))
    assert undo.status == "done", [one.error.detail for one in undo.steps if one.error]
