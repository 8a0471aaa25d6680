"""`assistant audit verify` says yes or no by its exit code, and names the entry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import main
from shared.audit.anchors import make_anchor
from shared.audit.chain import seal
from shared.audit.report import GENESIS
from shared.audit.signers import SharedKey
from shared.keys.signing import canonical
from tests.fakes import audit_keys
from tests.unit.shared.audit.logs import SIGNERS, a_log, anchors_of, made_anew

KEY = b"audit-key"


@pytest.fixture
def lines() -> list[str]:
    """An export of five entries and its anchor."""
    log: list[dict[str, Any]] = []
    for number in range(1, 6):
        actor = {"service": "gateway", "caller_arn": "arn:aws:iam::123456789012:user/ann"}
        body = {"v": 1, "id": "a", "seq": number, "time": number, "session_id": "ses_1", "account": "1", "actor": actor}
        body |= {"kind": "tool.called", "data": {}, "prev": log[-1]["hash"] if log else GENESIS}
        log.append(seal(body, SharedKey(KEY)))
    anchor = make_anchor("ses_1", 5, log[-1]["hash"], SharedKey(KEY))
    return [canonical(entry) for entry in log] + [canonical({"anchor": anchor})]


def verify(tmp_path: Path, lines: list[str], *more: str) -> int:
    export = tmp_path / "export.jsonl"
    export.write_text("\n".join(lines) + "\n")
    return main(["audit", "verify", "--export", str(export), *more])


def test_a_good_export_is_confirmed(tmp_path: Path, lines: list[str], capsys: Any) -> None:
    assert verify(tmp_path, lines) == 0
    assert "5 entries, nothing is wrong" in capsys.readouterr().out


def test_formatting_is_no_change(tmp_path: Path, lines: list[str]) -> None:
    assert verify(tmp_path, [json.dumps(json.loads(line)) for line in lines]) == 0


def test_a_changed_entry_is_named(tmp_path: Path, lines: list[str], capsys: Any) -> None:
    lines[2] = lines[2].replace("tool.called", "tool.killed")

    assert verify(tmp_path, lines) == 1
    assert "entry 3 (tool.killed): its content was changed" in capsys.readouterr().out


def test_an_unreadable_line_is_named(tmp_path: Path, lines: list[str], capsys: Any) -> None:
    lines[2] = lines[2][:-5]

    assert verify(tmp_path, lines) == 1
    assert "entry 3" in capsys.readouterr().out


@pytest.mark.parametrize("kept", [slice(0, 3), slice(0, 5)])
def test_an_export_cut_off_is_found(tmp_path: Path, lines: list[str], kept: slice) -> None:
    assert verify(tmp_path, lines[kept]) == 1


def test_entries_taken_from_before_the_anchor_are_found(tmp_path: Path, lines: list[str], capsys: Any) -> None:
    assert verify(tmp_path, [*lines[:3], lines[5]]) == 1
    assert "the log ends at 3 but the anchor says 5" in capsys.readouterr().out


def test_the_anchor_file_finds_an_export_and_anchor_cut_together(tmp_path: Path, lines: list[str], capsys: Any) -> None:
    anchors = tmp_path / "anchors.jsonl"
    anchors.write_text(canonical(json.loads(lines[5])["anchor"]) + "\n")
    shorter = make_anchor("ses_1", 3, json.loads(lines[2])["hash"], SharedKey(b"guess"))
    cut = [*lines[:3], canonical({"anchor": shorter})]

    assert verify(tmp_path, cut) == 0
    assert verify(tmp_path, cut, "--anchor", str(anchors)) == 1
    assert "the log ends at 3 but the anchor says 5" in capsys.readouterr().out


def test_the_key_finds_a_forged_anchor(tmp_path: Path, lines: list[str]) -> None:
    key = tmp_path / "audit_key"
    key.write_bytes(KEY + b"\n")
    forged = make_anchor("ses_1", 5, json.loads(lines[4])["hash"], SharedKey(b"guess"))

    assert verify(tmp_path, lines, "--key-file", str(key)) == 0
    assert verify(tmp_path, [*lines[:5], canonical({"anchor": forged})], "--key-file", str(key)) == 1


@pytest.fixture
def with_steps(tmp_path: Path) -> tuple[list[str], list[str]]:
    """An export of ten entries, the executor's among them, and options with both services' anchors and the keys."""
    log = a_log(10)
    for service in ("gateway", "executor"):
        lines = [canonical(anchor) for anchor in anchors_of(log, service)]  # type: ignore[arg-type]
        (tmp_path / f"{service}.jsonl").write_text("\n".join(lines) + "\n")
    (tmp_path / "audit_key").write_bytes(KEY + b"\n")
    for name, key in audit_keys.SETTINGS.items():
        (tmp_path / name).write_text(key)
    files = [str(tmp_path / "gateway.jsonl"), str(tmp_path / "executor.jsonl")]
    return export_of(log), ["--anchors", *files, "--key-file", str(tmp_path / "audit_key")]


def export_of(log: list[dict[str, Any]]) -> list[str]:
    anchor = make_anchor("ses_one", log[-1]["seq"], log[-1]["hash"], SharedKey(KEY))
    ending = {"anchor": anchor, "cannot_show": ["something"]}
    return [canonical(one) for one in [*log, ending]]


def test_the_result_says_what_was_checked_and_what_is_not_shown(tmp_path: Path, with_steps: Any, capsys: Any) -> None:
    export, options = with_steps

    assert verify(tmp_path, export, *options) == 0
    assert capsys.readouterr().out.splitlines() == [
        "10 entries, nothing is wrong with them",
        "checked: chain, contents, writers, 2 signatures by executor, 8 signatures by gateway, "
        "2 anchors by executor (up to entry 6), 8 anchors by gateway (up to entry 10)",
        "not shown: That entries after entry 10 were cut off is not shown.",
        "not shown: Only anchors by gateway itself, or none, cover entries 7 to 10: it could have written them anew.",
        "not shown: What a service wrote down wrongly or not at all is not shown.",
    ]


def test_without_keys_and_anchors_the_result_says_so(tmp_path: Path, with_steps: Any, capsys: Any) -> None:
    export, _ = with_steps

    assert verify(tmp_path, export) == 0
    said = capsys.readouterr().out
    assert "checked: chain, contents, writers\n" in said
    assert "No key was at hand for the signatures of 2 entries by executor." in said
    assert "No anchor from outside the log was compared" in said


def test_a_gateway_that_wrote_log_and_anchors_anew_is_found(tmp_path: Path, with_steps: Any, capsys: Any) -> None:
    _, options = with_steps
    # With every key there is, so that only what another service keeps can show it.
    anew = made_anew(a_log(10), 4, SIGNERS)
    (tmp_path / "gateway.jsonl").write_text("\n".join(canonical(one) for one in anchors_of(anew, "gateway")))

    assert verify(tmp_path, export_of(anew), "--anchors", str(tmp_path / "gateway.jsonl")) == 0
    assert verify(tmp_path, export_of(anew), *options) == 1
    assert "entry 5: it is not the entry that executor anchored" in capsys.readouterr().out


def test_a_file_without_anchors_of_a_log_that_its_service_wrote_in_is_a_fault(tmp_path: Path, with_steps: Any) -> None:
    export, _ = with_steps
    without_steps = export_of(a_log(4))
    other = [canonical(one) for one in anchors_of(a_log(10, "ses_two"), "executor")]
    (tmp_path / "executor.jsonl").write_text("\n".join(other))
    file = ("--anchors", str(tmp_path / "executor.jsonl"))

    assert verify(tmp_path, without_steps, *file) == 0
    assert verify(tmp_path, export, *file) == 1
    (tmp_path / "executor.jsonl").write_text("")
    assert verify(tmp_path, without_steps, *file) == 1


def test_lines_that_are_no_anchors_are_told(tmp_path: Path, with_steps: Any, capsys: Any) -> None:
    export, options = with_steps
    with (tmp_path / "executor.jsonl").open("a") as file:
        file.write('{"v": 1, "session_id": "ses_o')

    assert verify(tmp_path, export, *options) == 0
    assert "not shown: 1 lines of" in capsys.readouterr().out


@pytest.mark.parametrize("spoil", [lambda folder: folder / "nothing", lambda folder: folder])
def test_public_keys_that_cannot_be_read_are_neither_yes_nor_no(tmp_path: Path, lines: list[str], spoil: Any) -> None:
    (tmp_path / "audit_public_key_info").write_text("no key")

    assert verify(tmp_path, lines, "--public-keys", str(spoil(tmp_path))) == 2


def test_another_sessions_export_is_refused(tmp_path: Path, lines: list[str]) -> None:
    assert verify(tmp_path, lines, "--session", "ses_2") == 1


def test_what_cannot_be_read_is_neither_yes_nor_no(tmp_path: Path) -> None:
    assert main(["audit", "verify", "--export", str(tmp_path / "nothing")]) == 2
    assert verify(tmp_path, []) == 2
