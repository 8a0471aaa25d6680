"""`python -m sandbox.bedrock_api`: a double of bedrock-runtime's Converse and ConverseStream operations.

It checks that a request is signed, not by whom. What it answers is computed by `sandbox.bedrock`.
"""

if __name__ == "__main__":
    from shared import startup

    startup.begin()

import argparse
import asyncio
import json
import os
import re
import time
import uuid
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from sandbox.bedrock.eventstream import event
from sandbox.bedrock.review import Material, compose, read_material
from shared import startup

HEADERS = {"x-sandbox": "true"}
_MODEL = re.compile(
    r"(arn:aws[\w-]*:bedrock:[a-z0-9-]*:\d*:(foundation-model|inference-profile|application-inference-profile)/)?"
    r"((us|eu|apac|au|jp|us-gov|global)\.)?anthropic\.claude-[a-z0-9.:-]+"
)
_CHUNK = 60


class BedrockError(Exception):
    """An error of the bedrock-runtime API."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def _invalid(message: str) -> BedrockError:
    return BedrockError("ValidationException", message)


def _checked(model_id: str, body: Any) -> dict[str, Any]:
    """The request body, if it is one. Raises ValidationException as Bedrock words it."""
    if not _MODEL.fullmatch(model_id):
        raise _invalid("The provided model identifier is invalid.")
    if not isinstance(body, dict):
        raise _invalid("The request body is not a JSON object.")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise _invalid("A conversation must start with a user message. Try again with a conversation that does.")
    for number, message in enumerate(messages):
        _check_message(number, message)
    if messages[0]["role"] != "user":
        raise _invalid("A conversation must start with a user message. Try again with a conversation that does.")
    if messages[-1]["role"] != "user":
        raise _invalid("The last turn in a conversation must be a user message.")
    _check_tools(body.get("toolConfig"))
    tokens = (body.get("inferenceConfig") or {}).get("maxTokens")
    if tokens is not None and (not isinstance(tokens, int) or tokens < 1):
        raise _invalid("1 validation error detected: Value at 'inferenceConfig.maxTokens' must be at least 1")
    return body


def _check_message(number: int, message: Any) -> None:
    if not isinstance(message, dict) or message.get("role") not in ("user", "assistant"):
        raise _invalid(f"The role at messages.{number} must be user or assistant.")
    content = message.get("content")
    if not isinstance(content, list) or not content:
        raise _invalid(f"The content field in the Message object at messages.{number} is empty.")
    for block in content:
        if not isinstance(block, dict) or not block:
            raise _invalid(f"The content at messages.{number} is not a list of content blocks.")
        if "text" in block and not str(block["text"]).strip():
            raise _invalid(f"The text field in the ContentBlock object at messages.{number} is blank.")


def _check_tools(config: Any) -> None:
    if config is None:
        return
    tools = config.get("tools") if isinstance(config, dict) else None
    if not isinstance(tools, list) or not tools:
        raise _invalid("The field toolConfig.tools must hold at least one tool.")
    for tool in tools:
        specification = tool.get("toolSpec") if isinstance(tool, dict) else None
        if not isinstance(specification, dict) or not specification.get("name"):
            raise _invalid("Each tool needs a toolSpec with a name.")
        if not isinstance((specification.get("inputSchema") or {}).get("json"), dict):
            raise _invalid(f"The tool {specification['name']} needs an inputSchema.json.")
    forced = _forced_tool(config)
    if forced and forced not in [tool["toolSpec"]["name"] for tool in tools]:
        raise _invalid(f"Tool choice names the tool {forced}, which is not in toolConfig.tools.")


def _forced_tool(config: dict[str, Any]) -> str | None:
    return ((config.get("toolChoice") or {}).get("tool") or {}).get("name")


def _message(body: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The assistant's message and the stop reason."""
    material: Material = read_material(body["messages"], body.get("system") or [])
    config = body.get("toolConfig")
    if config:
        tools = [tool["toolSpec"] for tool in config["tools"]]
        forced = _forced_tool(config)
        # Without a forced tool Claude would choose; the first one is what it was asked to answer with.
        tool = next((item for item in tools if item["name"] == forced), tools[0])
        answer = compose(material, tool["inputSchema"]["json"])
        use = {"toolUseId": f"tooluse_{uuid.uuid4().hex[:22]}", "name": tool["name"], "input": answer}
        return {"role": "assistant", "content": [{"toolUse": use}]}, "tool_use"
    return {"role": "assistant", "content": [{"text": material.as_text()}]}, "end_turn"


