"""The IAM actions that one call of AWS needs, each on the narrowest resource that its arguments tell.

`argument_arns.py` chooses the resources; `dependent_actions.py` has the actions that a call needs besides the one of
its name. Nothing is asked of AWS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.access.argument_arns import resources_of
from shared.access.argument_values import Named, is_arn, values_in
from shared.access.arn_forms import Place, check_name, forms_of
from shared.access.dependent_actions import actions_of_call
from shared.access.request_paths import PREFIX, request_path_arn

# An IAM action, and a resource's ARN.
Permission = tuple[str, str]
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")
# These name a role of IAM itself, and hand it to nobody.
_NAMES_ROLES = ("iam", "sts")
_HANDS_ON = "iam:PassRole"
_COPIES = ("CopyObject", "UploadPartCopy")


def permissions_of(
    service: str, operation: str, arguments: Mapping[str, Any], place: Place, unknown: str = ""
) -> tuple[Permission, ...]:
    """The actions that a call of `service:operation` (botocore's names) with these arguments needs, on which ARNs.

    A text with `unknown` in it is not known yet: what it names may be any of its kind. Raises InvalidArguments
    (`unnameable_resource`) where a name has characters that a policy reads as a pattern.
    """
    # What an object is copied from is not what is written.
    own = {name: value for name, value in arguments.items() if name != "CopySource" or operation not in _COPIES}
    values = values_in(own, unknown)
    found = [
        (action, arn)
        for action in actions_of_call(service, operation, arguments)
        if not _is_source(operation, action)
        for arn in _resources(action, service, operation, values, place)
    ]
    copied = _copied(operation, arguments, place, unknown)
    return tuple(dict.fromkeys((*copied, *found, *_passed(service, operation, arguments, values, place))))


def _resources(action: str, service: str, operation: str, values: Sequence[Named], place: Place) -> list[str]:
    known = {one.name: one.value for one in values if one.is_known and one.depth == 1}
    if action.startswith(f"{PREFIX}:"):
        # Of an ARN that is a part of a path it is not known how AWS writes it.
        parts = {name: value for name, value in known.items() if not is_arn(value)}
        return [request_path_arn(service, operation, parts.get, place)]
    bucket = known.get("Bucket", "") if service == "s3" else ""
    if bucket.startswith("arn:"):
        return [_of_access_point(action, bucket, known.get("Key", ""))]
    found = resources_of(action, operation, values, place)
    return _with_parameters_below(found) if operation == "GetParametersByPath" else found


def _of_access_point(action: str, access_point: str, key: str) -> str:
    """What S3 asks for where a call names an access point in place of a bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
    """
    check_name(access_point + key)
    is_of_objects = any(form.kind == "object" for form in forms_of(action))
    return f"{access_point}/object/{key or '*'}" if is_of_objects else access_point


def _with_parameters_below(paths: Sequence[str]) -> list[str]:
    """Paths of parameters, with the parameters below them; of `/` these are all."""
    below = [arn if arn.endswith("*") else f"{arn.rstrip('/')}/*" for arn in paths]
    return [*(arn for arn in paths if not arn.endswith("/")), *below]


def _is_source(operation: str, action: str) -> bool:
    return operation in _COPIES and action == "s3:GetObject"


def _copied(operation: str, arguments: Mapping[str, Any], place: Place, unknown: str) -> Iterator[Permission]:
    """What an object is copied from: "BUCKET/KEY", {Bucket, Key}, or "ARN OF AN ACCESS POINT/object/KEY".

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html, x-amz-copy-source
    """
    if not _is_source(operation, "s3:GetObject"):
        return
    source = arguments.get("CopySource")
    if isinstance(source, Mapping):
        bucket = str(source.get("Bucket"))
        source = f"{bucket}{'/object/' if bucket.startswith('arn:') else '/'}{source.get('Key')}"
    name = str(source).lstrip("/").partition("?")[0]
    at_access_point = name.startswith("arn:")
    if ("/object/" if at_access_point else "/") not in name or (unknown and unknown in name):
        name, at_access_point = "*", False
    else:
        check_name(name)
    yield "s3:GetObject", name if at_access_point else f"arn:{place.partition}:s3:::{name}"


def _passed(
    service: str, operation: str, arguments: Mapping[str, Any], values: Sequence[Named], place: Place
) -> Iterator[Permission]:
    """iam:PassRole for every role that is handed on; of an instance profile it is not known which that is.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    anywhere = f"arn:{place.partition}:iam::{place.account}:role"
    for one in values:
        if service not in _NAMES_ROLES and "role" in one.name.lower() and _ROLE_ARN.fullmatch(one.value):
            yield _HANDS_ON, one.value
        elif service not in _NAMES_ROLES and "role" in one.name.lower() and not one.is_known:
            yield _HANDS_ON, f"{anywhere}/*"
    if operation == "AddRoleToInstanceProfile":
        name = str(arguments.get("RoleName"))
        check_name(name)
        yield _HANDS_ON, f"{anywhere}/{name}"
        yield _HANDS_ON, f"{anywhere}/*/{name}"
    if "IamInstanceProfile" in arguments:
        yield _HANDS_ON, f"{anywhere}/*"
