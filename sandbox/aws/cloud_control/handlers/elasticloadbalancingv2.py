"""Elastic Load Balancing: load balancers and target groups."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.aws.cloud_control.failures import HandlerFailure
from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, generated, same
from sandbox.aws.cloud_control.tags import TagChange, as_list, as_map, shown, tags_given

_HEALTH = (
    "HealthCheckEnabled", "HealthCheckIntervalSeconds", "HealthCheckPath", "HealthCheckPort", "HealthCheckProtocol",
    "HealthCheckTimeoutSeconds", "HealthyThresholdCount", "Matcher", "UnhealthyThresholdCount",
)  # fmt: skip
_GROUP = ("IpAddressType", "Port", "Protocol", "ProtocolVersion", "TargetType", "VpcId")
_KEPT = ("Subnets", "SecurityGroups", "Scheme", "Type", "IpAddressType")


def _attributes(items: Any) -> list[dict[str, str]]:
    return as_list(as_map(items))


def _set_tags(client: Any, arn: str, before: Model, after: Model) -> None:
    change = TagChange.of(before, after)
    if change.set:
        client.add_tags(ResourceArns=[arn], Tags=change.pairs())
    if change.removed:
        client.remove_tags(ResourceArns=[arn], TagKeys=change.removed)


def _tags(client: Any, arn: str) -> Any:
    return client.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"]


class LoadBalancer(Handler):
    type_name = "AWS::ElasticLoadBalancingV2::LoadBalancer"

    def create(self, aws: Loopback, desired: Model) -> str:
        client, name = aws("elbv2"), desired.get("Name") or generated(self.type_name)
        made = client.create_load_balancer(
            Name=name[:32], **same(desired, *_KEPT, "SubnetMappings"), **tags_given(desired)
        )
        arn = str(made["LoadBalancers"][0]["LoadBalancerArn"])
        self._set_attributes(client, arn, {}, desired)
        return arn

    def _set_attributes(self, client: Any, arn: str, before: Model, after: Model) -> None:
        new = [
            one
            for one in after.get("LoadBalancerAttributes", ())
            if one not in before.get("LoadBalancerAttributes", ())
        ]
        if new:
            client.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=new)

    def read(self, aws: Loopback, identifier: str) -> Model:
        client = aws("elbv2")
        found = client.describe_load_balancers(LoadBalancerArns=[identifier])["LoadBalancers"][0]
        attributes = client.describe_load_balancer_attributes(LoadBalancerArn=identifier)["Attributes"]
        model = {
            "LoadBalancerArn": identifier,
            "LoadBalancerFullName": identifier.partition(":loadbalancer/")[2],
            "LoadBalancerName": found["LoadBalancerName"],
            "Name": found["LoadBalancerName"],
            "DNSName": found["DNSName"],
            "CanonicalHostedZoneID": found["CanonicalHostedZoneId"],
            "Subnets": sorted(one["SubnetId"] for one in found["AvailabilityZones"]),
            "LoadBalancerAttributes": _attributes(attributes),
            **same(found, "Scheme", "Type", "IpAddressType", "SecurityGroups"),
        }
        return shown(model, _tags(client, identifier))

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        client = aws("elbv2")
        if changed(before, after, "Subnets"):
            client.set_subnets(LoadBalancerArn=identifier, Subnets=after["Subnets"])
        if changed(before, after, "SecurityGroups"):
            client.set_security_groups(LoadBalancerArn=identifier, SecurityGroups=after.get("SecurityGroups", []))
        if changed(before, after, "IpAddressType"):
            kind = after.get("IpAddressType", "ipv4")
            client.set_ip_address_type(LoadBalancerArn=identifier, IpAddressType=kind)
        self._set_attributes(client, identifier, before, after)
        _set_tags(client, identifier, before, after)

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("elbv2").describe_load_balancers(LoadBalancerArns=[identifier])
        aws("elbv2").delete_load_balancer(LoadBalancerArn=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("elbv2").get_paginator("describe_load_balancers").paginate():
            yield from (one["LoadBalancerArn"] for one in page["LoadBalancers"])


class TargetGroup(Handler):
    type_name = "AWS::ElasticLoadBalancingV2::TargetGroup"

    def create(self, aws: Loopback, desired: Model) -> str:
        client, name = aws("elbv2"), desired.get("Name") or generated(self.type_name)
        made = client.create_target_group(Name=name[:32], **same(desired, *_GROUP, *_HEALTH), **tags_given(desired))
        arn = str(made["TargetGroups"][0]["TargetGroupArn"])
        self._set_rest(client, arn, {}, desired)
        return arn

    def _set_rest(self, client: Any, arn: str, before: Model, after: Model) -> None:
        old = before.get("TargetGroupAttributes", ())
        new = [one for one in after.get("TargetGroupAttributes", ()) if one not in old]
        if new:
            client.modify_target_group_attributes(TargetGroupArn=arn, Attributes=new)
        targets, had = after.get("Targets", []), before.get("Targets", [])
        if added := [one for one in targets if one not in had]:
            client.register_targets(TargetGroupArn=arn, Targets=added)
        if gone := [one for one in had if one not in targets]:
            client.deregister_targets(TargetGroupArn=arn, Targets=gone)

    def read(self, aws: Loopback, identifier: str) -> Model:
        client = aws("elbv2")
        found = client.describe_target_groups(TargetGroupArns=[identifier])["TargetGroups"][0]
        attributes = client.describe_target_group_attributes(TargetGroupArn=identifier)["Attributes"]
        health = client.describe_target_health(TargetGroupArn=identifier)["TargetHealthDescriptions"]
        model = {
            "TargetGroupArn": identifier,
            "TargetGroupFullName": identifier.rpartition(":")[2],
            "TargetGroupName": found["TargetGroupName"],
            "Name": found["TargetGroupName"],
            "LoadBalancerArns": found.get("LoadBalancerArns", []),
            "TargetGroupAttributes": _attributes(attributes),
            **same(found, *_GROUP, *_HEALTH),
        }
        if health:
            model["Targets"] = [same(one["Target"], "Id", "Port", "AvailabilityZone") for one in health]
        return shown(model, _tags(client, identifier))

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        client = aws("elbv2")
        if names := changed(before, after, *_HEALTH):
            client.modify_target_group(TargetGroupArn=identifier, **same(after, *names))
        self._set_rest(client, identifier, before, after)
        _set_tags(client, identifier, before, after)

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("elbv2").describe_target_groups(TargetGroupArns=[identifier])
        aws("elbv2").delete_target_group(TargetGroupArn=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("elbv2").get_paginator("describe_target_groups").paginate():
            yield from (one["TargetGroupArn"] for one in page["TargetGroups"])


class Listener(Handler):
    type_name = "AWS::ElasticLoadBalancingV2::Listener"
    _written = ("Port", "Protocol", "SslPolicy", "Certificates", "AlpnPolicy", "DefaultActions")

    def create(self, aws: Loopback, desired: Model) -> str:
        made = aws("elbv2").create_listener(
            LoadBalancerArn=desired["LoadBalancerArn"], **same(desired, *self._written), **tags_given(desired)
        )
        return str(made["Listeners"][0]["ListenerArn"])

    def read(self, aws: Loopback, identifier: str) -> Model:
        client = aws("elbv2")
        found = client.describe_listeners(ListenerArns=[identifier])["Listeners"][0]
        model = same(found, "ListenerArn", "LoadBalancerArn", *self._written)
        return shown(model, _tags(client, identifier))

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        client = aws("elbv2")
        if names := changed(before, after, *self._written):
            client.modify_listener(ListenerArn=identifier, **same(after, *names))
        _set_tags(client, identifier, before, after)

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("elbv2").describe_listeners(ListenerArns=[identifier])
        aws("elbv2").delete_listener(ListenerArn=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        if "LoadBalancerArn" not in model:
            raise HandlerFailure("InvalidRequest", "A list of listeners needs LoadBalancerArn in ResourceModel.")
        pages = aws("elbv2").get_paginator("describe_listeners").paginate(LoadBalancerArn=model["LoadBalancerArn"])
        return (one["ListenerArn"] for page in pages for one in page["Listeners"])
