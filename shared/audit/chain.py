"""The audit log's entries as data: made, chained by hashes, signed, and checked without any server.

    entry = {v, id, seq, time, session_id, account, actor {service, caller_arn}, kind, data, prev, mac, hash}

`hash` is the SHA-256 of the canonical JSON of everything else in the entry, `prev` the hash of the entry before,
`mac` the writer's signature of everything but itself and `hash` (see `signers.py`). So no field can be changed unseen;
who holds no key cannot write a chain anew; and anchors (`anchors.py`) show where one was cut off or written anew.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeGuard

from shared.audit.anchors import anchor_fault, maker_of
from shared.audit.kinds import SERVICES, writer_fault
from shared.audit.report import Fault, FaultCode, Head, Report, Signatures, Source
from shared.audit.signers import Keyring, Signer, Verdict
from shared.keys.signing import canonical

MAX_FAULTS = 100
MAX_SHOWN_CHARS = 64
FIELDS = frozenset(
    ("v", "id", "seq", "time", "session_id", "account", "actor", "kind", "data", "prev", "mac", "hash"),
)


def parse(text: str) -> Any:
    """JSON as strict as a log needs it. Raises ValueError, also where a name is there twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a name is there twice")
        return found

    return json.loads(text, object_pairs_hook=once)


def seal(body: Mapping[str, Any], signer: Signer) -> dict[str, Any]:
    """The entry of `body` (all but `mac` and `hash`)."""
    signed = {**body, "mac": signer.sign("audit", canonical(body))}
    return {**signed, "hash": hash_of(signed)}


def hash_of(entry: Mapping[str, Any]) -> str:
    """The hash an entry must have."""
    body = {name: value for name, value in entry.items() if name != "hash"}
    return hashlib.sha256(canonical(body).encode("utf-8", "surrogatepass")).hexdigest()


def check(
    entries: Sequence[Any],
    anchors: Iterable[Mapping[str, Any]] = (),
    *,
    own: Mapping[str, Any] | None = None,
    keys: Keyring | None = None,
    session_id: str | None = None,
) -> Report:
    """Check a whole log from its first entry on.

    `entries` are parsed JSON in the order found, None for what is no JSON. `anchors` were kept outside, `own` came with
    the log itself. `keys` check the signatures of both. `session_id` is whose log this should be.
    """
    checker = _Checker(entries, keys or Keyring(), session_id)
    checker.walk()
    counted = checker.anchored([*([own] if own else [])], outside=False)
    counted += checker.anchored(anchors, outside=True)
    checker.reached()
    return Report(
        len(entries),
        checker.head,
        tuple(checker.faults),
        counted,
        checker.session_id or "",
        {name: Signatures(n["good"], n["shared"], n["unknown"]) for name, n in sorted(checker.signatures.items())},
        dict(sorted(checker.sources.items())),
    )


class _Checker:
    """One walk along a log; `place` is the number the next entry must have."""

    def __init__(self, entries: Sequence[Any], keys: Keyring, session_id: str | None) -> None:
        self.entries, self.keys, self.session_id = entries, keys, session_id
        self.faults: list[Fault] = []
        self.place = 1
        self.head = Head()
        self.hashes: dict[int, str] = {}
        # Whether `head` is the entry before `place`, so that the next one's `prev` can be compared with it.
        self.linked = True
        # The numbers of the entries that are whole: tells what is missing from what only stands elsewhere.
        self.whole = {entry["seq"] for entry in entries if _is_whole(entry)}
        self.in_order = sorted(self.whole)
        self.early: dict[int, Mapping[str, Any]] = {}
        self.signatures: dict[str, Counter[Verdict]] = {}
        self.sources: dict[str, Source] = {}
        # The furthest entry of an anchor, and who made it.
        self.furthest = (0, "gateway")

    def walk(self) -> None:
        for position, entry in enumerate(self.entries):
            self._pass_early()
            if _is_whole(entry):
                self._in_order(entry, position)
                self._whose(entry)
                continue
            read = isinstance(entry, Mapping)
            kind = str(entry.get("kind")) if read else None
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
        self.place = self.in_order[bisect_left(self.in_order, first)]
        last = self.place - 1
        what = f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing"
        self._fault("missing", what, first)

    def _whose(self, entry: Mapping[str, Any]) -> None:
        """Every entry is of this session and account, by a writer who signed it."""
        self.session_id = self.session_id or entry["session_id"]
        if entry["session_id"] != self.session_id:
            self._fault("foreign", f"it is of the log {_shown(entry['session_id'])}", entry["seq"], entry["kind"])
        elif self.head.account not in ("", entry["account"]):
            self._fault("foreign", f"it is of the account {_shown(entry['account'])}", entry["seq"], entry["kind"])
        service = entry["actor"]["service"]
        # Against the log's name as it was asked for: an entry's own could be chosen to suit its kind.
        if wrong := writer_fault(self.session_id, service, entry["kind"]):
            self._fault("wrong_writer", f"its writer is wrong: {wrong}", entry["seq"], entry["kind"])
        body = canonical({name: value for name, value in entry.items() if name not in ("mac", "hash")})
        verdict = self.keys.verdict(service, "audit", body, entry["mac"], entry["time"])
        if verdict == "forged":
            self._fault("forged", "its writer's signature does not fit", entry["seq"], entry["kind"])
        if service in SERVICES:
            self.signatures.setdefault(service, Counter())[verdict] += 1

    def anchored(self, anchors: Iterable[Mapping[str, Any]], *, outside: bool) -> int:
        """Compare with every anchor of this log; return how many there are."""
        counted = 0
        for anchor in anchors:
            if self.session_id is not None and anchor.get("session_id") != self.session_id:
                continue
            counted += 1
            wrong, verdict = anchor_fault(anchor, self.keys)
            if wrong:
                which = f"the anchor of entry {_shown(anchor.get('seq'))} by {_shown(maker_of(anchor))}"
                self._fault("bad_anchor", f"{which} cannot be trusted: {wrong}", None)
                continue
            seq, maker = anchor["seq"], maker_of(anchor)
            self.furthest = max(self.furthest, (seq, maker))
            if outside:
                known = self.sources.get(maker, Source())
                self.sources[maker] = Source(
                    known.anchors + 1, max(known.reach, seq), known.signed and verdict != "unknown"
                )
            if seq in self.hashes and self.hashes[seq] != anchor.get("hash"):
                what = f"it is not the entry that {maker} anchored: the log was written anew"
                self._fault("rewritten", what, seq)
        return counted

    def reached(self) -> None:
        """The log goes at least as far as its furthest anchor."""
        seq, maker = self.furthest
        if seq > self.place - 1:
            whose = "the anchor" if maker == "gateway" else f"the anchor by {maker}"
            self._fault("truncated", f"the log ends at {self.place - 1} but {whose} says {seq}", self.place)

    def _fault(self, code: FaultCode, what: str, entry: int | None, kind: str | None = None) -> None:
        of_kind = f" ({_shown(kind)})" if kind else ""
        detail = f"entry {entry}{of_kind}: {what}" if what.startswith(("its ", "it ")) else what
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(Fault(code, detail, entry))


def _shown(text: object) -> str:
    """A value of an entry as a fault's detail may show it: short, and nothing that a terminal would act on."""
    return "".join(char if char.isprintable() else "?" for char in str(text)[:MAX_SHOWN_CHARS])


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
