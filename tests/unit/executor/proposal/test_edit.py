"""The edited form of a plan is prepared and checked anew, and runs only in the place of the plan it was made from."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.executor.tools import prepare_edit, prepare_undo
from shared.errors import AssistantError, Forbidden, InvalidArguments, NotFound
from shared.plans.plan import Plan
from shared.plans.step import UntrustedArgument
from tests.unit.executor.conftest import FUNCTION, LAMBDA_TRUST, POLICY, Executor, step
from tests.unit.executor.decisions.test_in_doubt import PERMISSIONS

ROLE = step("create_iam_role", "role", name="reader", policy_document=LAMBDA_TRUST)
BUCKET = step("create_s3_bucket", "bucket", bucket_name="a-new-bucket", region="eu-west-1")
OTHER = step("create_s3_bucket", "other", ("bucket",), bucket_name="another-new-bucket", region="eu-west-1")
LAST = step("create_s3_bucket", "last", ("other",), bucket_name="the-last-new-bucket", region="eu-west-1")


def edit(executor: Executor, plan: Plan, remove: list[str] | None = None, **arguments: Any) -> Plan:
    made: Plan = prepare_edit(executor.context("prepare_edit"), plan.plan_id, remove, arguments)
    return made


def decide(executor: Executor, plan: Plan, replaced_by: str) -> None:
    executor.redis.set(f"decision:{plan.plan_id}", json.dumps({"decision": "cancel", "replaced_by": replaced_by}))


def test_arguments_are_merged_by_name_and_all_else_stays(executor: Executor) -> None:
    plan = executor.prepare(BUCKET, OTHER, on_failure="keep")
    made = edit(executor, plan, bucket={"region": "eu-central-1"})
    assert made.steps[0].arguments == {"bucket_name": "a-new-bucket", "region": "eu-central-1"}
    assert made.steps[1] == plan.steps[1]
    assert (made.goal, made.on_failure, made.owner, made.turn_id) == (plan.goal, "keep", plan.owner, plan.turn_id)
    assert (made.replaces, made.status) == (plan.plan_id, "proposed")
    assert made.digest != plan.digest


def test_what_only_came_after_a_removed_step_comes_after_what_that_one_came_after(executor: Executor) -> None:
    made = edit(executor, executor.prepare(BUCKET, OTHER, LAST), ["other"])
    assert {one.id: one.needs for one in made.steps} == {"bucket": (), "last": ("bucket",)}


def test_null_leaves_an_optional_argument_out_and_a_needed_one_is_refused(executor: Executor) -> None:
    plan = executor.prepare(ROLE.model_copy(update={"arguments": {**ROLE.arguments, "permissions": PERMISSIONS}}))
    assert "permissions" not in edit(executor, plan, role={"permissions": None}).steps[0].arguments
    with pytest.raises(InvalidArguments) as caught:
        edit(executor, plan, role={"name": None})
    assert caught.value.code == "invalid_arguments"


@pytest.mark.parametrize(
    ("remove", "arguments", "why"),
    [
        (["role"], {}, "uses the result of 'role'"),
        (["nothing"], {}, "no step 'nothing'"),
        ([], {"nothing": {"name": "x"}}, "no step 'nothing'"),
        ([], {"role": {}}, "nothing is edited"),
        (["function"], {"function": {"runtime": "python3.13"}}, "has no arguments"),
        (["role", "policy", "function"], {}, "no step would be left"),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused(
    executor: Executor, remove: list[str], arguments: dict[str, Any], why: str
) -> None:
    plan = executor.prepare(ROLE, POLICY, FUNCTION)
    with pytest.raises(InvalidArguments, match=why) as caught:
        edit(executor, plan, remove, **arguments)
    assert caught.value.code == "invalid_edit"


def test_only_what_a_person_has_typed_is_no_longer_untrusted(executor: Executor) -> None:
    sources = [
        UntrustedArgument(step="bucket", argument="region", tool=None),
        UntrustedArgument(step="bucket", argument="bucket_name", tool="list_s3_buckets"),
        UntrustedArgument(step="other", argument="bucket_name", tool="list_s3_buckets"),
    ]
    tokyo = step("create_s3_bucket", "bucket", bucket_name="a-new-bucket", region="ap-northeast-1")
    plan = executor.prepare(tokyo, OTHER, borrowed=sources)
    kept = edit(executor, plan, bucket={"bucket_name": "mine-alone"})
    assert (kept.identity.region_source, untrusted(kept)) == (
        "model",
        {("bucket", "region"), ("other", "bucket_name")},
    )
    named = edit(executor, kept, ["other"], bucket={"region": "eu-west-3"})
    assert (named.identity.region, named.identity.region_source, untrusted(named)) == ("eu-west-3", "argument", set())


def untrusted(plan: Plan) -> set[tuple[str | None, str | None]]:
    return {(one.step, one.path) for one in plan.findings if one.code.startswith("argument_from")}


def test_a_step_that_takes_back_is_removed_and_not_changed(executor: Executor) -> None:
    done = executor.run(executor.prepare(BUCKET, OTHER))
    undo = prepare_undo(executor.context("prepare_undo"), done.plan_id)
    made = edit(executor, undo, ["undo-other"])
    assert (made.undoes, [one.undoes for one in made.steps]) == (done.plan_id, [undo.steps[-1].undoes])
    with pytest.raises(InvalidArguments, match="takes back"):
        edit(executor, undo, **{"undo-bucket": {"bucket_name": "a-foreign-bucket"}})


def test_the_plan_of_another_owner_is_not_there(executor: Executor) -> None:
    plan = executor.prepare(BUCKET)
    with pytest.raises(NotFound):
        prepare_edit(
            executor.context("prepare_edit", session_id="ses_other"),
            plan.plan_id,
            [],
            {"bucket": {"region": "eu-west-3"}},
        )


@pytest.mark.parametrize("decided", [None, "pln_another", ""])
def test_an_approved_edit_does_not_run_unless_it_is_in_the_plans_place(executor: Executor, decided: str | None) -> None:
    plan = executor.prepare(BUCKET)
    made = edit(executor, plan, bucket={"bucket_name": "never-made"})
    if decided is not None:
        decide(executor, plan, decided)
    with pytest.raises(Forbidden) as caught:
        executor.run(made)
    assert caught.value.code == "not_approved"
    decide(executor, plan, made.plan_id)
    assert executor.run(made).status == "done"


def test_an_edit_cannot_hide_that_it_is_one(executor: Executor) -> None:
    made = edit(executor, executor.prepare(BUCKET), bucket={"bucket_name": "never-made"})
    approval = executor.approve(made)
    forged = made.model_copy(update={"replaces": None})
    executor.redis.set(f"plan:{made.plan_id}", forged.model_dump_json())
    with pytest.raises(AssistantError) as caught:
        executor.run(made, approval)
    assert caught.value.code == "stale_digest"
