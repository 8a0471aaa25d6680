"""A process's start, while it imports: Python does not look for cycles meanwhile.

    if __name__ == "__main__":
        from shared import startup

        startup.begin()  # before all other imports

Importing makes a hundred thousand objects that stay. Looking through them again and again is a tenth of the work, in
the sandbox's AWS a third.
"""

from __future__ import annotations

import gc


def begin() -> None:
    """Look for no cycles until `end`."""
    gc.disable()


def end() -> None:
    """Look for them again, and never among what is there now: it was imported, and stays."""
    gc.freeze()
    gc.enable()
