"""How long a query over a stored result takes, and how much memory, against reading the same rows once.

    .venv/bin/python -m tests.bench.queries [--quick | --smoke]

The floor is `json.loads` of the whole result, the least that any answer over all rows needs. The queries run in the
bounded child as the product runs them; its peak memory is measured, and so is that over a tenth of the rows.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from shared.results import records
from shared.results.body import Body
from shared.results.rows import Rows
from shared.tables.computing import Tables
from shared.tables.query import Query
from tests.bench.frame import Effort, Row, run_alone
from tests.fakes.volumes import Volumes, volume

ROWS = 50_000
FLOOR = "json.loads"
SECONDS = 60.0
UNATTACHED = {"column": "Attachments", "op": "is_empty"}
QUERIES: dict[str, dict[str, Any]] = {
    "the 10 largest unattached": {
        "where": [UNATTACHED],
        "sort": [{"column": "Size", "descending": True}],
        "select": ["VolumeId", "Size", "Tags.Name"],
        "limit": 10,
    },
    "sum by team and month": {
        "group_by": ["Tags.team", "CreateTime:month"],
        "aggregates": [{"op": "sum", "column": "Size"}, {"op": "count"}],
    },
    "joined with itself": {
        "join": {"ref": "res_info_other", "left": "VolumeId", "right": "VolumeId"},
        "aggregates": [{"op": "sum", "column": "joined.Size"}],
    },
    "volumes by instance": {"unnest": "Attachments", "group_by": ["Attachments.InstanceId"]},
}


def packed_rows(rows: int) -> bytes:
    """A result of so many volumes, packed as a worker stores it."""
    return records.pack(Body.of(Volumes(volumes=Rows(map(volume, range(rows))), volume_count=rows)).document())


def spent(once: Callable[[], object]) -> float:
    """Seconds of the faster of two runs."""
    times = []
    for _ in range(2):
        started = time.perf_counter()
        once()
        times.append(time.perf_counter() - started)
    return min(times)


def peak_mb(rows: int) -> float:
    """The most memory that a child had, of all queries over so many rows; measured in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.queries", "--peak", str(rows)]
    return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def print_peak(rows: int) -> None:
    tables, packed = Tables(), packed_rows(rows)
    for query in QUERIES.values():
        tables.query(Query.model_validate(query), [packed, packed], SECONDS)
    tables.stop()
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)


def measure(effort: Effort) -> list[Row]:
    rows = effort.of(ROWS, ROWS // 10, ROWS // 100)
    packed, tables = packed_rows(rows), Tables()
    text = b"".join(Body.of(Volumes(volumes=Rows(map(volume, range(rows))), volume_count=rows)).document())
    tables.query(Query(limit=1), [records.pack([b"[]"])], SECONDS)
    floor = spent(lambda: json.loads(text))
    found = [Row(f"describe {rows:,} rows", spent(lambda: tables.describe(packed, SECONDS)), "s", None, floor, FLOOR)]
    for name, query in QUERIES.items():
        asked = Query.model_validate(query)
        took = spent(lambda asked=asked: tables.query(asked, [packed, packed], SECONDS))  # type: ignore[misc]
        found.append(Row(f"query {rows:,} rows: {name}", took, "s", None, floor, FLOOR))
    tables.stop()
    tenth = rows // 10
    return [*found, Row("the memory of a query's child", peak_mb(rows), "MB", None, peak_mb(tenth), f"{tenth:,} rows")]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        print_peak(int(sys.argv[2]))
    else:
        run_alone(measure)
