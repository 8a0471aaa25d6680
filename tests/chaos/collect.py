"""Gathers what a run left behind: every plan and audit log over REST, every resource from AWS itself."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests.chaos.effects import Effect
from tests.chaos.rest import Rest
from tests.chaos.runner import Runner
from tests.chaos.verdict import Seen
from tests.chaos.world import AccountState


async def collect(world: AccountState, runner: Runner) -> Seen:
    """Everything there is to judge by."""
    # The sessions of one owner see the same plans.
    plans: dict[str, dict[str, Any]] = {}
    audit = {}
    for rest in runner.sessions:
        plans |= {plan["plan_id"]: plan for plan in await _plans(rest)}
        audit[rest.session_id] = await _audit(rest)
    resources = await asyncio.to_thread(resources_of, world, runner.tag)
    return Seen(runner.records, list(plans.values()), list(world.aws.effects), resources, runner.tag, audit)


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


def resources_of(world: AccountState, tag: str) -> set[Effect]:
    """What is there now, each as the effect that made it; only what the run's names claim."""
    found: set[Effect] = set()
    iam = world.admin_aws("iam")
    for page in iam.get_paginator("get_account_authorization_details").paginate(Filter=["Role"]):
        for role in page["RoleDetailList"]:
            name = role["RoleName"]
            found.add(("iam:CreateRole", name, ""))
            for policy in role["AttachedManagedPolicies"]:
                found.add(("iam:AttachRolePolicy", name, policy["PolicyArn"]))
    for bucket in world.admin_aws("s3").list_buckets()["Buckets"]:
        found.add(("s3:CreateBucket", bucket["Name"], ""))
    for page in world.admin_aws("lambda").get_paginator("list_functions").paginate():
        found |= {("lambda:CreateFunction", function["FunctionName"], "") for function in page["Functions"]}
    return {effect for effect in found if effect[1].startswith(tag)}
