"""The bodies of requests to `/v1/plans`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from services.orchestrator.http.bodies import RequestBody
from services.orchestrator.http.responses import JsonObject
from shared.plans.decisions import Acknowledged
from shared.plans.step import ProposedStep

MAX_STEPS = 50
StepId = Annotated[str, Field(min_length=1, max_length=64)]


class StepRequest(ProposedStep):
    """A step; an argument may be `{"$from": "STEP_ID.path"}`, an earlier step's result."""

    arguments: JsonObject = Field(default_factory=dict)
    needs: tuple[Annotated[str, Field(max_length=64)], ...] = Field(default=(), max_length=MAX_STEPS)


class PlanRequest(RequestBody):
    """The body of `POST /v1/plans`."""

    goal: str = Field(min_length=1, max_length=2000, description="What this is for, in words.")
    steps: list[StepRequest] = Field(min_length=1, max_length=MAX_STEPS)
    on_failure: Literal["undo", "keep"] = "undo"
    account: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="The account to change, by id or name; required where the session holds several.",
    )


class ApproveRequest(RequestBody):
    """The digest of the plan as it was shown: what runs is what was approved."""

    digest: str = Field(min_length=1, max_length=128)
    acknowledged: list[Acknowledged] = Field(default_factory=list, max_length=200)
    share_with_model: list[StepId] = Field(
        default_factory=list,
        max_length=MAX_STEPS,
        description="Steps `read_sensitive` whose value the model may see for its closing answer; none by default.",
    )


class RejectRequest(RequestBody):
    reason: str | None = Field(default=None, max_length=2000)


class EditRequest(RequestBody):
    """What is different: steps to leave out, and arguments of others, by step and name; null leaves one out."""

    remove: list[StepId] = Field(default_factory=list, max_length=MAX_STEPS)
    arguments: dict[StepId, JsonObject] = Field(default_factory=dict, max_length=MAX_STEPS)


class CancelRequest(RequestBody):
    """What becomes of the steps that are done; as the plan's `on_failure` says where left out."""

    completed_steps: Literal["undo", "keep"] | None = None


class ResolveRequest(RequestBody):
    """A person's answer about a step in doubt: whether it happened at AWS, and whether the plan goes on."""

    step: str = Field(min_length=1, max_length=64)
    happened: bool
    then: Literal["continue", "stop"] = "continue"
