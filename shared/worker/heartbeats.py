"""What a worker says of itself while it lives, as a member of the sorted set `workers:{agent}`.

    HOST.PID                     a worker that does not know yet, or of an older version
    HOST.PID aws=sandbox         and which AWS it uses
    HOST.PID bedrock=real        and which Bedrock

The score is when it stops to count (Unix seconds).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.endpoints import WORLDS, World


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """One live worker, and the world of each thing that it uses."""

    worker: str
    worlds: Mapping[str, World] = field(default_factory=dict)

    def member(self) -> str:
        return " ".join([self.worker, *(f"{name}={world}" for name, world in sorted(self.worlds.items()))])

    @classmethod
    def read(cls, member: str) -> Heartbeat:
        """Read a member; what this version does not know is left out."""
        worker, *parts = member.split(" ")
        worlds: dict[str, World] = {}
        for part in parts:
            name, _, world = part.partition("=")
            if world in WORLDS:
                worlds[name] = world
        return cls(worker, worlds)
