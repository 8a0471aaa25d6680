"""The doctor looks behind addresses: clock, AWS, model, gateway; login pages, wrong keys and wrong names are named."""

from __future__ import annotations

import json
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from cli.__main__ import main
from cli.doctor.checks import endpoints, gateway, model
from cli.doctor.situation import Situation
from tests.unit.cli.doctor.conftest import LOGIN_PAGE, LOGIN_REDIRECT, Serve, models, worst

REFUSED = (401, {"Content-Type": "application/json"}, json.dumps({"error": {"message": "bad key"}}))
AWS = (403, {"x-amzn-RequestId": "1f2e", "Content-Type": "text/xml"}, "<ErrorResponse/>")
SANDBOX = (403, {"X-Sandbox": "true"}, "<ErrorResponse/>")


def with_model(url: str, **more: str) -> Situation:
    return Situation({"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": "sk-1", "OPENAI_MODEL": "gpt-4-turbo", **more})


def test_a_model_that_is_listed_is_ok(serve: Serve) -> None:
    url = serve({"/v1/models": models("gpt-4-turbo", "gpt-4o")})
    assert worst(model.check(with_model(url)))[0] == "ok"


def test_a_model_that_the_server_has_and_does_not_list_is_ok(serve: Serve) -> None:
    one = (200, {"Content-Type": "application/json"}, '{"id": "gpt-4-turbo", "object": "model"}')
    url = serve({"/v1/models": models("another"), "/v1/models/gpt-4-turbo": one})
    assert worst(model.check(with_model(url)))[0] == "ok"


def test_a_model_that_the_key_may_not_use_is_named_with_those_that_there_are(serve: Serve) -> None:
    url = serve({"/v1/models": models("gpt-4-turbo-preview", "whisper"), "*": REFUSED})
    status, said = worst(model.check(with_model(url)))
    assert status == "problem"
    assert "set OPENAI_MODEL to one that it has: gpt-4-turbo-preview" in said


def test_a_key_that_is_not_accepted_is_named_and_not_shown(serve: Serve) -> None:
    status, said = worst(model.check(with_model(serve({"*": REFUSED}), OPENAI_API_KEY="sk-very-secret")))
    assert status == "problem"
    assert "does not accept OPENAI_API_KEY" in said
    assert "sk-very-secret" not in said


@pytest.mark.parametrize("page", [LOGIN_PAGE, LOGIN_REDIRECT])
def test_a_login_page_in_place_of_the_model_is_seen(serve: Serve, page: tuple[int, dict[str, str], str]) -> None:
    status, said = worst(model.check(with_model(serve({"*": page}))))
    assert status == "problem"
    assert "no OpenAI-compatible server" in said


def test_a_base_url_without_its_version_is_seen(serve: Serve) -> None:
    url = serve({"*": (404, {"Content-Type": "application/json"}, '{"error": "not found"}')})
    status, said = worst(model.check(Situation({"OPENAI_BASE_URL": url})))
    assert status == "warning"
    assert f"OPENAI_BASE_URL={url}/v1" in said


def test_a_model_that_does_not_answer_is_a_problem() -> None:
    assert "does not answer" in worst(model.check(with_model("http://127.0.0.1:1")))[1]
    assert "is no address" in worst(model.check(Situation({"OPENAI_BASE_URL": "localhost:11434/v1"})))[1]


def test_the_sandboxs_aws_is_recognised(serve: Serve) -> None:
    situation = Situation({"SANDBOX_AWS_URL": serve({"*": SANDBOX})})
    assert [one.status for one in endpoints.check(situation) if one.check == "aws"] == ["ok"]


def test_the_sandbox_where_the_real_aws_was_asked_for_is_a_problem(serve: Serve) -> None:
    situation = Situation({"AWS_ENDPOINT_URL": serve({"*": SANDBOX}), "USE_REAL_AWS": "yes"})
    assert "is the sandbox" in worst(endpoints.check(situation))[1]


def test_aws_where_the_sandbox_was_meant_is_a_warning(serve: Serve) -> None:
    assert worst(endpoints.check(Situation({"AWS_ENDPOINT_URL": serve({"*": AWS})})))[0] == "warning"


