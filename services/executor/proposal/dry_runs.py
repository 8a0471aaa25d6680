"""Asks EC2 before a plan is approved whether it would carry a call out: with `DryRun`, which changes nothing.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Operations.html: "Checks whether you have the required
permissions for the action, without actually making the request". It is asked under a session of exactly the step's own
permissions, through clients that refuse everything but a dry run: what is denied here would be denied when it runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from typing import Any

import structlog
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from services.executor.credentials.assume_role import assume
from services.executor.generic.change import Change, read_change
from services.executor.generic.declaring import declares
from services.executor.registry.forms.table import CALL
from services.executor.registry.location import Location
from services.executor.registry.operation import UNKNOWN
from services.executor.scope.session_policy import MIN_DURATION_SECONDS, Permission, session_policies
from shared.access.guard import only_dry_runs
from shared.aws.clients import Aws, error_code, translate
from shared.aws.service_models import operation_model
from shared.errors import AssistantError, Forbidden
from shared.plans.step import Step
from shared.sessions.role_sessions import DRY_RUN, session_name

log = structlog.get_logger(__name__)

MEMBER = "DryRun"
WOULD_WORK = "DryRunOperation"
_DENIED = frozenset({"UnauthorizedOperation", "AuthFailure", "AccessDenied"})
Values = Mapping[str, Mapping[str, Any]]


def check(aws: Aws, steps: Sequence[Step], values: Values, plan_id: str, seconds: float) -> list[Step]:
    """The steps, with what dry runs say of them. Never raises for AWS's sake but for a denial.

    Raises Forbidden (`permission_denied`) where EC2 denies a step.
    """
    location = Location.of(aws.info)
    asked = dict(_changes(steps, values, location))
    if not asked or seconds <= 0:
        return list(steps)
    pool = ThreadPoolExecutor(1, thread_name_prefix="dry-runs")
    try:
        said = pool.submit(_ask, aws, asked, values, plan_id, location).result(timeout=seconds)
    except (Late, ClientError, BotoCoreError, AssistantError) as error:
        log.info("dry_runs_not_made", plan_id=plan_id, error=type(error).__name__)
        return list(steps)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return [_told(step, asked[step.id], said[step.id]) if step.id in said else step for step in steps]


def _changes(steps: Sequence[Step], values: Values, location: Location) -> Iterator[tuple[str, Change]]:
    """The calls of EC2 that it can be asked about as they will be: after no other step, and known whole."""
    for step in steps:
        if step.operation != CALL or step.needs or UNKNOWN in str(values[step.id]):
            continue
        given = values[step.id]
        change = read_change(
            given["service"], given["operation"], given["parameters"], given["region"], location.partition
        )
        shape = operation_model(change.service, change.name).input_shape
        if change.service == "ec2" and shape is not None and MEMBER in shape.members:
            yield step.id, change


def _ask(
    aws: Aws, asked: Mapping[str, Change], values: Values, plan_id: str, location: Location
) -> dict[str, ClientError | None]:
    """What EC2 answers to each; None where it would carry it out."""
    permissions: list[Permission] = []
    for step in asked:
        permissions += declares(**values[step], location=location).needs
    dry = _scoped(aws, permissions, plan_id)
    return {step: _answer(dry, change, location) for step, change in asked.items()}


def _scoped(aws: Aws, permissions: Sequence[Permission], plan_id: str) -> Aws:
    session = aws.session
    clients = aws.cache.under(only_dry_runs("executor", (action for action, _ in permissions)))
    if session.role_arn is not None:
        policy = session_policies(dict.fromkeys(permissions))[0]
        credentials = assume(aws, session_name(f"{plan_id}{DRY_RUN}"), policy, MIN_DURATION_SECONDS)
        session = session.model_copy(update={"credentials": credentials})
    return Aws(session, aws.deadline, clients, aws.gaps)


def _answer(aws: Aws, change: Change, location: Location) -> ClientError | None:
    client = aws.client(change.service, change.client_region(location))
    try:
        getattr(client, xform_name(change.name))(**{**change.sent, MEMBER: True})
    except ClientError as error:
        return None if error_code(error) == WOULD_WORK else error
    return None


def _told(step: Step, change: Change, error: ClientError | None) -> Step:
    if error is None:
        note = "EC2 says that it would carry this out (a dry run)."
        return step.model_copy(update={"permission": "allowed", "notes": (*step.notes, note)})
    if error_code(error) in _DENIED:
        raise Forbidden(
            f"step {step.id!r} ({step.operation}): EC2 denies {change.called} in a dry run: {translate(error).detail}",
            code="permission_denied",
        )
    note = f"EC2 says in a dry run that it would refuse this now: {translate(error).detail}"
    return step.model_copy(update={"notes": (*step.notes, note)})
