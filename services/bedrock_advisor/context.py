"""What an advisor's tool works with: the session's way to AWS, and the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.bedrock_advisor.settings import AdvisorSettings
from shared.aws.clients import Aws
from shared.aws.covered import Covered
from shared.errors import AssistantError
from shared.messages import Gap


@dataclass(frozen=True, slots=True)
class AdvisorContext:
    """First parameter of every advisor tool."""

    aws: Aws
    settings: AdvisorSettings

    @property
    def gaps(self) -> list[Gap]:
        """What the answer does not cover."""
        return self.aws.gaps

    @property
    def covered(self) -> Covered:
        """Where the answer was looked for."""
        return self.aws.covered

    @property
    def region(self) -> str:
        """The region whose Bedrock is asked."""
        return self.settings.bedrock_region or self.aws.region

    def judged(self, error: AssistantError) -> AssistantError:
        """The error as it is: the advisor may not ask STS, and `converse.py` has said what Bedrock's refusals mean."""
        return error

    @property
    def account(self) -> str:
        """The session's account: a principal of another one is foreign."""
        return self.aws.info.account

    def bedrock(self) -> Any:
        """The `bedrock-runtime` client."""
        return self.aws.client("bedrock-runtime", self.region)
