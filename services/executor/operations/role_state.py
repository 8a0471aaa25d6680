"""What IAM says of a role now: looks for the calls that change one, and for whether somebody changed it since."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from services.executor.calls.observation import Happened, NotYet, Observation, Unclear
from services.executor.calls.request import Request
from shared.aws import error_code
from shared.errors import InvalidArguments


def check_role_name(name: str) -> None:
    """Raise InvalidArguments unless IAM takes the name for a role (API_CreateRole: RoleName)."""
    if not re.fullmatch(r"[\w+=,.@-]{1,64}", name, flags=re.ASCII):
        raise InvalidArguments(f"{name!r} is no role name; one has 1 to 64 letters, digits and _+=,.@-")


def find_role(iam: Any, name: str) -> dict[str, Any] | None:
    """The role of this name, None where there is none."""
    try:
        role: dict[str, Any] = iam.get_role(RoleName=name)["Role"]
    except ClientError as error:
        if error_code(error) == "NoSuchEntity":
            return None
        raise
    return role


def role_facts(role: Mapping[str, Any]) -> dict[str, Any]:
    return {"role_name": role["RoleName"], "arn": role["Arn"], "role_id": role["RoleId"]}


def inline_policy(iam: Any, role_name: str, policy_name: str) -> dict[str, Any] | None:
    """The document of an inline policy, None where there is none."""
    try:
        document: dict[str, Any] = iam.get_role_policy(RoleName=role_name, PolicyName=policy_name)["PolicyDocument"]
    except ClientError as error:
        if error_code(error) == "NoSuchEntity":
            return None
        raise
    return document


def probe_inline_policy(iam: Any, request: Request) -> Callable[[], Observation]:
    """Whether an inline policy was put in place."""

    def probe() -> Observation:
        found = inline_policy(iam, request.parameters["RoleName"], request.parameters["PolicyName"])
        if found is None:
            return NotYet()
        if found == json.loads(request.parameters["PolicyDocument"]):
            return Happened()
        return Unclear(f"the role {request.parameters['RoleName']} has another policy of that name")

    return probe


def probe_inline_policy_gone(iam: Any, named: Mapping[str, str]) -> Callable[[], Observation]:
    return lambda: Happened() if inline_policy(iam, named["RoleName"], named["PolicyName"]) is None else NotYet()


def probe_role_gone(iam: Any, name: str, role_id: str | None = None) -> Callable[[], Observation]:
    """Whether a role is gone; another one of its name means that it is."""

    def probe() -> Observation:
        role = find_role(iam, name)
        return NotYet() if role and role_id in (None, role["RoleId"]) else Happened()

    return probe


def every(iam: Any, call: str, key: str, role_name: str) -> list[Any]:
    """Every page of a listing of one role."""
    return [item for page in iam.get_paginator(call).paginate(RoleName=role_name) for item in page[key]]
