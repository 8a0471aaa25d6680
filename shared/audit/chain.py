"""The audit log's entries as data: made, chained by hashes, signed, and checked without any server.

    entry = {v, id, seq, time, session_id, account, actor {service, caller_arn}, kind, data, prev, mac, hash}

`hash` is the SHA-256 of the canonical JSON of everything else in the entry, `prev` the hash of the entry before,
`mac` the writer's HMAC of everything but itself and `hash`. So no field can be changed unseen; who holds no key
cannot write a chain anew; and an anchor (seq and hash, kept outside the log) shows where one was cut off.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from shared.messages import AGENTS
from shared.signing import canonical, sign

GENESIS = "0" * 64
MAX_FAULTS = 100
FIELDS = frozenset(
    ("v", "id", "seq", "time", "session_id", "account", "actor", "kind", "data", "prev", "mac", "hash"),
)


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry of a log: its number (0 for none), its hash, and whose log it is."""

    seq: int = 0
    hash: str = GENESIS
    account: str = ""
    caller_arn: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a log, and at which entry. `code` is stable, `detail` for a person."""

    code: str
    detail: str
    entry: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a check. `faults` are in the order of the log; the first is where to look."""

    entries: int
    head: Head
    faults: tuple[Fault, ...]
    anchors: int

    @property
    def valid(self) -> bool:
        return not self.faults


def writer_key(audit_key: bytes, service: str) -> bytes:
    """A worker's key for its entries, made from the gateway's: the gateway can check all, a worker sign its own."""
    return sign(audit_key, "audit-writer", service).encode()


def writer_keys(audit_key: bytes) -> dict[str, bytes]:
    """Everybody's keys, by service."""
    return {"gateway": audit_key} | {agent: writer_key(audit_key, agent) for agent in AGENTS}


def parse(text: str) -> Any:
    """JSON as strict as a log needs it. Raises ValueError, also where a name is there twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a name is there twice")
        return found

    return json.loads(text, object_pairs_hook=once)


def seal(body: Mapping[str, Any], key: bytes) -> dict[str, Any]:
    """The entry of `body` (all but `mac` and `hash`)."""
    signed = {**body, "mac": sign(key, "audit", canonical(body))}
    return {**signed, "hash": hash_of(signed)}


def hash_of(entry: Mapping[str, Any]) -> str:
    """The hash an entry must have."""
    body = {name: value for name, value in entry.items() if name != "hash"}
    return hashlib.sha256(canonical(body).encode("utf-8", "surrogatepass")).hexdigest()


def is_signed_with(entry: Mapping[str, Any], key: bytes) -> bool:
    """Whether `mac` is the holder's of this key."""
    body = {name: value for name, value in entry.items() if name not in ("mac", "hash")}
    return hmac.compare_digest(sign(key, "audit", canonical(body)), str(entry.get("mac")))


def make_anchor(session_id: str, head: Head, key: bytes) -> dict[str, Any]:
    """A signed note of how far a log went: {v, session_id, seq, hash, time, mac, sum}."""
    body = {"v": 1, "session_id": session_id, "seq": head.seq, "hash": head.hash, "time": int(time.time() * 1000)}
    signed = {**body, "mac": sign(key, "audit-anchor", canonical(body))}
    return {**signed, "sum": _sum(signed)}


def anchor_fault(anchor: Mapping[str, Any], key: bytes | None) -> str | None:
    """What is wrong with an anchor itself, None where nothing is; the signature only with the key."""
    signed = {name: value for name, value in anchor.items() if name != "sum"}
    if not isinstance(anchor.get("seq"), int) or not hmac.compare_digest(_sum(signed), str(anchor.get("sum"))):
        return "its content was changed"
    body = {name: value for name, value in signed.items() if name != "mac"}
    if key and not hmac.compare_digest(sign(key, "audit-anchor", canonical(body)), str(anchor.get("mac"))):
        return "its signature does not fit"
    return None


def _sum(signed: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(signed).encode("utf-8", "surrogatepass")).hexdigest()


def check(
    entries: Sequence[Any],
    anchors: Iterable[Mapping[str, Any]] = (),
    *,
    keys: Mapping[str, bytes] | None = None,
    session_id: str | None = None,
) -> Report:
    """Check a whole log from its first entry on.

    `entries` are parsed JSON in the order found, None for what is no JSON. `keys` by service check the writers'
    signatures, the gateway's also the anchors'. `session_id` is whose log this should be.
    """
    checker = _Checker(entries, keys or {}, session_id)
    checker.walk()
    seen = checker.anchored(anchors)
    return Report(len(entries), checker.head, tuple(checker.faults), seen)