def _tokens(value: Any) -> int:
    """About four characters make a token."""
    return max(1, len(json.dumps(value)) // 4)


def _usage(body: dict[str, Any], message: dict[str, Any]) -> dict[str, int]:
    given = _tokens([body.get("system"), body["messages"], body.get("toolConfig")])
    made = _tokens(message["content"])
    return {"inputTokens": given, "outputTokens": made, "totalTokens": given + made}


def _stream(message: dict[str, Any], reason: str, usage: dict[str, int], started: float) -> Iterator[bytes]:
    yield event("messageStart", {"role": "assistant"})
    for index, block in enumerate(message["content"]):
        use = block.get("toolUse")
        text = json.dumps(use["input"]) if use else block["text"]
        if use:
            start = {"toolUse": {"toolUseId": use["toolUseId"], "name": use["name"]}}
            yield event("contentBlockStart", {"contentBlockIndex": index, "start": start})
        for at in range(0, len(text), _CHUNK):
            part = text[at : at + _CHUNK]
            delta = {"toolUse": {"input": part}} if use else {"text": part}
            yield event("contentBlockDelta", {"contentBlockIndex": index, "delta": delta})
        yield event("contentBlockStop", {"contentBlockIndex": index})
    yield event("messageStop", {"stopReason": reason})
    yield event("metadata", {"usage": usage, "metrics": {"latencyMs": _milliseconds(started)}})


def _milliseconds(started: float) -> int:
    return int((time.monotonic() - started) * 1000)


async def _read(request: Request) -> dict[str, Any]:
    if not request.headers.get("authorization"):
        raise BedrockError("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise BedrockError("SerializationException", "The request body is not valid JSON.") from error
    return _checked(str(request.path_params["model_id"]), body)


async def _refuse(_: Request, error: Exception) -> Response:
    assert isinstance(error, BedrockError)
    headers = {**HEADERS, "x-amzn-ErrorType": error.code, "x-amzn-RequestId": str(uuid.uuid4())}
    return JSONResponse({"message": error.message}, error.status, headers)


async def _unknown(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"message": str(error.detail)}, error.status_code, HEADERS)


async def _healthz(_: Request) -> Response:
    return JSONResponse({"status": "ok"}, headers=HEADERS)


def create_app(seconds: float = 0) -> Starlette:
    """The application; it thinks for `seconds` before each answer, as Claude does."""

    async def converse(request: Request) -> Response:
        started = time.monotonic()
        body = await _read(request)
        await asyncio.sleep(seconds)
        message, reason = _message(body)
        answer = {
            "output": {"message": message},
            "stopReason": reason,
            "usage": _usage(body, message),
            "metrics": {"latencyMs": _milliseconds(started)},
        }
        return JSONResponse(answer, headers={**HEADERS, "x-amzn-RequestId": str(uuid.uuid4())})

    async def converse_stream(request: Request) -> Response:
        started = time.monotonic()
        body = await _read(request)
        await asyncio.sleep(seconds)
        message, reason = _message(body)
        return StreamingResponse(
            _stream(message, reason, _usage(body, message), started),
            media_type="application/vnd.amazon.eventstream",
            headers={**HEADERS, "x-amzn-RequestId": str(uuid.uuid4())},
        )

    return Starlette(
        routes=[
            Route("/healthz", _healthz),
            Route("/model/{model_id:path}/converse", converse, methods=["POST"]),
            Route("/model/{model_id:path}/converse-stream", converse_stream, methods=["POST"]),
        ],
        exception_handlers={BedrockError: _refuse, HTTPException: _unknown},
    )


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.bedrock_api", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=4567)
    arguments = parser.parse_args()
    seconds = float(os.environ.get("SANDBOX_BEDROCK_SECONDS", "0"))
    app = create_app(seconds)
    startup.end()
    uvicorn.run(app, host=arguments.host, port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
