"""Checks a chat-completion request as OpenAI's API does, and raises its errors."""

import re
from dataclasses import dataclass
from typing import Any

from sandbox.model.types import JsonObject

ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MOST_TOOLS = 128


class ApiError(Exception):
    """An error of OpenAI's API: its HTTP status and the fields of its JSON body."""

    def __init__(
        self,
        status: int,
        message: str,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
        self.headers = headers or {}


@dataclass(frozen=True)
class ChatRequest:
    """A checked request, reduced to what the planner needs."""

    model: str
    messages: list[JsonObject]
    schemas: dict[str, JsonObject]
    descriptions: dict[str, str]
    choice: str  # "none", "auto", "required", or "function:NAME"
    parallel: bool
    stream: bool
    include_usage: bool
    max_tokens: int | None


def read_request(body: Any) -> ChatRequest:
    """Check the JSON body of ``POST /v1/chat/completions``. Raises ApiError (400) naming the parameter."""
    if not isinstance(body, dict):
        raise _bad("We could not parse the JSON body of your request: an object is expected.")
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise _bad("you must provide a model parameter", "model")
    messages = body.get("messages")
    if not isinstance(messages, list):
        raise _missing("messages")
    if not messages:
        told = "Expected an array with minimum length 1, but got an empty array instead"
        raise _bad(f"Invalid 'messages': empty array. {told}.", "messages", "empty_array")
    for at, message in enumerate(messages):
        _check_message(message, f"messages.[{at}]")
    _check_answers(messages)
    schemas = _schemas(body.get("tools"))
    stream, options = _flag(body, "stream", False), body.get("stream_options")
    if options is not None and not stream:
        raise _bad("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")
    if body.get("n") not in (None, 1):
        raise _bad("Invalid 'n': the sandbox's model gives one choice.", "n", "integer_above_max_value")
    return ChatRequest(
        model=model,
        messages=messages,
        schemas=schemas,
        descriptions={name: _description(body.get("tools"), name) for name in schemas},
        choice=_choice(body.get("tool_choice"), schemas),
        parallel=_flag(body, "parallel_tool_calls", True),
        stream=stream,
        include_usage=isinstance(options, dict) and options.get("include_usage") is True,
        max_tokens=_limit(body),
    )


def _description(tools: Any, name: str) -> str:
    """What a checked tool says of itself."""
    functions = (tool["function"] for tool in tools or [])
    return str(next((each.get("description") for each in functions if each.get("name") == name), None) or "")


def _bad(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    return ApiError(400, message, param=param, code=code)


def _missing(param: str) -> ApiError:
    return _bad(f"Missing required parameter: '{param}'.", param, "missing_required_parameter")


def _wrong_type(value: Any, expected: str, param: str) -> ApiError:
    told = f"expected {expected}, but got {_type(value)} instead"
    return _bad(f"Invalid type for '{param}': {told}.", param, "invalid_type")


def _flag(body: JsonObject, name: str, default: bool) -> bool:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise _wrong_type(value, "a boolean", name)
    return value


def _limit(body: JsonObject) -> int | None:
    for name in ("max_completion_tokens", "max_tokens"):
        value = body.get(name)
        if value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise _bad(f"Invalid '{name}': expected an integer of at least 1.", name, "integer_below_min_value")
        return value
    return None


def _type(value: Any) -> str:
    names = {"str": "a string", "int": "an integer", "float": "a decimal", "list": "an array", "dict": "an object"}
    names |= {"bool": "a boolean", "NoneType": "null"}
    return names.get(type(value).__name__, "an unsupported value")


def _check_message(message: Any, path: str) -> None:
    if not isinstance(message, dict):
        raise _wrong_type(message, "an object", path)
    role = message.get("role")
    if role not in ROLES:
        told = f"Invalid value: '{role}'. Supported values are: {', '.join(sorted(ROLES))}."
        raise _bad(told, f"{path}.role", "invalid_value")
    content = message.get("content")
    calls = message.get("tool_calls")
    if role == "assistant":
        _check_calls(calls, f"{path}.tool_calls")
    if content is None and not (role == "assistant" and (calls or message.get("refusal"))):
        raise _bad(f"Invalid value for 'content': expected a string, got null. ({path})", f"{path}.content")
    if content is not None:
        _check_content(content, f"{path}.content")
    if role == "tool" and not isinstance(message.get("tool_call_id"), str):
        raise _missing(f"{path}.tool_call_id")


def _check_content(content: Any, path: str) -> None:
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        raise _wrong_type(content, "one of a string or array of objects", path)
    for at, part in enumerate(content):
        if not isinstance(part, dict) or not isinstance(part.get("type"), str):
            raise _missing(f"{path}[{at}].type")


def _check_calls(calls: Any, path: str) -> None:
    if calls is None:
        return
    if not isinstance(calls, list) or not calls:
        raise _bad(f"Invalid '{path}': expected a non-empty array.", path, "empty_array")
    for at, call in enumerate(calls):
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) or not isinstance(call.get("id"), str):
            raise _bad(f"Invalid '{path}[{at}]': a tool call needs an id and a function.", f"{path}[{at}]")
        if not isinstance(function.get("name"), str) or not isinstance(function.get("arguments"), str):
            where = f"{path}[{at}].function"
            raise _bad(f"Invalid '{where}': name and arguments must be strings.", where, "invalid_type")


def _check_answers(messages: list[JsonObject]) -> None:
    """Each call is answered by a tool message right after it, and each tool message answers a call."""
    open_ids: set[str] = set()
    for at, message in enumerate(messages):
        if message["role"] == "tool":
            if message["tool_call_id"] not in open_ids:
                told = "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'"
                raise _bad(f"Invalid parameter: {told}.", f"messages.[{at}].role")
            open_ids.discard(message["tool_call_id"])
            continue
        _none_open(open_ids)
        if message["role"] == "assistant":
            open_ids = {call["id"] for call in message.get("tool_calls") or []}
    _none_open(open_ids)


def _none_open(open_ids: set[str]) -> None:
    if open_ids:
        raise _bad(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            "'tool_call_id'. The following tool_call_ids did not have response messages: "
            + ", ".join(sorted(open_ids)),
            "messages",
        )


def _schemas(tools: Any) -> dict[str, JsonObject]:
    """The offered functions' parameter schemas by name."""
    if tools is None:
        return {}
    if not isinstance(tools, list) or not tools:
        raise _bad("Invalid 'tools': expected an array with minimum length 1.", "tools", "empty_array")
    if len(tools) > _MOST_TOOLS:
        told = f"Invalid 'tools': array too long. Expected at most {_MOST_TOOLS}."
        raise _bad(told, "tools", "array_above_max_length")
    found: dict[str, JsonObject] = {}
    for at, tool in enumerate(tools):
        path = f"tools[{at}]"
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict) or tool.get("type") != "function":
            raise _missing(f"{path}.function")
        name = function.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            told = "string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'"
            raise _bad(f"Invalid '{path}.function.name': {told}.", f"{path}.function.name", "invalid_value")
        found[name] = _parameters(function, name, path)
    return found


