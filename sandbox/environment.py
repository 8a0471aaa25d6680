"""Which variables of this machine reach which process of the local stack."""

from __future__ import annotations

from collections.abc import Mapping

from services.bedrock_advisor.settings import AdvisorWorkerSettings
from services.executor.settings import ExecutorWorkerSettings
from services.orchestrator.decisions.approvals import ApprovalSettings
from services.orchestrator.settings import GatewaySettings
from shared.settings import Settings
from shared.worker.worker import WorkerSettings

# The settings that each process reads; `scripts/settings_table.py` documents the same.
SETTINGS: Mapping[str, tuple[type[Settings], ...]] = {
    "orchestrator": (GatewaySettings, ApprovalSettings),
    "info_tools": (WorkerSettings,),
    "executor": (ExecutorWorkerSettings,),
    "bedrock_advisor": (AdvisorWorkerSettings,),
}
# What a developer has set for other programs: botocore, other clients of OpenAI and of Redis.
_AMBIENT = ("AWS_", "OPENAI_", "BEDROCK_", "REDIS_")
_CA_BUNDLE = "AWS_CA_BUNDLE"


def variables_of(name: str) -> frozenset[str]:
    """The variables that a process reads as its settings, by their new and old names."""
    fields = {field for kind in SETTINGS.get(name, ()) for field in (*kind.model_fields, *kind.renamed.values())}
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
