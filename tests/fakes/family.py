"""Processes of `one_of` that do nothing but say that they are there: `python -m tests.fakes.family DIRECTORY COUNT`.

Each makes a file `NUMBER.PID` in the directory, touches its heartbeat file, and writes there what signal ends it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from services.info_tools.processes import one_of, own_file


def main(directory: Path, count: int) -> None:
    beats = str(directory / "beat")
    number = one_of(count, beats, others_after=0.0)
    own = directory / f"{number}.{os.getpid()}"

    def on_signal(taken: int, _: FrameType | None) -> None:
        with own.open("a") as file:
            file.write(f"{taken} ")
        # Long enough for a second one to come, if it was sent.
        time.sleep(0.3)
        os._exit(0)

    signal.signal(signal.SIGTERM, on_signal)
    own.touch()
    while True:
        Path(own_file(beats, number) or "").touch()
        time.sleep(0.02)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
