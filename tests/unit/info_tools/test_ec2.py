"""EC2 instances of every region, with their states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from services.info_tools.tools import toolbox
from services.info_tools.tools.ec2 import list_ec2_instances
from shared.aws.clients import Aws
from shared.errors import InvalidArguments

MakeAws = Callable[..., Aws]


def start(region: str, count: int, **more: Any) -> list[str]:
    client = boto3.client("ec2", region, aws_access_key_id="a", aws_secret_access_key="b")
    answer = client.run_instances(
        ImageId="ami-12c6146b", InstanceType="t3.micro", MinCount=count, MaxCount=count, **more
    )
    return [instance["InstanceId"] for instance in answer["Instances"]]


@pytest.fixture
def account(moto_aws: None) -> list[str]:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}, {"Key": "team", "Value": "a"}]}]
    named = start("us-east-1", 1, TagSpecifications=tags)
    for _ in range(3):
        start("eu-west-1", 2)
    stopped, ended = start("us-east-1", 2)
    client = boto3.client("ec2", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    client.stop_instances(InstanceIds=[stopped])
    client.terminate_instances(InstanceIds=[ended])
    return named


def test_all_instances_of_all_regions_and_pages_are_found(make_aws: MakeAws, account: list[str]) -> None:
    aws = make_aws(page_size=2)
    found = list_ec2_instances(aws)
    assert found.instance_count == len(found.instances) == 9
    assert found.by_region == {"us-east-1": 3, "eu-west-1": 6}
    assert found.by_state == {"running": 7, "stopped": 1, "terminated": 1}
    assert found.regions_searched == ("us-east-1", "eu-west-1", "eu-central-1")
    assert not aws.gaps


def test_an_instance_has_its_name_and_tags(make_aws: MakeAws, account: list[str]) -> None:
    found = list_ec2_instances(make_aws(), regions=["us-east-1"], states=["running"])
    (instance,) = found.instances
    assert [instance.instance_id] == account
    assert (instance.name, instance.instance_type, instance.state) == ("web", "t3.micro", "running")
    assert {tag.key: tag.value for tag in instance.tags} == {"Name": "web", "team": "a"}
    assert instance.private_ip
    assert instance.availability_zone == "us-east-1a"


def test_states_filter_and_regions_limit_the_search(make_aws: MakeAws, account: list[str]) -> None:
    found = list_ec2_instances(make_aws(), states=["stopped", "terminated"])
    assert found.by_state == {"stopped": 1, "terminated": 1}
    assert list_ec2_instances(make_aws(), regions=["eu-central-1"]).instance_count == 0


def test_a_state_that_does_not_exist_is_refused(make_aws: MakeAws) -> None:
    with pytest.raises(InvalidArguments, match="states"):
        toolbox["list_ec2_instances"].call(make_aws(), {"states": ["asleep"]})
