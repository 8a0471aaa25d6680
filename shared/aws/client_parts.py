"""What all clients of a service have in common, made once per process: its model, its class, its endpoint rules.

botocore makes all of it anew for every client: 19 ms and 1.3 MB for each region of EC2. Shared, a client is its own
connections, events and settings. Nothing of what is shared knows credentials, a region or an answer.

botocore's sessions name the class that makes clients themselves, so it is replaced here, for the sessions whose models
come from `LOADER`; every other session of the process makes its clients as ever.
"""

from __future__ import annotations

import threading
from typing import Any
from weakref import WeakKeyDictionary

import botocore.client
from botocore.client import ClientCreator

from shared.aws.service_models import LOADER, service_model

# Of each session, by service: boto3 adds methods to the classes of its own sessions.
_classes: WeakKeyDictionary[Any, dict[str, type]] = WeakKeyDictionary()
_rules: dict[str, Any] = {}
# What a client is made with whose service's rules are there already.
_NO_RULES: dict[str, Any] = {"version": "1.0", "parameters": {}, "rules": []}
_lock = threading.Lock()


class SharingCreator(ClientCreator):  # type: ignore[misc]  # botocore has no types
    """Makes the clients of one session."""

    @property
    def _shares(self) -> bool:
        return self._loader is LOADER

    def _load_service_model(self, service_name: str, api_version: str | None = None) -> Any:
        if self._shares and api_version is None:
            return service_model(service_name)
        return super()._load_service_model(service_name, api_version)

    def _create_client_class(self, service_name: str, service_model: Any) -> type:
        with _lock:
            classes = _classes.setdefault(self._event_emitter, {})
            if not self._shares or service_name not in classes:
                classes[service_name] = super()._create_client_class(service_name, service_model)
            return classes[service_name]

    def _load_service_endpoints_ruleset(self, service_name: str, api_version: str | None = None) -> Any:
        if self._shares and service_name in _rules:
            return _NO_RULES
        return super()._load_service_endpoints_ruleset(service_name, api_version)

    def _get_client_args(self, service_model: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        made: dict[str, Any] = super()._get_client_args(service_model, *args, **kwargs)
        resolver = made.get("endpoint_ruleset_resolver")
        if self._shares and resolver is not None:
            # Rules and what they lead to depend on what is given to them alone; the region is among that.
            rules = resolver._provider = _rules.setdefault(service_model.service_name, resolver._provider)
            resolver._param_definitions = rules.ruleset.parameters
        return made


def share() -> None:
    """Have botocore make clients so, in this process."""
    botocore.client.ClientCreator = SharingCreator
