"""What the executor's tools need besides their arguments; made once per call by the worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from redis import Redis

from services.executor.clock import SYSTEM_CLOCK, Clock
from services.executor.settings import ExecutorSettings
from shared.aws.clients import Aws
from shared.aws.covered import Covered
from shared.errors import AssistantError
from shared.iam.policy_json import PolicyKind
from shared.messages import Gap, Message, ToolCall
from shared.plans.plan import Plan
from shared.sessions.fences import Perimeter

# (plan with its digest, policies as JSON, seconds) -> until when Claude's review can come, Unix seconds
AskReview = Callable[[Plan, list[dict[str, object]], float], float]


class PolicyToReview(Message):
    """A policy that a step would put in place: its document, or the ARN of a managed one."""

    name: str
    kind: PolicyKind
    step: str
    document: dict[str, object] | None = None
    managed_arn: str | None = None


@dataclass(frozen=True, slots=True)
class ExecutorContext:
    """One call's way to AWS, to Redis (sync, `decode_responses=True`) and to the advisor."""

    aws: Aws
    redis: Redis
    settings: ExecutorSettings
    call: ToolCall
    review: AskReview
    # What the advisor signs its answers with.
    advisor_key: bytes
    clock: Clock = SYSTEM_CLOCK

    @property
    def perimeter(self) -> Perimeter:
        """The fences of the session, and the operator's, also as this process was started with them."""
        session = self.aws.session
        return Perimeter.of(session.fences, session.operator_fences, self.settings.fences)

    def in_account(self, account: str) -> ExecutorContext:
        """The same call in one of the session's accounts: credentials for a plan there are of that account's role.

        Raises what `AgentSession.of_account` does.
        """
        return replace(self, aws=self.aws.of_account(account))

    @property
    def owner_id(self) -> str:
        """Whose the plans and files are that the call is about."""
        return self.aws.info.owner_id

    @property
    def gaps(self) -> list[Gap]:
        return self.aws.gaps

    @property
    def covered(self) -> Covered:
        """Where the answer was looked for."""
        return self.aws.covered

    @property
    def region(self) -> str:
        return self.aws.region

    def judged(self, error: AssistantError) -> AssistantError:
        """The error, unless it blames credentials that STS accepts."""
        return self.aws.judged(error)
