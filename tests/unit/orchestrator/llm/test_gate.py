"""Text that may be a function call is held back until that is known; everything else is shown as it comes."""

from __future__ import annotations

import pytest

from services.orchestrator.llm.gate import Gate
from services.orchestrator.llm.markup import calls_in
from tests.unit.orchestrator.llm.conftest import OFFERED

ROLE = '{"role_name": "app"}'
USAGE, DESCRIBE = [("get_s3_usage", "{}")], [("describe_iam_role", ROLE)]

CALLS = {
    '<tool_call>\n{"name": "get_s3_usage", "arguments": {}}\n</tool_call>': USAGE,
    '<tool_call>{"name": "get_s3_usage", "arguments": {}}': USAGE,
    "<tool_call>{'name': 'get_s3_usage', 'arguments': {},}</tool_call>": USAGE,
    '<tool_call>\n{"name": "get_s3_usage", "arguments": {}}\n</tool_call>\n<tool_call>\n'
    '{"name": "describe_iam_role", "arguments": "{\\"role_name\\": \\"app\\"}"}\n</tool_call>': USAGE + DESCRIBE,
    '[TOOL_CALLS][{"name": "get_s3_usage", "arguments": {}}]': USAGE,
    f"[TOOL_CALLS]describe_iam_role[ARGS]{ROLE}": DESCRIBE,
    f'<|python_tag|>{{"name": "describe_iam_role", "parameters": {ROLE}}}<|eom_id|>': DESCRIBE,
    "<|python_tag|>get_s3_usage.call()": USAGE,
    f"<function=describe_iam_role>{ROLE}</function>": DESCRIBE,
    "<tool_call>\n<function=describe_iam_role>\n<parameter=role_name>\napp\n</parameter>\n</function>\n"
    "</tool_call>": DESCRIBE,
    "<tool_call>describe_iam_role\n<arg_key>role_name</arg_key>\n<arg_value>app</arg_value>\n</tool_call>": DESCRIBE,
    '<function_calls><invoke name="describe_iam_role"><parameter name="role_name">app</parameter></invoke>'
    "</function_calls>": DESCRIBE,
    "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>describe_iam_role\n```json\n"
    f"{ROLE}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>": DESCRIBE,
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.describe_iam_role:0<|tool_call_argument_begin|>"
    f"{ROLE}<|tool_call_end|><|tool_calls_section_end|>": DESCRIBE,
    f"<|channel|>commentary to=functions.describe_iam_role <|constrain|>json<|message|>{ROLE}<|call|>": DESCRIBE,
    f'<|tool_call|>[{{"type": "function", "name": "describe_iam_role", "arguments": {ROLE}}}]': DESCRIBE,
    '<TOOLCALL>[{"name": "get_s3_usage", "arguments": {}}]</TOOLCALL>': USAGE,
    '```json\n{"function": "get_s3_usage", "arguments": {}}\n```': USAGE,
    '```json\n{"function": "functions.get_s3_usage", "arguments": {}}\n```': USAGE,
    '```\n{"name": "get_s3_usage"}\n```': USAGE,
    '```json {"name": "get_s3_usage"} ```': USAGE,
    '`{"name": "get_s3_usage"}`': USAGE,
    "```tool_code\nget_s3_usage()\n```": USAGE,
    '{"name": "get_s3_usage", "parameters": {}}': USAGE,
    '{"name": "get_s3_usage", "parameters": {}}\n{"name": "describe_iam_role", "parameters": ' + ROLE + "}": USAGE
    + DESCRIBE,
    '[{"name": "get_s3_usage"}, {"tool": "describe_iam_role", "args": ' + ROLE + "}]": USAGE + DESCRIBE,
    '{"type": "function", "function": {"name": "get_s3_usage", "arguments": "{}"}}': USAGE,
    '{"tool_calls": [{"id": "1", "type": "function", "function": {"name": "get_s3_usage", "arguments": {}}}]}': USAGE,
    '{"action": "describe_iam_role", "action_input": ' + ROLE + "}": DESCRIBE,
    '{"describe_iam_role": ' + ROLE + "}": DESCRIBE,
    '[get_s3_usage(), describe_iam_role(role_name="app")]': USAGE + DESCRIBE,
    "get_s3_usage{}": USAGE,
    "Thought: I must look.\nAction: get_s3_usage\nAction Input: {}": USAGE,
    f"Thought: I must look\nat it.\n\nAction: describe_iam_role\nAction Input: {ROLE}": DESCRIBE,
    "Action: get_s3_usage": USAGE,
    "```tool_code\nprint(get_s3_usage())\n```": USAGE,
    '```tool_code\nprint(default_api.get_s3_usage())\nprint(default_api.describe_iam_role(role_name="app"))\n```': USAGE
    + DESCRIBE,
    '<|tool_call>call:describe_iam_role{role_name:<|"|>app<|"|>}<tool_call|>': DESCRIBE,
    "<|tool_call_start|>[get_s3_usage()]<|tool_call_end|>": USAGE,
    '<minimax:tool_call>\n<invoke name="describe_iam_role">\n<parameter name="role_name">app</parameter>\n</invoke>\n'
    "</minimax:tool_call>": DESCRIBE,
    '<｜DSML｜function_calls>\n<｜DSML｜invoke name="describe_iam_role">\n'
    '<｜DSML｜parameter name="role_name" string="true">app</｜DSML｜parameter>\n'
    "</｜DSML｜invoke>\n</｜DSML｜function_calls>": DESCRIBE,
    '<|START_ACTION|>[\n {"tool_call_id": "0", "tool_name": "get_s3_usage", "parameters": {}}\n]<|END_ACTION|>': USAGE,
}


