"""botocore's service models, parsed once per process: what clients are made from and requests are checked against."""

from __future__ import annotations

import threading
from functools import cache, lru_cache
from typing import Any

import botocore.loaders
import botocore.session


class _Loader(botocore.loaders.Loader):  # type: ignore[misc]  # botocore has no types
    """botocore's, which keeps what it has read; but it lets every thread that asks meanwhile read the same again.

    Three hundred threads that all look through botocore's four hundred directories took 15 s.
    """

    def __init__(self) -> None:
        super().__init__()
        self._reading = threading.RLock()

    def load_service_model(self, *args: Any, **kwargs: Any) -> Any:
        with self._reading:
            return super().load_service_model(*args, **kwargs)

    def load_data(self, *args: Any, **kwargs: Any) -> Any:
        with self._reading:
            return super().load_data(*args, **kwargs)


# Reading a service's model takes a tenth of a second and megabytes; one loader reads each once per process.
LOADER = _Loader()


def operation_model(service: str, operation: str) -> Any:
    """botocore's model of an operation, both in its names. Raises its errors for what it does not know."""
    return service_model(service).operation_model(operation)


def signing_name(service: str) -> str:
    """What AWS calls a service in signatures and, before ".amazonaws.com", in CloudTrail's events."""
    return str(service_model(service).signing_name)


def regions_of(service: str, partition: str) -> tuple[str, ...]:
    """The regions in which AWS offers a service, as far as botocore knows; empty where it does not know."""
    return tuple(_session().get_available_regions(service, partition_name=partition))


def partitions() -> list[dict[str, Any]]:
    """botocore's endpoints of every partition, which take some 30 ms to read once."""
    found: list[dict[str, Any]] = _session().get_data("endpoints")["partitions"]
    return found


def is_global(service: str, partition: str) -> bool:
    """Whether a service has one endpoint for all regions, such as IAM."""
    prefix = service_model(service).metadata["endpointPrefix"]
    known: dict[str, Any] = next((one["services"] for one in partitions() if one["partition"] == partition), {})
    return any(known.get(name, {}).get("isRegionalized") is False for name in (service, prefix))


@cache
def service_model(service: str) -> Any:
    """botocore's model of a service, the same object for all of a process. Raises its errors for what it lacks."""
    return _session().get_service_model(service)


@lru_cache(maxsize=1)
def _session() -> botocore.session.Session:
    session = botocore.session.Session()
    session.register_component("data_loader", LOADER)
    return session
