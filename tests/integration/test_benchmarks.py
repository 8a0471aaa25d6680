"""Every benchmark runs through; what it measures then means nothing, and no time is looked at."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import document
from tests.bench.__main__ import PROGRAMS, main
from tests.bench.frame import read_rows


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_benchmark_measures_something_in_each_of_its_rows(program: str, tmp_path: Path) -> None:
    assert main(["--smoke", "--only", program, "--rows", str(tmp_path)]) == 0
    rows = read_rows(tmp_path / f"{program}.json")
    assert rows
    assert [row.work for row in rows if row.measured <= 0] == []
    page = tmp_path / "page.md"
    page.write_text(f"before {document.BEGIN} old {document.END} after")
    document.write(rows, page)
    written = page.read_text()
    assert [row.work for row in rows if row.work not in written] == []
    assert (written[:6], written[-5:]) == ("before", "after")


@pytest.mark.slow
def test_a_profile_says_where_the_gateways_time_goes(tmp_path: Path) -> None:
    out = tmp_path / "profile.pstats"
    command = [sys.executable, "-m", "tests.bench.profile", "--clients", "2", "--requests", "1", "--out", str(out)]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    assert "%  services/orchestrator" in said
    assert out.exists()
