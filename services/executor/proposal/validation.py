"""Validates a step's AWS requests offline against botocore's service models."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import botocore.session
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError
from botocore.validate import ParamValidator

from shared.errors import InvalidArguments

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


@lru_cache(maxsize=64)
def _model(service: str) -> Any:
    return _session().get_service_model(service)


@lru_cache(maxsize=1)
def _session() -> Any:
    # One for all: it parses each service's description once.
    return botocore.session.Session()
