"""The doctor names wrong and contradicting settings, and keys that are missing, open to others or do not fit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cli.doctor.checks import disk, keys, settings
from cli.doctor.situation import Situation
from shared.keys.deployment import make_keys
from tests.unit.cli.doctor.conftest import worst


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"TURN_SECONDS": "soon"}, "TURN_SECONDS is 'soon'"),
        ({"TURN_SECONDS": "0"}, "greater than 0"),
        ({"ALLOW_BROAD_ROLES": "maybe"}, "write yes, true, on or 1"),
        ({"USE_REAL_AWS": "maybe"}, "USE_REAL_AWS is 'maybe'"),
        ({"LOG_LEVEL": "chatty"}, "LOG_LEVEL is 'chatty'"),
        ({"SESSION_TTL": "5"}, "SESSION_TTL is '5'"),
        ({"OPENAI_TIMEOUT": "600"}, "set TURN_SECONDS to several times OPENAI_TIMEOUT"),
        ({"RUN_SECONDS": "3600"}, "life of a plan's credentials"),
        ({"USE_REAL_AWS": "yes"}, "set OPENAI_API_KEY"),
        ({"REDIS_CA_FILE": "/ca.pem", "REDIS_URL": "redis://redis:6379"}, "rediss://"),
    ],
)
def test_what_no_service_could_work_with_is_a_problem(environment: dict[str, str], said: str) -> None:
    status, text = worst(settings.check(Situation(environment)))
    assert status == "problem"
    assert said in text


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"MAX_STEPS": "3"}, "set MAX_ROUNDS"),
        ({"USE_REAL_AWS": "yes", "OPENAI_API_KEY": "sk", "ALLOW_BROAD_ROLES": "Yes"}, "ALLOW_BROAD_ROLES=no"),
    ],
)
def test_what_may_surprise_is_a_warning(environment: dict[str, str], said: str) -> None:
    status, text = worst(settings.check(Situation(environment)))
    assert status == "warning"
    assert said in text


def test_settings_that_are_right_are_ok() -> None:
    good = {
        "OPENAI_TIMEOUT": "120",
        "TURN_SECONDS": "900",
        "LOG_LEVEL": "debug",
        "USE_REAL_AWS": "no",
        "CONCURRENCY": "2",
    }
    assert worst(settings.check(Situation(good)))[0] == "ok"


def test_a_secret_is_never_shown() -> None:
    found = settings.check(Situation({"OPENAI_API_KEY": "sk-secret", "TURN_SECONDS": "x"}))
    assert "sk-secret" not in worst(found)[1]


def test_names_in_the_file_of_settings_that_nothing_reads_are_named(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(
        "OPENAI_TIMOUT=9\nAWS_ACCESS_KEY_ID=AKIA\nGATEWAY_PORT=9090\nOPENAI_API_KEY_FILE=/k\nBANANA=1\nEMPTY=\n"
    )
    status, said = worst(settings.check(Situation({}, env_file=file)))
    assert status == "warning"
    assert "write OPENAI_TIMEOUT if that is meant" in said
    assert "USE_REAL_AWS=yes selects the real AWS" in said
    assert "BANANA" in said
    assert len(said.splitlines()) == 3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "keys"
    make_keys(made, "127.0.0.1:6379")
    return made


def test_keys_as_they_are_made_are_ok(folder: Path) -> None:
    assert worst(keys.check(Situation({}, keys=folder)))[0] == "ok"


def test_one_services_keys_alone_are_ok_too(folder: Path) -> None:
    for other in ("gateway", "info", "advisor"):
        shutil.rmtree(folder / other)
    assert worst(keys.check(Situation({}, keys=folder)))[0] == "ok"


def test_a_missing_and_an_empty_key_are_named(folder: Path) -> None:
    (folder / "gateway" / "approval_key").unlink()
    (folder / "info" / "signing_key").write_text("")
    status, said = worst(keys.check(Situation({}, keys=folder)))
    assert status == "problem"
    assert "gateway/approval_key is missing" in said
    assert "info/signing_key is empty" in said


def test_a_key_that_others_can_read_is_named_with_what_to_do(folder: Path) -> None:
    (folder / "executor" / "private_key").chmod(0o644)
    status, said = worst(keys.check(Situation({}, keys=folder)))
    assert status == "problem"
    assert "executor/private_key" in said
    assert "--rotate all" in said


@pytest.mark.parametrize(
    ("file", "value"),
    [
        ("gateway/public_key_info", "of another pair"),
        ("gateway/signing_key_executor", "another"),
        ("gateway/approval_key", "another"),
        ("executor/advisor_signing_key", "another"),
        ("executor/public_key_advisor", "of another pair"),
        ("gateway/audit_public_key_advisor", "of another pair"),
    ],
)
def test_keys_that_do_not_belong_together_are_named(folder: Path, file: str, value: str) -> None:
    (folder / file).write_text(value)
    status, said = worst(keys.check(Situation({}, keys=folder)))
    assert status == "problem"
    assert f"{file} does not belong to" in said


def test_what_is_no_key_is_named(folder: Path) -> None:
    (folder / "info" / "private_key").write_text("not a key")
    assert "info/private_key is no key" in worst(keys.check(Situation({}, keys=folder)))[1]


def test_a_folder_that_was_asked_for_and_is_not_there_is_a_problem(tmp_path: Path) -> None:
    nowhere = Situation({}, keys=tmp_path / "none", asked=frozenset({"keys"}))
    assert worst(keys.check(nowhere))[0] == "problem"
    assert worst(keys.check(Situation({})))[0] == "skipped"


def test_a_disk_that_is_nearly_full_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    situation = Situation({}, directories=(tmp_path, tmp_path / "none"))
    assert worst(disk.check(situation))[0] == "ok"
    monkeypatch.setattr(disk, "PROBLEM_BYTES", shutil.disk_usage(tmp_path).total + 1)
    assert worst(disk.check(situation))[0] == "problem"
