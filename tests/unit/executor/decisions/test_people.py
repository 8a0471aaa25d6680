"""The executor counts for itself: what was acknowledged, and how many different people signed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from services.executor.decisions.people import shared_steps
from services.executor.tools import prepare_undo
from shared.errors import AssistantError
from shared.keys.signing import sign_decision
from shared.messages import Effect
from shared.plans.decisions import Acknowledged, Approval, Person
from shared.plans.ids import review_call_id
from shared.plans.plan import Plan, Review, ReviewStatus, Risk
from shared.plans.reviews import sign_review, with_review
from shared.tasks.records import sign_result
from tests.unit.executor.conftest import ADVISOR_KEY, APPROVAL_KEY, Executor, step
from tests.unit.executor.conftest import ROLE as A_ROLE

ACCOUNT = "123456789012"
BOB, CAROL = "AIDA" + "B" * 17, "AIDA" + "C" * 17
ROLE = "AROA" + "D" * 17
BUCKET = step("create_s3_bucket", bucket_name="a-bucket-of-people", region="eu-west-1")
EVERYBODY = '[[share]]\ncallers = ["*"]\nmay = "decide"\n'


def ruled(make_executor: Any, folder: Path, rule: str, share: str = EVERYBODY) -> Executor:
    file = folder / "rules.toml"
    file.write_text(f"{share}[[approvals]]\n{rule}\n", encoding="utf-8")
    executor: Executor = make_executor()
    executor.settings = type(executor.settings)(**{**executor.settings.model_dump(), "rules_file": str(file)})
    return executor


def person(principal: str | None, name: str = "x") -> Person:
    kind = "role" if principal and principal.startswith("AROA") else "user"
    return Person(
        account=ACCOUNT, principal=principal, caller_arn=f"arn:aws:iam::{ACCOUNT}:{kind}/{name}", session_id="ses_2"
    )


def approved(
    executor: Executor,
    plan: Plan,
    *people: Person | None,
    key: str = APPROVAL_KEY,
    review: ReviewStatus | None = None,
    acknowledged: Sequence[tuple[Acknowledged, ...]] | None = None,
    **changes: Any,
) -> str:
    """Have the plan run with these people's approvals; its status, or the code of the refusal.

    `acknowledged` is what each has acknowledged; what the plan itself asks for, where left out.
    """
    said = [{"acknowledged": one} for one in acknowledged] if acknowledged else [{}] * len(people)
    signed = [executor.approve(plan, by=by, review=review, **more) for by, more in zip(people, said, strict=True)]
    earlier = [sign_decision(key.encode(), one.model_copy(update=changes)) for one in signed[:-1]]
    decision = {
        "decision": "approve",
        "approval": signed[-1].model_dump(mode="json"),
        "decided_at": 1.0,
        "approvals": [one.model_dump_json() for one in earlier],
    }
    executor.redis.set(f"decision:{plan.plan_id}", json.dumps(decision))
    try:
        return executor.run(plan, signed[-1]).status
    except AssistantError as refused:
        assert executor.stored(plan).status == "proposed"
        return refused.code


@pytest.mark.parametrize(
    ("people", "ends"),
    [
        ((person(BOB), person(CAROL)), "done"),
        ((person(BOB),), "not_enough_approvals"),
        ((person(BOB), person(BOB, "bob-again")), "not_enough_approvals"),
        ((person(ROLE, "one"), person(ROLE, "two")), "not_enough_approvals"),
        ((person(ROLE), person(BOB)), "done"),
        ((person(f"{ROLE}:ann"), person(f"{ROLE}:bob")), "done"),
        ((person("AIDA" + "A" * 17), person(BOB)), "not_enough_approvals"),
        ((None, person(BOB)), "not_enough_approvals"),
        ((person(None), person(BOB)), "not_enough_approvals"),
        ((person(BOB).model_copy(update={"account": "210987654321"}), person(CAROL)), "not_enough_approvals"),
    ],
)
def test_two_people_are_two_principals_neither_of_whom_proposed_it(
    make_executor: Any, tmp_path: Path, people: tuple[Person | None, ...], ends: str
) -> None:
    executor = ruled(make_executor, tmp_path, 'operations = ["create_s3_*"]\napprovers = 2')
    plan = executor.prepare(BUCKET)
    assert plan.approvers == 2
    assert approved(executor, plan, *people) == ends


def test_where_a_rule_wants_names_an_unnamed_role_is_nobody(make_executor: Any, tmp_path: Path) -> None:
    executor = ruled(make_executor, tmp_path, 'effects = ["write"]\napprovers = 2\nnamed_only = true')
    assert approved(executor, executor.prepare(BUCKET), person(ROLE), person(BOB)) == "not_enough_approvals"


def test_who_may_not_decide_the_plan_does_not_count(make_executor: Any, tmp_path: Path) -> None:
    share = f'[[share]]\ncallers = ["arn:aws:iam::{ACCOUNT}:user/bob"]\nmay = "decide"\n'
    executor = ruled(make_executor, tmp_path, 'operations = ["*"]\napprovers = 1', share)
    plan = executor.prepare(BUCKET)
    assert approved(executor, plan, person(CAROL, "carol")) == "not_enough_approvals"
    assert approved(executor, plan, person(BOB, "bob")) == "done"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"plan_id": "pln_other"}, "not_enough_approvals"),
        ({"digest": "0" * 64}, "not_enough_approvals"),
        ({"grant_id": "grt_1"}, "not_enough_approvals"),
        ({"key": "a guess"}, "bad_signature"),
    ],
)
def test_a_forged_or_replayed_approval_counts_for_nobody(
    make_executor: Any, tmp_path: Path, changes: dict[str, Any], code: str
) -> None:
    executor = ruled(make_executor, tmp_path, 'operations = ["*"]\napprovers = 2')
    assert approved(executor, executor.prepare(BUCKET), person(BOB), person(CAROL), **changes) == code


def test_the_executors_own_rules_hold_whatever_the_plan_in_redis_says(make_executor: Any, tmp_path: Path) -> None:
    executor = ruled(make_executor, tmp_path, 'resources = ["arn:aws:s3:::a-bucket-*"]\napprovers = 1')
    plan = executor.prepare(BUCKET)
    steps = tuple(one.model_copy(update={"resources": (), "effect": Effect.TAGGING}) for one in plan.steps)
    lying = plan.model_copy(update={"steps": steps})
    executor.redis.set(f"plan:{plan.plan_id}", lying.model_dump_json())
    assert approved(executor, lying, None) == "not_enough_approvals"


@pytest.mark.parametrize(
    ("if_unavailable", "came", "ends"),
    [
        ("refuse", None, "review_pending"),
        ("refuse", "pending", "review_pending"),
        ("refuse", "unavailable", "review_unavailable"),
        ("approve", "pending", "review_pending"),
        ("approve", "unavailable", "done"),
        ("refuse", "done", "done"),
    ],
)
def test_the_executor_runs_nothing_that_its_rule_has_wait_for_a_review(
    make_executor: Any, tmp_path: Path, if_unavailable: str, came: Any, ends: str
) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(f'[[reviews]]\noperations = ["*"]\nif_unavailable = "{if_unavailable}"\n', encoding="utf-8")
    executor: Executor = make_executor()
    executor.settings = type(executor.settings)(**{**executor.settings.model_dump(), "rules_file": str(file)})
    plan = executor.prepare(A_ROLE)
    if came == "done":
        executor.redis.set(f"runs:review:{plan.plan_id}", sign_review(plan, FINE, ADVISOR_KEY))
    assert approved(executor, plan, None, review=came) == ends


FINE = Review(status="reviewed", verdict="looks_fine")
RISKY = Review(status="reviewed", verdict="concerns", risks=(Risk(severity="high", title="Open", detail="to all"),))


@pytest.mark.parametrize(
    ("review", "seen", "ends"),
    [
        (RISKY, True, "done"),
        (RISKY, False, "not_acknowledged"),
        (FINE, False, "done"),
        (Review(status="reviewed", verdict="dangerous", summary="No."), False, "not_acknowledged"),
        (Review(status="reviewed", verdict="dangerous", summary="No."), True, "done"),
    ],
)
def test_what_came_with_the_review_runs_only_if_it_was_acknowledged(
    executor: Executor, review: Review, seen: bool, ends: str
) -> None:
    plan = executor.prepare(A_ROLE)
    executor.redis.set(f"runs:review:{plan.plan_id}", sign_review(plan, review, ADVISOR_KEY))
    asked = with_review(plan, review).acknowledge
    given = tuple(Acknowledged(finding_id=one.finding_id) for one in asked) if seen else ()
    assert approved(executor, plan, None, review="done", acknowledged=[given]) == ends


@pytest.mark.parametrize("forged", ["nothing", "another key", "another plan's", "an agent's answer"])
def test_an_approval_after_a_review_is_void_where_the_review_was_forged_since(executor: Executor, forged: str) -> None:
    plan, other = executor.prepare(A_ROLE), executor.prepare(BUCKET)
    kept = {
        "nothing": "",
        "another key": sign_review(plan, FINE, b"a guess"),
        "another plan's": sign_review(other, FINE, ADVISOR_KEY),
        "an agent's answer": sign_result("advisor", review_call_id(plan), FINE.model_dump_json(), ADVISOR_KEY),
    }[forged]
    executor.redis.set(f"runs:review:{plan.plan_id}", kept)
    assert approved(executor, plan, None, review="done") == "bad_signature"


def test_an_approval_of_before_the_review_runs_whatever_the_review_says(executor: Executor) -> None:
    plan = executor.prepare(A_ROLE)
    executor.redis.set(f"runs:review:{plan.plan_id}", sign_review(plan, RISKY, ADVISOR_KEY))
    assert approved(executor, plan, None, review="pending") == "done"


def test_of_two_people_who_read_the_review_each_has_acknowledged_it(make_executor: Any, tmp_path: Path) -> None:
    executor = ruled(make_executor, tmp_path, 'operations = ["*"]\napprovers = 2')
    plan = executor.prepare(A_ROLE)
    executor.redis.set(f"runs:review:{plan.plan_id}", sign_review(plan, RISKY, ADVISOR_KEY))
    given = tuple(Acknowledged(finding_id=one.finding_id) for one in with_review(plan, RISKY).acknowledge)
    both = (person(BOB), person(CAROL))
    assert approved(executor, plan, *both, review="done", acknowledged=[(), given]) == "not_acknowledged"
    assert approved(executor, plan, *both, review="done", acknowledged=[given, given]) == "done"


def deletion(executor: Executor) -> Plan:
    executor.client("s3").create_bucket(
        Bucket="full-of-memories", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    return executor.prepare(step("delete_s3_bucket", bucket_name="full-of-memories"))


@pytest.mark.parametrize("typed", [None, "", "full-of-memorie", "FULL-OF-MEMORIES"])
def test_a_deletion_runs_only_if_the_name_of_what_is_lost_was_typed(executor: Executor, typed: str | None) -> None:
    plan = deletion(executor)
    [asked] = plan.acknowledge
    assert asked.typed == "full-of-memories"
    assert [finding.id for finding in plan.findings if finding.code == "deletes_data"] == [asked.finding_id]
    given = (Acknowledged(finding_id=asked.finding_id, typed=typed),)
    with pytest.raises(AssistantError) as refused:
        executor.run(plan, executor.approve(plan, acknowledged=given))
    assert refused.value.code == "not_acknowledged"
    assert executor.run(plan, executor.approve(plan)).status == "done"


def test_what_has_to_be_acknowledged_is_part_of_the_digest(executor: Executor) -> None:
    plan = deletion(executor)
    stripped = plan.model_copy(update={"acknowledge": ()})
    executor.redis.set(f"plan:{plan.plan_id}", stripped.model_dump_json())
    with pytest.raises(AssistantError) as refused:
        executor.run(stripped, executor.approve(stripped))
    assert refused.value.code == "stale_digest"


def test_an_acknowledgement_that_was_added_to_a_signed_approval_is_refused(executor: Executor) -> None:
    plan = deletion(executor)
    full = executor.approve(plan)
    bare: Approval = executor.approve(plan, acknowledged=())
    with pytest.raises(AssistantError) as refused:
        executor.run(plan, bare.model_copy(update={"acknowledged": full.acknowledged}))
    assert refused.value.code == "bad_signature"


def test_taking_back_what_a_plan_has_made_needs_no_typing(executor: Executor) -> None:
    done = executor.run(executor.prepare(BUCKET))
    undo: Plan = prepare_undo(executor.context("prepare_undo"), done.plan_id)
    assert undo.acknowledge == ()


def test_every_finding_has_an_id_of_its_own(executor: Executor) -> None:
    admin = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    both = step("create_iam_role", id="role", name="r", policy_document=trust, permissions=admin)
    plan = executor.prepare(both)
    ids = [finding.id for finding in plan.findings]
    assert len(set(ids)) == len(ids) > 1
    high = {finding.id for finding in plan.findings if finding.severity == "high"}
    assert {one.finding_id for one in plan.acknowledge} == high
    assert high


def test_the_model_sees_a_value_only_where_everybody_says_so_who_approved(executor: Executor) -> None:
    plan = executor.prepare(BUCKET)
    key = APPROVAL_KEY.encode()

    def signed(*steps: str) -> Approval:
        return executor.approve(plan, share_with_model=steps)

    def shared(last: Approval, *earlier: Approval) -> set[str]:
        return set(shared_steps(last, {"approvals": [one.model_dump_json() for one in earlier]}, key))

    assert shared(signed("s1", "s2")) == {"s1", "s2"}
    assert shared(signed("s1", "s2"), signed("s2")) == {"s2"}
    assert shared(signed("s1"), signed()) == set()
    with pytest.raises(AssistantError, match="signature"):
        shared(signed("s1"), signed().model_copy(update={"share_with_model": ("s1",)}))
