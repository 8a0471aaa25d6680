"""`assistant audit verify` says yes or no by its exit code, and names the entry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import main
from shared.audit.chain import GENESIS, Head, make_anchor, seal
from shared.signing import canonical

KEY = b"audit-key"


@pytest.fixture
def lines() -> list[str]:
    """An export of five entries and its anchor."""
    log: list[dict[str, Any]] = []
    for number in range(1, 6):
        actor = {"service": "gateway", "caller_arn": "arn:aws:iam::123456789012:user/ann"}
        body = {"v": 1, "id": "a", "seq": number, "time": number, "session_id": "ses_1", "account": "1", "actor": actor}
        body |= {"kind": "tool.called", "data": {}, "prev": log[-1]["hash"] if log else GENESIS}
        log.append(seal(body, KEY))
    anchor = make_anchor("ses_1", Head(5, log[-1]["hash"]), KEY)
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
    shorter = make_anchor("ses_1", Head(3, json.loads(lines[2])["hash"]), b"guess")
    cut = [*lines[:3], canonical({"anchor": shorter})]

    assert verify(tmp_path, cut) == 0
    assert verify(tmp_path, cut, "--anchor", str(anchors)) == 1
    assert "the log ends at 3 but the anchor says 5" in capsys.readouterr().out


def test_the_key_finds_a_forged_anchor(tmp_path: Path, lines: list[str]) -> None:
    key = tmp_path / "audit_key"
    key.write_bytes(KEY + b"\n")
    forged = make_anchor("ses_1", Head(5, json.loads(lines[4])["hash"]), b"guess")

    assert verify(tmp_path, lines, "--key-file", str(key)) == 0
    assert verify(tmp_path, [*lines[:5], canonical({"anchor": forged})], "--key-file", str(key)) == 1


def test_another_sessions_export_is_refused(tmp_path: Path, lines: list[str]) -> None:
    assert verify(tmp_path, lines, "--session", "ses_2") == 1


def test_what_cannot_be_read_is_neither_yes_nor_no(tmp_path: Path) -> None:
    assert main(["audit", "verify", "--export", str(tmp_path / "nothing")]) == 2
    assert verify(tmp_path, []) == 2
