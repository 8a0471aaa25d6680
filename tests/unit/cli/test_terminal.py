"""The command in a terminal, against a scripted gateway: streamed text, Ctrl-C on the way, and a chat that goes on."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.fakes.rest_gateway import Reply, RestGateway, problem, stream
from tests.fakes.terminal import in_a_terminal
from tests.unit.cli.conftest import a_plan, a_turn, answer_event, turn_event

SESSION = {"account": "111122223333", "caller_arn": "arn:x", "region": "eu-west-1", "expires_at": "x", "sandbox": True}
CHAT, CANCEL = "POST /v1/chat", "POST /v1/turns/trn_1/cancel"
RUNNING, COMPLETED = turn_event("running"), turn_event("completed")
Terminal = Callable[..., Any]


@pytest.fixture
def terminal(rest: RestGateway, home: Path) -> Iterator[Terminal]:
    rest.on("GET /v1/sessions/current", Reply(200, SESSION))
    started: list[Any] = []

    def start(*arguments: str, command: str | None = None) -> Any:
        environment = os.environ | {
            "ASSISTANT_HOME": str(home),
            "ASSISTANT_GATEWAY": rest.address,
            "ASSISTANT_TOKEN": "the-token",
            "TERM": "xterm-256color",
            "PROMPT_TOOLKIT_NO_CPR": "1",
        }
        run = [command, "-c", *arguments] if command else [sys.executable, "-m", "cli", *arguments]
        one = in_a_terminal(run, environment, size=(40, 120), seconds=60)
        started.append(one)
        return one

    yield start
    for one in started:
        one.close(force=True)


def ended(one: Any) -> int | None:
    one.expect(pexpect.EOF)
    one.close()
    code: int | None = one.exitstatus
    return code


def until(holds: Callable[..., bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_text_appears_as_it_comes_and_the_answer_is_not_said_twice(terminal: Terminal, rest: RestGateway) -> None:
    text = [("text", {"delta": part, "round": 1}) for part in ("It is ", "\x1b[31m7", " bytes.\n")]
    rest.on(CHAT, stream(RUNNING, *text, answer_event("It is \x1b[31m7 bytes.\n"), COMPLETED))
    one = terminal("ask", "How much?")
    assert ended(one) == 0
    assert one.before.count(r"It is \u001b[31m7 bytes.") == 1


def test_an_answer_that_differs_from_what_was_streamed_is_shown(terminal: Terminal, rest: RestGateway) -> None:
    thought = ("text", {"delta": "I look first.", "round": 1})
    rest.on(CHAT, stream(RUNNING, thought, answer_event("7 bytes."), COMPLETED))
    one = terminal("ask", "How much?")
    assert ended(one) == 0
    assert [line.strip() for line in one.before.splitlines() if line.strip()] == ["I look first.", "7 bytes."]


def test_ctrl_c_stops_the_turn_and_ends_with_130(terminal: Terminal, rest: RestGateway) -> None:
    rest.on(CHAT, stream(RUNNING, ("text", {"delta": "It is", "round": 1}), end="held"))
    rest.on(CANCEL, Reply(202, a_turn(status="cancelled")))
    one = terminal("ask", "How much?")
    one.expect("It is")
    one.send("\x03")
    one.expect("stopped: the turn is cancelled")
    assert ended(one) == 130
    assert len(rest.sent(CANCEL)) == 1


def test_ctrl_c_where_the_plan_already_runs_says_that_it_does(terminal: Terminal, rest: RestGateway) -> None:
    rest.on(CHAT, stream(RUNNING, ("text", {"delta": "It is", "round": 1}), end="held"))
    rest.on(CANCEL, problem(409, "already_decided", "its plan is approved: cancel the plan"))
    one = terminal("ask", "How much?")
    one.expect("It is")
    one.send("\x03")
    one.expect("not stopped: its plan is approved: cancel the plan")
    assert ended(one) == 130


def test_a_chat_goes_on_after_ctrl_c_and_after_an_error(terminal: Terminal, rest: RestGateway, home: Path) -> None:
    rest.on(
        CHAT,
        stream(RUNNING, ("text", {"delta": "It is", "round": 1}), end="held"),
        problem(422, "secret_in_message", "the text holds a key"),
        stream(RUNNING, answer_event("7 bytes."), COMPLETED),
    )
    rest.on(CANCEL, Reply(202, a_turn(status="cancelled")))
    one = terminal("chat")
    one.expect("›")
    one.send("One\r")
    one.expect("It is")
    one.send("\x03")
    one.expect("the turn is cancelled")
    one.expect("›")
    one.send("Two\r")
    one.expect("the text holds a key")
    one.expect("›")
    # Several lines in one message: Alt-Enter.
    one.send("Three\x1b\rlines\r")
    one.expect("7 bytes")
    one.expect("›")
    one.send("\x04")
    assert ended(one) == 0
    assert [request.body for request in rest.sent(CHAT)] == [
        {"message": "One"},
        {"message": "Two", "conversation_id": "cnv_1"},
        {"message": "Three\nlines", "conversation_id": "cnv_1"},
    ]
    history = home / "history"
    assert history.stat().st_mode & 0o077 == 0
    assert "+Three\n+lines" in history.read_text()


def test_a_chat_ends_where_the_session_has(terminal: Terminal, rest: RestGateway) -> None:
    rest.on(CHAT, problem(401, "session_expired", "the session has ended"))
    one = terminal("chat", "How much?", "--no-history")
    one.expect("Log in again")
    assert ended(one) == 4


def test_a_second_ctrl_c_does_not_wait_for_the_first(terminal: Terminal, rest: RestGateway) -> None:
    rest.on(CHAT, stream(RUNNING, ("text", {"delta": "It is", "round": 1}), end="held"))
    rest.on(CANCEL, stream(end="held"))
    one = terminal("ask", "How much?")
    one.expect("It is")
    one.send("\x03")
    until(lambda: bool(rest.sent(CANCEL)))
    one.send("\x03")
    assert ended(one) == 130


WAITING = turn_event("waiting_for_approval")
KEYS = r"\[l\] later"


def asked(rest: RestGateway, plan: dict[str, Any]) -> None:
    rest.on(CHAT, stream(RUNNING, ("plan", plan), answer_event("the page", "waiting_for_approval"), WAITING))


def test_a_review_that_comes_while_a_person_reads_is_shown_before_the_decision(
    terminal: Terminal, rest: RestGateway
) -> None:
    risk = {
        "id": "fnd_9",
        "code": "review_risk",
        "severity": "high",
        "message": "everybody may assume it",
        "step": "s1",
    }
    reviewed = a_plan(
        summary="▌ Plan pln_1: waits\n▌ Claude's review (advice): dangerous.\n",
        review_status="done",
        findings=[risk],
        acknowledge=[{"finding_id": "fnd_9"}],
    )
    asked(rest, a_plan(review_status="pending"))
    rest.on("GET /v1/plans/pln_1", Reply(200, reviewed, {"ETag": '"2"'}))
    rest.on("POST /v1/plans/pln_1/approve", Reply(202, a_plan(status="done")))
    rest.on("GET /v1/turns/trn_1/events", stream(answer_event("Done."), COMPLETED, first=9))
    one = terminal("ask", "Create it")
    one.expect(KEYS)
    one.expect("Claude's review \\(advice\\): dangerous")
    one.expect(KEYS)
    one.send("a")
    one.expect("everybody may assume it")
    one.send("review_risk\r")
    one.expect("Done.")
    assert ended(one) == 0
    [request] = rest.sent("POST /v1/plans/pln_1/approve")
    assert request.body == {"digest": "d" * 64, "acknowledged": [{"finding_id": "fnd_9"}]}


def test_a_plan_that_is_decided_elsewhere_ends_the_question(terminal: Terminal, rest: RestGateway) -> None:
    asked(rest, a_plan())
    rest.on("GET /v1/plans/pln_1", Reply(200, a_plan(status="rejected", ended_because="not now", links={})))
    rest.on("GET /v1/turns/trn_1/events", stream(answer_event("It was rejected."), COMPLETED, first=9))
    one = terminal("ask", "Create it")
    one.expect(KEYS)
    one.expect("rejected")
    one.expect("It was rejected.")
    assert ended(one) == 5


def test_a_plan_that_is_edited_elsewhere_is_asked_about_in_its_new_form(terminal: Terminal, rest: RestGateway) -> None:
    asked(rest, a_plan())
    rest.on("GET /v1/plans/pln_1", Reply(200, a_plan(status="cancelled", replaced_by="pln_2", links={})))
    rest.on("GET /v1/plans/pln_2", Reply(200, a_plan(plan_id="pln_2", digest="e" * 64, summary="▌ Plan pln_2\n")))
    one = terminal("ask", "Create it")
    one.expect(KEYS)
    one.expect("▌ Plan pln_2")
    one.expect(f"Digest {'e' * 12}")
    one.expect(KEYS)
    one.send("l")
    one.expect("assistant plan approve pln_2")
    assert ended(one) == 3


def test_the_page_is_seen_also_where_the_answer_goes_into_a_pipe(
    terminal: Terminal, rest: RestGateway, tmp_path: Path
) -> None:
    asked(rest, a_plan())
    rest.on("GET /v1/plans/pln_1", Reply(304))
    shell = f'"{sys.executable}" -m cli ask "Create it" > "{tmp_path}/answer"; echo "ended $?"'
    one = terminal(shell, command="/bin/sh")
    one.expect("▌ Plan pln_1")
    one.expect(KEYS)
    one.send("l")
    one.expect("ended 3")
