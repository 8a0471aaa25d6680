"""Read secret values, contents, environments or query results, for the person alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore import xform_name
from pydantic import Field, JsonValue

from services.executor.operations.sensitive.answers import answered
from services.executor.registry.contexts import OperationContext
from services.executor.registry.cost import UNKNOWN_COST
from services.executor.registry.declaration import operation as executor_operation
from services.executor.registry.declared import Declared
from services.executor.registry.location import Location, check_region
from services.executor.registry.operation import UNKNOWN
from shared.access.arn_forms import Place
from shared.access.needed import permissions_of
from shared.access.revealing import check_sensitive
from shared.aws.arguments.checking import Checked, check
from shared.aws.service_models import operation_model
from shared.aws_operations.catalogue import find
from shared.aws_operations.models import Operation
from shared.errors import Conflict, InvalidArguments
from shared.keys.sealed_values import MAX_SHARED_CHARACTERS, VALUE_SECONDS
from shared.messages import Effect, Message
from shared.plans.step import Cost
from shared.text.plain import named

# Parameters that the title repeats.
_TITLED = 4
_COST = Cost(note="What AWS charges for one request of it, where it charges for any.")
_KEY_NOTE = (
    "If it is encrypted with a key of your own, reading it needs kms:Decrypt on that key too: name its ARN as kms_key."
)
_ENCRYPTED = frozenset({"secretsmanager", "ssm", "s3", "dynamodb", "logs", "kinesis", "athena"})
_KMS_KEY = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]{1,64}")


class SealedValue(Message):
    """Where the value is; nothing here, nor in the plan, is of the value itself."""

    service: str
    operation: str
    region: str
    members: tuple[str, ...] = Field(description="What AWS's answer can have, by its model.")
    complete: bool = Field(description="False: AWS has further pages, which were not read.")
    readable_until: str = Field(description="ISO 8601; before that the person sees it on the plan's page.")
    shared_with_model: bool = Field(description="Whether the approval lets the model see it for its answer.")


def _prepared(service: str, operation: str, parameters: Mapping[str, Any] | None) -> tuple[Operation, Checked]:
    """The operation, which only reads, and its arguments as botocore takes them. Raises as the check does."""
    found = find(service, operation)
    check_sensitive(found)
    model = operation_model(found.service, found.name)
    return found, check(f"{found.service}:{found.name}", model.input_shape, parameters or {})


def _check(
    service: str,
    operation: str,
    parameters: Mapping[str, Any] | None,
    region: str,
    kms_key: str | None,
    location: Location,
) -> Iterable[str]:
    found, checked = _prepared(service, operation, parameters)
    check_region(region, location.partition)
    if kms_key is not None and not _KMS_KEY.fullmatch(kms_key):
        raise InvalidArguments("kms_key: give the ARN of the key itself (arn:aws:kms:REGION:ACCOUNT:key/ID), no alias")
    yield from checked.changed
    yield (
        f"The value is sealed for your session: you see it on the plan's page or with GET …/value, for "
        f"{VALUE_SECONDS // 60} minutes. The model does not see it, unless the approval says so (share_with_model): "
        f"then it gets the first {MAX_SHARED_CHARACTERS:,} characters for its answer, which the conversation keeps."
    )
    if kms_key is None and found.service in _ENCRYPTED:
        yield _KEY_NOTE


def _declares(
    service: str,
    operation: str,
    parameters: Mapping[str, Any] | None,
    region: str,
    kms_key: str | None,
    location: Location,
) -> Declared:
    found, checked = _prepared(service, operation, parameters)
    place = Place(location.partition, location.account, region)
    needed = permissions_of(found.service, found.name, checked.arguments, place, UNKNOWN)
    decrypt = (("kms:Decrypt", kms_key),) if kms_key else ()
    return Declared(
        effect=Effect.SENSITIVE_READ,
        title=_title(found, checked.arguments, region),
        permissions=(*needed, *decrypt),
        reversible="no",
        expects={"service": found.service, "operation": found.name, "region": region},
        cost=_COST,
    )


def _title(found: Operation, arguments: Mapping[str, Any], region: str) -> str:
    plain = [(name, value) for name, value in arguments.items() if isinstance(value, str | int | bool)]
    listed = ", ".join(f"{name} {named(str(value))}" for name, value in plain[:_TITLED])
    more = ", …" if len(arguments) > len(plain[:_TITLED]) else ""
    about = f" ({listed}{more})" if listed else ""
    return f"Read {found.service}:{found.name}{about} in {named(region)}, for you alone"


@executor_operation(
    effect=Effect.SENSITIVE_READ,
    title="Read {service}:{operation} in {region}, for you alone",
    iam={},
    deletes=False,
    reversible="no",
    cost=UNKNOWN_COST,
    check=_check,
    declares=_declares,
)
def read_sensitive(
    context: OperationContext,
    service: str,
    operation: str,
    parameters: dict[str, JsonValue] | None = None,
    region: str | None = None,
    kms_key: str | None = None,
) -> SealedValue:
    """Read a secret value, an object's body, an environment, user data or query results, for the person alone.

    For operations of AWS that read_aws refuses as sensitive. The person sees the value after approving the plan; you do
    not, and no step can take it. The step changes nothing, so there is nothing to undo.

    Args:
        service: AWS's or botocore's name of the service, such as "secretsmanager".
        operation: The operation, such as "GetSecretValue".
        parameters: The operation's parameters by AWS's names, such as {"SecretId": "prod/db"}.
        region: Region to read in, e.g. eu-west-1.
        kms_key: ARN of the customer managed KMS key that what is read is encrypted with, if it is with one.
    """
    assert region is not None  # the plan spells it out
    if context.keep_value is None:
        raise Conflict("a sensitive read is made by a run of its approved plan alone", code="not_approved")
    found, checked = _prepared(service, operation, parameters)
    client = context.aws.client(found.service, region)
    ask = getattr(client, xform_name(found.name))
    # The body too is read while AWS may fail; a read that was cut off is made again.
    value = context.calls.read(lambda: answered(found, region, ask(**checked.arguments)))
    kept = context.keep_value(context.step_id, value)
    output = operation_model(found.service, found.name).output_shape
    return SealedValue(
        service=found.service,
        operation=found.name,
        region=region,
        members=tuple(output.members) if output is not None else (),
        complete=value.complete,
        readable_until=datetime.fromtimestamp(kept.expires_at, UTC).isoformat(timespec="seconds"),
        shared_with_model=kept.shared_with_model,
    )
