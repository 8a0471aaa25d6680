"""`assistant ask`: the answer alone on standard output, whatever happens to the connection; exit codes for scripts."""

from __future__ import annotations

import io
import json

import pytest

from cli.exit_codes import ExitCode
from tests.fakes.rest_gateway import Reply, RestGateway, problem, stream
from tests.unit.cli.conftest import Run, a_plan, a_turn, answer_event, turn_event

CHAT, EVENTS, TURN = "POST /v1/chat", "GET /v1/turns/trn_1/events", "GET /v1/turns/trn_1"
RUNNING, COMPLETED = turn_event("running"), turn_event("completed")
STEP = {"tool": "get_s3_usage", "status": "ok", "duration_ms": 1200, "gaps": [], "result": {}}


class Pipe(io.TextIOWrapper):
    """Standard input that is no terminal."""

    def __init__(self, raw: bytes) -> None:
        super().__init__(io.BytesIO(raw), encoding="utf-8")


@pytest.fixture(autouse=True)
def no_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Pipe(b""))


def test_a_pipe_gets_the_answer_alone_and_a_person_the_progress(
    assistant: Run, rest: RestGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    text = ("text", {"delta": "I look first.", "round": 1}), ("text", {"delta": "7 bytes.", "round": 2})
    rest.on(CHAT, stream(RUNNING, text[0], ("step", STEP), text[1], answer_event("7 bytes."), COMPLETED))
    assert assistant("ask", "How", "much?") == ExitCode.OK
    captured = capsys.readouterr()
    assert captured.out == "7 bytes.\n"
    assert "✓ get_s3_usage (1.2 s)" in captured.err
    [request] = rest.sent(CHAT)
    assert request.body == {"message": "How much?"}
    assert request.headers["authorization"] == "Bearer the-token"


def test_quiet_says_nothing_but_the_answer_and_its_gaps(
    assistant: Run, rest: RestGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    gap = {"code": "aws_access_denied", "detail": "may not list", "region": "eu-west-1"}
    rest.on(CHAT, stream(RUNNING, ("step", STEP | {"gaps": [gap]}), answer_event("7"), COMPLETED))
    assert assistant("ask", "-q", "How much?") == ExitCode.OK
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == (
        "7\n",
        "  not complete: eu-west-1: may not list [aws_access_denied]\n",
    )


def test_a_lost_stream_goes_on_after_the_last_event(
    assistant: Run, rest: RestGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    rest.on(CHAT, stream(RUNNING, ("step", STEP), end="cut"))
    rest.on(EVENTS, Reply(drop=True), stream(answer_event("7"), first=3, end="cut"), stream(COMPLETED, first=4))
    assert assistant("ask", "How much?") == ExitCode.OK
    assert capsys.readouterr().out == "7\n"
    assert [request.headers["last-event-id"] for request in rest.sent(EVENTS)] == ["2-0", "2-0", "3-0"]
    assert len(rest.sent(CHAT)) == 1


def test_a_message_whose_connection_was_lost_before_an_answer_is_sent_under_the_same_key(
    assistant: Run, rest: RestGateway
) -> None:
    running = problem(409, "idempotency_in_progress", "still running")
    rest.on(CHAT, Reply(drop=True), running, stream(RUNNING, answer_event("7"), COMPLETED))
    assert assistant("ask", "How much?") == ExitCode.OK
    assert len({request.headers["idempotency-key"] for request in rest.sent(CHAT)}) == 1


def test_a_stream_that_ends_before_the_turn_does_is_looked_after(
    assistant: Run, rest: RestGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    rest.on(CHAT, stream(RUNNING))
    rest.on(EVENTS, stream(), stream(answer_event("7"), first=2), Reply(204))
    rest.on(TURN, Reply(200, a_turn(status="running")), Reply(200, a_turn()))
    assert assistant("ask", "How much?") == ExitCode.OK
    assert capsys.readouterr().out == "7\n"


def test_a_connection_that_never_comes_back_ends_the_command(assistant: Run, rest: RestGateway) -> None:
    rest.on(CHAT, stream(RUNNING, end="cut"))
    rest.on(EVENTS, Reply(drop=True))
    assert assistant("ask", "How much?") == ExitCode.UNAVAILABLE
    assert len(rest.sent(EVENTS)) == 5


def test_under_json_the_turn_is_answered_as_rest_answers_it(
    assistant: Run, rest: RestGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    rest.on(CHAT, stream(RUNNING, answer_event("7 bytes."), COMPLETED))
    rest.on(TURN, Reply(200, a_turn(answer="7 \x1b[31m\u202e")))
    assert assistant("ask", "--json", "How much?") == ExitCode.OK
    out = capsys.readouterr().out
    assert json.loads(out)["answer"] == "7 \x1b[31m\u202e"
    assert out.isascii()
    assert "\x1b" not in out


def test_a_turn_that_fails_ends_with_its_reason(
    assistant: Run, rest: RestGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = ("error", {"code": "model_unavailable", "detail": "the model does not answer", "retryable": True})
    rest.on(CHAT, stream(RUNNING, failed, turn_event("failed")))
    assert assistant("ask", "How much?") == ExitCode.FAILED
    assert "the model does not answer [model_unavailable]" in capsys.readouterr().err


def test_a_change_without_a_terminal_shows_the_plan_and_how_to_decide_it(
    assistant: Run, rest: RestGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {"finding_id": "fnd_1", "typed": "acme-logs"}
    page = answer_event("```text\n▌ Plan\n```", "waiting_for_approval")
    plan = ("plan", a_plan(acknowledge=[asked]))
    rest.on(CHAT, stream(RUNNING, plan, page, turn_event("waiting_for_approval")))
    assert assistant("ask", "Create it") == ExitCode.WAITING
    captured = capsys.readouterr()
    assert captured.out == "▌ Plan pln_1: waits for a decision\n▌ Findings: none\n"
    approve = f"assistant plan approve pln_1 --digest {'d' * 64} --acknowledge fnd_1=TYPE_ITS_NAME"
    assert approve in captured.err
    assert [request.path for request in rest.requests] == ["/v1/chat"]


def test_what_is_piped_in_goes_along_below_the_question(
    assistant: Run, rest: RestGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest.on(CHAT, stream(RUNNING, answer_event("It allows all."), COMPLETED))
    for arguments, sent in (
        (("Explain this",), 'Explain this\n\n{"Version": "é"}'),
        ((), '{"Version": "é"}'),
        (("--no-stdin", "Hello"), "Hello"),
    ):
        monkeypatch.setattr("sys.stdin", Pipe('{"Version": "é"}\n'.encode()))
        assert assistant("ask", *arguments) == ExitCode.OK
        assert rest.requests[-1].body == {"message": sent}


@pytest.mark.parametrize(
    ("raw", "words"), [(b"\xff\xfe\x00", "UTF-8"), (b"x" * (1024 * 1024 + 1), "1 MiB"), (b"", "no question")]
)
def test_what_cannot_be_asked_is_not_sent(
    assistant: Run,
    rest: RestGateway,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    raw: bytes,
    words: str,
) -> None:
    monkeypatch.setattr("sys.stdin", Pipe(raw))
    assert assistant("ask") == ExitCode.USAGE
    assert words in capsys.readouterr().err
    assert rest.requests == []


def test_read_only_is_the_gateways_to_enforce(assistant: Run, rest: RestGateway) -> None:
    rest.on(CHAT, stream(RUNNING, answer_event("No."), COMPLETED))
    assert assistant("ask", "--read-only", "--conversation", "cnv_1", "Create it") == ExitCode.OK
    assert rest.requests[0].body == {"message": "Create it", "conversation_id": "cnv_1", "read_only": True}


def test_ctrl_c_stops_the_turn_and_says_so(
    assistant: Run, rest: RestGateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from cli.chat.printer import TurnPrinter

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(TurnPrinter, "_on_step", interrupted)
    rest.on(CHAT, stream(RUNNING, ("step", STEP), COMPLETED))
    rest.on("POST /v1/turns/trn_1/cancel", Reply(202, a_turn(status="cancelled")))
    assert assistant("ask", "How much?") == ExitCode.INTERRUPTED
    assert len(rest.sent("POST /v1/turns/trn_1/cancel")) == 1
    assert "stopped: the turn is cancelled" in capsys.readouterr().err


def test_a_chat_needs_a_terminal(assistant: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert assistant("chat") == ExitCode.USAGE
    assert "assistant ask" in capsys.readouterr().err
