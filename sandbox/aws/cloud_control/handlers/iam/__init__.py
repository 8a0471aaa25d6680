"""IAM: roles, managed policies, instance profiles, groups and users."""

from sandbox.aws.cloud_control.handlers.iam import groups, policies, roles, users

__all__ = ["groups", "policies", "roles", "users"]
