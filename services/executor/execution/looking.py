"""What AWS shows of a step of an ended plan now: whether its effect is there, by the plan's tags and names."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from services.executor.calls.looking import Looked, LookingCalls
from services.executor.calls.observation import NotYet, Observation, Unclear
from services.executor.context import ExecutorContext
from services.executor.decisions.in_doubt import values_of
from services.executor.operations import OPERATIONS
from services.executor.records.progress import Progress
from services.executor.registry.contexts import OperationContext
from services.executor.registry.location import Location
from shared.aws.clients import Aws, translate
from shared.errors import AssistantError
from shared.plans.step import Step


def look(context: ExecutorContext, aws: Aws, progress: Progress, step: Step) -> Observation:
    """Whether AWS shows the effect of the step's first call; Unclear where that cannot be told. Sends nothing.

    `aws` reads. The plan's journal has to be open under its lease.
    """
    plan_id, settings = progress.plan.plan_id, context.settings
    calls = LookingCalls(aws, progress.journal, settings, step.id, plan_id, context.clock)
    # What an uploaded file holds says nothing of what is there; the file may be gone by now.
    operation_context = OperationContext(aws, plan_id, step.id, calls, settings, lambda file_id: b"")
    operation = OPERATIONS[step.operation]
    try:
        operation.run(operation_context, values_of(progress, step))
    except Looked as looked:
        found = looked.observation
        shown = not isinstance(found, NotYet) or found.seen
        return found if shown else Unclear("no read of AWS shows whether it happened")
    except AssistantError as error:
        return Unclear(error.detail)
    except (ClientError, BotoCoreError) as error:
        return Unclear(translate(error).detail)
    return Unclear("the step makes no call")


def is_marked(progress: Progress, step: Step, location: Location) -> bool:
    """Whether what the step makes has the plan's tags, so that nobody else's is taken for it."""
    tags = {"assistant:plan": progress.plan.plan_id}
    requests = OPERATIONS[step.operation].requests_of(values_of(progress, step), location, tags)
    return any(progress.plan.plan_id in str(request.parameters) for request in requests)


def was_sent(progress: Progress, step: Step) -> bool:
    """Whether a call of the step was ever about to be sent."""
    return bool(progress.journal.fields(f"{step.id}/"))
