"""Settings: values that no service takes, names that nothing reads, and settings that contradict each other."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from dotenv import dotenv_values
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from cli.doctor.finding import Finding, Findings
from cli.doctor.situation import Situation
from shared.settings import BOOLEAN_WORDS

make = Findings("settings")

# An image holds one service: what is not there has its settings checked elsewhere.
CLASSES = {
    "services.orchestrator.settings": ("GatewaySettings",),
    "services.orchestrator.decisions.settings": ("ApprovalSettings",),
    "services.orchestrator.notifications.settings": ("NotificationSettings",),
    "services.executor.settings": ("ExecutorWorkerSettings",),
    "services.bedrock_advisor.settings": ("AdvisorWorkerSettings",),
    "shared.endpoints": ("AwsEndpoints",),
}
# What Compose, `make up` and the entry point read themselves.
OTHERS = {
    *("USE_REAL_AWS", "GATEWAY_PORT", "SANDBOX_AWS_PORT", "SANDBOX_REDIS_PORT", "SANDBOX_REDIS_ADDRESS"),
    *("SANDBOX_AWS_URL", "SANDBOX_BEDROCK_URL", "SANDBOX_OPENAI_URL", "REDIS_MAXMEMORY", "PORT", "HOST"),
    *("REDIS_MEMORY_LIMIT", "CONNECTIONS_PER_ADDRESS", "TLS_PORT", "TLS_ADDRESS", "TLS_NAMES", "TLS_USER"),
    "TLS_CERTIFICATE_DIRECTORY",
    *("EXECUTORS", "GATEWAYS", "AWS_CA_BUNDLE", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"),
    *("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES", "COMPOSE_FILE"),
}
# A plan's own credentials last so long: services/executor/scope/session_policy.py.
PLAN_CREDENTIALS_SECONDS = 1800


def check(situation: Situation) -> Iterator[Finding]:
    """Look at the environment and the file of settings."""
    found = [*_values(situation), *_switches(situation), *_names(situation), *_contradictions(situation)]
    yield from found or [make.ok("every setting that is set has a value that its service takes")]


def classes() -> Iterator[Any]:
    for module, names in CLASSES.items():
        try:
            loaded = importlib.import_module(module)
        except ModuleNotFoundError:
            continue
        yield from (getattr(loaded, name) for name in names)


def fields() -> dict[str, list[FieldInfo]]:
    """Every variable that a service reads, by its new and old names, with the fields that it fills."""
    found: dict[str, list[FieldInfo]] = {}
    for kind in classes():
        renamed: Mapping[str, str] = getattr(kind, "renamed", {})
        for name, field in kind.model_fields.items():
            for variable in (name, renamed.get(name)):
                if variable:
                    found.setdefault(variable.upper(), []).append(field)
    return found


def _values(situation: Situation) -> Iterator[Finding]:
    for variable, read_by in fields().items():
        value = situation.environment.get(variable, "").strip()
        for field in read_by:
            said = _wrong(field, value) if value else None
            if said:
                yield make.failure(f"{variable} is {value!r}: {said}", f"write another value, or leave {variable} out")
                break


def _wrong(field: FieldInfo, value: str) -> str | None:
    if "Secret" in str(field.annotation):
        return None
    try:
        TypeAdapter(_annotated(field)).validate_python(value)
    except ValidationError as error:
        one = error.errors()[0]
        return f"write {BOOLEAN_WORDS}" if one["type"] == "bool_parsing" else str(one["msg"])
    return None


def _annotated(field: FieldInfo) -> Any:
    annotation: Any = field.annotation
    for one in field.metadata:
        annotation = Annotated[annotation, one]
    return annotation


def _switches(situation: Situation) -> Iterator[Finding]:
    word = situation.environment.get("USE_REAL_AWS", "").strip()
    try:
        TypeAdapter(bool).validate_python(word or "no")
    except ValidationError:
        yield make.failure(f"USE_REAL_AWS is {word!r}: no service starts with it", f"write {BOOLEAN_WORDS}")


def _names(situation: Situation) -> Iterator[Finding]:
    """Names in the file of settings that nothing reads."""
    if situation.env_file is None:
        return
    known = {f"{name}{end}" for name in fields() for end in ("", "_FILE")} | OTHERS
    for name, value in dotenv_values(situation.env_file, interpolate=False).items():
        if name in known or not value:
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
        meant = f"write {near[0]} if that is meant, or remove it" if near else "remove it"
        if name.startswith("AWS_"):
            meant = "remove it: keys are given when a session is opened, and USE_REAL_AWS=yes selects the real AWS"
        yield make.warning(f"nothing reads {name}, which {situation.env_file} sets", meant)


def _contradictions(situation: Situation) -> Iterator[Finding]:
    environment = situation.environment
    if "MAX_STEPS" in environment and "MAX_ROUNDS" not in environment:
        yield make.warning(
            "MAX_STEPS limits the steps of a plan, and where MAX_ROUNDS is not set also the rounds of a turn",
            "set MAX_ROUNDS for the rounds of a turn",
        )
    if _seconds(environment, "OPENAI_TIMEOUT", 60) > _seconds(environment, "TURN_SECONDS", 300):
        yield make.failure(
            "OPENAI_TIMEOUT is longer than TURN_SECONDS: a turn is ended before the model may have answered",
            "set TURN_SECONDS to several times OPENAI_TIMEOUT",
        )
    if _seconds(environment, "RUN_SECONDS", 1500) >= PLAN_CREDENTIALS_SECONDS:
        yield make.failure(
            "RUN_SECONDS is not below the life of a plan's credentials (30 minutes): AWS would refuse late steps",
            f"set RUN_SECONDS below {PLAN_CREDENTIALS_SECONDS}",
        )
    if situation.setting("REDIS_CA_FILE") and not (situation.setting("REDIS_URL") or "rediss://").startswith(
        "rediss://"
    ):
        yield make.failure("REDIS_CA_FILE is set and REDIS_URL does not use TLS", "write rediss:// in REDIS_URL")
    has_model = situation.setting("OPENAI_API_KEY") or situation.setting("OPENAI_BASE_URL")
    if situation.real_aws and not has_model:
        yield make.failure(
            "USE_REAL_AWS is on and the model is the sandbox's: the gateway does not start",
            "set OPENAI_API_KEY, or OPENAI_BASE_URL for a model of your own",
        )
    if situation.real_aws and environment.get("SANDBOX_AWS_URL") and environment.get("AWS_ENDPOINT_URL"):
        yield make.failure("USE_REAL_AWS is on and AWS_ENDPOINT_URL names another server", "unset one of the two")
    for name in ("ALLOW_BROAD_ROLES", "ALLOW_UNVERIFIED_CREDENTIALS"):
        if situation.real_aws and environment.get(name, "").strip().lower() in ("yes", "true", "on", "1", "y", "t"):
            yield make.warning(
                f"{name} is on with the real AWS: an administrator's credentials are accepted", f"set {name}=no"
            )


def _seconds(environment: Mapping[str, str], name: str, default: float) -> float:
    try:
        return float(environment.get(name) or default)
    except ValueError:
        return default
