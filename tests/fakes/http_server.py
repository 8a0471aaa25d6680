"""A server of the standard library in a thread of its own, which ends as soon as it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseServer
from threading import Thread

# How often it looks whether it was told to; the library's own half a second would be waited for at every end.
LOOK_SECONDS = 0.02


@contextmanager
def serving(server: BaseServer) -> Iterator[None]:
    """It answers while the block runs, and is closed at its end."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": LOOK_SECONDS}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
