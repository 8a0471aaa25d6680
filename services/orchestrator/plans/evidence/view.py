"""How a plan's evidence looks over REST."""

from __future__ import annotations

from services.orchestrator.plans.evidence.model import CallState, EventKind, Evidence, Verdict
from services.orchestrator.plans.evidence.page import evidence_page
from services.orchestrator.rest import Compact, Omittable, RestModel, Time
from shared.messages import Gap


class EvidenceCall(RestModel):
    """One request of the plan's journal, and what AWS's event history has of it.

    `state`: `seen_by_both`: AWS has this request id; `answer_lost`: AWS has such a call, and the answer with its id was
    never read; `other_call`: AWS has this request id as another call, which then is an alarm; `not_delivered_yet`: AWS
    may still show it; `missing`: it is older than that and AWS does not have it; `not_recorded`: the event history
    never has such calls (data events); `unknown`: part of the history could not be read.
    """

    step: str
    undoing: bool
    service: str
    operation: str
    region: str
    state: CallState
    request_id: str | None
    request_token: Omittable[str] = None
    sent_at: Time
    status: int | None
    error_code: Omittable[str] = None
    event_id: str | None


class EvidenceEvent(RestModel):
    """One event under the plan's role session that is no request of the journal. Text of others, but for `kind`.

    `kind`: `only_by_aws` is an alarm; `made_by_cloud_control` and `made_by_service`: AWS called in the plan's name for
    what the plan asked; `dry_run`: EC2 was asked, while the plan was prepared, whether it would carry a call out;
    `unknown_read`: it changed nothing.
    """

    kind: EventKind
    session_name: str
    event_id: str
    event_name: str
    event_source: str
    time: Time
    region: str
    request_id: str | None
    invoked_by: str | None
    source_address: str | None
    user_agent: str | None
    error_code: str | None
    resources: list[str]


class EvidenceAnswer(RestModel):
    """A plan's journal beside AWS's event history. `summary` is its page in words, `gaps` what could not be read.

    `verdict`: `alarm`: AWS has a change that the journal does not have; `incomplete`: part of the history could not be
    read; `waiting`: AWS may show more, ask again after `complete_after`; `unexplained`: AWS lacks a call that it
    accepted; `agrees`: both have the same.
    """

    plan_id: str
    asked_at: Time
    verdict: Verdict
    complete_after: Time
    summary: str
    session_names: list[str]
    searched_from: Time
    regions_searched: list[str]
    calls: list[EvidenceCall]
    events: list[EvidenceEvent]
    own_reads: int
    not_listed: int
    complete: bool
    gaps: list[Compact[Gap]]

    @classmethod
    def of(cls, found: Evidence) -> EvidenceAnswer:
        return cls.model_validate(vars(found) | {"summary": evidence_page(found), "complete": not found.gaps})
