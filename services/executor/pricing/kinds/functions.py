"""Lambda functions, paid as they are used, and concurrency that is provisioned, paid all the time."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from services.executor.pricing.account import Account
from services.executor.pricing.items import HOURS_A_MONTH, Item, Query, Unpriced, by_use, mapping, number, text
from services.executor.pricing.kinds.registry import Properties, priced

_GB_SECONDS = {name: Decimal(1) for name in ("lambda-gb-second", "gb-seconds", "gb-second", "seconds", "second")}
_ARM = "arm64"


@priced("AWS::Lambda::Function")
def function(properties: Properties, region: str, account: Account) -> Iterator[Item]:
    """A function of 128 MB for x86, where nothing else is said, as Lambda has it."""
    memory = number(properties, "MemorySize", 128)
    arm = "-ARM" if _is_arm(properties) else ""
    requests = (("group", f"AWS-Lambda-Requests{arm}"),)
    duration = (("group", f"AWS-Lambda-Duration{arm}"),)
    yield by_use("requests", Query("AWSLambda", region, requests, f"Request{arm}"))
    yield by_use(f"time that it runs, with {memory} MB", Query("AWSLambda", region, duration, f"Lambda-GB-Second{arm}"))


@priced("AWS::Lambda::Alias")
@priced("AWS::Lambda::Version")
def provisioned(properties: Properties, region: str, account: Account) -> Iterator[Item]:
    """An alias or a version of a function, which is free itself."""
    wanted = mapping(properties, "ProvisionedConcurrencyConfig")
    if wanted:
        name = text(properties, "FunctionName")
        yield concurrency(name, number(wanted, "ProvisionedConcurrentExecutions"), region, account)


def concurrency(name: str, count: Decimal, region: str, account: Account) -> Item:
    """Provisioned concurrency of a function that is there; its memory sets the price."""
    found = account.function(name, region)
    memory = number(found, "MemorySize")
    arm = "-ARM" if _is_arm(found) else ""
    filters = (("group", f"AWS-Lambda-Provisioned-Concurrency{arm}"),)
    query = Query("AWSLambda", region, filters, f"Lambda-Provisioned-Concurrency{arm}")
    quantity = count * memory / 1024 * HOURS_A_MONTH * 3600
    return Item(f"concurrency of {count} with {memory} MB each, provisioned", query, quantity, _GB_SECONDS)


def _is_arm(properties: Any) -> bool:
    found = properties.get("Architectures") or ["x86_64"]
    if not isinstance(found, list) or found not in ([_ARM], ["x86_64"]):
        raise Unpriced("the price depends on Architectures, which is not known")
    return found == [_ARM]
