"""Sizes for people."""

from __future__ import annotations

import pytest

from shared.text.sizes import human_bytes


@pytest.mark.parametrize(
    ("size", "written"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (512.0, "512 B"),
        (1024, "1.0 KiB"),
        (1536 * 1024, "1.5 MiB"),
        (1024 * 1024 - 1, "1.0 MiB"),
        (5 * 1024**4, "5.0 TiB"),
        (3000 * 1024**6, "3000.0 EiB"),
    ],
)
def test_bytes_are_written_in_binary_units(size: int | float, written: str) -> None:
    assert human_bytes(size) == written
