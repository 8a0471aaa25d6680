"""What moto lacks and the double needs: EFS's backup policies, changed event buses, functions' dead letters."""

from __future__ import annotations

from typing import Any

from moto.awslambda.models import LambdaFunction

from sandbox.aws.protocol.calls import Call
from sandbox.aws.protocol.errors import Answer, AwsError, json_answer

_DEAD_LETTERS = "DeadLetterConfig"


def apply_missing() -> None:
    """Patch moto: functions keep where their dead letters go, and tell it."""
    init, describe, update = (
        LambdaFunction.__init__,
        LambdaFunction.get_configuration,
        LambdaFunction.update_configuration,
    )

    def made(self: LambdaFunction, account_id: str, spec: dict[str, Any], *place: Any, **more: Any) -> None:
        init(self, account_id, spec, *place, **more)
        _keep(self, spec)

    def get_configuration(self: LambdaFunction, on_create: bool = False) -> dict[str, Any]:
        kept = vars(self).get("dead_letters")
        return describe(self, on_create) | ({_DEAD_LETTERS: {"TargetArn": kept}} if kept else {})

    def update_configuration(self: LambdaFunction, config_updates: dict[str, Any]) -> dict[str, Any]:
        _keep(self, config_updates)
        return update(self, config_updates)

    setattr(LambdaFunction, "__init__", made)  # noqa: B010  # a patch, not a member
    setattr(LambdaFunction, "get_configuration", get_configuration)  # noqa: B010  # a patch, not a member
    setattr(LambdaFunction, "update_configuration", update_configuration)  # noqa: B010  # a patch, not a member


def _keep(function: LambdaFunction, settings: dict[str, Any]) -> None:
    if _DEAD_LETTERS in settings:
        vars(function)["dead_letters"] = (settings[_DEAD_LETTERS] or {}).get("TargetArn")


def answered(call: Call, account: str) -> Answer | None:
    """The answer to an operation that moto lacks; None for any other."""
    if (call.service, call.operation) == ("efs", "PutBackupPolicy"):
        return _backup_policy(call, account)
    if (call.service, call.operation) == ("events", "UpdateEventBus"):
        return _event_bus(call, account)
    return None


def _backup_policy(call: Call, account: str) -> Answer:
    from moto.efs.models import efs_backends  # only for those who ask

    identifier = str(call.params.get("FileSystemId"))
    file_system = efs_backends[account][call.region].file_systems_by_id.get(identifier)
    if file_system is None:
        raise AwsError("FileSystemNotFound", f"File system {identifier!r} does not exist.", 404)
    status = (call.params.get("BackupPolicy") or {}).get("Status")
    vars(file_system)["_backup"] = status == "ENABLED"
    # AWS begins with it: https://docs.aws.amazon.com/efs/latest/ug/API_BackupPolicy.html
    return json_answer({"BackupPolicy": {"Status": "ENABLING" if status == "ENABLED" else "DISABLING"}})


def _event_bus(call: Call, account: str) -> Answer:
    from moto.events.models import events_backends  # only for those who ask

    name = str(call.params.get("Name") or "default").rpartition("/")[2]
    bus = events_backends[account][call.region].event_buses.get(name)
    if bus is None:
        raise AwsError("ResourceNotFoundException", f"Event bus {name} does not exist.")
    given = call.params
    bus.description = given.get("Description", bus.description)
    bus.kms_key_identifier = given.get("KmsKeyIdentifier", bus.kms_key_identifier)
    bus.dead_letter_config = given.get("DeadLetterConfig", bus.dead_letter_config)
    told = {"Arn": bus.arn, "Name": bus.name, "Description": bus.description}
    told |= {"KmsKeyIdentifier": bus.kms_key_identifier, "DeadLetterConfig": bus.dead_letter_config}
    return json_answer({name: value for name, value in told.items() if value})
