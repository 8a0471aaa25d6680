"""Two versions at once: what a newer one writes this one reads and keeps, what a newer one asks for it refuses."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

import services
import shared
from services.info_tools.sharing import outcomes
from services.orchestrator.openai_api.threads import Thread
from services.orchestrator.plans.evidence.model import ComparedCall, Evidence, ForeignEvent
from services.orchestrator.plans.status import Decision, Outcome
from services.orchestrator.rest import StoredRestModel
from services.orchestrator.sessions.accounts import SessionAccount
from services.orchestrator.sessions.browsers import Browser, Ticket
from services.orchestrator.sessions.scoping import AgentScope, Scoping
from services.orchestrator.sessions.session import Session
from services.orchestrator.turns.conversations import Conversation
from services.orchestrator.turns.store import Turn
from services.orchestrator.workers.view import ToolStep
from shared.errors import NotFound
from shared.messages import (
    Column,
    Coverage,
    Effect,
    ErrorBody,
    Finding,
    Gap,
    Identity,
    Message,
    Overview,
    Owner,
    Record,
    SessionInfo,
    ToolCall,
    ToolResult,
)
from shared.plans.decisions import Approval, Cancellation, Grant, Resolution
from shared.plans.digest import digest_of, unknown_fields
from shared.plans.drift import (
    ChangeSince,
    ChangesSince,
    ComparedPlan,
    MovedValue,
    ResourceChanges,
    StepDrift,
)
from shared.plans.evidence import (
    JournaledCall,
    JournaledCalls,
    JournaledRead,
    SentRequest,
    SessionEvents,
    TrailEvent,
)
from shared.plans.plan import Plan, PlanBound, Review, Risk, ToAcknowledge
from shared.plans.step import (
    Cost,
    CostPart,
    PolicyReach,
    PropertyChange,
    ProposedStep,
    RoleReach,
    Step,
    StepRef,
    StepUndo,
    UntrustedArgument,
)
from shared.results.records import StoredResult
from shared.sessions.credentials import AgentSession, Credentials
from tests.fakes.newer import NAME, VALUE, added, newer

ERROR = ErrorBody(code="aws_throttled", detail="AWS is busy", retryable=True)
REACH = PolicyReach(policy="p", why="attached by step one", allows="nothing")
STEP = Step(
    id="one",
    operation="create_s3_bucket",
    arguments={"bucket_name": "b", "tags": [{"key": "team"}]},
    title="Create the bucket b",
    effect=Effect.WRITE,
    reversible="yes",
    cost=Cost(amount="0.00", parts=(CostPart(what="hours", unit_price="0.1", unit="Hrs"),)),
    undoes=StepRef(plan_id="pln_1", step="one"),
    undo=StepUndo(operation="delete_s3_bucket"),
    policies=(REACH,),
    roles=(RoleReach(role_arn="arn:aws:iam::123456789012:role/r", policies=(REACH,)),),
    status="failed",
    error=ERROR,
)
PLAN = Plan(
    plan_id="pln_2",
    session_id="ses_1",
    owner=Owner(account="123456789012", principal="AIDA1"),
    status="proposed",
    goal="a bucket",
    digest="d" * 64,
    created_at=1.0,
    expires_at=2.0,
    identity=Identity(account="123456789012", caller_arn="arn:aws:iam::123456789012:user/ada", region="eu-west-1"),
    steps=(STEP,),
    findings=(Finding(code="broad", severity="low", message="it is broad"),),
    acknowledge=(ToAcknowledge(finding_id="fnd_1", typed="b"),),
    review=Review(status="reviewed", risks=(Risk(severity="low", title="t", detail="d"),)),
    undoes="pln_1",
    limits=(PlanBound(what="steps", used=1, most=20),),
)
COVERAGE = Coverage(count=1, total=1, regions=("eu-west-1",), accounts=("123456789012",), as_of=1.0)
RESULT = ToolResult(
    call_id="call.1",
    agent="info",
    tool="get_s3_usage",
    status="error",
    error=ERROR,
    gaps=(Gap(code="deadline", detail="too slow"),),
    coverage=COVERAGE,
    overview=Overview(rows="buckets", row_count=1, columns=(Column(name="size_bytes", type="number", filled=1),)),
    started_at=1.0,
    duration_ms=5,
)
SESSION = Session(
    session_id="ses_1",
    account="123456789012",
    caller_arn="arn:aws:iam::123456789012:user/ada",
    region="eu-west-1",
    regions=("eu-west-1",),
    scoping=Scoping(mode="role"),
    agents={"info": AgentScope(identity="arn:…", can="read", cannot="write")},
    created_at=1.0,
    expires_at=2.0,
    accounts=(SessionAccount(account="123456789012", state="ready"),),
)
TURN = Turn(
    turn_id="trn_1",
    conversation_id="cnv_1",
    session=SESSION,
    message="How much S3?",
    messages=[{"role": "user", "content": "How much S3?"}],
    steps=[ToolStep.of(RESULT, {"bucket_name": "b"})],
    error=ERROR,
    created_at=1.0,
    updated_at=2.0,
)
CONVERSATION = Conversation(conversation_id="cnv_1", session_id="ses_1", title="S3", created_at=1.0, updated_at=2.0)
APPROVAL = Approval(
    plan_id="pln_2", session_id="ses_1", digest="d" * 64, approved_at=1.0, expires_at=2.0, nonce="n", signature="s"
)
TRAIL_EVENT: dict[str, Any] = {
    "event_id": "e", "event_name": "CreateBucket", "event_source": "s3.amazonaws.com", "time": 1.0, "region": "r",
    "request_id": "r", "invoked_by": None, "source_address": None, "user_agent": None, "error_code": None,
}  # fmt: skip
RECORDS: tuple[BaseModel, ...] = (
    Browser(session_id="ses_1", csrf="c"),
    Ticket(session_id="ses_1"),
    PLAN,
    PropertyChange(path="/Tags", before="a", after="b", kind="changed"),
    RESULT,
    TURN,
    CONVERSATION,
    Thread(conversation_id="cnv_1"),
    Decision(decision="approve", decided_at=1.0, approval=APPROVAL),
    Outcome(status="failed", error=ERROR, ended_at=1.0),
    StoredResult(session_id="ses_1", tool="get_s3_usage", coverage=COVERAGE, packed="eJwDAAAAAAE="),
)
EVIDENCE = (
    JournaledCalls(
        plan_id="pln_1",
        calls=(
            JournaledCall(
                step="one", service="s3", operation="CreateBucket", state="done", sent=(SentRequest(at=1.0, id="r"),)
            ),
        ),
        reads=(
            JournaledRead(step="one", service="s3", operation="HeadBucket", region="r", at=1.0, id="r", status=200),
        ),
    ),
    SessionEvents(
        session_names=("n",),
        searched_from=1.0,
        asked_at=2.0,
        regions_searched=("r",),
        events=(TrailEvent(session_name="n", read_only=False, **TRAIL_EVENT),),
    ),
    Evidence(
        plan_id="pln_1",
        asked_at=2.0,
        verdict="alarm",
        session_names=("n",),
        searched_from=1.0,
        regions_searched=("r",),
        complete_after=3.0,
        calls=(
            ComparedCall(
                step="one", undoing=False, service="s3", operation="CreateBucket", region="r", state="seen_by_both",
                request_id="r", request_token=None, sent_at=1.0, status=200, error_code=None, event_id="e",
            ),
        ),
        events=(ForeignEvent(session_name="n", kind="only_by_aws", **TRAIL_EVENT),),
        own_reads=0,
        gaps=(Gap(code="c", detail="d"),),
    ),
)  # fmt: skip
DRIFT = (
    ComparedPlan(
        plan_id="pln_1",
        looked_at=1.0,
        steps=(
            StepDrift(
                step="one",
                operation="create_s3_bucket",
                undone=False,
                left_at=1.0,
                state="changed",
                values=(MovedValue(path="/Tags/a", left="b", now="c"),),
            ),
        ),
    ),
    ChangesSince(
        asked_at=2.0,
        shown_until=1.0,
        resources=(
            ResourceChanges(
                id="one",
                verdict="found",
                events=(
                    ChangeSince(
                        event_id="e",
                        event_name="TagQueue",
                        event_source="sqs.amazonaws.com",
                        time=1.0,
                        region="r",
                        principal="a",
                        name="n",
                        session_name=None,
                        invoked_by=None,
                        source_address=None,
                        request_id="r",
                    ),
                ),
            ),
        ),
    ),
)
PARTS = (
    outcomes.PartAnswer(
        outcomes=(
            outcomes.Outcome(found="[]"),
            outcomes.Outcome(failed=outcomes.Failed.of(NotFound("no such volume", aws_status=404))),
        ),
        covered=outcomes.CoveredPart(regions=("eu-west-1",)),
    ),
)
RECORDS = (*RECORDS, *EVIDENCE, *DRIFT, *PARTS)
INFO = SessionInfo(
    session_id="ses_1", account="1", caller_arn="a", region="eu-west-1", regions=("eu-west-1",), expires_at=2.0
)
CREDENTIALS = Credentials(access_key_id="ASIA", secret_access_key="s")
REQUESTS: tuple[Message, ...] = (
    ToolCall(call_id="call.1", agent="info", tool="get_s3_usage", arguments={}, session_id="ses_1", deadline=1.0),
    ProposedStep(operation="create_s3_bucket"),
    UntrustedArgument(step="one", argument="name", tool="list_s3_buckets"),
    APPROVAL,
    Cancellation(plan_id="pln_2", session_id="ses_1", cancelled_at=1.0, completed_steps="undo"),
    Resolution(
        plan_id="pln_2",
        session_id="ses_1",
        digest="d",
        step="one",
        in_doubt_since=1.0,
        happened=True,
        then="continue",
        resolved_at=2.0,
        nonce="n",
    ),
    Grant(
        grant_id="grt_1",
        session_id="ses_1",
        operation="create_s3_bucket",
        resource="arn:aws:s3:::b",
        max_uses=1,
        created_at=1.0,
        expires_at=2.0,
    ),
    INFO,
    CREDENTIALS,
    AgentSession(info=INFO, credentials=CREDENTIALS),
)


def name_of(model: BaseModel) -> str:
    return type(model).__name__


def models_in(value: object) -> Iterator[type[BaseModel]]:
    if isinstance(value, BaseModel):
        yield type(value)
        for name in type(value).model_fields:
            yield from models_in(getattr(value, name))
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from models_in(item)


def subclasses(base: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for found in base.__subclasses__():
        yield found
        yield from subclasses(found)


@pytest.mark.parametrize("record", RECORDS, ids=name_of)
def test_a_record_of_a_newer_version_is_read_and_written_back_whole(record: BaseModel) -> None:
    text = json.dumps(newer(record))

    read = type(record).model_validate_json(text)

    written = json.loads(read.model_dump_json())
    assert "" in added(written)
    assert added(written) == added(json.loads(text))
    assert type(record).model_validate(record.model_dump()) == record


def test_every_record_there_is_is_one_of_these() -> None:
    for package in (shared, services):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            # A process begins where these are imported.
            if not module.name.endswith((".main", ".worker")):
                importlib.import_module(module.name)
    there_are = {one for base in (Record, StoredRestModel) for one in subclasses(base)}

    assert {one for one in there_are if one.__module__.startswith(("services.", "shared."))} == {
        model for record in RECORDS for model in models_in(record) if issubclass(model, Record | StoredRestModel)
    }


def test_a_change_of_a_record_keeps_what_a_newer_version_said() -> None:
    plan = Plan.model_validate(newer(PLAN))

    step = plan.steps[0].model_copy(update={"status": "done"})
    changed = plan.model_copy(update={"status": "done", "steps": (step,)})

    assert added(json.loads(changed.model_dump_json())) == added(newer(PLAN))


@pytest.mark.parametrize("request_", REQUESTS, ids=name_of)
def test_a_request_of_a_newer_version_is_refused(request_: Message) -> None:
    fields = json.loads(request_.model_dump_json())

    type(request_).model_validate(fields)
    with pytest.raises(ValidationError, match=NAME):
        type(request_).model_validate(fields | {NAME: VALUE})


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    with pytest.raises(ValidationError) as refused:
        Credentials.model_validate({"access_key_id": "ASIA", "secret_access_key": ["a-secret"]})

    assert "a-secret" not in str(refused.value)


def test_a_plan_says_where_it_is_not_known_outside_of_its_advice() -> None:
    plan = Plan.model_validate(newer(PLAN))

    assert unknown_fields(PLAN) == []
    assert unknown_fields(plan) == [
        f"acknowledge.0.{NAME}",
        f"identity.{NAME}",
        f"limits.0.{NAME}",
        NAME,
        f"owner.{NAME}",
        f"steps.0.cost.{NAME}",
        f"steps.0.cost.parts.0.{NAME}",
        f"steps.0.error.{NAME}",
        f"steps.0.{NAME}",
        f"steps.0.policies.0.{NAME}",
        f"steps.0.roles.0.{NAME}",
        f"steps.0.roles.0.policies.0.{NAME}",
        f"steps.0.undo.{NAME}",
        f"steps.0.undoes.{NAME}",
    ]


def test_advice_of_a_newer_version_leaves_a_plan_known() -> None:
    fields: Any = json.loads(PLAN.model_dump_json())
    fields["findings"][0][NAME] = fields["review"][NAME] = VALUE

    assert unknown_fields(Plan.model_validate(fields)) == []


def test_a_digest_is_of_named_fields_alone() -> None:
    assert digest_of(Plan.model_validate(newer(PLAN)), {}) == digest_of(PLAN, {})
