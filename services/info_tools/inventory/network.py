"""What the usage summary counts of VPCs, Elastic IPs, NAT gateways, load balancers, CloudFront and Route 53."""

from __future__ import annotations

from services.info_tools.inventory.declaration import Attention, Listing

LISTINGS = (
    Listing(
        "ec2",
        "VPCs",
        "describe_vpcs",
        "Vpcs",
        action="ec2:DescribeVpcs",
        name="VpcId",
        figures={"default_vpcs": "IsDefault && `1` || `0`"},
    ),
    Listing(
        "ec2",
        "Elastic IP addresses",
        "describe_addresses",
        "Addresses",
        action="ec2:DescribeAddresses",
        name="PublicIp",
        attention=(Attention("unattached", "!AssociationId && !InstanceId && !NetworkInterfaceId"),),
    ),
    Listing(
        "ec2",
        "NAT gateways",
        "describe_nat_gateways",
        "NatGateways",
        action="ec2:DescribeNatGateways",
        name="NatGatewayId",
        state="State",
        counted="State != 'deleted'",
        attention=(Attention("failed", "State == 'failed'"),),
    ),
    Listing(
        "elbv2",
        "load balancers",
        "describe_load_balancers",
        "LoadBalancers",
        action="elasticloadbalancing:DescribeLoadBalancers",
        name="LoadBalancerName",
        state="State.Code",
        attention=(Attention("failed", "State.Code == 'failed'"),),
    ),
    Listing(
        "elb",
        "classic load balancers",
        "describe_load_balancers",
        "LoadBalancerDescriptions",
        action="elasticloadbalancing:DescribeLoadBalancers",
        name="LoadBalancerName",
        attention=(Attention("without instances", "!Instances"),),
    ),
    Listing(
        "cloudfront",
        "distributions",
        "list_distributions",
        "DistributionList.Items",
        action="cloudfront:ListDistributions",
        name="Id",
        state="Status",
        attention=(Attention("disabled", "Enabled == `false`"),),
        is_global=True,
    ),
    Listing(
        "route53",
        "hosted zones",
        "list_hosted_zones",
        "HostedZones",
        action="route53:ListHostedZones",
        name="Name",
        figures={"records": "ResourceRecordSetCount"},
        is_global=True,
    ),
)
