"""What MCP's clients read by address: plans, stored results, the session's audit log."""

from __future__ import annotations

import asyncio
import json

from mcp import types

from services.orchestrator.audit.view import AuditPage
from services.orchestrator.mcp_api.calls import Caller
from services.orchestrator.plans.view import PlanAnswer
from shared.errors import NotFound, TooLarge
from shared.results import records

SCHEME = "aws-assistant://"
AUDIT = f"{SCHEME}audit"
_PLANS, _RESULTS = f"{SCHEME}plans/", f"{SCHEME}results/"
JSON = "application/json"
MAX_BYTES = 1024 * 1024
LISTED_PLANS = 20
AUDIT_ENTRIES = 200

TEMPLATES = [
    types.ResourceTemplate(
        name="plan", uri_template=f"{_PLANS}{{plan_id}}", description="A plan as it is now.", mime_type=JSON
    ),
    types.ResourceTemplate(
        name="result",
        uri_template=f"{_RESULTS}{{result_ref}}",
        description=f"A stored result, whole; {MAX_BYTES // 1024} KB at most.",
        mime_type=JSON,
    ),
]


async def listed(caller: Caller) -> list[types.Resource]:
    """The audit log and the newest plans."""
    page = await caller.gateway.plans.page(caller.session, None, LISTED_PLANS)
    plans = [
        types.Resource(
            name=plan.plan_id,
            title=plan.goal[:80],
            uri=f"{_PLANS}{plan.plan_id}",
            description=plan.status,
            mime_type=JSON,
        )
        for plan in page.plans
    ]
    audit = types.Resource(
        name="audit", uri=AUDIT, description="The session's audit log, its newest entries.", mime_type=JSON
    )
    return [audit, *plans]


async def read(caller: Caller, uri: str) -> types.ReadResourceResult:
    """Raises NotFound (`unknown_resource`, or the thing's own code) and TooLarge."""
    text = await _text(caller, uri)
    if len(text.encode()) > MAX_BYTES:
        raise TooLarge(f"it is larger than {MAX_BYTES} bytes; query_result computes over all of a stored result")
    return types.ReadResourceResult(contents=[types.TextResourceContents(uri=uri, mime_type=JSON, text=text)])


async def _text(caller: Caller, uri: str) -> str:
    if uri == AUDIT:
        return await _audit(caller)
    if uri.startswith(_PLANS):
        plan = await caller.gateway.plans.get(caller.session, uri.removeprefix(_PLANS))
        return PlanAnswer.of(plan).model_dump_json()
    if uri.startswith(_RESULTS):
        ref = uri.removeprefix(_RESULTS)
        stored = await records.find(caller.gateway.redis, caller.session.owner_id, ref)
        return (await asyncio.to_thread(stored.document)).decode()
    raise NotFound("there is no such resource", code="unknown_resource")


async def _audit(caller: Caller) -> str:
    session_id = caller.session.session_id
    head = await caller.gateway.audit.head(session_id)
    first = max(0, head.seq - AUDIT_ENTRIES)
    entries = await caller.gateway.audit.page(session_id, first, AUDIT_ENTRIES)
    page = AuditPage.of(entries, None, caller.gateway.audit.anchor(session_id, head))
    return json.dumps(page.model_dump(mode="json"), ensure_ascii=False)