@pytest.mark.parametrize("page", [LOGIN_PAGE, LOGIN_REDIRECT])
def test_a_login_page_in_place_of_aws_is_seen(serve: Serve, page: tuple[int, dict[str, str], str]) -> None:
    situation = Situation({"AWS_ENDPOINT_URL": serve({"*": page}), "USE_REAL_AWS": "yes"})
    status, said = worst(endpoints.check(situation))
    assert status == "problem"
    assert "is not AWS" in said


@pytest.mark.parametrize(("off", "status"), [(0, "ok"), (-100, "warning"), (3600, "problem"), (-3600, "problem")])
def test_a_clock_that_is_off_is_seen_by_the_servers_date(serve: Serve, off: int, status: str) -> None:
    headers = AWS[1] | {"Date": formatdate(time.time() + off, usegmt=True)}
    situation = Situation({"AWS_ENDPOINT_URL": serve({"*": (403, headers, "")}), "USE_REAL_AWS": "yes"})
    clock = [one for one in endpoints.check(situation) if one.check == "clock"]
    assert [one.status for one in clock] == [status]
    if off:
        assert ("behind" if off > 0 else "ahead of") in clock[0].said


def ready(**checks: bool) -> tuple[int, dict[str, str], str]:
    good = all(checks.values())
    body = {"status": "ready" if good else "not_ready", "checks": checks, "detail": "info: the real AWS"}
    return (200 if good else 503), {"Content-Type": "application/json"}, json.dumps(body)


def test_a_gateway_that_is_ready_is_ok(serve: Serve) -> None:
    url = serve({"/readyz": ready(redis=True, info=True, endpoints=True)})
    assert worst(gateway.check(Situation({}, gateway=url)))[0] == "ok"


def test_what_a_gateway_lacks_is_named(serve: Serve) -> None:
    url = serve({"/readyz": ready(redis=True, info=False, executor=True, endpoints=False)})
    status, said = worst(gateway.check(Situation({}, gateway=url)))
    assert status == "problem"
    assert "no worker of info is alive" in said
    assert "info: the real AWS" in said


def test_without_a_gateway_the_rest_is_checked_and_one_that_was_named_must_be_there(serve: Serve) -> None:
    nowhere = "http://127.0.0.1:1"
    assert worst(gateway.check(Situation({}, gateway=nowhere)))[0] == "skipped"
    assert worst(gateway.check(Situation({}, gateway=nowhere, asked=frozenset({"gateway"}))))[0] == "problem"
    assert "is no gateway" in worst(gateway.check(Situation({}, gateway=serve({"*": LOGIN_PAGE}))))[1]


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A directory with nothing of a deployment in it, and none of this machine's settings."""
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "REDIS_URL", "USE_REAL_AWS", "AWS_ENDPOINT_URL", "MAX_STEPS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_the_command_says_what_is_wrong_what_to_do_and_ends_with_1(
    alone: Path, serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    (alone / ".env").write_text("OPENAI_API_KEY=sk-very-secret\nOPENAI_BASE_URL=http://127.0.0.1:1/v1\n")
    code = main(["doctor", "--gateway", serve({"/readyz": ready(redis=True)})])
    said = capsys.readouterr().out
    assert code == 1
    assert " PROBLEM  model: the model provider at http://127.0.0.1:1/v1 does not answer" in said
    assert "→ check OPENAI_BASE_URL" in said
    assert said.rstrip().endswith("1 problem, no warnings")
    assert "sk-very-secret" not in said


def test_the_command_speaks_json_and_ends_with_0(alone: Path, serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor", "--json", "--gateway", serve({"/readyz": ready(redis=True)})])
    said = json.loads(capsys.readouterr().out)
    assert (code, said["healthy"], said["problem"]) == (0, True, 0)
    assert {"check", "status", "said", "do"} == said["findings"][0].keys()


def test_a_file_that_cannot_be_read_ends_the_command_with_2(alone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (alone / "session.json").write_text("[1]")
    assert main(["doctor", "--session", str(alone / "session.json")]) == 2
    assert main(["doctor", "--env-file", str(alone / "none")]) == 2
    assert "cannot be read" in capsys.readouterr().err
