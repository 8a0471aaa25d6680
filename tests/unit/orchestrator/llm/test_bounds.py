"""What a model sends may be large or hostile: reading it takes little time and no deep stack."""

from __future__ import annotations

import time

import pytest

from services.orchestrator.llm.gate import Gate
from services.orchestrator.llm.markup import calls_in
from tests.unit.orchestrator.llm.conftest import OFFERED


@pytest.mark.parametrize(
    "text",
    [
        '{"role_name": ' + "[" * 800 + "]" * 800 + "}",
        "[" * 900 + "]" * 900,
        '{"role_name": "' + '\\"' * 30_000,
        "'" + "\\'" * 30_000,
        '{"a":' * 400 + "1" + "}" * 400,
        "x" * 60_000,
        "{" + "x" * 60_000,
        "," + " " * 60_000,
        ", " * 30_000,
        "<" * 60_000,
        "```" * 20_000,
        "[" + "f(" * 20_000,
    ],
)
def test_hostile_arguments_take_no_time_and_no_stack(text: str) -> None:
    begun = time.thread_time()
    assert OFFERED.read("describe_iam_role", text)[0][0] == "describe_iam_role"
    assert calls_in(text, OFFERED) == []
    assert time.thread_time() - begun < 1.0


def test_long_lines_and_blocks_pass_the_gate_in_time() -> None:
    begun = time.thread_time()
    for text in ("word " * 20_000, "```text\n" + "a = 1\n" * 10_000, "```python\n" + "x" * 60_000, "`" * 9000):
        gate = Gate(OFFERED)
        shown = "".join(gate.add(text[start : start + 20]) for start in range(0, len(text), 20))
        assert shown + gate.finish()[0] == text
    assert time.thread_time() - begun < 10.0
