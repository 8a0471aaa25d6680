"""Answers a request as the model it names: the planner's reply under ``tool_choice``, or a fault for tests."""

import json

from sandbox.model.accounts import reply
from sandbox.model.calls.offer import Offer, resolve
from sandbox.model.reading.focus import focus_of
from sandbox.model.reading.history import Conversation, read_conversation
from sandbox.model.tools import RESOURCES
from sandbox.model.types import Call, JsonObject, Reply
from sandbox.model.wire.request import ApiError, ChatRequest
from sandbox.model.wire.response import Spoken, token_count, written

PLANNERS = ("gpt-4-turbo", "gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini")
SCRIPTED = (  # what each does is said in sandbox/openai_api.py
    "sandbox-malformed-arguments",
    "sandbox-refusal",
    "sandbox-error-500",
    "sandbox-rate-limit",
    "sandbox-slow",
    "sandbox-loop",
    "sandbox-length",
    "sandbox-unknown-tool",
    "sandbox-empty",
)
MODELS = (*PLANNERS, *SCRIPTED)


def speak(request: ChatRequest) -> Spoken:
    """What the model says to a request. Raises ApiError for unknown and failing models."""
    if request.model not in MODELS:
        told = f"The model `{request.model}` does not exist or you do not have access to it."
        raise ApiError(404, told, code="model_not_found")
    if request.model == "sandbox-error-500":
        raise ApiError(500, "The server had an error while processing your request.", "server_error")
    if request.model == "sandbox-rate-limit":
        told = "Rate limit reached for the sandbox's model. Please try again in 1s."
        raise ApiError(429, told, "requests", code="rate_limit_exceeded", headers={"retry-after": "1"})
    if request.model == "sandbox-refusal":
        return Spoken(refusal="I'm sorry, I can't help with that.")
    if request.model == "sandbox-empty":
        return Spoken()
    return _shortened(_scripted(request), request)


def _scripted(request: ChatRequest) -> Spoken:
    """The planner's reply, with the fault that the model's name asks for."""
    tried = any(message["role"] == "tool" for message in request.messages)
    if request.model == "sandbox-loop" and request.schemas:
        return Spoken(calls=written((_any_call(request),)), finish="tool_calls")
    if request.model == "sandbox-unknown-tool" and request.schemas and not tried:
        return Spoken(calls=(("tool_nobody_offered", "{}"),), finish="tool_calls")
    spoken = _planned(request)
    if request.model == "sandbox-malformed-arguments" and spoken.calls and not tried:
        broken = tuple(
            (name, (arguments[:-1] if arguments != "{}" else '{"') + ",") for name, arguments in spoken.calls
        )
        return Spoken(calls=broken, finish="tool_calls")
    if request.model == "sandbox-length" and spoken.text:
        return Spoken(text=spoken.text[: max(1, len(spoken.text) // 2)], finish="length")
    return spoken


def _planned(request: ChatRequest) -> Spoken:
    answered = reply(request.messages, Offer(request.schemas, request.descriptions), request.choice != "none")
    if request.choice == "required" and not answered.calls:
        answered = Reply(calls=(_any_call(request),))
    elif request.choice.startswith("function:"):
        name = request.choice.removeprefix("function:")
        call = next((each for each in answered.calls if each.name == name), None) or _named_call(name, request)
        # As at OpenAI, a call that the client named ends with "stop".
        return Spoken(calls=written((call,)), finish="stop")
    calls = answered.calls if request.parallel else answered.calls[:1]
    return Spoken(answered.text, written(calls), finish="tool_calls" if calls else "stop")


def _any_call(request: ChatRequest) -> Call:
    """Some function to call where one must be called: one without required arguments if there is one."""
    easy = [name for name, schema in request.schemas.items() if not schema.get("required")]
    return _named_call((easy or list(request.schemas))[0], request)


def _named_call(name: str, request: ChatRequest) -> Call:
    """A call of a function the client named, with what the message says for its arguments."""
    conversation = read_conversation(request.messages)
    schema = request.schemas[name]
    wanted = schema.get("required") or []
    known = _known_values(conversation)
    arguments: JsonObject = {}
    for key, found in (schema.get("properties") or {}).items():
        if known.get(key):
            arguments[key] = known[key]
        elif key in wanted:
            arguments[key] = _placeholder(resolve(found, schema), conversation)
    return Offer(request.schemas).fit(Call(name, arguments))


def _known_values(conversation: Conversation) -> JsonObject:
    """What the message says, by the names that arguments have for it."""
    focus = focus_of(conversation.current.text)
    loose = [each.value for each in focus.named if each.kind is None]
    names = {each.name_key: focus.names(each.kind) or loose for each in RESOURCES.values()}
    return {
        **{key: next(iter(found), "") for key, found in names.items()},
        **{f"{key}s": found for key, found in names.items()},
        "name": next(iter(focus.names("role") or loose), ""),
        "regions": list(focus.regions),
        "region": next(iter(focus.regions), conversation.region),
        "states": list(focus.states),
        "prefix": focus.prefix,
        "policy_json": json.dumps(focus.documents[0]) if focus.documents else "",
        "goal": conversation.current.text,
        "query": conversation.current.text,
    }


def _placeholder(schema: JsonObject, conversation: Conversation) -> object:
    if schema.get("enum"):
        return schema["enum"][0]
    empty: dict[str, object] = {"array": [], "object": {}, "integer": 1, "number": 1, "boolean": False}
    return empty.get(str(schema.get("type")), conversation.current.text[:200])


def _shortened(spoken: Spoken, request: ChatRequest) -> Spoken:
    """Cut a text that is longer than ``max_tokens`` allows."""
    if request.max_tokens is None or token_count(spoken.text) <= request.max_tokens:
        return spoken
    return Spoken(text=spoken.text[: request.max_tokens * 4], finish="length")
