"""botocore's models as JSON: every service, its operations and paginators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore
import botocore.session
from botocore.loaders import ExtrasProcessor, JSONFileLoader


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


DATA = Path(botocore.__file__).parent / "data"


def service_names() -> list[str]:
    return sorted(botocore.session.Session().get_available_services())


def load(name: str) -> ServiceModel:
    """One service's newest model.

    Read from its files: botocore's own loader keeps all that it has loaded, which of every service is a gigabyte, and
    looks through all the folders again where it is made anew for each.
    """
    model = _read(name, "service-2")
    paginators = _read(name, "paginators-1").get("pagination", {})
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


def _read(name: str, kind: str) -> dict[str, Any]:
    """One file of a service's newest version, with what botocore adds to it; nothing where there is none."""
    folder = max(path for path in (DATA / name).iterdir() if path.is_dir())
    files = JSONFileLoader()
    found: dict[str, Any] = files.load_file(str(folder / kind)) or {}
    extras = files.load_file(str(folder / f"{kind}.sdk-extras"))
    if extras:
        ExtrasProcessor().process(found, [extras])
    return found
