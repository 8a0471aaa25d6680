"""How a plan's evidence looks over REST."""

from __future__ import annotations

from pydantic import Field

from services.orchestrator.plans.evidence.model import CallState, EventKind, Evidence, Verdict
from services.orchestrator.plans.evidence.page import evidence_page
from services.orchestrator.rest import Compact, Omittable, RestModel, Time
from shared.messages import Gap


class EvidenceCall(RestModel):
    """One request of the plan's journal, and what AWS's event history has of it."""

    step: str = Field(description="The step that made the call.")
    undoing: bool = Field(description="The call took the step back.")
    service: str
    operation: str = Field(description="AWS's name, such as `CreateBucket`.")
    region: str = Field(description="Where it was sent; empty where the journal is of an older version.")
    state: CallState = Field(
        description="`seen_by_both`: AWS has this request id; `answer_lost`: AWS has such a call, and the answer with "
        "its id was never read; `other_call`: AWS has this request id as another call, which then is an alarm; "
        "`not_delivered_yet`: AWS may still show it; `missing`: it is older than that and AWS does not have it; "
        "`not_recorded`: the event history never has such calls (data events); `unknown`: part of the history could "
        "not be read."
    )
    request_id: str | None = Field(description="AWS's; null where no answer was read.")
    request_token: Omittable[str] = Field(
        default=None, description="Cloud Control's, of the request that this call began."
    )
    sent_at: Time = Field(description="When it left.")
    status: int | None = Field(description="The HTTP status of AWS's answer; null where none was read.")
    error_code: Omittable[str] = Field(default=None, description="AWS's, where it refused or failed.")
    event_id: str | None = Field(description="AWS's event of it.")


class EvidenceEvent(RestModel):
    """One event under the plan's role sessions that is no request of the journal. Text of others, but for `kind`."""

    kind: EventKind = Field(
        description="`only_by_aws` is an alarm; `made_by_cloud_control` and `made_by_service`: AWS called in the "
        "plan's name for what the plan asked; `dry_run`: EC2 was asked, while the plan was prepared, whether it would "
        "carry a call out; `unknown_read`: it changed nothing."
    )
    session_name: str = Field(description="The role session's.")
    event_id: str = Field(description="CloudTrail's.")
    event_name: str = Field(description="Such as `CreateBucket`, or `CreateFunction20150331`.")
    event_source: str = Field(description="Such as `s3.amazonaws.com`.")
    time: Time = Field(description="When AWS took the call.")
    region: str
    request_id: str | None = Field(description="AWS's, which the caller got.")
    invoked_by: str | None = Field(description="The AWS service that called in the session's name.")
    source_address: str | None = Field(description="An IP address, or the name of an AWS service.")
    user_agent: str | None = Field(description="The program, by its own word.")
    error_code: str | None = Field(description="AWS's, where it refused.")
    resources: list[str] = Field(description="Names or ARNs that the event names.")


class EvidenceAnswer(RestModel):
    """A plan's journal beside AWS's event history."""

    plan_id: str
    asked_at: Time = Field(description="When AWS was asked.")
    verdict: Verdict = Field(
        description="`alarm`: AWS has a change that the journal does not have; `incomplete`: part of the history could "
        "not be read; `waiting`: AWS may show more, ask again after `complete_after`; `unexplained`: AWS lacks a call "
        "that it accepted; `agrees`: both have the same."
    )
    complete_after: Time = Field(description="From when on AWS has delivered every event of the plan's own run.")
    summary: str = Field(description="All of it as a page of text.")
    session_names: list[str] = Field(description="The role sessions whose events were looked for.")
    searched_from: Time = Field(description="From when on events were looked for.")
    regions_searched: list[str] = Field(description="Regions that answered.")
    calls: list[EvidenceCall] = Field(description="The requests of the plan's journal, oldest first.")
    events: list[EvidenceEvent] = Field(description="The events that are none of them, alarms first.")
    own_reads: int = Field(description="Events of reads that the journal has too.")
    not_listed: int = Field(description="Further events, for which there is no room.")
    complete: bool = Field(description="False where something could not be read; then `gaps` says what.")
    gaps: list[Compact[Gap]]

    @classmethod
    def of(cls, found: Evidence) -> EvidenceAnswer:
        return cls.model_validate(vars(found) | {"summary": evidence_page(found), "complete": not found.gaps})
