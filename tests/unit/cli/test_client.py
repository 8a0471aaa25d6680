"""Requests to the gateway: sent again where that is safe, under the same key; every failure is one sentence."""

from __future__ import annotations

import json
import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from cli.errors import Usage
from cli.exit_codes import ExitCode
from cli.gateway import addresses
from sandbox.ports import claim_port
from tests.fakes.rest_gateway import Reply, RestGateway, problem
from tests.unit.cli.conftest import Run, a_plan, ended


def test_a_change_is_sent_again_after_a_lost_connection_under_the_same_key(assistant: Run, rest: RestGateway) -> None:
    approve = "POST /v1/plans/pln_1/approve"
    rest.on(approve, Reply(drop=True), Reply(drop=True), Reply(202, a_plan(status="approved")))
    rest.on("GET /v1/plans/pln_1", Reply(200, ended()))
    assert assistant("plan", "approve", "pln_1", "--digest", "d" * 64) == ExitCode.OK
    keys = [request.headers["idempotency-key"] for request in rest.sent(approve)]
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_two_commands_never_share_a_key(assistant: Run, rest: RestGateway) -> None:
    rest.on("POST /v1/plans/pln_1/reject", Reply(202, ended("rejected")))
    assert [assistant("plan", "reject", "pln_1") for _ in range(2)] == [0, 0]
    assert len({request.headers["idempotency-key"] for request in rest.requests}) == 2


def test_the_first_try_that_arrived_after_all_is_waited_for(
    assistant: Run, rest: RestGateway, waits: list[float]
) -> None:
    running = problem(409, "idempotency_in_progress", "still running")
    rest.on("POST /v1/plans/pln_1/undo", Reply(drop=True), running, running, Reply(202, a_plan()))
    assert assistant("plan", "undo", "pln_1") == ExitCode.WAITING
    assert waits.count(1) == 2


def test_a_busy_gateway_is_asked_again_when_it_says(
    assistant: Run, rest: RestGateway, waits: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    rest.on("GET /v1/grants", problem(429, "busy", "no room", retry_after=7), Reply(200, {"items": []}))
    assert assistant("grants", "list") == ExitCode.OK
    assert waits == [7.0]
    assert "trying again in 7 s" in capsys.readouterr().err


def test_it_does_not_wait_for_ever(assistant: Run, rest: RestGateway, waits: list[float]) -> None:
    rest.on("GET /v1/grants", problem(429, "busy", "no room", retry_after=25))
    assert assistant("grants", "list") == ExitCode.UNAVAILABLE
    assert waits == [25.0] * 3


def test_without_a_session_it_says_how_to_get_one(
    home: Path, rest: RestGateway, capsys: pytest.CaptureFixture[str], assistant: Run
) -> None:
    rest.on("GET /v1/grants", problem(401, "invalid_token", "the token is unknown or its session has ended"))
    assert assistant("grants", "list") == ExitCode.NO_SESSION
    assert "assistant login" in capsys.readouterr().err


def test_a_refusal_is_one_sentence_its_code_and_what_to_do(
    assistant: Run, rest: RestGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    rest.on("POST /v1/plans/pln_1/approve", problem(409, "digest_mismatch", "another digest\x1b[2J[red]x"))
    assert assistant("plan", "approve", "pln_1", "--digest", "x") == ExitCode.REFUSED
    said = capsys.readouterr().err
    assert "error: another digest\\u001b[2J[red]x [digest_mismatch]" in said
    assert "→" in said
    assert "\x1b" not in said


def test_under_json_an_error_is_one_object_and_nothing_is_on_standard_output(
    assistant: Run, rest: RestGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    rest.on("GET /v1/plans/pln_1", problem(404, "plan_not_found", "there is no such plan", request_id="req_1"))
    assert assistant("plan", "show", "pln_1", "--json") == ExitCode.REFUSED
    captured = capsys.readouterr()
    error = json.loads(captured.err)
    assert captured.out == ""
    assert (error["code"], error["exit_code"], error["request_id"]) == ("plan_not_found", 5, "req_1")


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(200, b"<html>Log in to the hotel</html>", {"Content-Type": "text/html"}), "is not the gateway"),
        (Reply(502, b"<html>Bad gateway</html>", {"Content-Type": "text/html"}), "is not the gateway"),
        (Reply(302, b"", {"Location": "https://elsewhere.example/"}), "sends us to https://elsewhere.example/"),
    ],
)
def test_what_answers_in_the_gateways_place_is_recognised(
    assistant: Run, rest: RestGateway, capsys: pytest.CaptureFixture[str], reply: Reply, words: str
) -> None:
    rest.on("GET /v1/grants", reply)
    assert assistant("grants", "list") == ExitCode.UNAVAILABLE
    assert words in capsys.readouterr().err


