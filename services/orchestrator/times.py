"""Times as REST shows them."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(timestamp: float) -> str:
    """Unix seconds as ISO 8601 in UTC with milliseconds, "2026-01-31T12:00:00.000Z"."""
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
