"""What IAM says of a role now: for the calls that change one, and for what a plan must know beforehand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from services.executor.calls.observation import Happened, NotYet, Observation, Unclear
from services.executor.calls.request import Request
from services.executor.registry.account_state import AccountState
from services.executor.registry.cost import free
from services.executor.registry.facts import fact
from shared.aws.clients import Aws, error_code
from shared.errors import Conflict, InvalidArguments

NEW_ROLE = "arn:{partition}:iam::{account}:role/{name}"
# A role that exists may have a path, which its name does not tell.
NAMED_ROLE = (NEW_ROLE, "arn:{partition}:iam::{account}:role/*/{name}")
COST = free("IAM is free of charge.", "https://docs.aws.amazon.com/IAM/latest/UserGuide/introduction.html")
MAX_DESCRIPTION_CHARACTERS = 1000
_ABSENT = ("NoSuchEntity",)


@dataclass(frozen=True, slots=True)
class RoleQuotas:
    """How many roles the account has and may have, how many a plan makes besides, and policies a role may have.

    Sizes are characters without white space: of a trust policy, and of a role's inline policies together.
    """

    roles: int
    most_roles: int
    most_attached: int
    planned: int = 0
    trust_size: int | None = None
    inline_size: int | None = None


@fact("the account's IAM quotas", iam=("iam:GetAccountSummary",))
def role_quotas(aws: Aws) -> RoleQuotas:
    """The account's quotas of roles."""
    found = aws.client("iam").get_account_summary()["SummaryMap"]
    return RoleQuotas(
        found["Roles"],
        found["RolesQuota"],
        found["AttachedPoliciesPerRoleQuota"],
        trust_size=found.get("AssumeRolePolicySizeQuota"),
        inline_size=found.get("RolePolicySizeQuota"),
    )


@fact("the role {0}", iam=("iam:GetRole",), absent=_ABSENT)
def role_trust(aws: Aws, name: str) -> dict[str, Any]:
    """The role's trust policy; none where there is no such role."""
    document = aws.client("iam").get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    return dict(document) if isinstance(document, dict) else {}


@fact("the roles named like {0}", iam=("iam:ListRoles",))
def role_in_any_case(aws: Aws, lowered: str) -> str | None:
    """The name of the role that differs from this one in case at most: to IAM they are the same when one is made.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html, RoleName
    """
    pages = aws.client("iam").get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 1000})
    names = (str(role["RoleName"]) for page in pages for role in page["Roles"])
    return next((name for name in names if name.lower() == lowered), None)


@fact("the inline policies of the role {0}", iam=("iam:ListRolePolicies", "iam:GetRolePolicy"), absent=_ABSENT)
def inline_policies(aws: Aws, name: str) -> dict[str, Any]:
    """The documents of a role's inline policies by their names."""
    return inline_documents(aws.client("iam"), name)


@fact("the policies of the role {0}", iam=("iam:ListAttachedRolePolicies",), absent=_ABSENT)
def attached_policies(aws: Aws, name: str) -> frozenset[str]:
    """The ARNs of the managed policies that a role has."""
    found = every(aws.client("iam"), "list_attached_role_policies", "AttachedPolicies", name)
    return frozenset(policy["PolicyArn"] for policy in found)


@fact("the instance profiles of the role {0}", iam=("iam:ListInstanceProfilesForRole",), absent=_ABSENT)
def instance_profiles(aws: Aws, name: str) -> frozenset[str]:
    """The names of the instance profiles that a role is in."""
    found = every(aws.client("iam"), "list_instance_profiles_for_role", "InstanceProfiles", name)
    return frozenset(profile["InstanceProfileName"] for profile in found)


def count_roles(state: AccountState, more: int) -> RoleQuotas | None:
    """Count the roles that a plan makes (1) or deletes (-1); return the quotas, None where they are not known."""
    quotas = state.get(role_quotas)
    if quotas:
        quotas = replace(quotas, planned=quotas.planned + more)
        state.put(role_quotas, value=quotas)
    return quotas


def check_role_name(name: str) -> None:
    """Raise InvalidArguments unless IAM takes the name for a role (API_CreateRole: RoleName)."""
    if not re.fullmatch(r"[\w+=,.@-]{1,64}", name, flags=re.ASCII):
        raise InvalidArguments(f"{name!r} is no role name; one has 1 to 64 letters, digits and _+=,.@-")


