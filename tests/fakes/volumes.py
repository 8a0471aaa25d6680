"""Volumes in AWS's form, as many as a test needs."""

from __future__ import annotations

from typing import Any

from shared.messages import Message
from shared.results.rows import Rows


class Volumes(Message):
    volumes: Rows
    volume_count: int


def volume(number: int) -> dict[str, Any]:
    """A volume in AWS's form; its size repeats every 1,000 volumes, and two of three are attached."""
    free = number % 3 == 0
    return {
        "VolumeId": f"vol-{number:017x}",
        "Size": number * 7919 % 1000,
        "State": "available" if free else "in-use",
        "Attachments": [] if free else [{"InstanceId": f"i-{number % 50:017x}", "Device": "/dev/sda1"}],
        "CreateTime": f"2026-0{1 + number % 9}-01T10:00:00+00:00",
        "Tags": [{"Key": "Name", "Value": f"data-{number}"}, {"Key": "team", "Value": f"t{number % 7}"}],
        "Encrypted": bool(number % 2),
    }
