"""Validates a step's AWS requests offline against botocore's service models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import botocore.session
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError
from botocore.validate import ParamValidator

from shared.access.secret_members import holds_secret
from shared.errors import InvalidArguments
from shared.secrets import in_plans as secrets_in_plans

# Botocore's report repeats the value that is wrong, which may be a package.
MAX_DETAIL_CHARACTERS = 600


def validate_request(service: str, operation: str, parameters: Mapping[str, Any]) -> None:
    """Raise InvalidArguments (`invalid_arguments`) naming every parameter that AWS would not take.

    `service` and `operation` are botocore's names ("s3", "CreateBucket"). Names, types, required parameters and
    smallest lengths are checked; enumerations and patterns are not, since AWS adds to them.
    """
    try:
        shape = _model(service).operation_model(operation).input_shape
    except (UnknownServiceError, OperationNotFoundError):
        raise InvalidArguments(f"AWS has no operation {service}:{operation}") from None
    if shape is None:
        if parameters:
            raise InvalidArguments(f"{service}:{operation} takes no parameters, not {', '.join(sorted(parameters))}")
        return
    report = ParamValidator().validate(dict(parameters), shape)
    if report.has_errors():
        detail = "; ".join(report.generate_report().splitlines())
        cut = detail if len(detail) <= MAX_DETAIL_CHARACTERS else detail[:MAX_DETAIL_CHARACTERS] + "…"
        raise InvalidArguments(f"{service}:{operation} would not be taken by AWS: {cut}")


def refuse_secrets(service: str, operation: str, parameters: Mapping[str, Any]) -> None:
    """Raise InvalidArguments (`secret_in_plan`) where a member that holds a secret in AWS's model has a literal value.

    Of a map of variables only those count whose names say so; the others are looked at by their form.
    """
    shape = _model(service).operation_model(operation).input_shape
    found = next(_secrets(service, shape, parameters, ()), None) if shape is not None else None
    if found is not None:
        raise secrets_in_plans.refusal(f"{service}:{operation}, {'.'.join(found)}", "a password or key")


def _secrets(service: str, shape: Any, value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The places of literal secrets in what a request sends."""
    if shape.type_name == "structure" and isinstance(value, Mapping):
        for name, item in value.items():
            target = shape.members[name]
            if holds_secret(service, shape.name, name, target) and isinstance(item, str):
                if secrets_in_plans.is_literal(item):
                    yield (*path, name)
            else:
                yield from _secrets(service, target, item, (*path, name))
    elif shape.type_name == "map" and isinstance(value, Mapping):
        for name, item in value.items():
            if secrets_in_plans.is_secret_name(name) and secrets_in_plans.is_literal(item):
                yield (*path, name)
            else:
                yield from _secrets(service, shape.value, item, (*path, name))
    elif shape.type_name == "list" and isinstance(value, list | tuple):
        for position, item in enumerate(value):
            yield from _secrets(service, shape.member, item, (*path, str(position)))


@lru_cache(maxsize=64)
def _model(service: str) -> Any:
    return _session().get_service_model(service)


@lru_cache(maxsize=1)
def _session() -> Any:
    # One for all: it parses each service's description once.
    return botocore.session.Session()
