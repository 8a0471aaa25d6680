"""Steps that touch the same resource run one after the other, as given; the others may run at the same time."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from services.executor.proposal.steps import complete_needs, in_order, name_steps
from services.executor.scope.resources import Touched, overlap
from shared.aws.arns import matches
from shared.errors import NotFound
from shared.plans.plan import Plan
from shared.plans.step import ProposedStep
from tests.unit.executor.conftest import FUNCTION, LAMBDA_TRUST, POLICY, READ_S3, ROLE, Executor, step

ARN = "arn:aws:iam::123456789012:role/reader"


def needs(plan: Plan) -> dict[str, set[str]]:
    return {item.id: set(item.needs) for item in plan.steps}


def literal(found: ProposedStep, **arguments: JsonValue) -> ProposedStep:
    return found.model_copy(update={"arguments": {**found.arguments, **arguments}})


BUCKET = step("create_s3_bucket", "bucket", bucket_name="a-new-bucket", region="eu-west-1")
DETACH = step("detach_policy_from_role", "detach", role_name="reader", policy_arn=READ_S3)
DELETE = step("delete_iam_role", "delete", name="reader")
FUNCTION_BY_ARN = literal(FUNCTION, role_arn=ARN)
POLICY_BY_NAME = literal(POLICY, role_name="reader")


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([ROLE, POLICY_BY_NAME], {"role": set(), "policy": {"role"}}),
        ([ROLE, FUNCTION_BY_ARN], {"role": set(), "function": {"role"}}),
        ([DETACH, DELETE], {"detach": set(), "delete": {"detach"}}),
        ([DELETE, ROLE], {"delete": set(), "role": {"delete"}}),
        (
            [DETACH, DELETE, ROLE, POLICY],
            {"detach": set(), "delete": {"detach"}, "role": {"delete"}, "policy": {"role"}},
        ),
        # Who only hands the role on does not mind a policy more; neither waits for the other.
        ([ROLE, POLICY, FUNCTION], {"role": set(), "policy": {"role"}, "function": {"role"}}),
        ([ROLE, FUNCTION, POLICY], {"role": set(), "policy": {"role"}, "function": {"role"}}),
        ([BUCKET, ROLE], {"bucket": set(), "role": set()}),
        (
            [BUCKET, literal(FUNCTION_BY_ARN, zip_file_path="s3://a-new-bucket/app.zip")],
            {"bucket": set(), "function": {"bucket"}},
        ),
        (
            [BUCKET, literal(FUNCTION_BY_ARN, zip_file_path="s3://another/app.zip")],
            {"bucket": set(), "function": set()},
        ),
        (
            [
                ROLE,
                step(
                    "create_iam_role",
                    "other",
                    name="writer",
                    policy_document=json.dumps(
                        {"Statement": [{"Effect": "Allow", "Principal": {"AWS": ARN}, "Action": "sts:AssumeRole"}]}
                    ),
                ),
            ],
            {"role": set(), "other": {"role"}},
        ),
        (
            [ROLE, step("create_iam_role", "other", name="reader2", policy_document=LAMBDA_TRUST)],
            {"role": set(), "other": set()},
        ),
    ],
)
def test_steps_on_the_same_resource_need_each_other_in_the_order_given(
    executor: Executor, steps: list[ProposedStep], expected: dict[str, set[str]]
) -> None:
    assert needs(executor.prepare(*steps)) == expected


def test_the_order_given_holds_around_a_step_that_waits_for_a_third(executor: Executor) -> None:
    waiting = DETACH.model_copy(update={"needs": ("bucket",)})
    plan = executor.prepare(waiting, DELETE, BUCKET)
    assert [item.id for item in plan.steps] == ["bucket", "detach", "delete"]
    assert needs(plan) == {"bucket": set(), "detach": {"bucket"}, "delete": {"detach"}}


def test_an_order_that_was_said_stands_against_the_order_given(executor: Executor) -> None:
    plan = executor.prepare(DELETE.model_copy(update={"needs": ("detach",)}), DETACH)
    assert needs(plan) == {"detach": set(), "delete": {"detach"}}


names = st.sampled_from("abc")


class Named:
    def __init__(self, id: str, needs: tuple[str, ...]) -> None:
        self.id, self.needs = id, needs


@given(
    st.lists(st.tuples(st.sets(names, max_size=2), st.sets(names, max_size=2)), min_size=1, max_size=8),
    st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=6),
    st.permutations(range(8)),
)
def test_no_two_steps_that_disturb_each_other_are_ever_without_an_order(
    touches: list[tuple[set[str], set[str]]], said: set[tuple[int, int]], rank: list[int]
) -> None:
    ids = [f"s{number}" for number in range(len(touches))]
    touched = {
        name: Touched(tuple(changed), tuple(changed), tuple(named))
        for name, (changed, named) in zip(ids, touches, strict=True)
    }
    # Said needs along some ranking, which need not be the order given: never a circle.
    wanted = {
        name: tuple(f"s{b}" for a, b in sorted(said) if ids[number : number + 1] == [f"s{a}"] and b < len(ids)
                    and rank[b] < rank[a])
        for number, name in enumerate(ids)
    }  # fmt: skip
    complete = complete_needs(wanted, touched)
    assert all(set(wanted[name]) <= set(complete[name]) for name in ids)
    before: dict[str, set[str]] = {}
    for item in in_order([Named(name, complete[name]) for name in ids]):
        before[item.id] = {*item.needs}.union(*(before[needed] for needed in item.needs))
    for one in ids:
        for other in ids:
            if one != other and touched[one].disturbs(touched[other]):
                assert one in before[other] or other in before[one]


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("arn:aws:s3:::b", "arn:aws:s3:::b", True),
        ("arn:aws:s3:::b", "arn:aws:s3:::bb", False),
        ("arn:aws:s3:::b", "arn:aws:s3:::b/key", True),
        ("arn:aws:s3:::b", "arn:aws:s3:::b/*", True),
        ("arn:aws:s3:::*", "arn:aws:s3:::b", True),
        ("arn:aws:iam::1:role/*/reader", "arn:aws:iam::1:role/team/reader", True),
        ("arn:aws:iam::1:role/*/reader", "arn:aws:iam::1:role/reader", False),
        ("arn:aws:iam::1:role/*/reader", "arn:aws:iam::1:role/*/writer", False),
        ("arn:aws:iam::1:role/team/*", "arn:aws:iam::1:role/*/writer", True),
        ("arn:aws:lambda:eu-west-1:1:function:f", "arn:aws:lambda:eu-west-1:1:function:f:7", True),
    ],
)
def test_arns_overlap_where_they_may_mean_the_same_or_a_part_of_it(one: str, other: str, meet: bool) -> None:
    assert overlap(one, other) is overlap(other, one) is meet


@given(st.text("ab*/", max_size=8), st.text("ab/", max_size=10))
def test_a_pattern_covers_what_its_stars_can_stand_for(pattern: str, arn: str) -> None:
    expected = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), arn) is not None
    assert matches(pattern, arn) is expected


def test_a_pattern_has_no_wildcard_but_the_star() -> None:
    assert matches("arn:aws:s3:::team-*", "arn:aws:s3:::team-a")
    for pattern in ("arn:aws:s3:::team-?", "arn:aws:s3:::team-[a]", "arn:aws:s3:::Team-*", "arn:aws:s3:::team", ".*"):
        assert not matches(pattern, "arn:aws:s3:::team-a")
    assert not matches("arn:aws:s3:::a", "arn:aws:s3:::a\n")


def test_an_unknown_operation_is_told_which_one_may_be_meant() -> None:
    with pytest.raises(NotFound, match="no operation create_bucket; did you mean create_s3_bucket"):
        name_steps([ProposedStep(operation="create_bucket")])
