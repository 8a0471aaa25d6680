"""Instances."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.aws.cloud_control.handlers.ec2.described import Ec2Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, same, upper_first
from sandbox.aws.cloud_control.tags import shown

_CREATED = (
    "ImageId", "InstanceType", "KeyName", "SubnetId", "SecurityGroupIds", "SecurityGroups", "UserData",
    "BlockDeviceMappings", "EbsOptimized", "DisableApiTermination", "InstanceInitiatedShutdownBehavior",
    "PrivateIpAddress", "MetadataOptions",
)  # fmt: skip
_READ = (
    "InstanceId", "ImageId", "InstanceType", "KeyName", "SubnetId", "VpcId", "PrivateDnsName", "PublicDnsName",
)  # fmt: skip
_ATTRIBUTES = ("disableApiTermination", "instanceInitiatedShutdownBehavior", "userData")


class Instance(Ec2Handler):
    type_name = "AWS::EC2::Instance"
    plural, key, id_key, kind = "instances", "Reservations", "InstanceId", "instance"

    def create(self, aws: Loopback, desired: Model) -> str:
        given = {key: desired[key] for key in _CREATED if key in desired}
        if "IamInstanceProfile" in desired:
            given["IamInstanceProfile"] = {"Name": desired["IamInstanceProfile"]}
        if zone := desired.get("AvailabilityZone"):
            given["Placement"] = {"AvailabilityZone": zone}
        given["Monitoring"] = {"Enabled": bool(desired.get("Monitoring"))}
        made = aws("ec2").run_instances(MinCount=1, MaxCount=1, **given, **self.tagged(desired))
        return str(made["Instances"][0]["InstanceId"])

    def found(self, aws: Loopback, identifier: str) -> Model:
        reservations = aws("ec2").describe_instances(InstanceIds=[identifier])["Reservations"]
        for reservation in reservations:
            for one in reservation["Instances"]:
                if self.lives(one):
                    return dict(one)
        raise self.none(identifier)

    def lives(self, one: Model) -> bool:
        return one["State"]["Name"] not in ("terminated", "shutting-down")

    def read(self, aws: Loopback, identifier: str) -> Model:
        found = self.found(aws, identifier)
        model: Model = {
            **same(found, *_READ),
            "State": {"Code": str(found["State"]["Code"]), "Name": found["State"]["Name"]},
            "AvailabilityZone": found["Placement"]["AvailabilityZone"],
            "Tenancy": found["Placement"].get("Tenancy", "default"),
            "SecurityGroupIds": [one["GroupId"] for one in found.get("SecurityGroups", ())],
            "EbsOptimized": bool(found.get("EbsOptimized")),
            "Monitoring": found.get("Monitoring", {}).get("State") in ("enabled", "pending"),
            "SourceDestCheck": bool(found.get("SourceDestCheck", True)),
            "Volumes": [
                {"Device": one["DeviceName"], "VolumeId": one["Ebs"]["VolumeId"]}
                for one in found.get("BlockDeviceMappings", ())
            ],
        }
        names = {"PrivateIpAddress": ("PrivateIp", "PrivateIpAddress"), "PublicIpAddress": ("PublicIp",)}
        model |= {name: found[key] for key, both in names.items() if found.get(key) for name in both}
        if profile := found.get("IamInstanceProfile", {}).get("Arn"):
            model["IamInstanceProfile"] = profile.rpartition("/")[2]
        return shown(model | self._attributes(aws("ec2"), identifier), found.get("Tags"))

    def _attributes(self, ec2: Any, identifier: str) -> Model:
        """What describing instances leaves out."""
        model = {}
        for name in _ATTRIBUTES:
            key = upper_first(name)
            answer = ec2.describe_instance_attribute(InstanceId=identifier, Attribute=name)
            value = answer.get(key, {}).get("Value")
            if value not in (None, ""):
                model[key] = value
        return model

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        ec2 = aws("ec2")
        if changed(before, after, "InstanceType"):
            ec2.stop_instances(InstanceIds=[identifier])
            ec2.modify_instance_attribute(InstanceId=identifier, InstanceType={"Value": after["InstanceType"]})
            if before["State"]["Name"] in ("running", "pending"):
                ec2.start_instances(InstanceIds=[identifier])
        for name in changed(before, after, "DisableApiTermination", "SourceDestCheck"):
            ec2.modify_instance_attribute(
                InstanceId=identifier, **{name: {"Value": after.get(name, name == "SourceDestCheck")}}
            )
        if changed(before, after, "SecurityGroupIds"):
            ec2.modify_instance_attribute(InstanceId=identifier, Groups=after.get("SecurityGroupIds", []))
        self.set_tags(aws, identifier, before, after)

    def delete(self, aws: Loopback, identifier: str) -> None:
        self.found(aws, identifier)
        aws("ec2").terminate_instances(InstanceIds=[identifier])

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("ec2").get_paginator("describe_instances").paginate():
            for reservation in page["Reservations"]:
                yield from (one["InstanceId"] for one in reservation["Instances"] if self.lives(one))
