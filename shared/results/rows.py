"""The rows of a result that may be many: kept compressed while they come in, so that a worker's memory stays flat.

    class Found(Message):
        rows: Rows                      # a list of objects, on the wire and in the schema

    rows = Rows()
    for page in pages:
        for item in page:
            if not rows.append(item):   # full: the rest of the answer is a gap
                break

A tool returns its model with such a field at the top level; the worker sends it whole where it is small, and else
stores it without ever having all rows in memory. 20,000 rows of 600 bytes are 12 MB of JSON and about 1 MB here.
"""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, JsonValue
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

# All rows of one result, as JSON; `records.MAX_RESULT_BYTES` leaves room for what stands beside them.
MAX_ROWS_BYTES = 31 * 1024 * 1024
MAX_ROWS = 100_000
_CHUNK = 64 * 1024

Row = Mapping[str, JsonValue]


class Rows:
    """Rows in the order in which they were appended, from any thread. Once one did not fit, none is taken any more."""

    def __init__(self, rows: Iterable[Row] = (), *, max_bytes: int = MAX_ROWS_BYTES, max_rows: int = MAX_ROWS) -> None:
        self._lock = threading.Lock()
        self._packer = zlib.compressobj(level=1)
        self._packed: list[bytes] = []
        self._count = self._bytes = 0
        self._max_bytes, self._max_rows = max_bytes, max_rows
        self.full = False
        self.extend(rows)

    def append(self, row: Row) -> bool:
        """Take a row of plain JSON values; False where it no longer fits, by bytes or by number."""
        line = json.dumps(row, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return self._take(line.encode("utf-8", "replace") + b"\n")

    def _take(self, data: bytes) -> bool:
        with self._lock:
            if self.full or self._count >= self._max_rows or self._bytes + len(data) > self._max_bytes:
                self.full = True
                return False
            if packed := self._packer.compress(data):
                self._packed.append(packed)
            self._count += 1
            self._bytes += len(data)
        return True

    def extend(self, rows: Iterable[Row]) -> bool:
        """Take these rows; False where not all of them fit."""
        return all(self.append(row) for row in rows)

    def extend_lines(self, lines: Iterable[bytes]) -> bool:
        """The same for rows that are JSON already, one a line."""
        return all(self._take(line + b"\n") for line in lines)

    def __len__(self) -> int:
        return self._count

    @property
    def size_bytes(self) -> int:
        """As JSON, one row a line."""
        return self._bytes

    def __iter__(self) -> Iterator[dict[str, JsonValue]]:
        for line in self.lines():
            yield json.loads(line)

    def lines(self) -> Iterator[bytes]:
        """Each row as JSON, without its line break."""
        rest = b""
        for data in self._unpacked():
            *whole, rest = (rest + data).split(b"\n")
            yield from whole

    def _unpacked(self) -> Iterator[bytes]:
        with self._lock:
            packed = [*self._packed, self._packer.copy().flush()]
        unpacker = zlib.decompressobj()
        for chunk in packed:
            while chunk:
                yield unpacker.decompress(chunk, _CHUNK)
                chunk = unpacker.unconsumed_tail
        yield unpacker.flush()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rows) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # it grows

    def __repr__(self) -> str:
        return f"Rows({self._count} rows, {self._bytes} bytes)"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        given = handler(list[dict[str, JsonValue]])
        return core_schema.union_schema(
            [core_schema.is_instance_schema(cls), core_schema.no_info_after_validator_function(cls, given)],
            serialization=core_schema.plain_serializer_function_ser_schema(list),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "array", "items": {"type": "object", "additionalProperties": True}}