def test_where_nothing_answers_it_asks_whether_the_gateway_runs(
    assistant: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASSISTANT_GATEWAY", f"http://127.0.0.1:{claim_port()}")
    assert assistant("grants", "list") == ExitCode.UNAVAILABLE
    assert "Is the gateway running?" in capsys.readouterr().err


def test_a_certificate_that_is_not_trusted_is_named(
    assistant: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with TlsServer(tmp_path) as port:
        monkeypatch.setenv("ASSISTANT_GATEWAY", f"https://127.0.0.1:{port}")
        assert assistant("grants", "list") == ExitCode.UNAVAILABLE
    said = capsys.readouterr().err
    assert "[certificate_not_trusted]" in said
    assert "--ca-file" in said


def test_a_file_of_authorities_that_cannot_be_read_is_named(
    assistant: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert assistant("--ca-file", str(tmp_path / "none.pem"), "grants", "list") == ExitCode.USAGE
    assert "none.pem" in capsys.readouterr().err


def test_a_list_is_read_to_its_end_or_as_far_as_asked(
    assistant: Run, rest: RestGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = [
        Reply(200, {"items": [a_plan(plan_id="pln_1"), a_plan(plan_id="pln_2")], "next_cursor": "c1"}),
        Reply(200, {"items": [a_plan(plan_id="pln_3")], "next_cursor": None, "unreadable": [{"plan_id": "pln_9"}]}),
    ]
    rest.on("GET /v1/plans", *pages)
    assert assistant("plans", "--json") == ExitCode.OK
    whole = json.loads(capsys.readouterr().out)
    assert [plan["plan_id"] for plan in whole["items"]] == ["pln_1", "pln_2", "pln_3"]
    assert whole["unreadable"] == [{"plan_id": "pln_9"}]
    assert [request.query.get("cursor") for request in rest.requests] == [None, ["c1"]]
    rest.on("GET /v1/plans", *pages)
    assert assistant("plans", "--limit", "1") == ExitCode.OK
    assert "there are more" in capsys.readouterr().err


def test_an_id_that_somebody_typed_stays_one_part_of_the_path(assistant: Run, rest: RestGateway) -> None:
    assert assistant("plan", "show", "../sessions/current?x=1") == ExitCode.REFUSED
    assert rest.requests[0].path == "/v1/plans/..%2Fsessions%2Fcurrent%3Fx%3D1"


@pytest.mark.parametrize(
    "address", ["ftp://x", "127.0.0.1:8080", "http://", "http://a:b@h", "http://[x", "http://h:99999"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Usage, match="no address"):
        addresses.checked(address)


def test_keys_and_tokens_do_not_leave_this_machine_unencrypted() -> None:
    for address in ("http://10.0.0.1:8080", "http://gateway.example"):
        with pytest.raises(Usage, match="not encrypted"):
            addresses.checked(address)
        assert addresses.checked(address + "/", plain_http=True) == address
    for address in ("http://127.0.0.1:8080", "http://[::1]:1", "http://localhost:1", "https://gateway.example"):
        assert addresses.checked(address) == address


def make_certificate(directory: Path) -> Path:
    """A certificate of 127.0.0.1 with its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = directory / "server.pem"
    own = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(own + certificate.public_bytes(Encoding.PEM))
    return file


class TlsServer:
    """A server with a certificate that nobody trusts."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __enter__(self) -> int:
        certificate = make_certificate(self._directory)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = Thread(target=self._serve, args=(context,), daemon=True)
        self._thread.start()
        port: int = self._socket.getsockname()[1]
        return port

    def _serve(self, context: ssl.SSLContext) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            try:
                context.wrap_socket(connection, server_side=True).close()
            except OSError:
                connection.close()

    def __exit__(self, *_: Any) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)
