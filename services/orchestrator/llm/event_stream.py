"""Reads a stream of server-sent events: the data of all events that came in one read of the network, together.

The OpenAI client hands each event through four generators and an object of its own, which took as long as all that is
done with it. Of the rules this reads those that chat completions use:
https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress

import httpx2
import openai

from services.orchestrator.llm.failures import ModelError

MAX_EVENT_BYTES = 4 * 1024 * 1024  # ten times what is taken of an answer
DRAIN_SECONDS = 0.1


class EventData:
    """Bytes go in as they come (`add`), and the data of each event that has ended comes out.

    Lines end in LF or CR LF; those of a stream that has CR alone come out in the end (`finish`).
    """

    def __init__(self) -> None:
        self._line: list[bytes] = []  # the pieces of one that has not ended
        self._size = 0  # bytes of the event that has not ended
        self._data: list[bytes] = []

    def add(self, piece: bytes) -> list[str]:
        """Raises ModelError for an event of more than `MAX_EVENT_BYTES`, UnicodeDecodeError for what is no UTF-8."""
        end = piece.rfind(b"\n") + 1
        if end:
            found = self._events(b"".join([*self._line, piece[:end]]).splitlines())
            self._line, self._size = [piece[end:]], sum(map(len, self._data)) + len(piece) - end
        else:
            found = []
            self._line.append(piece)
            self._size += len(piece)
        if self._size > MAX_EVENT_BYTES:
            raise ModelError(f"the model provider sent an event of more than {MAX_EVENT_BYTES:,} bytes")
        return found

    def finish(self) -> list[str]:
        """The data of events whose last line has no end. One without the empty line after it counts for nothing."""
        return self._events(b"".join(self._line).splitlines())

    def _events(self, lines: list[bytes]) -> list[str]:
        found = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[6:] if line[5:6] == b" " else line[5:])
            elif not line and self._data:
                data, self._data = b"\n".join(self._data).decode(), []
                if data:
                    found.append(data)
        return found


async def read_events(response: httpx2.Response) -> AsyncGenerator[list[str], None]:
    """The data of the events of each read, until `[DONE]` or the end of the response.

    Raises what the OpenAI client raises of a connection: openai.APITimeoutError, openai.APIConnectionError.
    """
    events = EventData()
    async with aclosing(response.aiter_bytes()) as pieces:
        try:
            async for piece in pieces:
                found = events.add(piece)
                done = next((place for place, data in enumerate(found) if data.startswith("[DONE]")), None)
                if done is not None:
                    yield found[:done]
                    await _drain(pieces)
                    return
                if found:
                    yield found
        except httpx2.TimeoutException as error:
            raise openai.APITimeoutError(request=response.request) from error
        except httpx2.HTTPError as error:
            raise openai.APIConnectionError(request=response.request) from error
    yield events.finish()


async def _drain(pieces: AsyncIterator[bytes]) -> None:
    """Read what follows, so that the connection can be used again."""
    with suppress(TimeoutError, httpx2.HTTPError):
        async with asyncio.timeout(DRAIN_SECONDS):
            async for _ in pieces:
                pass
