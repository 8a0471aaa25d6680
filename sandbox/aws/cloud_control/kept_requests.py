"""Requests on disk, so that tokens outlive the process as resources do: one JSON line for each change of a request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.aws.cloud_control.failures import HandlerFailure

if TYPE_CHECKING:
    from sandbox.aws.cloud_control.requests import ResourceRequest

_FIELDS = ("client_token", "began", "token", "identifier", "status", "event_time")


class KeptRequests:
    """A file of requests; without one it keeps nothing."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def write(self, request: ResourceRequest) -> None:
        """Keep how a request stands, before anybody is told."""
        if self._file is None:
            return
        failure = [request.failure.code, request.failure.message] if request.failure else None
        line = {name: getattr(request, name) for name in _FIELDS}
        line |= {"place": request.place, "asked": asdict(request.asked), "failure": failure}
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def read(self) -> Iterator[dict[str, Any]]:
        """Each request as it stood last, as the fields of `ResourceRequest`; a line that was cut off is none."""
        if self._file is None or not self._file.exists():
            return
        last: dict[tuple[str, str, str], dict[str, Any]] = {}
        for line in self._file.read_text(encoding="utf-8").splitlines():
            if line.endswith("}"):
                kept = json.loads(line)
                last[*kept["place"], kept["token"]] = kept
        for kept in last.values():
            failure = kept.pop("failure")
            yield {
                **kept,
                "place": tuple(kept["place"]),
                "failure": HandlerFailure(*failure) if failure else None,
            }
