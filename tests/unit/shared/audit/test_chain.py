"""A log that was changed anywhere is found out, and the entry is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.audit.anchors import make_anchor
from shared.audit.chain import check, hash_of, parse, seal
from shared.audit.signers import Keyring, SharedKey
from tests.unit.shared.audit.logs import KEYS, SIGNERS, Log, a_log, made_anew


def anchor_of(log: Log) -> dict[str, Any]:
    return make_anchor("ses_one", log[-1]["seq"], log[-1]["hash"], SIGNERS["gateway"])


def first_fault(log: Log, *anchors: dict[str, Any], keys: Keyring | None = None) -> str:
    report = check(log, anchors, keys=keys)
    assert not report.valid
    return report.faults[0].detail


def test_a_log_as_written_is_fine() -> None:
    log = a_log()

    report = check(json.loads(json.dumps(log)), [anchor_of(log)], keys=KEYS, session_id="ses_one")

    assert report.valid, report.faults
    assert (report.entries, report.head.seq, report.anchors) == (10, 10, 1)


def other(value: Any) -> Any:
    """The value with the least of a change."""
    if isinstance(value, dict):
        name = sorted(value)[0]
        return value | {name: other(value[name])}
    if isinstance(value, str):
        return ("b" if value[:1] == "a" else "a") + value[1:]
    return value + 1


@pytest.mark.parametrize("field", sorted(a_log(1)[0]))
@pytest.mark.parametrize("number", [1, 5, 10])
def test_a_change_in_any_field_is_found_at_its_entry_without_any_key(field: str, number: int) -> None:
    log = a_log()
    anchor = anchor_of(log)
    log[number - 1][field] = other(log[number - 1][field])

    assert check(log, [anchor]).faults[0].entry == number
    assert first_fault(log, anchor).startswith(f"entry {number} (")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda entry: entry.pop("data"),
        lambda entry: entry.update(more=1),
        lambda entry: entry.update(seq=str(entry["seq"])),
        lambda entry: entry.update(time=float(entry["time"])),
        lambda entry: entry.update(v=True),
        lambda entry: entry["data"].update(share=float("nan")),
    ],
)
def test_a_field_lost_added_or_of_another_type_is_a_change(spoil: Callable[[Any], Any]) -> None:
    log = a_log()
    spoil(log[3])

    assert first_fault(log) == "entry 4 (plan.decided): its content was changed"


def test_a_removed_entry_is_missing() -> None:
    log = a_log()

    assert first_fault(log[:4] + log[5:]) == "entry 5 is missing"
    assert first_fault(log[1:]) == "entry 1 is missing"
    assert first_fault(log[:2] + log[6:]) == "entries 3 to 6 are missing"


def test_swapped_entries_are_named_and_nothing_else() -> None:
    log = a_log()
    log[3], log[4] = log[4], log[3]

    assert [fault.detail for fault in check(log).faults] == ["entries 4 and 5 are swapped"]


def test_a_moved_entry_is_named() -> None:
    log = a_log()
    log.insert(2, log.pop(7))

    assert [fault.detail for fault in check(log).faults] == ["entry 8 comes before entry 3"]


def test_an_entry_put_in_twice_is_named() -> None:
    log = a_log()

    assert first_fault([*log[:5], log[2], *log[5:]]) == "entry 3 (plan.proposed): it is there twice"


def test_a_log_cut_off_is_shown_by_its_anchor() -> None:
    log = a_log(25)

    assert check(log[:20]).valid
    assert first_fault(log[:20], anchor_of(log)) == "the log ends at 20 but the anchor says 25"
    assert first_fault([], anchor_of(log)) == "the log ends at 0 but the anchor says 25"


def rewritten(log: Log, number: int, key: bytes) -> Log:
    """What a thief of Redis can do: change an entry and make all hashes anew, with a key of his own."""
    return made_anew(log, number, dict.fromkeys(SIGNERS, SharedKey(key)))


def test_a_chain_made_anew_lacks_its_writers_signatures() -> None:
    thiefs = rewritten(a_log(), 6, b"guess")

    assert first_fault(thiefs, keys=KEYS) == "entry 6 (step.done): its writer's signature does not fit"


def test_a_chain_made_anew_differs_from_its_anchors() -> None:
    log = a_log()
    anchors = [anchor_of(log[:8]), anchor_of(log)]

    report = check(rewritten(log, 6, b"guess"), anchors)

    assert [fault.entry for fault in report.faults] == [8, 10]
    assert "anchored" in report.faults[0].detail


def test_one_replaced_entry_breaks_the_link_of_the_next() -> None:
    log = a_log()
    log[5] = rewritten(log, 6, b"guess")[5]

    assert first_fault(log) == "entry 7 (plan.ended): it does not follow from entry 6, which was replaced"


def test_a_worker_cannot_sign_for_the_gateway() -> None:
    log = a_log(3)
    body = {name: value for name, value in log[2].items() if name not in ("mac", "hash")}
    forged = seal(body | {"kind": "plan.decided"}, SIGNERS["executor"])

    assert "signature does not fit" in first_fault([*log[:2], forged], keys=KEYS)


def test_the_log_of_another_session_is_not_this_ones() -> None:
    report = check(a_log(3, "ses_two"), keys=KEYS, session_id="ses_one")

    assert {fault.code for fault in report.faults} == {"foreign"}


@pytest.mark.parametrize("field", ["v", "session_id", "seq", "hash", "time", "mac", "sum"])
def test_a_change_in_any_field_of_an_anchor_is_found(field: str) -> None:
    log = a_log()
    anchor = anchor_of(log)

    changed = check(log, [anchor | {field: other(anchor[field])}], session_id=None)

    # Of another session it is no anchor of this log at all.
    assert changed.anchors == 0 if field == "session_id" else not changed.valid


def test_json_that_can_be_read_in_two_ways_is_not_read() -> None:
    with pytest.raises(ValueError, match="twice"):
        parse('{"a": 1, "a": 2}')


def test_the_hash_covers_what_is_not_ascii() -> None:
    entry = a_log(1)[0]

    assert hash_of(entry) != hash_of(entry | {"data": {**entry["data"], "name": "Strasse"}})
