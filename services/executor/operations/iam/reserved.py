"""Roles and policies that belong to AWS's own services: nobody else may change or attach them.

Source: "Create a service-linked role" in the IAM user guide; IAM answers UnmodifiableEntity (a protected role) or
PolicyNotAttachable.
"""

from __future__ import annotations

from shared.errors import InvalidArguments

SERVICE_LINKED_PATH = "/aws-service-role/"
_PREFIXES = {
    "AWSServiceRoleFor": "a service-linked role, which only its own service changes and deletes"
    " (iam:DeleteServiceLinkedRole asks the service to delete it)",
    "AWSReservedSSO_": "a role of IAM Identity Center, which is changed there by its permission set",
}


def check_role_is_ours(role_name: str, to_do: str) -> None:
    """Raise InvalidArguments (`role_is_reserved`) for a role whose name says that it belongs to a service."""
    for prefix, what in _PREFIXES.items():
        if role_name.startswith(prefix):
            raise InvalidArguments(f"{role_name} is {what}; AWS refuses {to_do}", code="role_is_reserved")


def check_new_name(role_name: str) -> None:
    """Raise InvalidArguments (`role_is_reserved`) for a name that IAM keeps for the roles of services."""
    for prefix in _PREFIXES:
        if role_name.lower().startswith(prefix.lower()):
            raise InvalidArguments(
                f"{role_name}: IAM keeps names that begin with {prefix} for roles of its services",
                code="role_is_reserved",
            )


def check_attachable(policy_arn: str) -> None:
    """Raise InvalidArguments for a policy of AWS that is for service-linked roles alone."""
    if f":policy{SERVICE_LINKED_PATH}" in policy_arn:
        raise InvalidArguments(
            f"policy_arn: {policy_arn} is for service-linked roles alone; AWS attaches it to no other"
        )
