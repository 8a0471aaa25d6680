"""What a function needs before it can be made: a role that it may run as, and a package where Lambda can take it."""

from __future__ import annotations

import re

from services.executor.operations.iam.reserved import SERVICE_LINKED_PATH
from services.executor.operations.iam.role_state import role_trust
from services.executor.operations.lambda_.function_state import code_object
from services.executor.operations.lambda_.package_contents import MAX_UNPACKED_BYTES
from services.executor.registry.account_state import AccountState
from services.executor.registry.location import Location
from shared.errors import Conflict, InvalidArguments
from shared.iam.trust import lets_service_in

_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+", flags=re.ASCII)


def role_name(role_arn: str) -> str:
    """The name in a role's ARN."""
    return role_arn.rpartition("/")[2]


def check_role(role_arn: str, location: Location) -> None:
    """Raise InvalidArguments for a role that no function of this account can run as."""
    if not _ROLE_ARN.fullmatch(role_arn):
        raise InvalidArguments(f"role_arn: {role_arn!r} is not the ARN of a role (arn:aws:iam::ACCOUNT:role/NAME)")
    _, partition, _, _, account, resource = role_arn.split(":", 5)
    if (partition, account) != (location.partition, location.account):
        raise InvalidArguments(
            f"role_arn: {role_arn} is a role of the account {account} ({partition}); AWS refuses a function whose role"
            f" is not of its own account, {location.account} ({location.partition})"
        )
    if resource.startswith(f"role{SERVICE_LINKED_PATH}"):
        raise InvalidArguments(f"role_arn: {role_arn} is a service-linked role, which only its own service can use")


def check_trusts_lambda(state: AccountState, role_arn: str) -> None:
    """Raise Conflict for a role that is not there, or does not let Lambda in: AWS refuses the function."""
    role = role_name(role_arn)
    state.must_exist(f"role {role}", role_trust, role)
    trust = state.get(role_trust, role)
    if trust is not None and not lets_service_in(trust, "lambda"):
        raise Conflict(
            f"the role {role} does not say that lambda.amazonaws.com may assume it{state.because(role_trust, role)}, so"
            " that Lambda refuses it: name another role, or change who may assume it",
            code="role_not_for_lambda",
        )


def check_code_object(state: AccountState, bucket_name: str, key: str, region: str) -> None:
    """Raise Conflict for a package that is not there, in another region than the function, or too large."""
    state.must_exist(f"bucket {bucket_name}", code_object, bucket_name, key)
    found = state.get(code_object, bucket_name, key)
    if found is None:
        return
    if found.region != region:
        raise Conflict(
            f"the bucket {bucket_name} is in {found.region} and the function in {region}; Lambda takes a package only"
            " from its own region: copy it, or make the function there",
            code="package_in_other_region",
        )
    if found.size_bytes is None:
        raise Conflict(f"there is no object {key} in the bucket {bucket_name}", code="missing_resource")
    if found.size_bytes > MAX_UNPACKED_BYTES:
        raise Conflict(
            f"s3://{bucket_name}/{key} has {found.size_bytes} bytes; Lambda takes {MAX_UNPACKED_BYTES} unpacked",
            code="package_too_large",
        )
