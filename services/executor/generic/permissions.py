"""The IAM actions that an operation needs, each on the narrowest resource that its parameters tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from services.executor.registry.location import Location
from services.executor.registry.operation import UNKNOWN
from shared.access.argument_arns import resources_of
from shared.access.argument_names import actions_of_call
from shared.access.argument_values import Named, is_arn, values_in
from shared.access.arn_forms import check_name
from shared.access.request_paths import PREFIX, request_path_arn

Permission = tuple[str, str]
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")
# These name a role of IAM itself, and hand it to nobody.
_NAMES_ROLES = ("iam", "sts")
_HANDS_ON = "iam:PassRole"


def permissions_of(
    service: str, operation: str, parameters: Mapping[str, JsonValue], location: Location
) -> tuple[Permission, ...]:
    """The actions that an operation with these parameters needs, each with a resource ARN.

    Raises InvalidArguments (`unnameable_resource`) where a name has characters that a policy reads as a pattern.
    """
    values = values_in(parameters, UNKNOWN)
    found = [
        (action, arn)
        for action in actions_of_call(service, operation, parameters)
        for arn in _resources(action, service, operation, parameters, values, location)
    ]
    found = [*_copied(operation, parameters, location), *(one for one in found if not _is_source(operation, one[0]))]
    return tuple(dict.fromkeys((*found, *_passed(service, operation, parameters, location))))


def _resources(
    action: str,
    service: str,
    operation: str,
    parameters: Mapping[str, JsonValue],
    values: Sequence[Named],
    location: Location,
) -> list[str]:
    if not action.startswith(f"{PREFIX}:"):
        return resources_of(action, operation, values, location)

    def value(name: str) -> str | None:
        given = str(parameters.get(name, UNKNOWN))
        # Of an ARN that is a part of a path it is not known how AWS writes it.
        return None if UNKNOWN in given or is_arn(given) else given

    return [request_path_arn(service, operation, value, location)]


def _is_source(operation: str, action: str) -> bool:
    return operation in ("CopyObject", "UploadPartCopy") and action == "s3:GetObject"


def _copied(operation: str, parameters: Mapping[str, JsonValue], location: Location) -> Iterator[Permission]:
    """What an object is copied from: "BUCKET/KEY", or {Bucket, Key}."""
    if not _is_source(operation, "s3:GetObject"):
        return
    source = parameters.get("CopySource")
    named = f"{source.get('Bucket')}/{source.get('Key')}" if isinstance(source, dict) else str(source)
    key = named.lstrip("/").partition("?")[0]
    known = "/" in key and UNKNOWN not in key and not key.startswith("arn:")
    if known:
        check_name(key)
    yield "s3:GetObject", f"arn:{location.partition}:s3:::{key if known else '*'}"


def _passed(
    service: str, operation: str, parameters: Mapping[str, JsonValue], location: Location
) -> Iterator[Permission]:
    """iam:PassRole for every role that is handed on; of an instance profile it is not known which that is.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    anywhere = f"arn:{location.partition}:iam::{location.account}:role"
    for one in values_in(parameters, UNKNOWN):
        if service not in _NAMES_ROLES and "role" in one.name.lower() and _ROLE_ARN.fullmatch(one.value):
            yield _HANDS_ON, one.value
        elif service not in _NAMES_ROLES and "role" in one.name.lower() and not one.is_known:
            yield _HANDS_ON, f"{anywhere}/*"
    if operation == "AddRoleToInstanceProfile":
        name = str(parameters.get("RoleName"))
        check_name(name)
        yield _HANDS_ON, f"{anywhere}/{name}"
        yield _HANDS_ON, f"{anywhere}/*/{name}"
    if "IamInstanceProfile" in parameters:
        yield _HANDS_ON, f"{anywhere}/*"
