"""VPCs, subnets, internet gateways and their attachment, route tables and NAT gateways."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.aws.cloud_control.handlers.ec2.described import Ec2Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, lower_first, renamed, same
from sandbox.aws.cloud_control.tags import shown

_DNS = ("EnableDnsSupport", "EnableDnsHostnames")


class Vpc(Ec2Handler):
    type_name = "AWS::EC2::VPC"
    plural, key, id_key, kind = "vpcs", "Vpcs", "VpcId", "vpc"

    def create(self, aws: Loopback, desired: Model) -> str:
        made = aws("ec2").create_vpc(**same(desired, "CidrBlock", "InstanceTenancy"), **self.tagged(desired))
        identifier = str(made["Vpc"]["VpcId"])
        self._set_dns(aws, identifier, {"EnableDnsSupport": True, "EnableDnsHostnames": False}, desired)
        return identifier

    def _set_dns(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        for name in changed(before, after, *_DNS):
            if name in after:
                aws("ec2").modify_vpc_attribute(VpcId=identifier, **{name: {"Value": after[name]}})

    def read(self, aws: Loopback, identifier: str) -> Model:
        ec2, vpc = aws("ec2"), self.found(aws, identifier)
        mine = [{"Name": "vpc-id", "Values": [identifier]}]
        groups = ec2.describe_security_groups(Filters=[*mine, {"Name": "group-name", "Values": ["default"]}])
        acls = ec2.describe_network_acls(Filters=[*mine, {"Name": "default", "Values": ["true"]}])
        blocks = [one["AssociationId"] for one in vpc.get("CidrBlockAssociationSet", ())]
        model: Model = {**same(vpc, "VpcId", "CidrBlock", "InstanceTenancy"), "CidrBlockAssociations": blocks}
        for name in _DNS:
            answer = ec2.describe_vpc_attribute(VpcId=identifier, Attribute=lower_first(name))
            model[name] = answer[name]["Value"]
        if groups["SecurityGroups"]:
            model["DefaultSecurityGroup"] = groups["SecurityGroups"][0]["GroupId"]
        if acls["NetworkAcls"]:
            model["DefaultNetworkAcl"] = acls["NetworkAcls"][0]["NetworkAclId"]
        return shown(model, vpc.get("Tags"))

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        self._set_dns(aws, identifier, before, after)
        if changed(before, after, "InstanceTenancy"):
            aws("ec2").modify_vpc_tenancy(VpcId=identifier, InstanceTenancy=after.get("InstanceTenancy", "default"))
        self.set_tags(aws, identifier, before, after)

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("ec2").delete_vpc(VpcId=identifier)


class Subnet(Ec2Handler):
    type_name = "AWS::EC2::Subnet"
    plural, key, id_key, kind = "subnets", "Subnets", "SubnetId", "subnet"
    _switches = ("MapPublicIpOnLaunch", "AssignIpv6AddressOnCreation", "EnableDns64")

    def create(self, aws: Loopback, desired: Model) -> str:
        given = same(desired, "VpcId", "CidrBlock", "AvailabilityZone", "AvailabilityZoneId", "Ipv6CidrBlock")
        identifier = str(aws("ec2").create_subnet(**given, **self.tagged(desired))["Subnet"]["SubnetId"])
        self._set_switches(aws, identifier, {}, desired)
        return identifier

    def _set_switches(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        for name in self._switches:
            if bool(before.get(name)) != bool(after.get(name)):
                aws("ec2").modify_subnet_attribute(SubnetId=identifier, **{name: {"Value": bool(after.get(name))}})

    def read(self, aws: Loopback, identifier: str) -> Model:
        subnet = self.found(aws, identifier)
        model = same(subnet, "SubnetId", "VpcId", "CidrBlock", "AvailabilityZone", "AvailabilityZoneId")
        model |= {name: subnet[name] for name in self._switches if name in subnet}
        mine = [{"Name": "association.subnet-id", "Values": [identifier]}]
        for acl in aws("ec2").describe_network_acls(Filters=mine)["NetworkAcls"]:
            for one in acl["Associations"]:
                if one.get("SubnetId") == identifier:
                    model["NetworkAclAssociationId"] = one["NetworkAclAssociationId"]
        return shown(model, subnet.get("Tags"))

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        self._set_switches(aws, identifier, before, after)
        self.set_tags(aws, identifier, before, after)

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("ec2").delete_subnet(SubnetId=identifier)


class InternetGateway(Ec2Handler):
    type_name = "AWS::EC2::InternetGateway"
    plural, key, id_key = "internet_gateways", "InternetGateways", "InternetGatewayId"
    kind = "internet-gateway"

    def create(self, aws: Loopback, desired: Model) -> str:
        made = aws("ec2").create_internet_gateway(**self.tagged(desired))
        return str(made["InternetGateway"]["InternetGatewayId"])

    def read(self, aws: Loopback, identifier: str) -> Model:
        return shown({"InternetGatewayId": identifier}, self.found(aws, identifier).get("Tags"))

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("ec2").delete_internet_gateway(InternetGatewayId=identifier)


class VpcGatewayAttachment(Ec2Handler):
    type_name = "AWS::EC2::VPCGatewayAttachment"
    plural, key, id_key = "internet_gateways", "InternetGateways", "InternetGatewayId"

    def create(self, aws: Loopback, desired: Model) -> str:
        aws("ec2").attach_internet_gateway(InternetGatewayId=desired["InternetGatewayId"], VpcId=desired["VpcId"])
        return f"IGW|{desired['VpcId']}"

    def read(self, aws: Loopback, identifier: str) -> Model:
        vpc = identifier.partition("|")[2]
        attached = [{"Name": "attachment.vpc-id", "Values": [vpc]}]
        gateways = aws("ec2").describe_internet_gateways(Filters=attached)["InternetGateways"]
        if not gateways:
            raise self.none(identifier)
        return {"AttachmentType": "IGW", "VpcId": vpc, "InternetGatewayId": gateways[0]["InternetGatewayId"]}

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        if changed(before, after, "InternetGatewayId"):
            self.delete(aws, identifier)
            self.create(aws, after)

    def delete(self, aws: Loopback, identifier: str) -> None:
        gateway = self.read(aws, identifier)["InternetGatewayId"]
        aws("ec2").detach_internet_gateway(InternetGatewayId=gateway, VpcId=identifier.partition("|")[2])

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("ec2").get_paginator("describe_internet_gateways").paginate():
            for one in page["InternetGateways"]:
                yield from (f"IGW|{attachment['VpcId']}" for attachment in one["Attachments"])


class RouteTable(Ec2Handler):
    type_name = "AWS::EC2::RouteTable"
    plural, key, id_key, kind = "route_tables", "RouteTables", "RouteTableId", "route-table"

    def create(self, aws: Loopback, desired: Model) -> str:
        made = aws("ec2").create_route_table(VpcId=desired["VpcId"], **self.tagged(desired))
        return str(made["RouteTable"]["RouteTableId"])

    def read(self, aws: Loopback, identifier: str) -> Model:
        table = self.found(aws, identifier)
        return shown(same(table, "RouteTableId", "VpcId"), table.get("Tags"))

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("ec2").delete_route_table(RouteTableId=identifier)


class NatGateway(Ec2Handler):
    type_name = "AWS::EC2::NatGateway"
    plural, key, id_key, kind = "nat_gateways", "NatGateways", "NatGatewayId", "natgateway"

    def create(self, aws: Loopback, desired: Model) -> str:
        given = same(desired, "SubnetId", "AllocationId", "ConnectivityType", "PrivateIpAddress")
        made = aws("ec2").create_nat_gateway(**given, **self.tagged(desired))
        return str(made["NatGateway"]["NatGatewayId"])

    def read(self, aws: Loopback, identifier: str) -> Model:
        gateway = self.found(aws, identifier)
        address = (gateway.get("NatGatewayAddresses") or [{}])[0]
        names = {"AllocationId": "AllocationId", "NetworkInterfaceId": "EniId", "PrivateIp": "PrivateIpAddress"}
        model = {**same(gateway, "NatGatewayId", "SubnetId", "VpcId", "ConnectivityType"), **renamed(address, names)}
        return shown(model, gateway.get("Tags"))

    def delete(self, aws: Loopback, identifier: str) -> None:
        self.found(aws, identifier)
        aws("ec2").delete_nat_gateway(NatGatewayId=identifier)