def _parameters(function: JsonObject, name: str, path: str) -> JsonObject:
    parameters = function.get("parameters")
    if parameters is None:
        return {}
    wrong = ""
    if not isinstance(parameters, dict) or parameters.get("type") != "object":
        kind = parameters.get("type") if isinstance(parameters, dict) else type(parameters).__name__
        wrong = f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{kind}\"'"
    elif not isinstance(parameters.get("properties", {}), dict):
        wrong = "'properties' must be an object"
    if wrong:
        told = f"Invalid schema for function '{name}': {wrong}."
        raise _bad(told, f"{path}.function.parameters", "invalid_function_parameters")
    found: JsonObject = parameters
    return found


def _choice(choice: Any, schemas: dict[str, JsonObject]) -> str:
    if choice is None:
        return "auto" if schemas else "none"
    if not schemas:
        raise _bad("Invalid value for 'tool_choice': it is only allowed when 'tools' are specified.", "tool_choice")
    if choice in ("none", "auto", "required"):
        return str(choice)
    function = choice.get("function") if isinstance(choice, dict) and choice.get("type") == "function" else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        told = "Invalid value for 'tool_choice': expected 'none', 'auto', 'required' or a function."
        raise _bad(told, "tool_choice", "invalid_value")
    if function["name"] not in schemas:
        raise _bad(f"Tool choice '{function['name']}' not found in 'tools' parameter.", "tool_choice")
    return f"function:{function['name']}"
