"""What the local stack hands on from the shell to each process."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.environment import PROCESSES, handed_on, read_env_file, settings_of, use_real_aws, variables_of

# What developers' shells export for other programs.
AMBIENT = {
    "AWS_ACCESS_KEY_ID": "AKIA",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "token",
    "AWS_PROFILE": "work",
    "AWS_CONFIG_FILE": "/home/ann/.aws/config",
    "AWS_ENDPOINT_URL": "https://elsewhere.example",
    "AWS_ENDPOINT_URL_S3": "https://elsewhere.example",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "OPENAI_ORG_ID": "org",
    "REDIS_PASSWORD": "secret",
}


def test_no_process_gets_what_a_shell_exports_for_other_programs() -> None:
    for name in (*PROCESSES, "sandbox_aws", "redis"):
        assert handed_on(name, AMBIENT | {"PATH": "/bin", "AWS_CA_BUNDLE": "/ca"}) == {
            "PATH": "/bin",
            "AWS_CA_BUNDLE": "/ca",
        }


def test_every_setting_reaches_the_process_that_reads_it() -> None:
    for name in PROCESSES:
        wanted = {field.upper(): "1" for kind in settings_of(name) for field in kind.model_fields}
        assert wanted.items() <= handed_on(name, wanted).items()
    assert {"OPENAI_TIMEOUT", "TURN_SECONDS", "MAX_ROUNDS", "MAX_STEPS"} <= variables_of("orchestrator")
    assert {"BEDROCK_TIMEOUT", "CONCURRENCY"} <= variables_of("bedrock_advisor")


def test_a_key_reaches_only_the_process_that_reads_it() -> None:
    keys = {"OPENAI_API_KEY": "sk", "OPENAI_API_KEY_FILE": "/run/secrets/key", "BEDROCK_MODEL_ID": "claude"}
    assert handed_on("info_tools", keys) == {}
    assert handed_on("orchestrator", keys).keys() == {"OPENAI_API_KEY", "OPENAI_API_KEY_FILE"}


@pytest.mark.parametrize("word", ["", "no", "No", "false", "0", "off", " no "])
def test_a_word_that_means_no_is_the_sandboxs_aws(word: str) -> None:
    assert use_real_aws({"USE_REAL_AWS": word, "OPENAI_API_KEY": "sk"}) is False


def test_nothing_else_that_a_shell_exports_means_the_real_aws() -> None:
    assert use_real_aws(AMBIENT | {"OPENAI_API_KEY": "sk"}) is False
    assert use_real_aws({"USE_REAL_AWS": "Yes", "OPENAI_API_KEY": "sk"}) is True


def test_a_word_that_is_no_boolean_stops_the_start_with_a_sentence() -> None:
    with pytest.raises(
        RuntimeError, match=r"^USE_REAL_AWS is 'maybe'; write yes, true, on or 1, or no, false, off or 0$"
    ):
        use_real_aws({"USE_REAL_AWS": "maybe"})


def test_the_real_aws_needs_a_model_that_is_not_the_sandboxs() -> None:
    with pytest.raises(RuntimeError, match="the model is the sandbox's and AWS is the real one"):
        use_real_aws({"USE_REAL_AWS": "yes"})


def test_a_file_of_settings_says_only_what_the_environment_does_not(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# a comment\nOPENAI_MODEL='own model'\nOPENAI_API_KEY=\nLOG_LEVEL=DEBUG\n")
    assert read_env_file(file, {"LOG_LEVEL": "INFO"}) == {"OPENAI_MODEL": "own model"}
