"""IAM: roles, managed policies, instance profiles and users."""

from sandbox.aws.cloud_control.handlers.iam import policies, roles, users

__all__ = ["policies", "roles", "users"]
