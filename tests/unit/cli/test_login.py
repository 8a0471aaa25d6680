"""`assistant login`: keys from where people have them, sent once and kept nowhere."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import main
from cli.exit_codes import ExitCode
from tests.fakes.rest_gateway import Reply, RestGateway, problem

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SESSION = {
    "session_id": "ses_1",
    "account": "111122223333",
    "caller_arn": "arn:aws:iam::111122223333:user/ann",
    "region": "eu-west-1",
    "regions": ["eu-west-1"],
    "scoping": {"mode": "role", "notes": [], "recommendation": None},
    "expires_at": "2026-11-26T12:00:00.000Z",
    "token": "the-token",
    "sandbox": True,
}
OPEN = "POST /v1/sessions"


@pytest.fixture(autouse=True)
def machine(rest: RestGateway, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's machine: an AWS configuration, nothing exported, no terminal."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    rest.on(OPEN, Reply(201, SESSION))
    return tmp_path


def login(rest: RestGateway, *arguments: str) -> int:
    return main(["--gateway", rest.address, "login", *arguments])


def body(rest: RestGateway) -> dict[str, Any]:
    [request] = rest.sent(OPEN)
    sent: dict[str, Any] = request.body
    return sent


def test_the_environments_keys_open_a_session_whose_token_is_kept(
    rest: RestGateway, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert (
        login(rest, "--role-arn", "arn:aws:iam::111122223333:role/a", "--external-id", "xy", "--search", "eu-west-1")
        == 0
    )
    assert body(rest) == {
        "access_key_id": KEY,
        "secret_access_key": SECRET,
        "region": "eu-west-1",
        "role_arn": "arn:aws:iam::111122223333:role/a",
        "external_id": "xy",
        "regions": ["eu-west-1"],
    }
    captured = capsys.readouterr()
    kept = (home / "sessions.json").read_text()
    assert "the-token" in kept
    for text in (captured.out, captured.err, kept):
        assert SECRET not in text
    assert "the-token" not in captured.out + captured.err


def test_a_profile_with_a_credential_process(rest: RestGateway, machine: Path) -> None:
    keys = {"Version": 1, "AccessKeyId": "ASIAIOSFODNN7EXAMPLE", "SecretAccessKey": SECRET, "SessionToken": "t" * 20}
    (machine / "keys.json").write_text(json.dumps(keys))
    (machine / "config").write_text(
        f"[profile work]\ncredential_process = cat {machine}/keys.json\nregion = eu-north-1\n"
    )
    assert login(rest, "--profile", "work") == 0
    assert body(rest) == {
        "access_key_id": "ASIAIOSFODNN7EXAMPLE",
        "secret_access_key": SECRET,
        "session_token": "t" * 20,
        "region": "eu-north-1",
    }


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("[profile other]\n", "list-profiles"),
        ("[profile work]\ncredential_process = false\n", "credential"),
        (
            "[profile work]\nsso_start_url = https://x\nsso_region = eu-west-1\n"
            "sso_account_id = 1\nsso_role_name = r\n",
            "sso",
        ),
        ("[profile work]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = work\nmfa_serial = arn:x\n", "MFA"),
    ],
)
def test_a_profile_that_gives_no_keys_says_why_and_what_to_do(
    rest: RestGateway, machine: Path, capsys: pytest.CaptureFixture[str], config: str, words: str
) -> None:
    (machine / "config").write_text(config)
    assert login(rest, "--profile", "work") in (ExitCode.FAILED, ExitCode.USAGE)
    assert words.lower() in capsys.readouterr().err.lower()
    assert rest.requests == []


def test_without_keys_and_without_a_terminal_nothing_is_asked(
    rest: RestGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    assert login(rest) == ExitCode.FAILED
    assert "[no_credentials]" in capsys.readouterr().err
    assert login(rest, "--ask") == ExitCode.USAGE
    assert login(rest, "--environment") == ExitCode.USAGE
    assert rest.requests == []


def test_typed_keys_are_not_shown(rest: RestGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    answers = {"Access key ID: ": KEY, "Region: ": "eu-west-1"}
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("builtins.input", answers.__getitem__)
    monkeypatch.setattr("getpass.getpass", lambda prompt: SECRET)
    assert login(rest, "--ask") == 0
    assert body(rest) == {"access_key_id": KEY, "secret_access_key": SECRET, "region": "eu-west-1"}


def test_the_sandbox_is_found_by_what_make_up_wrote(machine: Path, rest: RestGateway) -> None:
    local = machine / ".local"
    local.mkdir()
    given = {"access_key_id": KEY, "secret_access_key": SECRET, "role_arn": "arn:x", "region": "us-east-1"}
    (local / "session.json").write_text(json.dumps(given))
    (local / "sandbox.json").write_text(json.dumps({"gateway": rest.address}))
    assert main(["login", "--sandbox", "--read-only"]) == 0
    assert body(rest) == given | {"fences": {"read_only": True}}


def test_several_accounts_and_fences_are_asked_for(
    rest: RestGateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"access_key_id": KEY, "secret_access_key": SECRET, "region": "us-east-1"}
    role = "arn:aws:iam::222233334444:role/a"
    accounts = [{"account": "111122223333"}, {"account": "222233334444", "name": "prod", "state": "denied"}]
    rest.on(OPEN, Reply(201, SESSION | {"accounts": accounts, "fences": {"services": ["s3"], "read_only": False}}))
    for more, asked in (
        (["--account", role], {"accounts": [{"role_arn": role}]}),
        (
            ["--account", f"prod={role}", "--external-id", "xy"],
            {"external_id": "xy", "accounts": [{"role_arn": role, "name": "prod", "external_id": "xy"}]},
        ),
        (["--organization", "reader"], {"organization": {"role_name": "reader"}}),
        (["--only", "s3", "--read-only"], {"fences": {"services": ["s3"], "read_only": True}}),
    ):
        rest.requests.clear()
        monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(given)))
        assert login(rest, "--session", "-", *more) == 0
        assert body(rest) == given | asked
    shown = capsys.readouterr().out
    assert "222233334444 (prod): denied" in shown
    assert "services: s3" in shown


def test_without_a_sandbox_it_says_how_to_start_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["login", "--sandbox"]) == ExitCode.USAGE
    assert "make up" in capsys.readouterr().err


def test_a_body_can_come_through_a_pipe(rest: RestGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"access_key_id": KEY, "secret_access_key": SECRET, "region": "us-east-1"}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(given)))
    assert login(rest, "--session", "-") == 0
    assert body(rest) == given


def test_refused_keys_are_not_repeated(
    rest: RestGateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    rest.on(OPEN, problem(401, "credentials_invalid", "AWS does not accept the key"))
    assert login(rest, "--environment", "--region", "eu-west-1") == ExitCode.NO_SESSION
    said = capsys.readouterr()
    assert "[credentials_invalid]" in said.err
    assert SECRET not in said.out + said.err
    assert len(rest.requests) == 1


def test_ways_to_give_keys_exclude_each_other(rest: RestGateway) -> None:
    assert login(rest, "--ask", "--profile", "x") == ExitCode.USAGE


def test_a_new_login_ends_the_session_before_it_and_logout_the_last(
    rest: RestGateway, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    rest.on("DELETE /v1/sessions/current", Reply(204))
    rest.on(OPEN, Reply(201, SESSION), Reply(201, SESSION | {"token": "another"}))
    assert [login(rest), login(rest), main(["logout"])] == [0, 0, 0]
    ended = [request.headers["authorization"] for request in rest.sent("DELETE /v1/sessions/current")]
    assert ended == ["Bearer the-token", "Bearer another"]
    assert json.loads((home / "sessions.json").read_text()) == {"current": None, "sessions": {}}
    assert main(["--gateway", rest.address, "status"]) == ExitCode.NO_SESSION


def test_a_token_goes_to_the_gateway_that_it_is_of_and_to_no_other(
    rest: RestGateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    assert login(rest, "--region", "eu-west-1") == 0
    assert main(["--gateway", "http://127.0.0.1:9", "status"]) == ExitCode.NO_SESSION
    assert "you are not logged in to http://127.0.0.1:9" in capsys.readouterr().err


def test_keys_do_not_go_over_plain_http_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    assert main(["--gateway", "http://10.255.255.1", "login", "--region", "eu-west-1"]) == ExitCode.USAGE
