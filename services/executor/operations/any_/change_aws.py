"""Call any operation of AWS that changes something, once; undone by its inverse where one is declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import Field, JsonValue

from services.executor.calls.observation import Happened, Observation
from services.executor.calls.request import Request
from services.executor.generic import answers, before_after, declaring, drift, effects, now, undoing
from services.executor.generic.change import Change, read_change, request_parameters
from services.executor.generic.effects import Assurance
from services.executor.generic.undoing import Inverse, Recorded
from services.executor.registry.account_state import AccountState, Conflicts
from services.executor.registry.contexts import OperationContext
from services.executor.registry.declaration import operation
from services.executor.registry.facts import Question
from services.executor.registry.location import Location
from services.executor.registry.operation import Undo
from shared.aws.service_models import is_global
from shared.aws_operations.catalogue import find_service
from shared.errors import NotFound
from shared.messages import Effect, Message
from shared.plans.step import PropertyChange

# AWS may show a change some moments after it made it.
LOOKS = 4
LOOK_PAUSE_SECONDS = 1.0


class ChangedAws(Message):
    """What was called and what AWS answered; secrets are taken out, and what is too long is left out."""

    service: str
    operation: str
    parameters: dict[str, JsonValue] = Field(description="As they were sent, without AWS's tokens.")
    region: str | None = Field(default=None, description="None for a service without regions.")
    answer: dict[str, JsonValue] = Field(description="Empty where AWS was asked afterwards whether it happened.")
    undo: Inverse | None = Field(default=None, description="What takes it back.")
    not_undone: str | None = Field(default=None, description="Why nothing takes it back.")


def _check(
    service: str, operation: str, parameters: dict[str, JsonValue], region: str | None, location: Location
) -> list[str]:
    change = read_change(service, operation, parameters, region, location.partition)
    return declaring.notes_of(change)


def _requests(
    service: str,
    operation: str,
    parameters: dict[str, JsonValue],
    region: str | None,
    location: Location,
    tags: Mapping[str, str],
) -> list[Request]:
    change = read_change(service, operation, parameters, region, location.partition)
    return [_request(change, location, tags, "")]


def _request(change: Change, location: Location, tags: Mapping[str, str], purpose: str) -> Request:
    parameters = request_parameters(change, tags, purpose)
    return Request(change.service, change.name, parameters, change.client_region(location))


def _facts(
    service: str, operation: str, parameters: dict[str, JsonValue], region: str | None, location: Location
) -> list[Question]:
    return now.questions(read_change(service, operation, parameters, region, location.partition), location)


def _rule(
    state: AccountState, service: str, operation: str, parameters: dict[str, JsonValue], region: str | None
) -> None:
    now.tell(state, read_change(service, operation, parameters, region, state.location.partition))


def _undo_arguments(result: Mapping[str, Any]) -> dict[str, JsonValue] | None:
    inverse = result.get("undo")
    if not inverse:
        return None
    made = {"service": result["service"], "operation": inverse["operation"], "parameters": inverse["parameters"]}
    return made | ({"region": result["region"]} if result.get("region") else {})


def _has_no_region(arguments: Mapping[str, JsonValue]) -> bool:
    """Whether the service has none, such as IAM."""
    try:
        return is_global(find_service(str(arguments.get("service"))), "aws")
    except NotFound:
        return False


@operation(
    effect=Effect.WRITE,
    title="Call {service}:{operation}",
    iam={},
    declares=declaring.declares,
    without_region=_has_no_region,
    check=_check,
    policies=declaring.policies_of,
    requests=_requests,
    conflicts=Conflicts(facts=_facts, rule=_rule),
    deletes=False,
    reversible="partly",
    undo=Undo("change_aws", _undo_arguments, note="by its inverse, where one is known"),
    drift=drift.drift_of,
    compares="what the read shows by which its effect is known",
)
def change_aws(
    context: OperationContext,
    service: str,
    operation: str,
    parameters: dict[str, JsonValue],
    region: str | None = None,
) -> ChangedAws:
    """Call any operation of AWS that changes something and that no other operation here does: start, stop, reboot,
    attach, put a policy, send a message, invoke.

    Args:
        service: AWS's or botocore's name of the service, such as ec2.
        operation: The operation, such as StopInstances; search_aws_operations finds it.
        parameters: Its parameters by AWS's names, such as {"InstanceIds": ["i-0abc"]}.
        region: Region it acts in, e.g. eu-west-1; left out for services without regions, such as IAM.
    """
    location = Location.of(context.aws.info)
    change = read_change(service, operation, parameters, region, location.partition)
    where = change.client_region(location)
    assurance = effects.assurance_of(change, context.tags)
    clock = context.calls.clock

    def before() -> dict[str, Any]:
        found = effects.record(assurance, context.aws, where, clock.now())
        _check_shown(change, assurance, found, context.shown)
        return found

    prior = context.calls.remember("prior", before)

    def probe() -> Observation:
        found = effects.observe(assurance, context.aws, where, prior, clock.now())
        return Happened({}) if isinstance(found, Happened) else found

    request = _request(change, location, context.tags, f"{context.plan_id}/{context.calls.key}")
    # Of a call of which a person said that it happened nothing was kept.
    answer = context.calls.once(request, probe, keep=answers.kept) or {}
    inverse, reason = _inverse(context, change, assurance, where, prior, answer)
    return ChangedAws(
        service=change.service,
        operation=change.name,
        parameters=change.parameters,
        region=change.region,
        answer=answer,
        undo=inverse,
        not_undone=reason,
    )


def _check_shown(
    change: Change, assurance: Assurance, prior: Mapping[str, Any], shown: Sequence[PropertyChange]
) -> None:
    """Raise Conflict where what is there is known not to be what a person was shown."""
    if shown and assurance.effect is not None and "unread" not in prior:
        before_after.check(change, assurance.effect, effects.state_of(prior), shown)


def _inverse(
    context: OperationContext, change: Change, assurance: Assurance, where: str, prior: Mapping[str, Any], answer: Any
) -> tuple[Inverse | None, str | None]:
    """What takes the change back, or why nothing does."""
    if not undoing.inverses_of(change.service, change.name, change.parameters):
        return None, "no inverse of it is declared"
    if "unread" in prior or assurance.effect is None:
        return None, str(prior.get("unread", "what was there before is not known"))
    try:
        after = _shown(context, assurance, where)
    except (ClientError, BotoCoreError):
        return None, "AWS could not be asked what it shows now"
    if not assurance.effect.is_there(after):
        return None, "AWS shows it otherwise than it was asked for"
    before = effects.state_of(prior)
    inverse = undoing.inverse_of(
        change.service, change.name, Recorded(change.parameters, before, after, answer or None)
    )
    return (inverse, None) if inverse else (None, "it changed nothing, or what was there before cannot be put back")


def _shown(context: OperationContext, assurance: Assurance, where: str) -> JsonValue:
    """What AWS shows now, asked again while it does not show the change yet."""
    effect = assurance.effect
    assert effect is not None
    for _ in range(LOOKS - 1):
        found = context.calls.read(lambda: effect.look(context.aws, where))
        if effect.is_there(found):
            return found
        context.sleep(LOOK_PAUSE_SECONDS)
    return context.calls.read(lambda: effect.look(context.aws, where))
