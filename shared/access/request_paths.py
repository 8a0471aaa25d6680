"""The ARNs of API Gateway's resources, which are the paths of its requests (`/restapis/ID/stages/NAME`).

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-iam-policy-examples-for-creation.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from shared.access.arn_forms import Place, check_name
from shared.aws.service_models import operation_model

PREFIX = "apigateway"
METHODS = frozenset(f"{PREFIX}:{method}" for method in ("GET", "POST", "PUT", "PATCH", "DELETE"))
_PARAMETER = re.compile(r"\{([\w+]+)\}")


def request_path_arn(service: str, operation: str, value: Callable[[str], Any], place: Place) -> str:
    """The resource of a call; `value` has a parameter's, None where it is not known.

    Raises InvalidArguments (`unnameable_resource`) where a value is one that a policy would read as a pattern.
    """
    path, names = _path(service, operation)

    def part(found: re.Match[str]) -> str:
        given = value(names.get(found[1].rstrip("+"), ""))
        if given is None:
            return "*"
        check_name(str(given))
        return str(given)

    return arn_of_path(_PARAMETER.sub(part, path), place)


def arn_of_path(path: str, place: Place) -> str:
    """The ARN of a path, which may be a pattern of this program's own making."""
    return f"arn:{place.partition}:{PREFIX}:{place.region}::{path}"


@lru_cache(maxsize=1024)
def _path(service: str, operation: str) -> tuple[str, dict[str, str]]:
    """The path with its parameters in braces, and the argument of each. IAM knows both versions by the same paths."""
    model = operation_model(service, operation)
    members = model.input_shape.members.items() if model.input_shape else ()
    names = {str(shape.serialization.get("name", name)): name for name, shape in members}
    return str(model.http["requestUri"]).partition("?")[0].removeprefix("/v2"), names
