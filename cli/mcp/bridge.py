"""Carries MCP's messages between a client's pipe and the gateway's `/mcp`; it changes nothing in them.

On the pipe each message is a line of JSON; to the gateway each is a POST. The headers of a request repeat what its body
says, as the transport wants it: https://modelcontextprotocol.io/specification/2026-07-28/basic/transports.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

from cli.errors import CliError

MAX_LINE_BYTES = 256 * 1024
AT_ONCE = 8
PATH = "/mcp"
_VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
_NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_SAFE = re.compile(r"[\x20-\x7e]*")
# JSON-RPC 2.0, and a code of its range for implementations.
PARSE_ERROR, INVALID_REQUEST, NOT_REACHED = -32700, -32600, -32000

Message = dict[str, Any]
# (path, message, headers) -> the gateway's answer, None where it has none. Raises CliError.
Exchange = Callable[[str, Message, Mapping[str, str]], Message | None]


class Bridge:
    """One run: until the client closes its pipe, every request has one answer."""

    def __init__(self, exchange: Exchange, out: BinaryIO) -> None:
        self._exchange, self._out = exchange, out
        self._writing = threading.Lock()
        # What `initialize` agreed on; a client of 2026-07-28 says its version with every request instead.
        self._version: str | None = None

    def run(self, lines: BinaryIO) -> None:
        """Read the client's messages to the end of the pipe; requests are answered at the same time."""
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="mcp") as pool:
            while line := lines.readline(MAX_LINE_BYTES + 1):
                if len(line) > MAX_LINE_BYTES:
                    self._skip_rest(lines, line)
                    self._fail(None, INVALID_REQUEST, f"a message has {MAX_LINE_BYTES} bytes at most")
                elif (message := self._read(line)) is not None:
                    if message.get("method") == "initialize":
                        self._carry(message)  # what comes next needs its answer
                    else:
                        pool.submit(self._carry, message)

    def _read(self, line: bytes) -> Message | None:
        if not line.strip():
            return None
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            self._fail(None, PARSE_ERROR, "the line is not JSON in UTF-8")
            return None
        if not isinstance(message, dict):
            self._fail(None, INVALID_REQUEST, "a message is one JSON object")
            return None
        return message

    @staticmethod
    def _skip_rest(lines: BinaryIO, line: bytes) -> None:
        while line and not line.endswith(b"\n"):
            line = lines.readline(MAX_LINE_BYTES)

    def _carry(self, message: Message) -> None:
        number = message.get("id")
        try:
            answer = self._exchange(PATH, message, headers_of(message, self._version))
        except CliError as error:
            if number is not None:
                self._fail(number, NOT_REACHED, f"{error.message} [{error.code}]", {"code": error.code, "do": error.do})
            return
        if answer is None or number is None:
            return
        if message.get("method") == "initialize":
            result = answer.get("result")
            self._version = result.get("protocolVersion") if isinstance(result, dict) else None
        self._write(answer)

    def _fail(self, number: Any, code: int, message: str, data: Mapping[str, Any] | None = None) -> None:
        error = {"code": code, "message": message} | ({"data": dict(data)} if data else {})
        self._write({"jsonrpc": "2.0", "id": number, "error": error})

    def _write(self, message: Message) -> None:
        with self._writing:
            self._out.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
            self._out.flush()


def headers_of(message: Mapping[str, Any], agreed: str | None) -> dict[str, str]:
    """The headers that the transport wants with a message; `agreed` is the version of `initialize`."""
    headers = {"Accept": "application/json, text/event-stream"}
    params = message.get("params")
    params = params if isinstance(params, dict) else {}
    meta = params.get("_meta")
    said = meta.get(_VERSION_KEY) if isinstance(meta, dict) else None
    if not isinstance(said, str):
        return headers | ({"MCP-Protocol-Version": _header(agreed)} if agreed else {})
    method = message.get("method")
    headers |= {"MCP-Protocol-Version": _header(said), "Mcp-Method": _header(str(method))}
    name = params.get(_NAMED.get(str(method), ""))
    return headers | ({"Mcp-Name": _header(name)} if isinstance(name, str) else {})


def _header(value: str) -> str:
    """A value as a header carries it: other than visible ASCII as Base64, marked as such."""
    if _SAFE.fullmatch(value) and value == value.strip() and not value.startswith("=?base64?"):
        return value
    return f"=?base64?{base64.b64encode(value.encode()).decode()}?="
