"""The audit log of what the other parts did: pages, the export, the check of its chain."""

from __future__ import annotations

from typing import Any

from services.orchestrator.paging import encode
from tests.e2e.recorded.recording import Recording


def play(rec: Recording) -> None:
    """The whole log once, as lines; pages of the first entries only, which come in one order."""
    rec.send("the first page of the audit log", "GET", "/v1/audit?limit=3")
    rec.send("the next page of the audit log", "GET", f"/v1/audit?limit=2&cursor={encode('audit', '3')}")
    rec.send("the audit log after its end", "GET", f"/v1/audit?cursor={encode('audit', '1000000')}")
    rec.send("the whole audit log", "GET", "/v1/audit?format=jsonl", keep=_without_envelopes)
    rec.send("the audit log is verified", "GET", "/v1/audit/verify")
    rec.send("another session's audit log", "GET", "/v1/audit?format=jsonl", by="other", keep=_without_envelopes)
    rec.send("the audit log after a negative cursor", "GET", "/v1/audit?cursor=-1")
    rec.send("the audit log with too high a limit", "GET", "/v1/audit?limit=501")
    rec.send("the audit log in an unknown format", "GET", "/v1/audit?format=xml")
    rec.send("the audit log without a token", "GET", "/v1/audit", by=None)
    rec.send("the audit log is verified without a token", "GET", "/v1/audit/verify", by=None)


def _without_envelopes(lines: list[dict[str, Any]]) -> Any:
    """What was recorded, by whom; hashes and signatures are in the pages. The last line is the anchor."""
    entries = [{"kind": one["kind"], "service": one["actor"]["service"], "data": one["data"]} for one in lines[:-1]]
    return [*entries, lines[-1]]
