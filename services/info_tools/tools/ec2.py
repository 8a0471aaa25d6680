"""Informational tools about EC2 instances, in every region of the session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from services.info_tools.aws import in_region, list_all, read_each
from services.info_tools.combined import Combined, Row
from services.info_tools.sharing.kinds import part
from services.info_tools.toolbox import toolbox
from shared.aws.answers.xml_cutting import Only
from shared.aws.answers.xml_parsers import reading_only
from shared.aws.clients import Aws
from shared.messages import Effect, Message

# What of an instance is shown; its interfaces and disks are most of what AWS answers.
_SHOWN = Only(
    "Instance",
    frozenset(
        (
            "InstanceId",
            "InstanceType",
            "State",
            "Placement",
            "PrivateIpAddress",
            "PublicIpAddress",
            "LaunchTime",
            "Tags",
        )
    ),
)
InstanceState = Literal["pending", "running", "shutting-down", "terminated", "stopping", "stopped"]


class Tag(Message):
    key: str
    value: str


class Instance(Row):
    instance_id: str
    name: str | None = Field(description="The value of the tag Name.")
    instance_type: str
    state: str
    region: str
    availability_zone: str | None
    private_ip: str | None
    public_ip: str | None
    launched_at: datetime | None
    tags: tuple[Tag, ...]


class InstanceList(Combined):
    instances: tuple[Instance, ...]
    instance_count: int
    by_state: dict[str, int]
    by_region: dict[str, int] = Field(description="Regions with at least one instance.")
    regions_searched: tuple[str, ...] = Field(description="Regions that answered; one that failed is a gap.")


@toolbox.tool(effect=Effect.LIST, iam_actions=("ec2:DescribeInstances",))
def list_ec2_instances(
    aws: Aws, regions: list[str] | None = None, states: list[InstanceState] | None = None
) -> InstanceList:
    """List the EC2 instances with name, type, state, addresses and tags.

    Of every region of the session. Without a state filter this includes stopped instances, and terminated ones for
    about an hour, as AWS lists them; by_state tells them apart. "Running" means state running only.

    Args:
        regions: The regions; such as ["eu-west-1"], all of the session's when left out.
        states: Only these; all states when left out.
    """
    found = read_each(aws, aws.regions(regions), instances_of(aws, states), place=in_region)
    instances = tuple(instance for _, part in found for instance in part)
    return InstanceList(
        instances=instances,
        instance_count=len(instances),
        by_state=dict(Counter(instance.state for instance in instances)),
        by_region=dict(Counter(instance.region for instance in instances)),
        regions_searched=tuple(region for region, _ in found),
    )


@part
def instances_of(aws: Aws, states: list[InstanceState] | None) -> Callable[[str], list[Instance]]:
    """What reads a region's instances."""
    filters = [{"Name": "instance-state-name", "Values": list(states)}] if states else []

    def read(region: str) -> list[Instance]:
        with reading_only(_SHOWN):
            reservations = list_all(
                aws,
                aws.client("ec2", region),
                "describe_instances",
                "Reservations",
                place=in_region(region),
                page_size=1000,
                Filters=filters,
            )
        return [_instance(instance, region) for item in reservations for instance in item["Instances"]]

    return read


def _instance(instance: dict[str, Any], region: str) -> Instance:
    tags = tuple(Tag(key=tag["Key"], value=tag["Value"]) for tag in instance.get("Tags", ()))
    return Instance(
        instance_id=instance["InstanceId"],
        name=next((tag.value for tag in tags if tag.key == "Name"), None),
        instance_type=instance["InstanceType"],
        state=instance["State"]["Name"],
        region=region,
        availability_zone=instance.get("Placement", {}).get("AvailabilityZone"),
        private_ip=instance.get("PrivateIpAddress") or None,
        public_ip=instance.get("PublicIpAddress") or None,
        launched_at=instance.get("LaunchTime"),
        tags=tags,
    )