@pytest.mark.parametrize("text", CALLS)
def test_a_message_that_is_a_call_is_held_back_and_read(text: str) -> None:
    gate = Gate(OFFERED)
    assert "".join(map(gate.add, text)) == ""
    assert gate.finish() == ("", text)
    assert calls_in(text, OFFERED) == CALLS[text]


ANSWERS = [
    "You have 3 buckets: a < b, and {c}.",
    '{"total": 3}',
    '[{"name": "bob", "arguments": "none"}]',
    '{"name": "get_s3_usage", "description": "what the function is for"}',
    "[The console](https://example.com) has it.",
    "get_s3_usage is the function for that.",
    "Thought: it is big.\nYou have 3 buckets.",
    "Action: delete what is old.\nAction Input: none",
    "Action: get_s3_usage\nAction Input: {}\nObservation: 7 GiB\nFinal Answer: You have 7 GiB.",
    "```python\nfound = get_s3_usage()\nprint(found)\n```",
    '```python\nprint("get_s3_usage()")\n```',
    "`get_s3_usage` is the function for that.",
    "The tag `<tool_call>` begins a call.",
    'This is the policy:\n```json\n{"Version": "2012-10-17", "Statement": []}\n```\nIt allows nothing.',
    "Run this:\n```bash\naws s3 ls\n```\nor this:\n\n    ls\n",
    "```text\n<tool_call>\n```\nis how a call begins.",
    "An unfinished block:\n```\naws s3 ls",
    "It costs 3 < 4, x[",
    "",
]


@pytest.mark.parametrize("size", [1, 5, 1000])
@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_is_shown_whole_however_it_is_cut(text: str, size: int) -> None:
    gate = Gate(OFFERED)
    shown = [gate.add(text[start : start + size]) for start in range(0, len(text), size)]
    rest, markup = gate.finish()
    assert ("".join(shown) + rest, markup) == (text, "")


def test_prose_is_shown_as_it_comes() -> None:
    gate = Gate(OFFERED)
    assert [gate.add(word) for word in ("You ", "have ", "3 ", "buckets")] == ["You ", "have ", "3 ", "buckets"]


@pytest.mark.parametrize(
    "markup",
    [
        '<tool_call>{"name": "get_s3_usage"}</tool_call>',
        "[TOOL_CALLS]get_s3_usage{}",
        '```json\n{"name": "get_s3_usage", "arguments": {}}\n```\nand then tell you.',
        "```xml\n<tool_call>get_s3_usage</tool_call>\n```",
    ],
)
def test_a_call_after_other_text_is_parted_from_it(markup: str) -> None:
    gate = Gate(OFFERED)
    shown = "".join(map(gate.add, "I will look.\n" + markup))
    rest, held = gate.finish()
    assert (shown + rest, held) == ("I will look.\n", markup)


def test_what_only_looks_like_a_call_is_not_held_for_ever() -> None:
    gate = Gate(OFFERED)
    shown = "".join(gate.add("[" + '"x", ' * 1000) for _ in range(20))
    assert len(shown) > 50_000
