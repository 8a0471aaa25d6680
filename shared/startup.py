"""A process's start: it imports without looking for cycles, and later what few of its first calls need.

    if __name__ == "__main__":
        from shared import startup

        startup.begin()  # before all other imports

Importing makes a hundred thousand objects that stay. Looking through them again and again is a tenth of the work, in
the sandbox's AWS a third.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Sequence
from importlib import import_module

LATER_SECONDS = 8.0


def begin() -> None:
    """Look for no cycles until `end`, and keep structlog from importing rich, where that is installed.

    That takes 60 ms, and it would draw tracebacks that our logs do not have.
    """
    gc.disable()
    sys.modules.setdefault("rich", None)  # type: ignore[arg-type]  # so `import rich` raises ImportError


def end() -> None:
    """Look for cycles again, and never among what is there now: it was imported, and stays. rich can be imported."""
    if sys.modules.get("rich") is None:
        sys.modules.pop("rich", None)
    gc.freeze()
    gc.enable()


def import_later(modules: Sequence[str], seconds: float = LATER_SECONDS) -> threading.Thread:
    """Import these in the background, when who starts beside this process has had its turn; returns who does it.

    A call that needs one sooner imports it itself.
    """

    def load() -> None:
        for module in modules:
            import_module(module)

    later = threading.Timer(seconds, load)
    later.daemon = True
    later.start()
    return later
