"""IAM's quotas on roles, which moto does not keep: roles per account and policies attached to a role.

Source: "IAM and AWS STS quotas" in the IAM user guide.
"""

from typing import Any

from moto.iam.exceptions import LimitExceededException
from moto.iam.models import AccountSummary, IAMBackend, Role

POLICIES_PER_ROLE = 10
ROLES_PER_ACCOUNT = 1000


def apply_role_quotas(roles_quota: int) -> None:
    """Patch moto: CreateRole and AttachRolePolicy answer LimitExceeded as IAM does."""
    create, attach = IAMBackend.create_role, IAMBackend.attach_role_policy

    def create_role(self: IAMBackend, role_name: str, *args: Any, **more: Any) -> Role:
        taken = any(role.name == role_name for role in self.get_roles())  # EntityAlreadyExists comes first
        if len(self.roles) >= roles_quota and not taken:
            raise LimitExceededException(f"Cannot exceed quota for RolesPerAccount: {roles_quota}")
        return create(self, role_name, *args, **more)

    def attach_role_policy(self: IAMBackend, policy_arn: str, role_name: str) -> None:
        attached = self.get_role(role_name).managed_policies
        if policy_arn in self.managed_policies and policy_arn not in attached and len(attached) >= POLICIES_PER_ROLE:
            raise LimitExceededException(f"Cannot exceed quota for PoliciesPerRole: {POLICIES_PER_ROLE}")
        attach(self, policy_arn, role_name)

    def get_account_summary(self: IAMBackend) -> AccountSummary:
        self.account_summary._roles_quota = roles_quota
        return self.account_summary

    setattr(IAMBackend, "create_role", create_role)  # noqa: B010  # a patch, not a member
    setattr(IAMBackend, "get_account_summary", get_account_summary)  # noqa: B010  # a patch, not a member
    setattr(IAMBackend, "attach_role_policy", attach_role_policy)  # noqa: B010  # a patch, not a member
