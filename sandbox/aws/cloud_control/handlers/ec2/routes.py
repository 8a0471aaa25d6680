"""Routes, and which subnet has which route table."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.aws.cloud_control.handlers.ec2.described import Ec2Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import same

_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
_TARGETS = (
    "GatewayId", "NatGatewayId", "InstanceId", "NetworkInterfaceId", "TransitGatewayId", "VpcEndpointId",
    "VpcPeeringConnectionId", "EgressOnlyInternetGatewayId", "CarrierGatewayId", "LocalGatewayId",
)  # fmt: skip


class Route(Ec2Handler):
    type_name = "AWS::EC2::Route"
    plural, key, id_key = "route_tables", "RouteTables", "RouteTableId"

    def create(self, aws: Loopback, desired: Model) -> str:
        aws("ec2").create_route(**same(desired, "RouteTableId", *_DESTINATIONS, *_TARGETS))
        return f"{desired['RouteTableId']}|{next(desired[name] for name in _DESTINATIONS if name in desired)}"

    def _routes(self, aws: Loopback, table: str) -> list[tuple[str, Model]]:
        routes = self.found(aws, table)["Routes"]
        told = [(next((one[name] for name in _DESTINATIONS if one.get(name)), ""), one) for one in routes]
        return [(destination, one) for destination, one in told if one.get("GatewayId") != "local"]

    def read(self, aws: Loopback, identifier: str) -> Model:
        table, _, wanted = identifier.partition("|")
        for destination, route in self._routes(aws, table):
            if destination == wanted:
                return {"RouteTableId": table, "CidrBlock": wanted, **same(route, *_DESTINATIONS, *_TARGETS)}
        raise self.none(identifier)

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        aws("ec2").replace_route(**same(after, "RouteTableId", *_DESTINATIONS, *_TARGETS))

    def delete(self, aws: Loopback, identifier: str) -> None:
        route = self.read(aws, identifier)
        aws("ec2").delete_route(**same(route, "RouteTableId", *_DESTINATIONS))

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        table = str(model["RouteTableId"])
        return (f"{table}|{destination}" for destination, _ in self._routes(aws, table))


class SubnetRouteTableAssociation(Ec2Handler):
    type_name = "AWS::EC2::SubnetRouteTableAssociation"
    plural, key, id_key = "route_tables", "RouteTables", "RouteTableId"

    def create(self, aws: Loopback, desired: Model) -> str:
        made = aws("ec2").associate_route_table(**same(desired, "RouteTableId", "SubnetId"))
        return str(made["AssociationId"])

    def _associations(self, aws: Loopback) -> Iterable[Model]:
        for page in aws("ec2").get_paginator("describe_route_tables").paginate():
            for table in page["RouteTables"]:
                yield from (one for one in table["Associations"] if one.get("SubnetId"))

    def read(self, aws: Loopback, identifier: str) -> Model:
        for one in self._associations(aws):
            if one["RouteTableAssociationId"] == identifier:
                return {"Id": identifier, **same(one, "RouteTableId", "SubnetId")}
        raise self.none(identifier)

    def delete(self, aws: Loopback, identifier: str) -> None:
        self.read(aws, identifier)
        aws("ec2").disassociate_route_table(AssociationId=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        return (one["RouteTableAssociationId"] for one in self._associations(aws))
