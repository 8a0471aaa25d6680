"""A real info worker whose account has as many volumes as a test asks for; it computes over them as the product."""

from __future__ import annotations

from services.info_tools.context import InfoContext
from services.info_tools.toolbox import toolbox
from services.info_tools.tools import query
from shared.aws.clients import Aws
from shared.broker.client import connect
from shared.messages import Effect, ToolCall
from shared.results.rows import Rows
from shared.sessions.credentials import AgentSession
from shared.worker.consumer import serve
from shared.worker.settings import WorkerSettings
from tests.fakes.volumes import Volumes, volume

SETTINGS = WorkerSettings()
REDIS = connect(SETTINGS, SETTINGS.concurrency)

assert query.query_result


@toolbox.tool(effect=Effect.LIST, over_accounts=False)
def list_volumes(aws: Aws, count: int) -> Volumes:
    """List volumes.

    Args:
        count: How many.
    """
    rows = Rows(volume(number) for number in range(count))
    aws.covered.answered(region="eu-west-1")
    aws.gap("aws_access_denied", "not allowed to look", region="us-east-1")
    return Volumes(volumes=rows, volume_count=count)


def make_context(call: ToolCall, session: AgentSession) -> InfoContext:
    return InfoContext(session, deadline=call.deadline, redis=REDIS)


if __name__ == "__main__":
    serve("info", SETTINGS, toolbox, make_context)
