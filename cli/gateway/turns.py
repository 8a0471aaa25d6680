"""A turn's events as they come, each once, whatever happens to the connection."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx

from cli.errors import Refused
from cli.gateway.addresses import at
from cli.gateway.client import Gateway, new_key
from cli.gateway.sse import Event, read_events

TURN_ENDS = frozenset({"completed", "failed", "cancelled"})
STREAM = {"Accept": "text/event-stream"}
MAX_RUNNING_TRIES = 60
RECONNECT_SECONDS = 0.3


class Turn:
    """One turn on its way; it can be followed, left, followed again, and cancelled."""

    def __init__(self, gateway: Gateway, turn_id: str | None = None) -> None:
        self.gateway, self.turn_id = gateway, turn_id
        self.conversation_id: str | None = None
        self.status = "running"
        self._last_id: str | None = None

    def ask(self, body: dict[str, Any]) -> Iterator[Event]:
        """Send a message and follow its turn until it ends or waits for an approval. Raises CliError."""
        headers = {**STREAM, "Idempotency-Key": new_key()}
        lost = running = 0
        while self.turn_id is None:
            try:
                with self.gateway.stream("POST", "/v1/chat", body, headers) as response:
                    yield from self._read(response)
                if self.turn_id is None:
                    raise httpx.RemoteProtocolError("the stream ended before the turn began")
            except httpx.TransportError as error:
                if self.turn_id is None:
                    self.gateway.lost(error, lost)
                    lost += 1
            except Refused as refusal:
                # The first of our own tries has arrived, and is being answered.
                if refusal.code != "idempotency_in_progress" or not lost or running >= MAX_RUNNING_TRIES:
                    raise
                running += 1
                time.sleep(1)
        yield from self.follow(until_waiting=True)

    def follow(self, *, until_waiting: bool = False) -> Iterator[Event]:
        """The events that have not come yet, until the turn ends, or waits where so told. Raises CliError."""
        ends = TURN_ENDS | ({"waiting_for_approval"} if until_waiting else set())
        lost = 0
        while self.status not in ends:
            after = {"Last-Event-ID": self._last_id} if self._last_id else {}
            try:
                with self.gateway.stream("GET", at("turns", self.turn_id, "events"), None, STREAM | after) as response:
                    for event in self._read(response):
                        lost = 0
                        yield event
                        if self.status in ends:
                            return
            except httpx.TransportError as error:
                self.gateway.lost(error, lost)
                lost += 1
                continue
            # The stream ended by itself: the turn has, or its gateway is stopping.
            self.status = self.now()["status"]
            if self.status not in ends:
                time.sleep(RECONNECT_SECONDS)

    def now(self) -> dict[str, Any]:
        """The turn as it is now."""
        return self.gateway.get(at("turns", self.turn_id))

    def cancel(self) -> dict[str, Any]:
        """Stop the turn; what it is then. Raises Refused (`already_ended`, `already_decided`)."""
        return self.gateway.post(at("turns", self.turn_id, "cancel"))

    def _read(self, response: httpx.Response) -> Iterator[Event]:
        for event in read_events(response.iter_bytes()):
            self._last_id = event.id or self._last_id
            if event.kind == "turn":
                self.turn_id = str(event.data.get("turn_id") or self.turn_id)
                self.conversation_id = event.data.get("conversation_id") or self.conversation_id
                self.status = str(event.data.get("status"))
            yield event
