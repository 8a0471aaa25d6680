"""What a plan deletes is made again by undoing it, from the state that was recorded."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.resources.conftest import REGION, Cloud, step
from tests.integration.resources.test_every_type import done
from tests.unit.sandbox.cloud_control.samples import SAMPLES

pytestmark = pytest.mark.slow

TYPES = (
    "AWS::EC2::Instance",
    "AWS::EC2::NatGateway",
    "AWS::EFS::FileSystem",
    "AWS::Events::EventBus",
    "AWS::SQS::Queue",
)


@pytest.mark.parametrize("type_name", TYPES)
def test_a_deleted_resource_is_made_again_as_it_was(cloud: Cloud, type_name: str, there: dict[str, str]) -> None:
    sample = SAMPLES[type_name]
    desired, changed = sample.filled(there)
    wanted: dict[str, Any] = {**desired, **changed}
    about = {"type_name": type_name, "region": REGION}
    made = done(cloud, cloud.prepare(step("create_aws_resource", "it", properties=wanted, **about)))
    delete = cloud.prepare(step("delete_aws_resource", "it", identifier=made["identifier"], **about))
    done(cloud, delete)
    again = done(cloud, cloud.undo(cloud.stored(delete)))
    found = cloud.get(type_name, again["identifier"])
    assert {name: found.get(name) for name in wanted} == wanted
