"""The IAM actions that one call of AWS needs, each on the narrowest resources that its arguments name.

`argument_arns.py` chooses the resources; `argument_names.py` has the actions that a call needs besides the one of its
name. Nothing is asked of AWS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.access.argument_arns import resources_of
from shared.access.argument_names import actions_of_call, with_parts
from shared.access.argument_values import Named, values_in
from shared.access.arn_forms import Place, check_name
from shared.access.request_paths import PREFIX, request_path_arn


def permissions_of(
    service: str, operation: str, arguments: Mapping[str, Any], place: Place
) -> tuple[tuple[str, str], ...]:
    """Each IAM action with each resource that a call of `service:operation` (botocore's names) needs.

    Raises InvalidArguments (`unnameable_resource`) where a name has characters that a policy reads as a pattern.
    """
    values = values_in(arguments)
    found = [
        (action, resource)
        for action in actions_of_call(service, operation, arguments)
        for resource in _resources(action, service, operation, arguments, values, place)
    ]
    return tuple(dict.fromkeys(found))


def _resources(
    action: str,
    service: str,
    operation: str,
    arguments: Mapping[str, Any],
    values: Sequence[Named],
    place: Place,
) -> list[str]:
    if action.startswith(f"{PREFIX}:"):
        return [request_path_arn(service, operation, arguments.get, place)]
    access_point = str(arguments.get("Bucket", "")) if service == "s3" else ""
    if access_point.startswith("arn:"):
        check_name(access_point + str(arguments.get("Key", "")))
        return [f"{access_point}/object/{arguments.get('Key', '*')}"]
    found = resources_of(action, operation, values, place)
    return list(dict.fromkeys(part for arn in found for part in with_parts(arn, operation)))