class _Checker:
    """One walk along a log; `place` is the number the next entry must have."""

    def __init__(self, entries: Sequence[Any], keys: Mapping[str, bytes], session_id: str | None) -> None:
        self.entries, self.keys, self.session_id = entries, keys, session_id
        self.faults: list[Fault] = []
        self.place = 1
        self.head = Head()
        self.hashes: dict[int, str] = {}
        # Whether `head` is the entry before `place`, so that the next one's `prev` can be compared with it.
        self.linked = True
        # The numbers of the entries that are whole: tells what is missing from what only stands elsewhere.
        self.whole = {entry["seq"] for entry in entries if _is_whole(entry)}
        self.early: dict[int, Mapping[str, Any]] = {}

    def walk(self) -> None:
        for position, entry in enumerate(self.entries):
            self._pass_early()
            if _is_whole(entry):
                self._in_order(entry, position)
                self._whose(entry)
                continue
            read = isinstance(entry, Mapping)
            kind = str(entry.get("kind"))[:64] if read else None
            self._fault("changed", "its content was changed" if read else "it cannot be read", self.place, kind)
            self.linked = False
            self.place += 1
        self._pass_early()

    def _in_order(self, entry: Mapping[str, Any], position: int) -> None:
        seq = entry["seq"]
        if seq < self.place:
            self._fault("duplicated", "it is there twice", seq, entry["kind"])
        elif seq == self.place:
            if self.linked and entry["prev"] != self.head.hash:
                what = f"it does not follow from entry {seq - 1}, which was replaced"
                self._fault("rewritten", what, seq, entry["kind"])
            self._take(entry)
        elif self.place in self.whole:
            # What should be here stands further on.
            if not self.early:
                self._reordered(seq, position)
            self.early[seq] = entry
        else:
            self._missing(self.place)
            self.linked = False
            self._in_order(entry, position)

    def _take(self, entry: Mapping[str, Any]) -> None:
        seq = entry["seq"]
        self.hashes[seq] = entry["hash"]
        self.head = Head(seq, entry["hash"], self.head.account or entry["account"])
        self.place, self.linked = seq + 1, True

    def _pass_early(self) -> None:
        while self.place in self.early:
            self._take(self.early.pop(self.place))

    def _reordered(self, seq: int, position: int) -> None:
        following: Any = self.entries[position + 1] if position + 1 < len(self.entries) else None
        if seq == self.place + 1 and _is_whole(following) and following["seq"] == self.place:
            self._fault("reordered", f"entries {self.place} and {seq} are swapped", self.place)
        else:
            self._fault("reordered", f"entry {seq} comes before entry {self.place}", seq)

    def _missing(self, first: int) -> None:
        """Name what is neither here nor further on, and go on at what is."""
        self.place = min(number for number in self.whole if number >= first)
        last = self.place - 1
        what = f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing"
        self._fault("missing", what, first)

    def _whose(self, entry: Mapping[str, Any]) -> None:
        """Every entry is of this session and account, by a writer who signed it."""
        self.session_id = self.session_id or entry["session_id"]
        if entry["session_id"] != self.session_id:
            self._fault("foreign", f"it is of the log {entry['session_id']}", entry["seq"], entry["kind"])
        elif self.head.account not in ("", entry["account"]):
            self._fault("foreign", f"it is of the account {entry['account']}", entry["seq"], entry["kind"])
        key = self.keys.get(entry["actor"]["service"])
        if key and not is_signed_with(entry, key):
            self._fault("forged", "its writer's signature does not fit", entry["seq"], entry["kind"])
        elif key is None and self.keys:
            self._fault("forged", "no service of that name writes here", entry["seq"], entry["kind"])

    def anchored(self, anchors: Iterable[Mapping[str, Any]]) -> int:
        """Compare with every anchor of this log; return how many there are."""
        counted, furthest = 0, 0
        for anchor in anchors:
            if self.session_id is not None and anchor.get("session_id") != self.session_id:
                continue
            counted += 1
            wrong = anchor_fault(anchor, self.keys.get("gateway"))
            seq = anchor["seq"] if isinstance(anchor.get("seq"), int) else 0
            if wrong:
                self._fault("bad_anchor", f"the anchor of entry {seq} cannot be trusted: {wrong}", None)
                continue
            furthest = max(furthest, seq)
            if seq in self.hashes and self.hashes[seq] != anchor.get("hash"):
                self._fault("rewritten", "it is not the entry that was anchored: the log was written anew", seq)
        if furthest > self.place - 1:
            self._fault("truncated", f"the log ends at {self.place - 1} but the anchor says {furthest}", self.place)
        return counted

    def _fault(self, code: str, what: str, entry: int | None, kind: str | None = None) -> None:
        of_kind = f" ({kind})" if kind else ""
        detail = f"entry {entry}{of_kind}: {what}" if what.startswith(("its ", "it ")) else what
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(Fault(code, detail, entry))


def _is_whole(entry: Any) -> TypeGuard[Mapping[str, Any]]:
    """Whether an entry has its fields, no others, and its own hash."""
    if not isinstance(entry, Mapping) or entry.keys() != FIELDS or type(entry["seq"]) is not int:
        return False
    actor = entry["actor"]
    texts = [entry[name] for name in ("session_id", "account", "kind", "prev", "mac", "hash")]
    texts.append(actor.get("service") if isinstance(actor, Mapping) else None)
    if not all(isinstance(text, str) for text in texts):
        return False
    try:
        return bool(hash_of(entry) == entry["hash"])
    except (ValueError, RecursionError):
        return False
