"""botocore's models as JSON: every service, its operations and paginators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.exceptions import DataNotFoundError
from botocore.loaders import create_loader


@dataclass(frozen=True, slots=True)
class ServiceModel:
    """One service's model: its metadata, operations, shapes and paginators as botocore ships them."""

    name: str
    metadata: dict[str, Any]
    operations: dict[str, Any]
    shapes: dict[str, Any]
    paginators: dict[str, Any]
    documentation: str

    def members(self, operation: str, side: str) -> dict[str, Any]:
        """The members of an operation's "input" or "output" by name."""
        shape = self.operations[operation].get(side)
        return dict(self.shapes[shape["shape"]].get("members", {})) if shape else {}

    def required(self, operation: str) -> list[str]:
        shape = self.operations[operation].get("input")
        return list(self.shapes[shape["shape"]].get("required", [])) if shape else []


def service_names() -> list[str]:
    return sorted(botocore.session.Session().get_available_services())


def load(name: str) -> ServiceModel:
    """One service's newest model."""
    # A loader keeps all that it has loaded, which is a gigabyte in the end.
    loader = create_loader()
    model = loader.load_service_model(name, "service-2")
    try:
        paginators = loader.load_service_model(name, "paginators-1")["pagination"]
    except DataNotFoundError:
        paginators = {}
    return ServiceModel(
        name=name,
        metadata=model["metadata"],
        operations=model["operations"],
        shapes=model["shapes"],
        paginators=paginators,
        documentation=model.get("documentation", ""),
    )


def every() -> Iterator[ServiceModel]:
    """All services in the order of their names, one at a time."""
    for name in service_names():
        yield load(name)
