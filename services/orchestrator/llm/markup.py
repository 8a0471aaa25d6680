"""Finds function calls that a model wrote into its text, where the server before it did not read them as calls.

The forms are those that chat templates teach (Hermes and Qwen, Llama, Mistral, DeepSeek, GLM, Kimi, Granite, gpt-oss,
Qwen Coder, Gemma, MiniMax, LFM, Command), and the JSON that small models make up. Whether such a call is made is
decided elsewhere.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator

from pydantic import JsonValue

from services.orchestrator.llm.loose_json import decode, mended, unfenced
from services.orchestrator.llm.offered import NamedArguments, Offered

MAX_CHARS = 64 * 1024  # of calls in a text
_DEPTH = 4

# Whoever writes one of these means a call; no answer has them.
OPENERS = (
    "<tool_call",
    "<toolcall",
    "<|tool_call",
    "<｜tool▁call",
    "<function=",
    "<function_call",
    "<functioncall",
    "<invoke name=",
    "<minimax:tool_call",
    "<｜dsml｜",
    "<|start_action|>",
    "<|python_tag|>",
    "<|channel|>commentary",
    "<|start|>assistant<|channel|>commentary",
    "[tool_call",
    "[/tool_call",
)
OPENER = re.compile("(?<!`)(?:" + "|".join(re.escape(one) for one in OPENERS) + ")", re.IGNORECASE)

# What stands around calls and between their parts.
_AROUND = re.compile(
    r"</?(?:\w+:)?(?:tool_calls?|toolcalls?|function_calls?|functioncalls?)>"
    r"|<\|tool_call>(?:\s*call:)?|<tool_call\|>|<\|tool_call_(?:start|end)\|>|<\|(?:START|END)_ACTION\|>"
    r"|<\|/?tool_calls?\|>|<\|tool_calls?_(?:section_)?(?:argument_)?(?:begin|end)\|>"
    r"|<｜tool▁(?:calls?▁(?:begin|end)|sep)｜>"
    r"|\[/?TOOL_CALLS?\]|\[ARGS\]|\[CALL_ID\]\w*"
    r"|<\|python_tag\|>|<\|start\|>assistant|<\|channel\|>\w+|<\|constrain\|>\s*\w*|<\|message\|>|<\|(?:call|eom_id)\|>"
    r"|`{3,}[ \t]*[\w-]*|(?:\A|(?<=\}))`|`\Z",
    re.IGNORECASE,
)
# DeepSeek's mark in the names of its elements, and Gemma's quotation mark.
_MARKS = (("｜DSML｜", ""), ('<|"|>', '"'))
_GAP = re.compile(r"(?:[\s,;]|to=|function\s+(?=[\w.-]+\s*\{))*")
_NAMED = re.compile(r"(?P<name>[A-Za-z_][\w.:/-]*)\s*(?=\{)")
_ALONE = re.compile(r"(?P<name>[A-Za-z_][\w.:/-]*)\s*\Z")
_ARG_KEYS = re.compile(
    r"(?P<name>[A-Za-z_][\w.:/-]*)\s*"
    r"(?P<body>(?:<arg_key>[^<]*</arg_key>\s*<arg_value>(?:(?!</arg_value>).)*</arg_value>\s*)+)",
    re.DOTALL,
)
_FUNCTION = re.compile(
    r"<function=\"?(?P<name>[^>\"\s]+)\"?>(?P<body>(?:(?!</function>|<function=).)*)(?:</function>|(?=<function=)|\Z)",
    re.DOTALL,
)
_INVOKE = re.compile(
    r"<invoke name=\"(?P<name>[^\"]+)\">(?P<body>(?:(?!</invoke>).)*)(?:</invoke>|\Z)", re.DOTALL | re.IGNORECASE
)
_PARAMETER = re.compile(
    r"\s*(?:<arg_key>(?P<key>[^<]*)</arg_key>\s*<arg_value>(?P<of_key>(?:(?!</arg_value>).)*)</arg_value>"
    r"|<parameter(?:=|\s+name=)\"?(?P<name>[^>\"\s]+)\"?(?:\s+string=\"\w+\")?>(?P<of_name>(?:(?!</parameter>).)*)</parameter>)\s*",
    re.DOTALL,
)

# ReAct, which agents were prompted with before there were function calls: https://arxiv.org/abs/2210.03629
REACT = ("thought:", "action:")
_REACT = re.compile(
    r"(?:Thought\s*:(?:(?!\n\s*(?:Action|Observation)\s*:).)*\n\s*)?Action\s*:[ \t]*"
    r"`?(?P<name>[A-Za-z_][\w.:/-]*)(?:\(\))?`?[ \t]*(?:\n\s*Action Input\s*:(?P<input>(?:(?!\n\s*\w+\s*:).)*))?",
    re.IGNORECASE | re.DOTALL,
)

_NAMES = ("name", "function", "tool", "tool_name", "function_name", "recipient_name", "action")
_ARGUMENTS = ("arguments", "parameters", "args", "input", "params", "tool_input", "action_input", "kwargs")
_BESIDE = {"type", "id", "index", "call_id", "tool_call_id"}
_LISTS = ("tool_calls", "calls", "function_calls", "tool_uses")


class _NoCallError(Exception):
    """The text is not, or not only, calls."""


def calls_in(text: str, offered: Offered) -> list[NamedArguments]:
    """The calls that the whole text consists of; none where it has anything else in it, or no call.

    A function that is not offered counts only within markup, never as bare JSON.
    """
    if not text.strip() or len(text) > MAX_CHARS:
        return []
    react = _REACT.fullmatch(text.strip())
    if react:
        return _of_react(react, offered)
    any_name = bool(OPENER.match(text.strip()))
    for mark, plain in _MARKS:
        text = text.replace(mark, plain)
    body = _AROUND.sub(" ", text).strip()
    try:
        found = list(_calls(body, offered, any_name=any_name))
    except (_NoCallError, RecursionError):
        try:
            found = list(_calls(mended(body), offered, any_name=any_name))
        except (_NoCallError, RecursionError):
            return []
    return [call for name, arguments in found for call in offered.read(name, arguments)]


def _of_react(found: re.Match[str], offered: Offered) -> list[NamedArguments]:
    """The call of `Action: …` and `Action Input: {…}`; none of a function that is not offered."""
    arguments = (found["input"] or "").strip()
    if offered.resolve(found["name"]) is None or (arguments and decode(mended(unfenced(arguments)), 0) is None):
        return []
    return offered.read(found["name"], arguments or "{}")


def _calls(body: str, offered: Offered, *, any_name: bool) -> Iterator[NamedArguments]:
    python = _python(body, offered)
    if python:
        yield from python
        return
    position = 0
    while position < len(body):
        gap = _GAP.match(body, position)
        position = gap.end() if gap else position
        if position == len(body):
            return
        calls, position = _next(body, position, offered, any_name=any_name)
        for name, arguments in calls:
            if not any_name and offered.resolve(name) is None:
                raise _NoCallError
            yield name, arguments


def _next(body: str, position: int, offered: Offered, *, any_name: bool) -> tuple[list[NamedArguments], int]:
    """The call or calls that begin at a position, and where they end."""
    if body[position] in '{["':
        found = decode(body, position)
        if found is None:
            raise _NoCallError
        return list(_of_json(found[0], offered, any_name, _DEPTH)), found[1]
    for form in (_FUNCTION, _INVOKE, _ARG_KEYS):
        marked = form.match(body, position)
        if marked:
            return [(marked["name"], _parameters(marked["body"]))], marked.end()
    named = _NAMED.match(body, position)
    if named:
        found = decode(body, named.end())
        if found is None or not isinstance(found[0], dict):
            raise _NoCallError
        return [(named["name"], json.dumps(found[0], ensure_ascii=False))], found[1]
    alone = _ALONE.match(body, position)
    if alone and any_name:
        return [(alone["name"], "{}")], alone.end()
    raise _NoCallError


def _of_json(value: JsonValue, offered: Offered, any_name: bool, depth: int) -> Iterator[NamedArguments]:
    """The calls in a JSON value such as `{"name": …, "arguments": {…}}`, a list of them, or one inside another."""
    if isinstance(value, str) and depth:
        found = decode(value.strip(), 0)
        if found is None:
            raise _NoCallError
        yield from _of_json(found[0], offered, any_name, depth - 1)
    elif isinstance(value, list) and value and depth:
        for one in value:
            yield from _of_json(one, offered, any_name, depth - 1)
    elif isinstance(value, dict) and depth:
        yield from _of_object(value, offered, any_name, depth)
    else:
        raise _NoCallError


def _of_object(value: dict[str, JsonValue], offered: Offered, any_name: bool, depth: int) -> Iterator[NamedArguments]:
    inner = next((value[key] for key in (*_LISTS, "function_call", "tool_call") if key in value), None)
    inner = value["function"] if inner is None and isinstance(value.get("function"), dict) else inner
    if inner is not None:
        if len(set(value) - _BESIDE) != 1:
            raise _NoCallError
        yield from _of_json(inner, offered, any_name, depth - 1)
        return
    if len(value) == 1:
        ((key, only),) = value.items()
        if offered.resolve(key) and isinstance(only, dict):
            yield key, json.dumps(only, ensure_ascii=False)
            return
    named = [key for key in _NAMES if isinstance(value.get(key), str)]
    given = [key for key in _ARGUMENTS if key in value]
    if len(named) != 1 or len(given) > 1 or set(value) - {*named, *given} - _BESIDE:
        raise _NoCallError
    name, arguments = str(value[named[0]]), value[given[0]] if given else {}
    if not isinstance(arguments, (dict, str, type(None))):
        raise _NoCallError
    yield name, arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _parameters(body: str) -> str:
    """The arguments in `<parameter=…>` or `<arg_key>` elements, as JSON; other bodies are JSON already."""
    if "<parameter" not in body and "<arg_key>" not in body:
        return body.strip() or "{}"
    arguments, position = {}, 0
    while position < len(body):
        one = _PARAMETER.match(body, position)
        if one is None:
            raise _NoCallError
        arguments[(one["key"] or one["name"]).strip()] = (one["of_key"] if one["key"] else one["of_name"]).strip("\n")
        position = one.end()
    return json.dumps(arguments, ensure_ascii=False)


def _python(body: str, offered: Offered) -> list[NamedArguments]:
    """The calls of a text such as `[list_ec2_instances(regions=["eu-west-1"])]` or, as Gemma writes it, of
    `print(default_api.list_s3_buckets())`; none where it is no such text."""
    if "(" not in body or not re.match(r"\[?\s*[A-Za-z_][\w.]*\(", body):
        return []
    try:
        statements = ast.parse(body).body
        return [_python_call(one, offered) for statement in statements for one in _elements(statement)]
    except (SyntaxError, ValueError, RecursionError, MemoryError, _NoCallError):
        return []


def _elements(statement: ast.stmt) -> list[ast.expr]:
    """The expressions of a statement, out of a list and out of a call of `print`."""
    if not isinstance(statement, ast.Expr):
        raise _NoCallError
    found = statement.value
    if isinstance(found, (ast.List, ast.Tuple)):
        return found.elts
    printed = isinstance(found, ast.Call) and isinstance(found.func, ast.Name) and found.func.id == "print"
    return found.args if printed and isinstance(found, ast.Call) and not found.keywords else [found]


def _python_call(node: ast.expr, offered: Offered) -> NamedArguments:
    if not isinstance(node, ast.Call) or node.args or any(word.arg is None for word in node.keywords):
        raise _NoCallError
    name = ast.unparse(node.func).removesuffix(".call")
    if offered.resolve(name) is None:
        raise _NoCallError
    arguments = {str(word.arg): ast.literal_eval(word.value) for word in node.keywords}
    return name, json.dumps(arguments, ensure_ascii=False)
