"""OpenAI's chat completions as far as a benchmark needs them: each answer after a fixed time, at next to no cost.

    python -m tests.bench.model_double --port 4567 [--milliseconds 50]

A message that names `CALLS` gets a call of that tool, then an answer; every other message gets an answer at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets

CALLS = "get_caller_identity"
ANSWER = "Here is what you asked for, in as many words as an answer usually has. " * 4
MILLISECONDS = 50.0


def _chunks(request: dict[str, object]) -> list[dict[str, object]]:
    messages = request["messages"]
    assert isinstance(messages, list)
    last = messages[-1]
    if last["role"] == "user" and CALLS in last["content"]:
        call_id = f"call_{secrets.token_hex(8)}"
        call = {"index": 0, "id": call_id, "type": "function", "function": {"name": CALLS, "arguments": "{}"}}
        deltas, finish = [{"role": "assistant", "content": None}, {"tool_calls": [call]}], "tool_calls"
    else:
        words = [f"{word} " for word in ANSWER.split()]
        deltas, finish = [{"role": "assistant", "content": ""}, *({"content": word} for word in words)], "stop"
    common = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "bench"}
    said = [common | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    said.append(common | {"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    return [*said, common | {"choices": [], "usage": usage}]


def _events(body: bytes) -> bytes:
    chunks = [json.dumps(chunk, separators=(",", ":")) for chunk in _chunks(json.loads(body))]
    return "".join(f"data: {chunk}\n\n" for chunk in [*chunks, "[DONE]"]).encode()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """One connection, kept open."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            line, *lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in lines if one)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            asks = line.startswith("POST")
            answer = _events(body) if asks else b'{"object":"list","data":[]}'
            if asks:
                await asyncio.sleep(seconds)
            kind = b"text/event-stream" if asks else b"application/json"
            size = str(len(answer)).encode()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ncontent-length: %b\r\n\r\n" % (kind, size) + answer)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main(port: int, milliseconds: float) -> None:
    server = await asyncio.start_server(lambda read, write: serve(read, write, milliseconds / 1000), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=4567)
    parser.add_argument("--milliseconds", type=float, default=MILLISECONDS)
    options = parser.parse_args()
    asyncio.run(main(options.port, options.milliseconds))
