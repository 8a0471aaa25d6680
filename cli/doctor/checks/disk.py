"""Disk space, where keys, anchors, logs and the local stack's Redis are."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from cli.doctor.finding import Finding, Findings
from cli.doctor.situation import Situation

make = Findings("disk")

MEBIBYTE = 1024 * 1024
# Redis ends rather than acknowledge a write that it cannot keep, and without an anchor nothing is done.
PROBLEM_BYTES, WARNING_BYTES = 100 * MEBIBYTE, 1024 * MEBIBYTE


def check(situation: Situation) -> Iterator[Finding]:
    """Look at the file systems of the directories that are there."""
    seen: set[int] = set()
    for directory in situation.directories:
        if not directory.is_dir() or directory.stat().st_dev in seen:
            continue
        seen.add(directory.stat().st_dev)
        free = shutil.disk_usage(directory).free
        said = f"{free // MEBIBYTE} MiB are free at {directory}"
        if free < PROBLEM_BYTES:
            yield make.failure(said, "make room: Redis and the audit stop when the disk is full")
        elif free < WARNING_BYTES:
            yield make.warning(said, "make room before Redis and the audit stop: a turn takes up to 27 KiB")
        else:
            yield make.ok(said)
    if not seen:
        yield make.skipped("no directory of this deployment is here to look at")
