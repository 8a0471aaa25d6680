"""Types that AWS says are free of charge, each with the page that says so."""

from services.executor.pricing.kinds.registry import free_types

free_types(
    "IAM is free of charge.",
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/introduction.html",
    *(f"AWS::IAM::{name}" for name in ("Group", "InstanceProfile", "ManagedPolicy", "Policy", "Role", "User")),
    *(f"AWS::IAM::{name}" for name in ("GroupPolicy", "RolePolicy", "UserPolicy")),
)
free_types(
    "A VPC costs nothing; some of what is put into it does.",
    "https://docs.aws.amazon.com/vpc/latest/userguide/what-is-amazon-vpc.html",
    *(f"AWS::EC2::{name}" for name in ("VPC", "Subnet", "RouteTable", "Route", "SubnetRouteTableAssociation")),
)
free_types(
    "An internet gateway costs nothing; data that goes out does.",
    "https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::VPCGatewayAttachment",
)
free_types(
    "Security groups cost nothing.",
    "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html",
    *(f"AWS::EC2::{name}" for name in ("SecurityGroup", "SecurityGroupIngress", "SecurityGroupEgress")),
)
