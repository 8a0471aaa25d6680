"""The commands on plans, grants, tools, results, conversations and the audit log: what they send and how they end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.commands.local import find_checkout
from cli.errors import Usage
from cli.exit_codes import ExitCode
from tests.fakes.rest_gateway import Reply, RestGateway, problem, stream
from tests.unit.cli.conftest import Run, a_plan, a_turn, ended

Capture = pytest.CaptureFixture[str]
APPROVE = ("plan", "approve", "pln_1", "--digest", "d" * 64)


def in_doubt() -> dict[str, Any]:
    step = {"id": "s1", "title": "Create the bucket", "status": "in_doubt", "resolve": "/v1/plans/pln_1/resolve"}
    return a_plan(status="in_doubt", steps=[step], links={"self": "/v1/plans/pln_1", "resolve": "/x"})


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (ended("done"), ExitCode.OK),
        (ended("failed"), ExitCode.FAILED),
        (ended("cancelled"), ExitCode.REFUSED),
        (in_doubt(), ExitCode.WAITING),
    ],
)
def test_an_approval_is_seen_through_and_ends_as_the_plan_does(
    assistant: Run, rest: RestGateway, plan: dict[str, Any], code: int
) -> None:
    rest.on("POST /v1/plans/pln_1/approve", Reply(202, a_plan(status="approved")))
    running = Reply(200, a_plan(status="running"), {"ETag": '"1"'})
    rest.on("GET /v1/plans/pln_1", running, Reply(304), Reply(200, plan))
    assert assistant(*APPROVE, "--acknowledge", "fnd_1", "--acknowledge", "fnd_2=acme=logs") == code
    [request] = rest.sent("POST /v1/plans/pln_1/approve")
    assert request.body == {
        "digest": "d" * 64,
        "acknowledged": [{"finding_id": "fnd_1"}, {"finding_id": "fnd_2", "typed": "acme=logs"}],
    }
    assert [one.headers.get("if-none-match") for one in rest.sent("GET /v1/plans/pln_1")] == [None, '"1"', '"1"']


def test_without_waiting_an_approval_ends_at_once(assistant: Run, rest: RestGateway, capsys: Capture) -> None:
    rest.on("POST /v1/plans/pln_1/approve", Reply(202, a_plan(status="approved")))
    assert assistant(*APPROVE, "--no-wait", "--json") == ExitCode.OK
    assert json.loads(capsys.readouterr().out)["status"] == "approved"
    assert len(rest.requests) == 1


def test_nothing_is_approved_without_a_digest_or_a_terminal(assistant: Run, rest: RestGateway) -> None:
    assert assistant("plan", "approve", "pln_1") == ExitCode.USAGE
    assert rest.requests == []


def test_a_plan_in_doubt_says_how_to_answer(assistant: Run, rest: RestGateway, capsys: Capture) -> None:
    rest.on("GET /v1/plans/pln_1", Reply(200, in_doubt()))
    assert assistant("plan", "watch", "pln_1") == ExitCode.WAITING
    assert "assistant plan resolve pln_1 s1 --did-not-happen" in capsys.readouterr().err


def test_watching_as_json_is_a_line_for_every_change(assistant: Run, rest: RestGateway, capsys: Capture) -> None:
    rest.on("GET /v1/plans/pln_1", *(Reply(200, a_plan(status=one)) for one in ("approved", "running", "done")))
    assert assistant("plan", "watch", "pln_1", "--json") == ExitCode.OK
    lines = capsys.readouterr().out.splitlines()
    # What it is told first is not said twice.
    assert [json.loads(line)["status"] for line in lines] == ["running", "done"]


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        ("agrees", ExitCode.OK),
        ("waiting", ExitCode.WAITING),
        ("alarm", ExitCode.FAILED),
        ("incomplete", ExitCode.FAILED),
        ("unexplained", ExitCode.FAILED),
    ],
)
def test_evidence_is_shown_as_its_page_and_ends_with_its_verdict(
    assistant: Run, rest: RestGateway, capsys: Capture, verdict: str, code: int
) -> None:
    found = {"verdict": verdict, "summary": "▌ Evidence of plan pln_1\n▌ by \x1b[2Jsomebody\n"}
    rest.on("GET /v1/plans/pln_1/evidence", Reply(200, found))
    assert assistant("plan", "evidence", "pln_1") == code
    shown = capsys.readouterr().out
    assert shown.startswith("▌ Evidence of plan pln_1\n▌ by ")
    assert "\x1b[2J" not in shown


def test_showing_a_plan_ends_with_what_it_waits_for(assistant: Run, rest: RestGateway, capsys: Capture) -> None:
    rest.on("GET /v1/plans/pln_1", Reply(200, a_plan()))
    assert assistant("plan", "show", "pln_1") == ExitCode.WAITING
    captured = capsys.readouterr()
    assert captured.out == "▌ Plan pln_1: waits for a decision\n▌ Findings: none\n"
    assert "assistant plan approve pln_1 --digest" in captured.err


def test_an_edit_is_merged_by_the_gateway_and_answered_with_the_new_plan(
    assistant: Run, rest: RestGateway, capsys: Capture
) -> None:
    rest.on("GET /v1/plans/pln_1", Reply(200, a_plan()))
    rest.on("POST /v1/plans/pln_1/edit", Reply(201, a_plan(plan_id="pln_2")))
    edit = ("plan", "edit", "pln_1", "--set", "s1.name=2026", "--remove", "s2")
    assert assistant(*edit, "--json") == ExitCode.WAITING
    assert json.loads(capsys.readouterr().out)["plan_id"] == "pln_2"
    assert rest.requests[-1].body == {"remove": ["s2"], "arguments": {"s1": {"name": "2026"}}}
    assert assistant("plan", "edit", "pln_1") == ExitCode.USAGE


def test_cancel_says_what_becomes_of_done_steps(assistant: Run, rest: RestGateway) -> None:
    rest.on("POST /v1/plans/pln_1/cancel", Reply(202, ended("cancelled")))
    assert assistant("plan", "cancel", "pln_1", "--keep") == ExitCode.OK
    assert assistant("plan", "cancel", "pln_1") == ExitCode.OK
    assert [request.body for request in rest.requests] == [{"completed_steps": "keep"}, {}]
    assert assistant("plan", "cancel", "pln_1", "--keep", "--undo") == ExitCode.USAGE


def test_a_step_in_doubt_is_answered_by_name(assistant: Run, rest: RestGateway) -> None:
    rest.on("POST /v1/plans/pln_1/resolve", Reply(202, ended("failed")))
    assert assistant("plan", "resolve", "pln_1", "s1", "--did-not-happen", "--stop") == ExitCode.FAILED
    assert rest.requests[-1].body == {"step": "s1", "happened": False, "then": "stop"}
    assert assistant("plan", "resolve", "pln_1", "s1") == ExitCode.USAGE


def test_a_plan_is_exported_as_its_record_or_its_page(
    assistant: Run, rest: RestGateway, tmp_path: Path, capsys: Capture
) -> None:
    rest.on("GET /v1/plans/pln_1", Reply(200, a_plan()))
    assert assistant("plan", "export", "pln_1", "--to", str(tmp_path / "plan.json")) == ExitCode.OK
    assert json.loads((tmp_path / "plan.json").read_text()) == a_plan()
    assert assistant("plan", "export", "pln_1", "--as", "text") == ExitCode.OK
    assert capsys.readouterr().out == a_plan()["summary"]
    assert assistant("plan", "export", "pln_1", "--to", str(tmp_path / "none" / "plan.json")) == ExitCode.FAILED


@pytest.mark.parametrize(
    ("verdict", "code"),
    [("as_left", ExitCode.OK), ("drifted", ExitCode.FAILED), ("not_certain", ExitCode.FAILED)],
)
def test_a_plans_drift_is_shown_in_words_and_ends_as_it_was_found(
    assistant: Run, rest: RestGateway, capsys: Capture, verdict: str, code: int
) -> None:
    page = "▌ Drift of plan pln_1\n▌   [s1] a bucket: CHANGED\x1b[2J"
    rest.on("GET /v1/plans/pln_1/drift", Reply(200, {"verdict": verdict, "summary": page}))
    assert assistant("plan", "drift", "pln_1") == code
    shown = capsys.readouterr().out
    assert "[s1] a bucket: CHANGED" in shown
    assert "\x1b[2J" not in shown
    assert assistant("plan", "drift", "pln_1", "--json") == code
    assert json.loads(capsys.readouterr().out)["verdict"] == verdict


def test_a_plan_is_exported_as_a_template(assistant: Run, rest: RestGateway, capsys: Capture) -> None:
    rest.on("GET /v1/plans/pln_1/export", Reply(200, {"Resources": {}}))
    assert assistant("plan", "export", "pln_1", "--as", "cloudformation", "--region", "eu-west-1") == ExitCode.OK
    assert json.loads(capsys.readouterr().out) == {"Resources": {}}
    assert rest.requests[-1].query == {"as": ["cloudformation"], "region": ["eu-west-1"]}


TOOLS = {
    "items": [
        {
            "type": "function",
            "function": {
                "name": "count_s3_objects",
                "description": "Count the objects of a bucket. More words.",
                "parameters": {
                    "properties": {"bucket_name": {"type": "string"}, "prefix": {"type": "string"}},
                    "required": ["bucket_name"],
                },
            },
            "agent": "info",
            "effect": "list",
            "iam_actions": [],
            "returns": {},
        }
    ]
}
STEP = {
    "tool": "count_s3_objects",
    "status": "ok",
    "result": {
        "bucket_name": "a-b",
        "object_count": 3,
        "objects": [{"key": "x", "bytes": 1}, {"key": "y", "bytes": 2}],
    },
    "complete": True,
    "gaps": [],
}


@pytest.fixture
def tools(rest: RestGateway) -> RestGateway:
    rest.on("GET /v1/tools", Reply(200, TOOLS))
    rest.on("POST /v1/tools/count_s3_objects", Reply(200, STEP))
    return rest


def test_a_tool_is_called_with_arguments_as_its_schema_says(
    assistant: Run, tools: RestGateway, capsys: Capture
) -> None:
    assert assistant("call", "count_s3_objects", "--arg", "bucket_name=2026", "--arg", "prefix=a=b") == ExitCode.OK
    assert tools.requests[-1].body == {"bucket_name": "2026", "prefix": "a=b"}
    out = capsys.readouterr().out
    assert "object_count  3" in out
    assert "objects" in out
    assert assistant("call", "count_s3_objects", '{"bucket_name": "x"}', "-a", "prefix=p") == ExitCode.OK
    assert tools.requests[-1].body == {"bucket_name": "x", "prefix": "p"}
    for wrong in ("[1]", "{", '"x"'):
        assert assistant("call", "count_s3_objects", wrong) == ExitCode.USAGE


def test_csv_is_the_rows_of_a_result_and_json_the_whole_step(
    assistant: Run, tools: RestGateway, capsys: Capture
) -> None:
    assert assistant("call", "count_s3_objects", "--output", "csv") == ExitCode.OK
    assert capsys.readouterr().out == "key,bytes\r\nx,1\r\ny,2\r\n"
    assert assistant("call", "count_s3_objects", "--json") == ExitCode.OK
    assert json.loads(capsys.readouterr().out) == STEP


def test_an_answer_with_gaps_ends_with_1_and_names_them(assistant: Run, tools: RestGateway, capsys: Capture) -> None:
    gap = {"code": "aws_access_denied", "detail": "may not", "region": "eu-west-1"}
    tools.on("POST /v1/tools/count_s3_objects", Reply(200, STEP | {"complete": False, "gaps": [gap]}))
    assert assistant("call", "count_s3_objects", "-q") == ExitCode.FAILED
    assert "not complete: eu-west-1: may not [aws_access_denied]" in capsys.readouterr().err


def test_a_tool_that_is_not_there_names_those_that_are_near(
    assistant: Run, tools: RestGateway, capsys: Capture
) -> None:
    assert assistant("call", "count_s3_object") == ExitCode.REFUSED
    assert "Did you mean count_s3_objects?" in capsys.readouterr().err


def test_tools_are_listed_and_one_is_shown_with_its_arguments(
    assistant: Run, tools: RestGateway, capsys: Capture
) -> None:
    assert assistant("tools") == ExitCode.OK
    assert "Count the objects of a bucket" in capsys.readouterr().out
    assert assistant("tools", "count_s3_objects") == ExitCode.OK
    out = capsys.readouterr().out
    assert "More words." in out
    assert "bucket_name" in out


def test_grants(assistant: Run, rest: RestGateway, capsys: Capture) -> None:
    grant = {"grant_id": "grt_1", "status": "live", "operation": "create_s3_bucket", "resource": "arn:aws:s3:::a-*"}
    grant |= {"uses": 0, "max_uses": 5, "expires_at": "2026-11-26T08:00:00.000Z"}
    rest.on("POST /v1/grants", Reply(201, grant))
    rest.on("GET /v1/grants", Reply(200, {"items": [grant], "next_cursor": None}))
    rest.on("DELETE /v1/grants/grt_1", Reply(204))
    make = ("grants", "make", "create_s3_bucket", "arn:aws:s3:::a-*", "--for", "2h", "--uses", "5")
    assert [assistant(*make), assistant("grants", "list"), assistant("grants", "revoke", "grt_1")] == [0, 0, 0]
    assert rest.requests[0].body == {
        "operation": "create_s3_bucket",
        "resource": "arn:aws:s3:::a-*",
        "expires_in": 7200,
        "max_uses": 5,
    }
    assert "0 of 5" in capsys.readouterr().out


def test_a_result_is_selected_from_and_saved(
    assistant: Run, rest: RestGateway, tmp_path: Path, capsys: Capture
) -> None:
    rest.on("GET /v1/results/res_1", Reply(200, {"result_ref": "res_1", "path": "x", "result": ["a", "b"]}))
    assert assistant("results", "get", "res_1", "--path", "x", "--save", str(tmp_path / "r.json")) == ExitCode.OK
    assert rest.requests[0].query == {"path": ["x"]}
    assert json.loads((tmp_path / "r.json").read_text()) == ["a", "b"]
    assert assistant("results", "get", "res_1") == ExitCode.OK
    assert "a, b" in capsys.readouterr().out


def test_a_conversation_is_shown_and_deleted(assistant: Run, rest: RestGateway, capsys: Capture) -> None:
    turn = a_turn(created_at="2026-11-26T05:00:00.000Z")
    rest.on("GET /v1/conversations/cnv_1", Reply(200, {"conversation_id": "cnv_1", "turns": [turn]}))
    rest.on("DELETE /v1/conversations/cnv_1", Reply(204))
    assert assistant("conversations", "cnv_1") == ExitCode.OK
    assert capsys.readouterr().out == "2026-11-26T05:00:00.000Z  How much?\n7 bytes.\n\n"
    assert assistant("conversations", "cnv_1", "--delete") == ExitCode.OK


def test_the_audit_log_is_listed_filtered_and_exported(
    assistant: Run, rest: RestGateway, tmp_path: Path, capsys: Capture
) -> None:
    entries = [{"seq": 1, "kind": "session.opened", "data": {}}, {"seq": 2, "kind": "plan.approved", "data": {"a": 1}}]
    page = {"items": entries, "times": ["2026-11-26T05:00:00Z"] * 2, "next_cursor": None, "head": {}}
    rest.on("GET /v1/audit", Reply(200, page))
    assert assistant("audit", "list", "--kind", "plan", "--json") == ExitCode.OK
    found = json.loads(capsys.readouterr().out)
    assert [(entry["seq"], entry["at"]) for entry in found["items"]] == [(2, "2026-11-26T05:00:00Z")]
    rest.on("GET /v1/audit", Reply(200, b'{"seq": 1}\n{"anchor": {}}\n', {"Content-Type": "application/x-ndjson"}))
    assert assistant("audit", "export", "--to", str(tmp_path / "log.jsonl")) == ExitCode.OK
    assert (tmp_path / "log.jsonl").read_bytes() == b'{"seq": 1}\n{"anchor": {}}\n'
    assert rest.requests[-1].query == {"format": ["jsonl"]}


@pytest.mark.parametrize("reply", [Reply(drop=True), stream(("entry", {}), end="cut")])
def test_an_export_whose_connection_is_lost_says_so(
    assistant: Run, rest: RestGateway, tmp_path: Path, capsys: Capture, reply: Reply
) -> None:
    rest.on("GET /v1/audit", reply)
    assert assistant("audit", "export", "--to", str(tmp_path / "log.jsonl")) == ExitCode.UNAVAILABLE
    assert "[connection_lost]" in capsys.readouterr().err


def test_a_log_that_is_not_whole_ends_with_1(assistant: Run, rest: RestGateway, capsys: Capture) -> None:
    fault = {"entry": 2, "code": "changed", "detail": "entry 2 was changed"}
    rest.on("GET /v1/audit/verify", Reply(200, {"valid": False, "entries": 3, "faults": [fault], "not_shown": ["x"]}))
    assert assistant("audit", "verify") == ExitCode.FAILED
    assert "changed: entry 2 was changed" in capsys.readouterr().out
    assert assistant("audit", "verify", "--session", "ses_1") == ExitCode.USAGE


def test_status_is_the_session_what_waits_and_the_log(assistant: Run, rest: RestGateway, capsys: Capture) -> None:
    session = {"account": "111122223333", "region": "eu-west-1", "regions": [], "expires_at": "x", "sandbox": True}
    rest.on("GET /v1/sessions/current", Reply(200, session))
    rest.on("GET /v1/plans", Reply(200, {"items": [a_plan()], "next_cursor": None}))
    rest.on("GET /v1/audit/verify", Reply(200, {"valid": True, "entries": 3, "faults": [], "not_shown": []}))
    assert assistant("status", "--json") == ExitCode.OK
    shown = json.loads(capsys.readouterr().out)
    assert shown["session"] == session
    assert shown["waiting"] == [{"plan_id": "pln_1", "status": "proposed", "goal": "A bucket"}]
    assert assistant("status") == ExitCode.OK
    assert "no real AWS account" in capsys.readouterr().out


def test_the_page_is_opened_by_a_link_that_is_not_sent_twice(
    assistant: Run, rest: RestGateway, capsys: Capture
) -> None:
    link = {"path": "/open?link=ticket", "page": None, "expires_at": "2026-11-26T05:02:00.000Z"}
    rest.on("POST /v1/sessions/current/link", Reply(201, link))
    assert assistant("open", "--print") == ExitCode.OK
    assert capsys.readouterr().out == f"{rest.address}/open?link=ticket\n"


def test_a_gateway_that_is_known_by_a_containers_name_says_where_a_browser_finds_its_page(
    assistant: Run, rest: RestGateway, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = {"path": "/open?link=ticket", "page": "http://127.0.0.1:9090", "expires_at": "2026-11-26T05:02:00.000Z"}
    rest.on("POST /v1/sessions/current/link", *[Reply(201, link)] * 3)
    assert assistant("open", "--print") == ExitCode.OK
    assert capsys.readouterr().out == "http://127.0.0.1:9090/open?link=ticket\n"
    assert assistant("open", "--json") == ExitCode.OK
    assert json.loads(capsys.readouterr().out)["link"] == "http://127.0.0.1:9090/open?link=ticket"
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: not opened.append(address))
    assert assistant("open") == ExitCode.OK
    assert opened == ["http://127.0.0.1:9090/open?link=ticket"]
    assert "opened http://127.0.0.1:9090 in your browser" in capsys.readouterr().err


@pytest.mark.parametrize("page", ["file:///etc/passwd", "javascript:alert(1)", "no address"])
def test_what_is_no_address_of_a_page_is_not_given_to_the_browser(
    assistant: Run, rest: RestGateway, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    rest.on("POST /v1/sessions/current/link", Reply(201, {"path": "/open?link=ticket", "page": page}))
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: not opened.append(address))
    assert assistant("open") == ExitCode.USAGE
    assert opened == []


def test_an_option_counts_wherever_it_stands(assistant: Run, rest: RestGateway, capsys: Capture) -> None:
    rest.on("GET /v1/grants", Reply(200, {"items": [], "next_cursor": None}))
    for arguments in (["--json", "grants", "list"], ["grants", "list", "--json"], ["-o", "json", "grants", "list"]):
        assert assistant(*arguments) == ExitCode.OK
        assert json.loads(capsys.readouterr().out) == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("arguments", [["nothing"], ["plan"], ["ask", "--wrong"], ["plans", "--output", "xml"]])
def test_a_wrong_command_line_ends_with_2(assistant: Run, arguments: list[str]) -> None:
    assert assistant(*arguments) == ExitCode.USAGE


def test_a_session_that_ended_on_the_way_ends_with_4(assistant: Run, rest: RestGateway, capsys: Capture) -> None:
    rest.on("GET /v1/plans", problem(401, "session_expired", "the session has ended"))
    assert assistant("plans") == ExitCode.NO_SESSION
    assert "Log in again: assistant login" in capsys.readouterr().err


def test_the_checkout_is_found_from_below_and_missed_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(__file__).parents[3]
    assert find_checkout(root / "docs") == root
    monkeypatch.setattr("cli.commands.local.__file__", str(tmp_path / "a" / "b" / "c.py"))
    with pytest.raises(Usage, match="no checkout"):
        find_checkout(tmp_path)


VALUE = {
    "service": "secretsmanager", "operation": "GetSecretValue", "region": "eu-west-1", "base64": [], "complete": True,
    "value": {"Name": "prod/db", "SecretString": "s3cret \x1b[2J"}, "expires_at": "2026-11-26T05:15:00.000Z",
}  # fmt: skip


def test_a_value_is_shown_safely_or_given_as_it_is(assistant: Run, rest: RestGateway, capfdbinary: Any) -> None:
    address = "GET /v1/plans/pln_1/steps/s1/value"
    raw = b"s3cret \x1b[2J"
    given = Reply(200, raw, {"Content-Type": "application/octet-stream"})
    rest.on(address, Reply(200, VALUE), Reply(200, VALUE), given)
    assert assistant("plan", "value", "pln_1", "s1", "--member", "SecretString") == ExitCode.OK
    assert capfdbinary.readouterr().out == b"s3cret \\u001b[2J\n"
    assert assistant("plan", "value", "pln_1", "s1", "--member", "Nothing") == ExitCode.USAGE
    assert assistant("plan", "value", "pln_1", "s1", "--raw", "--member", "SecretString") == ExitCode.OK
    assert capfdbinary.readouterr().out == raw
    assert assistant("plan", "value", "pln_1", "s1", "--raw") == ExitCode.USAGE


def test_an_approval_shares_with_the_model_only_what_is_named(assistant: Run, rest: RestGateway) -> None:
    rest.on("POST /v1/plans/pln_1/approve", Reply(202, a_plan(status="approved")))
    assert assistant(*APPROVE, "--no-wait", "--share-with-model", "s1") == ExitCode.OK
    [request] = rest.sent("POST /v1/plans/pln_1/approve")
    assert request.body == {"digest": "d" * 64, "share_with_model": ["s1"]}
