"""A large result goes through the gateway as text, and only as JSON that is one value."""

from __future__ import annotations

import json
import time

import pytest
from redis.asyncio import Redis

from services.orchestrator.workers import documents
from services.orchestrator.workers.dispatch import Dispatcher
from shared.errors import Unavailable
from shared.messages import ToolResult
from shared.results import records
from tests.fakes.workers import a_result

REFERENCE = "res_info_call.1"


async def stored(redis: Redis, document: bytes) -> ToolResult:
    """A result of a call, which a worker has stored apart."""
    record = records.StoredResult(
        session_id="ses_1",
        tool="list_ec2_instances",
        stored_at=time.time(),
        packed=records.in_text(records.pack([document])),
    )
    await redis.set(records.result_key("info", REFERENCE), record.model_dump_json(exclude_none=True))
    return a_result("list_ec2_instances", None).model_copy(update={"result_ref": REFERENCE})


async def test_what_is_stored_comes_as_it_was_stored(redis: Redis) -> None:
    document = json.dumps({"instances": [{"id": n, "name": "é"} for n in range(2000)]}).encode()
    result = await stored(redis, document)
    assert await Dispatcher(redis, {}).with_document(result, "ses_1") == (result, document)


async def test_a_result_that_travels_with_its_call_has_no_document(redis: Redis) -> None:
    result = a_result("get_s3_usage", {"total": 1})
    assert await Dispatcher(redis, {}).with_document(result, "ses_1") == (result, None)


@pytest.mark.parametrize(
    "document",
    [b'{"a": 1}, "sandbox": true', b'{"a": 1', b"", b'{"a": NaN}', b'{"a": "\xff"}', '{"a": 1}'.encode("utf-16")],
    ids=["a second member", "cut off", "nothing", "no number", "no UTF-8", "another encoding"],
)
async def test_a_document_that_is_not_one_value_of_json_is_refused(redis: Redis, document: bytes) -> None:
    result = await stored(redis, document)
    with pytest.raises(Unavailable) as refused:
        await Dispatcher(redis, {}).with_document(result, "ses_1")
    assert refused.value.code == "record_unreadable"


async def test_one_that_is_larger_than_a_reader_takes_is_said_to_be_shortened(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "MAX_WHOLE_BYTES", 10)
    found, document = await Dispatcher(redis, {}).with_document(await stored(redis, b'"much more than ten"'), "ses_1")
    assert (found.shortened, document) == (True, None)
