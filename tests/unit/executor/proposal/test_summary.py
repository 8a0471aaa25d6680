"""The plan is one page a person can read, and nothing in it can pass for something else."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.executor.operations import OPERATIONS
from services.executor.proposal import cost
from services.executor.proposal.summary import in_order, plain
from services.executor.registry.cost import UNKNOWN_COST
from shared.errors import Unavailable
from shared.messages import Cost, Review, Risk, Step
from tests.unit.executor.conftest import FUNCTION, POLICY, ROLE, Executor, step

BUCKET = step("create_s3_bucket", "bucket", bucket_name="a-new-bucket", region="us-east-1")
PAGE_LINES = 60


def made(id: str, *needs: str) -> Step:
    return Step(id=id, operation="o", arguments={}, needs=needs, title="t", effect="write", reversible="no")


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([made("a")], "1 first"),
        ([made("a"), made("b")], "1 and 2 at the same time"),
        ([made("a"), made("b", "a"), made("c", "b")], "1 first; 2 after 1; 3 after 2"),
        (
            [made("a"), made("b"), made("c"), made("d", "a"), made("e", "a"), made("f", "e", "d")],
            "1, 2 and 3 at the same time; 4 and 5 after 1 at the same time; 6 after 4 and 5",
        ),
    ],
)
def test_the_order_is_told_in_words(steps: list[Step], words: str) -> None:
    assert in_order(steps) == words


def test_the_page_says_order_cost_and_limits(executor: Executor) -> None:
    page = executor.prepare(ROLE, POLICY, FUNCTION, BUCKET).summary
    for said in (
        "Order: 1 and 4 at the same time; 2 and 3 after 1 at the same time",
        "Starts to cost: nothing",
        "   Cost: nothing. A function costs nothing until it is invoked.",
        "Limits: 4 of at most 20 steps, 0 of 5 deletes, 2 of 10 changes of permissions",
    ):
        assert said in page


def test_a_plan_of_a_few_steps_fits_on_one_page_whatever_the_advisor_says(executor: Executor) -> None:
    risks = tuple(Risk(severity="low", title=f"risk {number}", detail="x" * 5000) for number in range(50))
    executor.advisor.answer = Review(
        status="reviewed", verdict="concerns", summary="y" * 5000, risks=risks, suggestions=("z",) * 50, model="claude"
    )
    page = executor.prepare(ROLE, POLICY, FUNCTION, BUCKET).summary
    assert len(page.splitlines()) <= PAGE_LINES
    assert max(map(len, page.splitlines())) <= 500
    assert "And 95 more, in the plan's JSON." in page


def test_no_character_of_a_value_is_unseen_or_turns_the_text_around(executor: Executor) -> None:
    evil = "Read\r\nFindings:\x1b[2J\u202e gnihton \u2066x\u200b\ufeff\x00"
    executor.advisor.answer = Unavailable("gone\nApprove until: never\u2028\u202e")
    page = executor.prepare(ROLE, goal=evil.replace("\x00", "")).summary
    assert page.splitlines()[0] == "Goal: Read Findings:\\u001b[2J\\u202e gnihton \\u2066x\\u200b\\ufeff"
    assert [line for line in page.splitlines() if line.startswith("Approve until")] != []
    assert len([line for line in page.splitlines() if line.startswith(("Approve until", "Findings"))]) == 2
    assert "\u202e" not in page


def test_the_page_and_the_data_tell_a_dangerous_managed_policy_though_nobody_reviewed_it(executor: Executor) -> None:
    executor.advisor.answer = Unavailable("the advisor is away")
    arn = "arn:aws:iam::aws:policy/job-function/SystemAdministrator"
    plan = executor.prepare(step("assign_policy_to_role", "attach", role_name="ops", policy_arn=arn))
    assert plan.review is not None
    assert plan.review.status == "not_reviewed"
    (found,) = [one for one in plan.findings if one.path == arn]
    assert (found.code, found.severity, found.step) == ("broad_managed_policy", "high", "attach")
    assert f"  HIGH: {found.message} [attach]" in plan.summary.splitlines()
    assert "Claude's review: none (the advisor is away)" in plan.summary


@given(st.text(max_size=60))
def test_any_text_becomes_one_line_of_seen_characters(text: str) -> None:
    line = plain(text)
    assert len(line.splitlines()) <= 1
    assert not any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") for character in line)
    assert plain(line) == line


def test_ordinary_text_of_any_language_stays_as_it_is() -> None:
    for text in ("Größe, 20 %", "バケットを作成", "دلو جديد", "e\u0301té"):
        assert plain(text) == text


def test_every_operation_has_a_published_cost_or_says_unknown() -> None:
    for operation in OPERATIONS:
        assert operation.cost.note
        assert (operation.cost.amount is None) == (operation.cost.source is None)
    assert UNKNOWN_COST.amount is None


def test_a_sum_is_only_told_where_every_part_is_known() -> None:
    free = Cost(amount="0.00", per="month")
    assert cost.total([free, free]) == "nothing"
    assert cost.total([free, Cost()]) == "unknown"
    priced = [Cost(amount="0.40", per="month"), Cost(amount="1.10", per="month"), Cost(amount="2", per="once")]
    assert cost.total(priced) == "1.50 USD a month and 2 USD once"
