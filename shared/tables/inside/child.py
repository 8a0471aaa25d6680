"""The process that computes over stored results (see `shared/evaluation/process.py`)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from shared.evaluation.process import Answer, TooCostly, serve
from shared.tables.inside.describing import describe
from shared.tables.inside.reading import unpacked
from shared.tables.inside.refusal import Refused
from shared.tables.inside.running import run


def answer(request: dict[str, Any], documents: Sequence[bytes]) -> Answer:
    """The result's lines: what was found, then each row. Refusals as data; the parent puts them in words."""
    try:
        return {}, _computed(request, documents)
    except Refused as error:
        return {"refused": error.why, "about": json.dumps(error.about)}, b""
    except TooCostly as error:
        return _too_costly(str(error))
    except (MemoryError, sqlite3.OperationalError):
        return _too_costly("it needs too much memory")
    except RecursionError:
        return _too_costly("the result is nested too deeply")
    except ValueError:
        return {"refused": "invalid", "about": json.dumps({"detail": "the stored result cannot be read"})}, b""


def _too_costly(detail: str) -> Answer:
    return {"refused": "too_costly", "about": json.dumps({"detail": detail})}, b""


def _computed(request: dict[str, Any], documents: Sequence[bytes]) -> bytes:
    texts = [unpacked(each, request["document_bytes"]) for each in documents]
    if "describe" in request:
        return _line(describe(texts[0], **request["describe"]))
    found = run(request["query"], texts)
    about = {"matched": found.matched, "searched": found.searched, "tied_out": found.tied_out, "notes": found.notes}
    lines, size = [_line(about)], 0
    for row in found.rows:
        lines.append(_line(row))
        size += len(lines[-1])
        if size > request["result_bytes"]:
            raise TooCostly("its rows are too large: select fewer columns, or a smaller limit")
    return b"\n".join(lines)


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def main() -> None:
    serve(answer)
