"""A turn's events become text that only ever grows."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from services.orchestrator.openai_api.relaying import Relay
from services.orchestrator.turns.events import StreamedEvent

STEP = {"tool": "list_s3_buckets", "agent": "info", "status": "ok", "duration_ms": 12, "complete": True}


async def text_of(*events: tuple[str, dict[str, Any]]) -> str:
    async def come() -> AsyncIterator[StreamedEvent | None]:
        for number, (kind, data) in enumerate(events):
            yield f"{number}-0", kind, json.dumps(data)
        yield None

    return "".join([text async for text in Relay("http://here/").texts(come()) if text])


async def test_the_answer_is_sent_once_with_what_was_added_to_it() -> None:
    said = await text_of(
        ("text", {"delta": "You have ", "round": 1}),
        ("text", {"delta": "6.", "round": 1}),
        ("answer", {"answer": "You have 6.\n\nNot read: eu-west-1.", "status": "completed"}),
    )
    assert said == "You have 6.\n\nNot read: eu-west-1."


async def test_a_tool_call_is_a_line_of_its_own() -> None:
    said = await text_of(
        ("text", {"delta": "I look.", "round": 0}),
        ("step", STEP),
        ("step", {**STEP, "status": "error", "complete": False, "error": {"code": "access_denied"}}),
        ("answer", {"answer": "Denied.", "status": "completed"}),
    )
    assert said == (
        "I look.\n\n> `list_s3_buckets` (info): ok, 12 ms\n\n"
        "> `list_s3_buckets` (info): error, 12 ms, access_denied, incomplete\n\nDenied."
    )


async def test_a_turn_that_another_gateway_took_up_says_its_message_anew() -> None:
    said = await text_of(
        ("text", {"delta": "You ha", "round": 1}),
        ("turn", {"status": "running", "resumed": True, "round": 1}),
        ("text", {"delta": "You have 6.", "round": 1}),
        ("answer", {"answer": "You have 6.", "status": "completed"}),
    )
    assert said == "You ha\n\nYou have 6."


async def test_a_plan_is_told_with_the_address_of_its_page() -> None:
    said = await text_of(
        ("plan", {"plan_id": "pln_1", "summary": "Plan pln_1\n"}),
        ("answer", {"answer": "call POST /v1/plans/pln_1/approve", "status": "waiting_for_approval"}),
    )
    assert "http://here/plans/pln_1" in said
    assert "POST" not in said
    assert "A message here approves nothing" in said
