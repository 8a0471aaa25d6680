"""Route 53: hosted zones."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed
from sandbox.aws.cloud_control.tags import TagChange, shown


def _vpc(one: Model) -> Model:
    return {"VPCId": one["VPCId"], "VPCRegion": one["VPCRegion"]}


class HostedZone(Handler):
    type_name = "AWS::Route53::HostedZone"

    def create(self, aws: Loopback, desired: Model) -> str:
        route53, vpcs = aws("route53"), [_vpc(one) for one in desired.get("VPCs", ())]
        configuration = {"Comment": desired.get("HostedZoneConfig", {}).get("Comment", ""), "PrivateZone": bool(vpcs)}
        first = {"VPC": vpcs[0]} if vpcs else {}
        made = route53.create_hosted_zone(
            Name=desired["Name"], CallerReference=str(uuid.uuid4()), HostedZoneConfig=configuration, **first
        )
        identifier = str(made["HostedZone"]["Id"]).rpartition("/")[2]
        for vpc in vpcs[1:]:
            route53.associate_vpc_with_hosted_zone(HostedZoneId=identifier, VPC=vpc)
        self._set_tags(aws, identifier, {}, desired)
        return identifier

    def _set_tags(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        change = TagChange.of(before, after, "HostedZoneTags")
        given = {"AddTags": change.pairs()} if change.set else {}
        gone = {"RemoveTagKeys": change.removed} if change.removed else {}
        if given or gone:
            aws("route53").change_tags_for_resource(ResourceType="hostedzone", ResourceId=identifier, **given, **gone)

    def read(self, aws: Loopback, identifier: str) -> Model:
        route53 = aws("route53")
        found = route53.get_hosted_zone(Id=identifier)
        zone, vpcs = found["HostedZone"], [_vpc(one) for one in found.get("VPCs", ())]
        model: Model = {"Id": identifier, "Name": zone["Name"]}
        if comment := zone.get("Config", {}).get("Comment"):
            model["HostedZoneConfig"] = {"Comment": comment}
        model |= {"VPCs": vpcs} if vpcs else {"NameServers": found["DelegationSet"]["NameServers"]}
        tags = route53.list_tags_for_resource(ResourceType="hostedzone", ResourceId=identifier)
        return shown(model, tags["ResourceTagSet"].get("Tags"), "HostedZoneTags")

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        route53 = aws("route53")
        if changed(before, after, "HostedZoneConfig"):
            comment = after.get("HostedZoneConfig", {}).get("Comment", "")
            route53.update_hosted_zone_comment(Id=identifier, Comment=comment)
        old, new = before.get("VPCs", []), [_vpc(one) for one in after.get("VPCs", ())]
        for vpc in (one for one in new if one not in old):
            route53.associate_vpc_with_hosted_zone(HostedZoneId=identifier, VPC=vpc)
        for vpc in (one for one in old if one not in new):
            route53.disassociate_vpc_from_hosted_zone(HostedZoneId=identifier, VPC=vpc)
        self._set_tags(aws, identifier, before, after)

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("route53").delete_hosted_zone(Id=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("route53").get_paginator("list_hosted_zones").paginate():
            yield from (one["Id"].rpartition("/")[2] for one in page["HostedZones"])
