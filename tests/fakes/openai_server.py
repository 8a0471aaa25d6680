"""A scripted OpenAI-compatible server over real HTTP: each request gets the next reply, however odd.

with OpenAIServer() as server:
    server.replies += [say("Hello"), call(("get_s3_usage", "{}"))]
    server.rules.append(lambda request: error(400, "unknown field") if "stream" in request else None)
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import uvicorn

Json = dict[str, Any]
Rule = Callable[[Json], "Reply | None"]


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer: its pieces are sent one after another, `pause` seconds apart, each `silent` seconds late."""

    pieces: tuple[bytes, ...]
    status: int = 200
    content_type: str = "text/event-stream"
    pause: float = 0.0
    headers: tuple[tuple[str, str], ...] = ()
    break_off: bool = False
    silent: float = 0.0


def stream(*chunks: Json | str, done: bool = True, pause: float = 0.0, break_off: bool = False) -> Reply:
    """A stream of chunks as they are; text is sent as the data itself."""
    data = [chunk if isinstance(chunk, str) else json.dumps(chunk) for chunk in chunks]
    pieces = tuple(f"data: {one}\n\n".encode() for one in [*data, *(["[DONE]"] if done else [])])
    return Reply(pieces, pause=pause, break_off=break_off)


def chunk(delta: Json, finish_reason: str | None = None, **extra: Any) -> Json:
    """A chunk with one choice."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "fake-1",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
        **extra,
    }


def usage_chunk(prompt: int = 100, completion: int = 10) -> Json:
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return chunk({}) | {"choices": [], "usage": usage}


def say(text: str, *, pause: float = 0.0, finish_reason: str = "stop") -> Reply:
    """A streamed answer, word by word, with its usage."""
    words = [chunk({"content": word}) for word in re.split(r"(?<= )", text)]
    first = chunk({"role": "assistant", "content": ""})
    return stream(first, *words, chunk({}, finish_reason), usage_chunk(), pause=pause)


def call(*calls: tuple[str, str] | tuple[str, str, str], text: str = "") -> Reply:
    """Streamed function calls: (name, arguments) or (name, arguments, id); the arguments come in two pieces."""
    chunks = [chunk({"role": "assistant", "content": text or None})]
    for index, (name, arguments, *given) in enumerate(calls):
        call_id = given[0] if given else f"call_{name}_{index}_{time.monotonic_ns()}"
        function = {"name": name, "arguments": ""}
        chunks.append(
            chunk({"tool_calls": [{"index": index, "id": call_id, "type": "function", "function": function}]})
        )
        half = len(arguments) // 2
        for piece in (arguments[:half], arguments[half:]):
            chunks.append(chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}))
    return stream(*chunks, chunk({}, "tool_calls"), usage_chunk())


def plain(body: Json, status: int = 200, headers: Sequence[tuple[str, str]] = ()) -> Reply:
    """One JSON body."""
    return Reply((json.dumps(body).encode(),), status, "application/json", headers=tuple(headers))


def error(status: int, message: str, code: str | None = None) -> Reply:
    """An error as OpenAI words it; the client is told not to try again."""
    body = {"error": {"message": message, "type": "error", "param": None, "code": code}}
    return plain(body, status, [("x-should-retry", "false")])


@dataclass(slots=True)
class OpenAIServer:
    """Serves on a free port in a thread of its own. The first of `rules` that has a reply for a request refuses it."""

    replies: list[Reply] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    requests: list[Json] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    _server: uvicorn.Server | None = None
    _thread: threading.Thread | None = None
    _socket: socket.socket | None = None

    @property
    def url(self) -> str:
        assert self._socket is not None
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    def __enter__(self) -> OpenAIServer:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            self._app, interface="asgi3", log_level="warning", lifespan="off", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        assert self._server is not None
        assert self._thread is not None
        self._server.should_exit = True
        self._thread.join(5)

    def forget(self) -> None:
        """Begin anew: no script, no rules, no requests."""
        for each in (self.replies, self.rules, self.requests, self.headers):
            each.clear()

    def messages(self, request: int = -1) -> list[Json]:
        """The messages of one request."""
        messages: list[Json] = self.requests[request]["messages"]
        return messages

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.requests.append(json.loads(body))
        self.headers.append({name.decode(): value.decode() for name, value in scope["headers"]})
        refused = next((reply for rule in self.rules if (reply := rule(self.requests[-1]))), None)
        reply = refused or (self.replies.pop(0) if self.replies else error(500, "the script is over"))
        headers = [(b"content-type", reply.content_type.encode())]
        headers += [(name.encode(), value.encode()) for name, value in reply.headers]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        for piece in reply.pieces:
            await asyncio.sleep(reply.silent)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(reply.pause)
        if not reply.break_off:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
