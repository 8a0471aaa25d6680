"""How the evaluation judges an answer: by figures and names as words of their own, gaps, and the steps of a plan."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluation.answers.__main__ import QUESTIONS, summary
from tests.evaluation.answers.asking import Outcome
from tests.evaluation.answers.question import Question, judged, says


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("You store 7,498,703 bytes.", 7498703),
        ("You store 7\u202f498\u202f703 bytes", 7498703),
        ("There are two of them.", 2),
        ("2 databases", 2),
        ("It cost 0.21700 USD.", "0.217"),
        ("The role `ci-deploy-role`", "ci-deploy-role"),
        ("ORDERS is public", "orders"),
        ("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "AmazonS3ReadOnlyAccess"),
    ],
)
def test_a_figure_or_name_is_found_however_it_is_written(text: str, wanted: str | int) -> None:
    assert says(text, wanted)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("In us-west-2 there is nothing.", 2),
        ("It takes 2.5 GiB", 2),
        ("1. orders\n2. reporting", 2),
        ("at 10:02:07", 2),
        ("There are 12", 2),
        ("0.2175 USD", "0.217"),
        ("the alarm orders-free-storage", "orders"),
    ],
)
def test_what_is_part_of_something_else_is_not_it(text: str, wanted: str | int) -> None:
    assert not says(text, wanted)


def turn(answer: str = "", status: str = "completed", *steps: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    made = [{"operation": operation, "arguments": arguments} for operation, arguments in steps]
    return {"status": status, "answer": answer, "plan": {"steps": made}}


COUNT = Question("How many running in all?", (7,), gap="legacy", without=("etl-1",))


def test_an_answer_is_right_where_it_says_everything_and_the_gap() -> None:
    assert judged(COUNT, turn("7 are running; the account legacy did not answer.")) == "right"


def test_a_gap_that_only_the_gateway_names_is_not_said_by_the_model() -> None:
    added = "\n\nNot covered by this answer:\n- account legacy: denied"
    assert judged(COUNT, turn("7 are running." + added)) == "gap not said"


@pytest.mark.parametrize("answer", ["8 are running; legacy is missing.", "7 and etl-1; legacy is missing."])
def test_an_answer_is_wrong_that_lacks_a_figure_or_names_what_it_must_not(answer: str) -> None:
    assert judged(COUNT, turn(answer)) == "wrong"


def test_a_failed_turn_is_no_wrong_answer() -> None:
    assert judged(COUNT, turn(status="failed")) == "failed"


BUCKET = Question("Make a-b", plan=(("create_s3_bucket", {"bucket_name": "a-b"}), ("delete_iam_role", {"name": "r"})))


def test_a_plan_is_right_with_just_its_steps_in_any_order() -> None:
    steps = [("delete_iam_role", {"name": "r"}), ("create_s3_bucket", {"bucket_name": "a-b", "region": "eu-west-1"})]
    assert judged(BUCKET, turn("", "waiting_for_approval", *steps)) == "right"
    assert judged(BUCKET, turn("", "waiting_for_approval", *steps[:1])) == "wrong"
    assert judged(BUCKET, turn("", "waiting_for_approval", *steps, ("delete_iam_role", {"name": "r"}))) == "wrong"
    assert judged(BUCKET, turn("I made it.")) == "wrong"


def test_the_summary_counts_each_verdict_of_each_variant() -> None:
    made = [Outcome(COUNT, verdict, 2, 900, 1.0, (), "", "m-1") for verdict in ("right", "right", "gap not said")]
    assert "| a.md | " in (lines := summary({"a.md": made}))
    assert " | 2 | 0 | 1 | 0 | 2 | 900 | 1.0 |" in lines


def test_there_are_sixty_different_questions_and_each_can_be_judged() -> None:
    assert len({one.text for one in QUESTIONS}) == len(QUESTIONS) == 60
    for one in QUESTIONS:
        assert one.plan or (one.says and one.by), one.text
