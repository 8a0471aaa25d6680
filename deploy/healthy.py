"""A container's health check: `healthy PORT` asks /healthz, `healthy FILE` wants a file that was touched just now.

It runs every few seconds in every container, so it imports next to nothing.
"""

import os
import socket
import sys
import time

FRESH_SECONDS = 15


def answers(port: int) -> bool:
    """Whether something at this port answers /healthz with 200."""
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        return connection.recv(64).split(b" ")[1:2] == [b"200"]


def fresh(path: str) -> bool:
    """Whether a file was touched a few seconds ago."""
    return time.time() - os.stat(path).st_mtime < FRESH_SECONDS


if __name__ == "__main__":
    what = sys.argv[1]
    try:
        healthy = answers(int(what)) if what.isdigit() else fresh(what)
    except OSError as error:
        sys.exit(str(error))
    sys.exit(None if healthy else f"{what} is not healthy")
