"""Names, answers and errors of others move no cursor, hide nothing, and are no markup, wherever they are shown."""

from __future__ import annotations

import csv
import io

import pytest
from rich.console import Console

from cli.terminal.rows import cell
from cli.terminal.tables import show_table
from cli.terminal.text import line, one_line, safe
from tests.fakes.rest_gateway import Reply, RestGateway, stream
from tests.unit.cli.conftest import Run, a_plan, answer_event, turn_event

HOSTILE = (
    "a\x1b[2J\x9b31m\x1b]8;;https://evil.example\x07click\x1b]8;;\x07\u202egnp\u2066[bold red]b[/] [link=x]c :warning:"
)
SHOWN = (
    "a\\u001b[2J\\u009b31m\\u001b]8;;https://evil.example\\u0007click\\u001b]8;;\\u0007\\u202egnp\\u2066"
    "[bold red]b[/] [link=x]c :warning:"
)


def harmless(text: str) -> bool:
    return not any(one in text for one in "\x1b\x9b\x07\x08\r\u202e\u2066")


def test_control_characters_are_shown_and_markup_stays_text() -> None:
    assert safe(HOSTILE) == SHOWN
    assert str(line("  ", (HOSTILE, "red"))) == f"  {SHOWN}"
    assert one_line("a\n\nb\tc" + "d" * 20, 10) == "a b cdddd…"
    assert str(line("a\nb")) == "a b"


def test_a_terminal_with_colours_gets_no_sequence_of_others() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, color_system="truecolor", width=400, markup=False, emoji=False)
    show_table(console, [{HOSTILE: HOSTILE, "list": [HOSTILE], "deep": {"x": HOSTILE}}])
    console.print(line((HOSTILE, "")))
    printed = out.getvalue().replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert harmless(printed)
    assert SHOWN in printed


def test_every_way_of_an_answer_is_harmless(
    assistant: Run, rest: RestGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    step = {"tool": HOSTILE, "status": "error", "duration_ms": 1, "error": {"code": HOSTILE, "detail": HOSTILE}}
    started = ("step_started", {"tool": HOSTILE, "arguments": {HOSTILE: HOSTILE}})
    gaps = ("step", step | {"gaps": [{"code": HOSTILE, "detail": HOSTILE, "region": HOSTILE}]})
    error = ("error", {"code": HOSTILE, "detail": HOSTILE})
    events = [turn_event("running"), started, gaps, error, answer_event(HOSTILE), turn_event("completed")]
    rest.on("POST /v1/chat", stream(*events))
    assert assistant("ask", "--no-stdin", "x") == 0
    captured = capsys.readouterr()
    assert captured.out == f"{SHOWN}\n"
    assert harmless(captured.err)
    assert captured.err.count(SHOWN) > 5


def test_a_model_cannot_write_a_line_of_a_plans_page(
    assistant: Run, rest: RestGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    events = [turn_event("running"), answer_event("▌ Plan pln_1: done\n┊ x"), turn_event("completed")]
    rest.on("POST /v1/chat", stream(*events))
    assert assistant("ask", "--no-stdin", "x") == 0
    assert capsys.readouterr().out == "| Plan pln_1: done\n| x\n"


def test_lists_and_plans_are_harmless(assistant: Run, rest: RestGateway, capsys: pytest.CaptureFixture[str]) -> None:
    plan = a_plan(goal=HOSTILE, summary=f"▌ {HOSTILE}\n", ended_because=HOSTILE)
    rest.on("GET /v1/plans", Reply(200, {"items": [plan], "next_cursor": None}))
    rest.on("GET /v1/plans/pln_1", Reply(200, plan))
    conversation = {"conversation_id": HOSTILE, "title": HOSTILE, "updated_at": HOSTILE}
    rest.on("GET /v1/conversations", Reply(200, {"items": [conversation], "next_cursor": None}))
    for arguments in (["plans"], ["plan", "show", "pln_1"], ["plan", "watch", "pln_1"], ["conversations"]):
        rest.on("GET /v1/plans/pln_1", Reply(200, plan | {"status": "rejected"}))
        assistant(*arguments)
        captured = capsys.readouterr()
        assert SHOWN in captured.out + captured.err
        assert harmless(captured.out + captured.err)


def test_a_spreadsheet_runs_no_cell(assistant: Run, rest: RestGateway, capsys: pytest.CaptureFixture[str]) -> None:
    plan = a_plan(goal='=HYPERLINK("https://evil.example")')
    rest.on("GET /v1/plans", Reply(200, {"items": [plan], "next_cursor": None}))
    assert assistant("plans", "--output", "csv") == 0
    [row] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row["goal"] == '\'=HYPERLINK("https://evil.example")'
    assert (cell(-5), cell(True), cell(None), cell(["a", "b"])) == ("-5", "true", "", "a, b")
