"""The least that a request of a double takes beyond its own time: over the standard library's HTTP client."""

from __future__ import annotations

import http.client
import time
from urllib.parse import urlsplit


def seconds_of(url: str, body: bytes, content_type: str, times: int) -> list[float]:
    """Seconds of each POST, on one connection that stays open."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    seconds = []
    for _ in range(times + 1):
        started = time.perf_counter()
        connection.request("POST", parts.path or "/", body, {"Content-Type": content_type})
        connection.getresponse().read()
        seconds.append(time.perf_counter() - started)
    connection.close()
    return seconds[1:]  # the first one connects