def check_description(description: str) -> None:
    """Raise InvalidArguments unless IAM takes the text for a role's description (API_CreateRole: Description)."""
    if len(description) > MAX_DESCRIPTION_CHARACTERS:
        raise InvalidArguments(f"description: longer than {MAX_DESCRIPTION_CHARACTERS} characters")
    wrong = re.search(r"[^\t\n\r\x20-\x7e\xa1-\xff]", description)
    if wrong:
        raise InvalidArguments(f"description: IAM takes no {wrong[0]!r}; it takes the letters and signs of Latin-1")


def find_role(iam: Any, name: str) -> dict[str, Any] | None:
    """The role of this name, None where there is none."""
    try:
        role: dict[str, Any] = iam.get_role(RoleName=name)["Role"]
    except ClientError as error:
        if error_code(error) == "NoSuchEntity":
            return None
        raise
    return role


def role_identity(role: Mapping[str, Any]) -> dict[str, Any]:
    """A role's name, ARN and id, of which the id is never given twice."""
    return {"role_name": role["RoleName"], "arn": role["Arn"], "role_id": role["RoleId"]}


def inline_policy_name(role_name: str) -> str:
    """The name of the inline policy that holds the permissions `create_iam_role` was given."""
    return f"{role_name}-permissions"


def inline_policy(iam: Any, role_name: str, policy_name: str) -> dict[str, Any] | None:
    """The document of an inline policy, None where there is none."""
    try:
        document: dict[str, Any] = iam.get_role_policy(RoleName=role_name, PolicyName=policy_name)["PolicyDocument"]
    except ClientError as error:
        if error_code(error) == "NoSuchEntity":
            return None
        raise
    return document


def inline_documents(iam: Any, role_name: str) -> dict[str, Any]:
    """The documents of a role's inline policies by their names."""
    return {
        one: inline_policy(iam, role_name, one) for one in every(iam, "list_role_policies", "PolicyNames", role_name)
    }


def check_same_role(iam: Any, name: str, role_id: str) -> None:
    """Raise Conflict (`world_moved_on`) where another role has the name than the one of this id.

    IAM changes and deletes by name, so a successor would be taken. That there is none is left to IAM to say.
    """
    role = find_role(iam, name)
    if role is not None and role["RoleId"] != role_id:
        raise Conflict(
            f"the role {name} was deleted and made anew since this step began; propose the plan again",
            code="world_moved_on",
        )


def probe_inline_policy(iam: Any, request: Request, role_id: str) -> Callable[[], Observation]:
    """Whether an inline policy was put in place, on the role of this id; "" where the id is not known."""
    name = request.parameters["RoleName"]

    def probe() -> Observation:
        role = find_role(iam, name)
        if role is None or (role_id and role["RoleId"] != role_id):
            return NotYet()
        found = inline_policy(iam, name, request.parameters["PolicyName"])
        if found is None:
            return NotYet()
        if found == json.loads(request.parameters["PolicyDocument"]):
            return Happened()
        return Unclear(f"the role {name} has another policy of that name")

    return probe


def probe_inline_policy_gone(
    iam: Any, named: Mapping[str, str], role_id: str, document: Mapping[str, Any]
) -> Callable[[], Observation]:
    """Whether an inline policy with this document is gone from the role of this id; `named`: RoleName and PolicyName.

    It goes with its role. One with the same document on the same role is taken for the same: it is part of the role,
    which is being deleted.
    """
    name = named["RoleName"]

    def probe() -> Observation:
        role = find_role(iam, name)
        found = inline_policy(iam, name, named["PolicyName"]) if role and role["RoleId"] == role_id else None
        if found is None:
            return Happened()
        if found == document:
            return NotYet()
        return Unclear(f"the role {name} has another policy of the name {named['PolicyName']}")

    return probe


def probe_role_gone(iam: Any, name: str, role_id: str) -> Callable[[], Observation]:
    """Whether the role of this id is gone; another one of its name means that it is. Unclear without an id."""

    def probe() -> Observation:
        role = find_role(iam, name)
        if role is None:
            return Happened()
        if not role_id:
            return Unclear(f"there is a role {name}, and it is not known which one was to be deleted")
        return NotYet() if role["RoleId"] == role_id else Happened()

    return probe


def every(iam: Any, call: str, key: str, role_name: str) -> list[Any]:
    """Every page of a listing of one role."""
    return [item for page in iam.get_paginator(call).paginate(RoleName=role_name) for item in page[key]]
