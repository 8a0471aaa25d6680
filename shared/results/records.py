"""Stored results: one record of Redis each, compressed, for their owner, named by a reference.

The record says whose the result is and what it covers, so that a query over it knows its gaps too.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from pydantic import Field, JsonValue
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from shared.broker.stored import read
from shared.errors import NotFound, TooLarge, Unavailable
from shared.messages import Agent, Coverage, Gap, Record

# Results up to this size travel in the message, and a model gets them whole; larger ones go by reference.
MAX_INLINE_BYTES = 32_000
# A result of so many rows is stored though it travels: models count and sort long lists badly.
MIN_QUERIED_ROWS = 30
# A result as JSON. Its rows alone may have a little less (`rows.MAX_ROWS_BYTES`).
MAX_RESULT_BYTES = 32 * 1024 * 1024
# As stored: packed to a tenth as a rule, and a third longer in base64. Of an older version: plain JSON, 24 MiB at most.
MAX_STORED_BYTES = 24 * 1024 * 1024 + 4096
MAX_PACKED_BYTES = 17 * 1024 * 1024
# Whose results a query may compute over, so that only that agent may read what it has stored.
QUERIED: Agent = "info"
# A person comes back to an answer in a later turn; another agent's is kept as long as its task's record.
KEEP_SECONDS, KEEP_OTHERS_SECONDS = 6 * 3600, 3600
_CHUNK = 256 * 1024


class StoredResult(Record):
    """A result in Redis. `packed`: its JSON, by zlib, in base64; `body`: the same as text, of an older version."""

    v: Literal[1] = 1
    session_id: str
    owner_id: str | None = None
    tool: str = ""
    gaps: tuple[Gap, ...] = ()
    coverage: Coverage | None = None
    stored_at: float = 0.0
    packed: str | None = Field(default=None, repr=False)
    body: str | None = Field(default=None, repr=False)

    def document(self) -> bytes:
        """The result as JSON. Raises Unavailable (`record_unreadable`) for what is none of ours, or over the bound."""
        document = self.document_within(MAX_RESULT_BYTES)
        if document is None:
            raise _damaged(f"it is larger than {MAX_RESULT_BYTES} bytes")
        return document

    def document_within(self, most: int) -> bytes | None:
        """The same where it has at most so many bytes; None for a larger one."""
        unpacker = zlib.decompressobj()
        try:
            document = unpacker.decompress(self.packed_bytes(), most)
        except zlib.error:
            raise _damaged("it cannot be unpacked") from None
        return document if unpacker.eof else None

    def packed_bytes(self) -> bytes:
        """The result as it is packed, for what unpacks it elsewhere. Raises Unavailable (`record_unreadable`)."""
        if self.packed is None:
            return pack([(self.body or "null").encode()])
        try:
            return base64.b64decode(self.packed, validate=True)
        except binascii.Error:
            raise _damaged("it cannot be unpacked") from None


def in_text(packed: bytes) -> str:
    """What is packed, as a record holds it."""
    return base64.b64encode(packed).decode()


def _damaged(why: str) -> Unavailable:
    return Unavailable(f"the stored result is damaged ({why}); ask again", code="record_unreadable")


def result_key(agent: Agent, reference: str) -> str:
    """The Redis key of a stored result."""
    return f"result:{agent}:{reference}"


def reference_of(agent: Agent, call_id: str) -> str:
    """The reference of one call's result; repeating the call gives the same one."""
    return f"res_{agent}_{call_id}"


def agent_of(reference: str) -> str:
    """The agent that a reference names; empty for what is no reference."""
    return reference.split("_")[1] if reference.startswith("res_") and reference.count("_") >= 2 else ""


def pack(document: Iterable[bytes]) -> bytes:
    """The document as it is stored, but for base64. Raises TooLarge (`result_too_large`) over 32 MiB."""
    packer, size, parts = zlib.compressobj(level=1), 0, []
    for part in _in_chunks(document):
        size += len(part)
        if size > MAX_RESULT_BYTES:
            raise too_large()
        parts.append(packer.compress(part))
    parts.append(packer.flush())
    packed = b"".join(parts)
    if len(packed) > MAX_PACKED_BYTES:
        raise too_large()
    return packed


def too_large() -> TooLarge:
    """A result that is not kept."""
    return TooLarge(
        f"the result is larger than {MAX_RESULT_BYTES // 1024 // 1024} MiB; ask for less (a region, a filter)",
        code="result_too_large",
    )


def _in_chunks(document: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are worth a call of the packer."""
    waiting: list[bytes] = []
    size = 0
    for part in document:
        waiting.append(part)
        size += len(part)
        if size >= _CHUNK:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def store(redis: Redis, agent: Agent, call_id: str, result: StoredResult, seconds: int | None = None) -> str:
    """Keep a result for its owner, as long as its agent's are kept where `seconds` does not say it; its reference."""
    reference = reference_of(agent, call_id)
    keep = seconds or (KEEP_SECONDS if agent == QUERIED else KEEP_OTHERS_SECONDS)
    redis.set(result_key(agent, reference), result.model_dump_json(exclude_none=True), ex=keep)
    return reference


async def load(redis: AsyncRedis, owner_id: str, reference: str) -> JsonValue:
    """The whole of a stored result. Raises NotFound where this owner has none of that name."""
    result: JsonValue = json.loads((await find(redis, owner_id, reference)).document())
    return result


async def find(redis: AsyncRedis, owner_id: str, reference: str) -> StoredResult:
    """The stored result of that name, of whichever agent. Raises NotFound where this owner has none."""
    key = f"result:{agent_of(reference)}:{reference}"
    # Whoever wrote it may be hostile: what no worker stores is not read.
    stored = await redis.get(key) if await redis.strlen(key) <= MAX_STORED_BYTES else None
    return owned(stored, owner_id)


def find_queried(redis: Redis, owner_id: str, reference: str) -> StoredResult:
    """The same for the worker that computes over results: of its own agent's."""
    key = result_key(QUERIED, reference)
    large = int(redis.strlen(key)) > MAX_STORED_BYTES
    return owned(None if large else redis.get(key), owner_id)


def owned(stored: Any, owner_id: str) -> StoredResult:
    """The record, where it is this owner's. Raises NotFound (`result_not_found`) for another's as for none."""
    if stored:
        result = read(StoredResult, stored)
        # Its session's, as the dispatcher asks for it and as it was before there were owners; or its owner's.
        if owner_id in (result.session_id, result.owner_id):
            return result
    raise NotFound("there is no such result, or it is too old; ask again", code="result_not_found")
