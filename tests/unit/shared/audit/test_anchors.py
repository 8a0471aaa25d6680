"""A service that writes its chain anew, with every key it has, is found by the anchors of another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from shared.audit.anchors import AnchorFile, make_anchor
from shared.audit.chain import check, parse
from shared.audit.log import AuditLog, Entry, Writer, log_key
from shared.audit.report import Report
from shared.audit.signers import Keyring, PublicKey, SharedKey, Signer, derived_key, new_signing_key, public_key_of
from shared.errors import Unavailable
from tests.fakes import broker
from tests.unit.shared.audit.logs import ENTRY_MS, KEY, KEYS, SIGNERS, Log, a_log, anchors_of, entry_after, made_anew

# What a hostile gateway holds: its own key, and from it the keys with which workers once signed.
GATEWAYS: dict[str, Signer] = {agent: SharedKey(derived_key(KEY, agent)) for agent in ("info", "advisor", "executor")}
GATEWAYS["gateway"] = SharedKey(KEY)


def codes(report: Report) -> set[str]:
    return {fault.code for fault in report.faults}


def checked(log: Log, *files: Log, keys: Keyring | None = KEYS) -> Report:
    return check(log, [anchor for file in files for anchor in file], keys=keys, session_id="ses_one")


def test_a_gateway_that_writes_the_log_and_its_anchors_anew_is_found_by_the_executors_anchors() -> None:
    log = a_log(10)
    # It changes what the person decided; the entries after that are the executor's, whose key it does not have.
    anew = made_anew(log, 4, GATEWAYS)

    report = checked(anew, anchors_of(anew, "gateway"), anchors_of(log, "executor"))

    assert codes(report) == {"forged", "rewritten"}
    details = [fault.detail for fault in report.faults if fault.code == "rewritten"]
    assert details[0] == "entry 5: it is not the entry that executor anchored: the log was written anew"


def test_the_executors_anchors_alone_find_it_without_any_key() -> None:
    log = a_log(10)
    anew = made_anew(log, 4, GATEWAYS)

    assert checked(anew, anchors_of(anew, "gateway"), keys=None).valid
    assert codes(checked(anew, anchors_of(anew, "gateway"), anchors_of(log, "executor"), keys=None)) == {"rewritten"}


def test_a_gateway_that_leaves_out_what_the_executor_did_is_found() -> None:
    log = a_log(10)
    without: Log = []
    for entry in (one for one in log if one["actor"]["service"] == "gateway"):
        without.append(entry_after(without, entry["kind"], "gateway"))
    assert checked(without, anchors_of(without, "gateway")).valid

    assert codes(checked(without, anchors_of(without, "gateway"), anchors_of(log, "executor"))) == {"rewritten"}
    assert codes(checked(log[:4], anchors_of(log[:4], "gateway"), anchors_of(log, "executor"))) == {"truncated"}


@pytest.mark.parametrize("at_ms", [ENTRY_MS, 1])
def test_the_gateway_cannot_write_the_executors_entries(at_ms: int) -> None:
    log = a_log(4)
    forged = entry_after(log, "step.done", "executor", GATEWAYS["executor"], time=at_ms)

    assert codes(checked([*log, forged])) == {"forged"}


def test_an_executor_that_writes_its_entries_and_anchors_anew_is_found_by_the_gateways_anchors() -> None:
    log = a_log(7)
    anew = made_anew(log[:6], 5, SIGNERS)
    # It cannot sign what the gateway wrote after it, so it cuts that off.
    assert checked(anew, anchors_of(anew, "executor")).valid

    assert codes(checked(anew, anchors_of(anew, "executor"), anchors_of(log, "gateway"))) == {"truncated"}
    assert codes(checked([*anew, log[6]], anchors_of(anew, "executor"))) == {"rewritten"}


def test_a_worker_cannot_raise_an_alarm_about_a_log_that_it_does_not_write() -> None:
    log = a_log(10)
    false = make_anchor("ses_one", 3, "0" * 64, SIGNERS["info"], "info")

    (fault,) = checked(log, [false]).faults
    assert fault.code == "bad_anchor"
    assert "info" in fault.detail


def test_an_anchor_of_the_executor_that_the_gateway_made_is_not_trusted() -> None:
    log = a_log(10)
    forged = make_anchor("ses_one", 6, log[5]["hash"], GATEWAYS["executor"], "executor")
    as_gateway = make_anchor("ses_one", 6, log[5]["hash"], SIGNERS["executor"])

    assert codes(checked(log, [forged])) == {"bad_anchor"}
    assert codes(checked(log, [forged], keys=None)) == {"bad_anchor"}
    assert codes(checked(log, [as_gateway])) == {"bad_anchor"}


def test_a_log_from_before_the_workers_own_keys_is_valid_and_the_report_says_what_that_is_worth() -> None:
    old = a_log(10, signers=GATEWAYS)
    since = PublicKey.of(public_key_of(new_signing_key(ENTRY_MS + 1000)))
    keys = Keyring(KEY, {"executor": since})

    report = checked(old, anchors_of(old, "gateway"), keys=keys)

    assert report.valid, report.faults
    assert report.signatures["executor"].shared == 2
    assert any("the gateway could have written them" in sentence for sentence in report.not_shown)
    assert codes(checked(old)) == {"forged"}  # these keys are older than the log


def test_the_public_keys_alone_check_what_the_workers_wrote() -> None:
    log = a_log(10)
    public = Keyring(None, KEYS.public_keys)

    report = checked(log, anchors_of(log, "executor"), keys=public)

    assert report.valid
    assert (report.signatures["executor"].good, report.signatures["gateway"].unknown) == (2, 8)
    assert codes(checked(made_anew(log, 5, GATEWAYS), keys=public)) == {"forged"}


def test_the_report_says_whose_anchors_were_compared_and_what_none_covers() -> None:
    log = a_log(10)

    both = checked(log, anchors_of(log, "gateway"), anchors_of(log, "executor"))
    own = checked(log, anchors_of(log, "gateway"))
    none = checked(log)

    assert {name: (source.anchors, source.reach) for name, source in both.sources.items()} == {
        "executor": (2, 6),
        "gateway": (8, 10),
    }
    last = "What a service wrote down wrongly or not at all is not shown."
    cut = "That entries after entry 10 were cut off is not shown."
    alone = "Only anchors by gateway itself, or none, cover entries {}: it could have written them anew."
    assert both.not_shown == (cut, alone.format("7 to 10"), last)
    assert own.not_shown == (cut, alone.format("1 to 10"), last)
    assert none.not_shown == (
        "No anchor from outside the log was compared: a log that was cut off or written anew is not shown.",
        last,
    )


@pytest.mark.parametrize(
    "line",
    [
        '{"session_id": "ses_one", "seq": NaN}',
        '{"session_id": "ses_one", "seq": 1, "service": ["executor"]}',
        '{"session_id": "ses_one", "seq": 1, "mac": "\\u00e9", "sum": "\\u00e9"}',
        '{"session_id": "ses_one", "seq": 1, "hash": "\\ud800"}',
        '{"session_id": "ses_one", "seq": 1e999}',
    ],
)
def test_no_content_of_an_anchor_file_stops_the_check(line: str) -> None:
    (fault,) = checked(a_log(10), [parse(line)]).faults

    assert fault.code == "bad_anchor"


@pytest.mark.parametrize(
    "field", [{"id": "\ud800"}, {"data": {"a": "\ud800"}}, {"time": None}, {"time": "soon"}, {"data": None}]
)
@pytest.mark.parametrize("mac", ["é", "ed25519:", "ed25519:zz", "ed25519:" + "0" * 128, ""])
def test_no_content_of_a_hostile_entry_stops_the_check(field: dict[str, Any], mac: str) -> None:
    class Hostile:
        def sign(self, purpose: str, body: str) -> str:
            return mac

    log = a_log(3)
    report = checked([*log, entry_after(log, "step.done", "executor", Hostile(), **field)])

    assert codes(report) == {"forged"}


@pytest.fixture(scope="module")
def redis() -> Any:
    with broker.valkey() as server:
        yield Redis(host=server.host, port=server.port, decode_responses=True)


def test_a_worker_anchors_what_it_appends(redis: Redis, tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    log = AuditLog(redis, Writer("executor", SIGNERS["executor"], str(file)))

    for kind in ("step.intent", "step.done"):
        log.append("ses_anchored", Entry(kind))  # type: ignore[arg-type]

    written: Any = redis.xrange(log_key("ses_anchored"))
    entries = [json.loads(fields["entry"]) for _, fields in written]
    anchors = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(anchor["seq"], anchor["hash"]) for anchor in anchors] == [(one["seq"], one["hash"]) for one in entries]
    report = check(entries, anchors, keys=KEYS, session_id="ses_anchored")
    assert report.valid
    assert (report.sources["executor"].reach, report.sources["executor"].signed) == (2, True)


def test_where_a_worker_cannot_anchor_nothing_is_done(redis: Redis, tmp_path: Path) -> None:
    log = AuditLog(redis, Writer("executor", SIGNERS["executor"], str(tmp_path / "gone" / "anchors.jsonl")))

    with pytest.raises(Unavailable) as caught:
        log.append("ses_unanchored", Entry("step.intent"))
    assert caught.value.code == "audit_unavailable"


def test_an_anchor_file_is_its_owners_alone_and_has_the_lines_of_a_log(tmp_path: Path) -> None:
    file = AnchorFile(str(tmp_path / "anchors.jsonl"), SIGNERS["executor"], "executor")
    assert file.lines("ses_one") == []
    for log in ("ses_one", "ses_two"):
        file.append(log, 1, "0" * 64)

    assert [json.loads(line)["session_id"] for line in file.lines("ses_one")] == ["ses_one"]
    assert (tmp_path / "anchors.jsonl").stat().st_mode & 0o777 == 0o600
