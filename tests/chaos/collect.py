"""Gathers what a run left behind: every plan and audit log over REST, every resource from AWS itself."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from collections.abc import Iterable
from typing import Any

from tests.chaos import aws_proxy
from tests.chaos.general_cases import REGION
from tests.chaos.resources import resources_of
from tests.chaos.rest import Rest
from tests.chaos.runner import Runner
from tests.chaos.verdict import Seen
from tests.chaos.world import AccountState

# For requests of Cloud Control that are under way when a run ends.
SETTLE_SECONDS = 30.0


async def collect(world: AccountState, runner: Runner, hidden: Iterable[str]) -> Seen:
    """Everything there is to judge by."""
    # The sessions of one owner see the same plans.
    plans: dict[str, dict[str, Any]] = {}
    audit = {}
    for rest in runner.sessions:
        plans |= {plan["plan_id"]: plan for plan in await _plans(rest)}
        audit[rest.session_id] = await _audit(rest)
    left = await asyncio.to_thread(what_is_left, world, runner.tag, world.aws.effects)
    return Seen(runner.records, list(plans.values()), tag=runner.tag, audit=audit, hidden=set(hidden), **left)


def what_is_left(world: AccountState, tag: str, counted: list[aws_proxy.Effect]) -> dict[str, Any]:
    """The effects that were counted, each under its resource's name; what is there; and what nobody counted.

    A request of Cloud Control is an effect if AWS ended it well.
    """
    requests = _resource_requests(world)
    by_token = {effect.token: effect for effect in counted if effect.token}
    aliases = dict(world.instances)
    for token, event in requests.items():
        if token in by_token and event["Operation"] == "CREATE" and "Identifier" in event:
            aliases[event["Identifier"]] = by_token[token].call.resource
    effects = []
    for effect in counted:
        if effect.token and requests[effect.token]["OperationStatus"] != "SUCCESS":
            continue
        name = aliases.get(effect.call.resource, effect.call.resource)
        effects.append(dataclasses.replace(effect, call=dataclasses.replace(effect.call, resource=name)))
    elsewhere = [f"not seen by the proxy: {event}" for token, event in requests.items() if token not in by_token]
    return {
        "effects": effects,
        "resources": resources_of(world, tag, aliases),
        "aliases": aliases,
        "elsewhere": elsewhere,
    }


def _resource_requests(world: AccountState) -> dict[str, dict[str, Any]]:
    """Every request of Cloud Control by its token, as AWS tells how it ended."""
    client = world.admin_aws("cloudcontrol", REGION)
    until = time.monotonic() + SETTLE_SECONDS
    while True:
        pages = client.get_paginator("list_resource_requests").paginate()
        found = {one["RequestToken"]: one for page in pages for one in page["ResourceRequestStatusSummaries"]}
        if time.monotonic() > until or not any(
            one["OperationStatus"].endswith("IN_PROGRESS") for one in found.values()
        ):
            return found
        time.sleep(1.0)


async def _plans(rest: Rest) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        status, page = await rest.send("GET", f"/v1/plans?limit=100{cursor}")
        assert status == 200, page
        found += page["items"]
        if not page["next_cursor"]:
            return found
        cursor = f"&cursor={page['next_cursor']}"


async def _audit(rest: Rest) -> tuple[list[Any], list[dict[str, Any]]]:
    status, check = await rest.send("GET", "/v1/audit/verify")
    assert status == 200, check
    status, text = await rest.send("GET", "/v1/audit?format=jsonl")
    assert status == 200, text
    lines = [json.loads(line) for line in text.splitlines() if line]
    entries = [line for line in lines if "kind" in line]
    faults = [] if check["valid"] else check["faults"] or ["not valid"]
    if check["entries"] != len(entries):
        faults = [*faults, f"{check['entries']} entries checked, {len(entries)} exported"]
    return faults, entries
