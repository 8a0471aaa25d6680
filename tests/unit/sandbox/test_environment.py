"""What the local stack hands on from the shell to each process."""

from __future__ import annotations

from sandbox.environment import SETTINGS, handed_on, variables_of

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
    for name in (*SETTINGS, "sandbox_aws", "redis"):
        assert handed_on(name, AMBIENT | {"PATH": "/bin", "AWS_CA_BUNDLE": "/ca"}) == {
            "PATH": "/bin",
            "AWS_CA_BUNDLE": "/ca",
        }


def test_every_setting_reaches_the_process_that_reads_it() -> None:
    for name, kinds in SETTINGS.items():
        wanted = {field.upper(): "1" for kind in kinds for field in kind.model_fields}
        assert wanted.items() <= handed_on(name, wanted).items()
    assert {"OPENAI_TIMEOUT", "TURN_SECONDS", "MAX_ROUNDS", "MAX_STEPS"} <= variables_of("orchestrator")
    assert {"BEDROCK_TIMEOUT", "CONCURRENCY"} <= variables_of("bedrock_advisor")


def test_a_key_reaches_only_the_process_that_reads_it() -> None:
    keys = {"OPENAI_API_KEY": "sk", "OPENAI_API_KEY_FILE": "/run/secrets/key", "BEDROCK_MODEL_ID": "claude"}
    assert handed_on("info_tools", keys) == {}
    assert handed_on("orchestrator", keys).keys() == {"OPENAI_API_KEY", "OPENAI_API_KEY_FILE"}
