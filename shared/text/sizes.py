"""Sizes in bytes written for people, in binary units."""

from __future__ import annotations

_UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def human_bytes(size: int | float) -> str:
    """Write a number of bytes in binary units (1 KiB = 1024 B): "0 B", "512 B", "1.5 MiB"."""
    if abs(size) < 1024:
        return f"{size:.0f} B"
    value = float(size)
    for unit in _UNITS:
        value /= 1024
        # 1023.95 would be written "1024.0"; it belongs to the next unit.
        if abs(value) < 1023.95:
            return f"{value:.1f} {unit}"
    return f"{value:.1f} {_UNITS[-1]}"
