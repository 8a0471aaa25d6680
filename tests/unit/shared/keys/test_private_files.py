"""Files with keys: their owner's alone, whole or not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shared.keys.private_files import write_private


def test_only_the_owner_reads_it_whatever_stood_there_before(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("old")
    file.chmod(0o644)

    write_private(file, "new")

    assert (file.read_text(), file.stat().st_mode & 0o777) == ("new", 0o600)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "key"
    write_private(file, b"old")

    def fails(self: Path, target: Path) -> Path:
        raise OSError("no room")

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(OSError, match="no room"):
        write_private(file, b"new")

    assert os.listdir(tmp_path) == ["key"]
    assert file.read_bytes() == b"old"
