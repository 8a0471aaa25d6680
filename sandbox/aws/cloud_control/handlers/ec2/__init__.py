"""EC2: instances and their volumes, keys and addresses; networks and what is in them; security groups."""

from sandbox.aws.cloud_control.handlers.ec2 import addresses, instances, networks, routes, security_groups, volumes

__all__ = ["addresses", "instances", "networks", "routes", "security_groups", "volumes"]
