"""Which variables of this machine reach which process of the local stack."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.settings import Settings

PROCESSES = ("orchestrator", "info_tools", "executor", "bedrock_advisor")
# What a developer has set for other programs: botocore, other clients of OpenAI and of Redis.
_AMBIENT = ("AWS_", "OPENAI_", "BEDROCK_", "REDIS_")
_CA_BUNDLE = "AWS_CA_BUNDLE"


@cache
def settings_of(name: str) -> tuple[type[Settings], ...]:
    """The settings that a process reads; `scripts/settings_table.py` documents the same.

    Imported when they are asked for, which takes a moment: what needs none starts meanwhile.
    """
    match name:
        case "orchestrator":
            from services.orchestrator.decisions.settings import ApprovalSettings
            from services.orchestrator.notifications.settings import NotificationSettings
            from services.orchestrator.settings import GatewaySettings

            return GatewaySettings, ApprovalSettings, NotificationSettings
        case "info_tools":
            from services.info_tools.settings import InfoSettings

            return (InfoSettings,)
        case "executor":
            from services.executor.settings import ExecutorWorkerSettings

            return (ExecutorWorkerSettings,)
        case "bedrock_advisor":
            from services.bedrock_advisor.settings import AdvisorWorkerSettings

            return (AdvisorWorkerSettings,)
    return ()


def variables_of(name: str) -> frozenset[str]:
    """The variables that a process reads as its settings, by their new and old names."""
    fields = {field for kind in settings_of(name) for field in (*kind.model_fields, *kind.renamed.values())}
    return frozenset(f"{field.upper()}{end}" for field in fields for end in ("", "_FILE"))


def handed_on(name: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of one process: its own settings, and what belongs to no AWS, OpenAI, Bedrock or Redis client.

    So neither a key nor an endpoint that a shell exports for other programs reaches a service.
    """
    own = variables_of(name)
    return {
        variable: value
        for variable, value in environment.items()
        if variable in own or variable == _CA_BUNDLE or not variable.startswith(_AMBIENT)
    }


def read_env_file(path: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """What a file of settings adds to an environment: what that does not set, as with Docker Compose."""
    from dotenv import dotenv_values

    found = dotenv_values(path, interpolate=False)
    return {name: value for name, value in found.items() if value and not environment.get(name)}


def has_model(environment: Mapping[str, str]) -> bool:
    """Whether the settings name a model provider; else it is the sandbox's."""
    return any(environment.get(name) for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_API_KEY_FILE"))


def use_real_aws(environment: Mapping[str, str]) -> bool:
    """What `USE_REAL_AWS` says. Raises RuntimeError for another word, and where the model would be the sandbox's."""
    word = environment.get("USE_REAL_AWS", "").strip()
    if not word:
        return False
    from pydantic import TypeAdapter, ValidationError

    from shared.settings import BOOLEAN_WORDS

    try:
        real = TypeAdapter(bool).validate_python(word)
    except ValidationError:
        raise RuntimeError(f"USE_REAL_AWS is {word!r}; write {BOOLEAN_WORDS}") from None
    if real and not has_model(environment):
        from services.orchestrator.workers.worlds import Seen

        raise RuntimeError(Seen("sandbox", "real").contradiction)
    return real
