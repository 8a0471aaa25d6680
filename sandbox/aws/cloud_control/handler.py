"""A resource type's handler, and which type has one. Handlers are loaded when their service is first asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import ClassVar

from sandbox.aws.cloud_control.failures import NotFound
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model

_handlers: dict[str, Handler] = {}
# A module's name is its service's, but for this word of Python.
_MODULES = {"lambda": "functions"}


class Handler(ABC):
    """Makes, reads, changes and deletes the resources of one type, with calls that the type's schema permits it.

    A resource's identifier is the values of its identifying properties, joined by "|". Whatever a service refuses is
    let through: `failures.failure_of` names it.
    """

    type_name: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        if not cls.type_name:
            return
        if cls.type_name in _handlers:
            raise ValueError(f"{cls.type_name} has two handlers")
        _handlers[cls.type_name] = cls()

    @abstractmethod
    def create(self, aws: Loopback, desired: Model) -> str:
        """Make a resource; returns its identifier."""

    @abstractmethod
    def read(self, aws: Loopback, identifier: str) -> Model:
        """The resource as it is. Raises `NotFound`, or what the service answers."""

    @abstractmethod
    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        """Change what differs. `after` has write-only properties only where the patch has them."""

    @abstractmethod
    def delete(self, aws: Loopback, identifier: str) -> None:
        """Delete the resource."""

    @abstractmethod
    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        """The identifiers of all resources; `model` has the properties that narrow the list."""

    def none(self, identifier: str) -> NotFound:
        """There is no such resource."""
        return NotFound(self.type_name, identifier)


def handler_of(type_name: str) -> Handler | None:
    """The handler of a type; None where the sandbox has none."""
    service = type_name.split("::")[1].lower()
    module = f"sandbox.aws.cloud_control.handlers.{_MODULES.get(service, service)}"
    if type_name not in _handlers and find_spec(module) is not None:
        import_module(module)
    return _handlers.get(type_name)


def handled_types(modules: Iterable[str]) -> list[str]:
    """The types that these modules of `handlers` handle."""
    for module in modules:
        import_module(f"sandbox.aws.cloud_control.handlers.{module}")
    return list(_handlers)
