"""docker-compose.yml gives every service its settings, and is as bounded and hardened as the documents claim."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.doctor.checks.settings import OTHERS
from sandbox.environment import PROCESSES, settings_of, variables_of
from shared.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
BUILT = {name: service for name, service in SERVICES.items() if "build" in service}
# Compose's own value, where a service needs one: its address among the containers, and files on volumes.
OWN = {
    "AUDIT_ANCHOR_FILE": "/audit/anchors.jsonl",
    "HEARTBEAT_FILE": "/tmp/heartbeat",
    "TRUSTED_PROXIES": "${TRUSTED_PROXIES:-proxy,tls}",
    "SANDBOX_SESSION_FILE": "/sandbox/session.json",
    "PAGE_URL": "${PAGE_URL:-${PUBLIC_URL:-http://127.0.0.1:${GATEWAY_PORT:-8080}}}",
}
SETTINGS = {name: settings_of(name) for name in PROCESSES}
ENDED = {"keys", "doctor", "assistant"}


def fields_of(kinds: tuple[type[Settings], ...]) -> list[str]:
    return sorted({field.upper() for kind in kinds for field in kind.model_fields})


@pytest.mark.parametrize(("service", "kinds"), SETTINGS.items())
def test_every_setting_of_a_service_reaches_it_by_its_name(service: str, kinds: tuple[type[Settings], ...]) -> None:
    given = SERVICES[service]["environment"]
    for name in fields_of(kinds):
        if f"{name}_FILE" in given:
            assert given[f"{name}_FILE"] == f"/keys/{name.lower()}"
        else:
            assert given.get(name) == OWN.get(name, f"${{{name}:-}}"), f"{service} does not get {name}"


@pytest.mark.parametrize(("service", "kinds"), SETTINGS.items())
def test_a_service_gets_nothing_that_it_does_not_read(service: str, kinds: tuple[type[Settings], ...]) -> None:
    read = {name for field in fields_of(kinds) for name in (field, f"{field}_FILE")}
    entrypoint = {"USE_REAL_AWS", "SANDBOX_AWS_URL", "SANDBOX_BEDROCK_URL", "SANDBOX_OPENAI_URL"}
    assert SERVICES[service]["environment"].keys() - read - entrypoint == set()


def test_no_aws_variable_of_a_shell_is_looked_at() -> None:
    assert re.findall(r"\$\{AWS_\w+", (ROOT / "docker-compose.yml").read_text()) == []
    assert {service["environment"]["USE_REAL_AWS"] for name, service in SERVICES.items() if name in SETTINGS} == {
        "${USE_REAL_AWS:-}"
    }


def test_an_image_is_built_by_one_service_and_every_other_that_runs_it_starts_after_that_one() -> None:
    builders = {service["image"]: name for name, service in BUILT.items()}
    assert len(builders) == len(BUILT)
    for name, service in SERVICES.items():
        builder = builders.get(service["image"])
        if builder in (None, name):
            continue
        needed, waiting = set(), [name]
        while waiting:
            needed |= set(found := SERVICES[waiting.pop()].get("depends_on", {}))
            waiting += found
        assert builder in needed, f"{name} runs {service['image']}, which {builder} builds"


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_hardened_as_the_documents_claim(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["tmpfs"] == ["/tmp"]
    assert service["init"] is True
    assert {"privileged", "cap_add", "pid", "ipc", "devices"} & service.keys() == set()
    assert service.get("user") != "root"
    assert not any("docker.sock" in str(volume) for volume in service.get("volumes", []))


def test_the_images_end_with_a_user_that_is_not_root() -> None:
    for recipe in ("Dockerfile", "deploy/proxy/Dockerfile"):
        assert re.findall(r"^USER (.*)$", (ROOT / recipe).read_text(), re.MULTILINE) == ["app"]
    assert SERVICES["redis"]["user"] == "redis"


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_has_bounds_on_memory_processes_and_logs(name: str) -> None:
    service = SERVICES[name]
    assert service["mem_limit"]
    assert service["pids_limit"] > 0
    assert service["logging"] == {"driver": "json-file", "options": {"max-size": "10m", "max-file": "5"}}


def test_every_service_that_stays_has_a_health_check_and_is_started_again() -> None:
    staying = {name: service for name, service in SERVICES.items() if name not in ENDED}
    assert [name for name, service in staying.items() if "healthcheck" not in service] == []
    assert {service["restart"] for service in staying.values()} == {"unless-stopped"}
    assert {SERVICES[name]["restart"] for name in ENDED} == {"no"}


def test_the_keys_are_made_without_a_network_and_each_folder_is_mounted_by_one_service() -> None:
    assert SERVICES["keys"]["network_mode"] == "none"
    mounted: dict[str, list[str]] = {}
    for name, service in SERVICES.items():
        if name in ENDED:
            continue
        for volume in service.get("volumes", []):
            source, target, *options = volume.rsplit(":", 2)
            if source.startswith("keys_"):
                mounted.setdefault(source, []).append(name)
                assert target == "/keys"
                assert options[0].split(",")[0] == "ro"
    assert all(len(users) == 1 for users in mounted.values()), mounted
    assert mounted.keys() == {name for name in COMPOSE["volumes"] if name.startswith("keys_")} - {"keys_admin"}


def test_what_is_published_is_published_to_this_machine_alone_unless_an_address_is_given() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {
        "proxy": ["127.0.0.1:${GATEWAY_PORT:-8080}:8080"],
        "tls": ["${TLS_ADDRESS:-127.0.0.1}:${TLS_PORT:-8443}:8443"],
        "sandbox-aws": ["127.0.0.1:${SANDBOX_AWS_PORT:-8081}:8081"],
    }


def test_the_limits_in_the_documentation_are_those_of_the_file() -> None:
    rows = re.findall(r"^\| ([^|]*`[^|]*) \| ([^|]*) \| ([^|]*) \| [^|]* \|$", limits_table(), re.MULTILINE)
    documented = {name: (memory, pids) for names, memory, pids in rows for name in re.findall(r"`([\w-]+)`", names)}
    assert documented == {
        name: (re.sub(r"\$\{\w+:-(.*)\}", r"\1", service["mem_limit"]), str(service["pids_limit"]))
        for name, service in SERVICES.items()
    }


def limits_table() -> str:
    page = (ROOT / "docs/operations.md").read_text()
    return page.split("### Containers", 1)[1].split("\n#", 1)[0]


def test_what_the_example_of_an_env_file_names_is_read_by_the_compose_file() -> None:
    named = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    read = re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text())
    assert set(named) - set(read) == set()


def test_a_problem_of_the_proxy_is_one_of_the_documented_codes() -> None:
    answers = sorted((ROOT / "deploy/proxy/problems").glob("*.http"))
    assert len(answers) == 3
    for answer in answers:
        head, body = answer.read_bytes().split(b"\r\n\r\n")
        assert f"Content-Length: {len(body)}".encode() in head
        assert b"Retry-After: " in head
        found = yaml.safe_load(body)
        assert found["code"] == answer.stem
        assert head.startswith(f"HTTP/1.1 {found['status']} {found['title']}".encode())
        assert f"`{answer.stem}`" in (ROOT / "docs/api.md").read_text()


def test_the_doctor_is_run_by_name_alone_changes_nothing_and_sees_what_the_services_are_given() -> None:
    doctor = SERVICES["doctor"]
    assert doctor["profiles"] == ["doctor"]
    assert all(":ro" in volume for volume in doctor["volumes"])
    for service in ("orchestrator", "executor", "bedrock_advisor"):
        given = {name for name in SERVICES[service]["environment"] if not name.endswith("_FILE")}
        assert given <= doctor["environment"].keys()


def test_the_doctor_knows_every_variable_of_the_compose_file() -> None:
    read = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    settings = {variable for service in SETTINGS for variable in variables_of(service)}
    assert read - settings - OTHERS == set()
