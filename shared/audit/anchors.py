"""Anchors: signed notes of how far a log went, kept outside Redis by each service that writes in it.

    anchor = {v, session_id, seq, hash, time, mac, sum}, and `service` where a worker made it

`mac` is signed by its maker, `sum` the SHA-256 of everything else. A log that was written anew does not agree with the
anchors of a service that took no part in that.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.audit.kinds import Service, writers_of
from shared.audit.signers import ED25519, Keyring, Signer, Verdict
from shared.keys.signing import canonical

MAX_SEQ = 2**53


def make_anchor(session_id: str, seq: int, hash_: str, signer: Signer, service: Service = "gateway") -> dict[str, Any]:
    """The anchor of a log's newest entry."""
    body: dict[str, Any] = {"v": 1, "session_id": session_id, "seq": seq, "hash": hash_, "time": _now_ms()}
    if service != "gateway":
        body["service"] = service
    signed = {**body, "mac": signer.sign("audit-anchor", canonical(body))}
    return {**signed, "sum": _sum(signed)}


def maker_of(anchor: Mapping[str, Any]) -> str:
    """The service that says it made the anchor."""
    return str(anchor.get("service", "gateway"))


def anchor_fault(anchor: Mapping[str, Any], keys: Keyring) -> tuple[str | None, Verdict]:
    """What is wrong with an anchor itself, None where nothing is; and what its signature says."""
    signed = {name: value for name, value in anchor.items() if name != "sum"}
    body = {name: value for name, value in signed.items() if name != "mac"}
    try:
        unchanged = hmac.compare_digest(_sum(signed).encode(), str(anchor.get("sum")).encode("utf-8", "replace"))
        text = canonical(body)
    except (ValueError, RecursionError):
        unchanged, text = False, ""
    seq, log = anchor.get("seq"), anchor.get("session_id")
    if not unchanged or type(seq) is not int or not 0 <= seq < MAX_SEQ or not isinstance(log, str):
        return "its content was changed", "unknown"
    maker = maker_of(anchor)
    if maker not in writers_of(log):
        return "its maker does not write in this log", "unknown"
    mac = str(anchor.get("mac"))
    if maker != "gateway" and not mac.startswith(ED25519):
        return "its signature is not of its maker's own key", "forged"
    verdict = keys.verdict(maker, "audit-anchor", text, mac, anchor.get("time"))
    return ("its signature does not fit" if verdict == "forged" else None), verdict


class AnchorFile:
    """A file to which one service appends its anchors; several processes of it may share the file."""

    def __init__(self, path: str, signer: Signer, service: Service) -> None:
        self._path, self._signer, self._service = Path(path), signer, service

    def append(self, session_id: str, seq: int, hash_: str) -> None:
        """Add the anchor of a log's newest entry. Raises OSError."""
        line = canonical(make_anchor(session_id, seq, hash_, self._signer, self._service)) + "\n"
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line.encode())  # one write: lines of several processes do not mix
        finally:
            os.close(handle)

    def lines(self, session_id: str) -> list[str]:
        """The lines that may be anchors of this log. Raises OSError."""
        if not self._path.exists():
            return []
        with self._path.open(encoding="utf-8", errors="replace") as lines:
            return [line for line in lines if session_id in line]


def _sum(signed: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(signed).encode("utf-8", "surrogatepass")).hexdigest()


def _now_ms() -> int:
    return int(time.time() * 1000)
