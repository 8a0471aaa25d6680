"""IAM's quotas on roles, which moto does not keep: roles per account and policies attached to a role.

Source: "IAM and AWS STS quotas" in the IAM user guide.
"""

from typing import Any

from moto.iam.exceptions import LimitExceededException, NotFoundException
from moto.iam.models import AccountSummary, IAMBackend, Role

from sandbox.aws.moto.speed import role_named

POLICIES_PER_ROLE = 10
ROLES_PER_ACCOUNT = 1000


def apply_role_quotas(roles_quota: int) -> None:
    """Patch moto: CreateRole and AttachRolePolicy answer LimitExceeded as IAM does."""
    create = IAMBackend.create_role

    def create_role(self: IAMBackend, role_name: str, *args: Any, **more: Any) -> Role:
        taken = role_named(self, role_name) is not None  # which AWS says before it looks at the quota
        if len(self.roles) >= roles_quota and not taken:
            raise LimitExceededException(f"Cannot exceed quota for RolesPerAccount: {roles_quota}")
        return create(self, role_name, *args, **more)

    def attach_role_policy(self: IAMBackend, policy_arn: str, role_name: str) -> None:
        role, policy = self.get_role(role_name), self.managed_policies.get(policy_arn)
        if policy is None:
            raise NotFoundException(f"Policy {policy_arn} does not exist or is not attachable.")
        if policy_arn not in role.managed_policies and len(role.managed_policies) >= POLICIES_PER_ROLE:
            raise LimitExceededException(f"Cannot exceed quota for PoliciesPerRole: {POLICIES_PER_ROLE}")
        policy.attach_to(role)

    def get_account_summary(self: IAMBackend) -> AccountSummary:
        self.account_summary._roles_quota = roles_quota
        return self.account_summary

    setattr(IAMBackend, "create_role", create_role)  # noqa: B010  # a patch, not a member
    setattr(IAMBackend, "get_account_summary", get_account_summary)  # noqa: B010  # a patch, not a member
    setattr(IAMBackend, "attach_role_policy", attach_role_policy)  # noqa: B010  # a patch, not a member
