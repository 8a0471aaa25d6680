"""What small models bend in a plan is put right where it can mean one thing, and left to be refused where not."""

from __future__ import annotations

from typing import Any

import pytest

from services.orchestrator.turns.proposals.mended_steps import mended

BUCKET = {
    "type": "object",
    "properties": {"bucket_name": {"type": "string"}, "region": {"type": "string"}, "tags": {"type": "array"}},
    "required": ["bucket_name"],
}
OPERATIONS = {"create_s3_bucket": BUCKET, "create_iam_role": {"type": "object", "properties": {}}}
RIGHT = {"operation": "create_s3_bucket", "arguments": {"bucket_name": "a-b"}}


def steps(*given: Any) -> Any:
    return mended({"goal": "g", "steps": list(given)}, OPERATIONS)["steps"]


@pytest.mark.parametrize(
    "given",
    [
        RIGHT,
        {"operation": "create_s3_bucket", "bucket_name": "a-b"},
        {"operation": "create_s3_bucket", "arguments": {}, "bucket_name": "a-b"},
        {"operation": "CreateS3Bucket", "arguments": {"bucketName": "a-b"}},
        {"operation": "create_s3_bucket", "arguments": {"bucket_name": "a-b", "region": None}},
    ],
)
def test_one_meaning_in_several_forms_is_the_same_step(given: dict[str, Any]) -> None:
    assert steps(given) == [RIGHT]


def test_numbers_are_made_ids_wherever_they_name_a_step() -> None:
    made = steps(
        RIGHT | {"id": 1},
        {"id": "2", "operation": "create_iam_role", "arguments": {"a": [{"$from": "1.arn"}]}, "needs": [1]},
    )
    assert [step["id"] for step in made] == ["s1", "s2"]
    assert made[1]["arguments"] == {"a": [{"$from": "s1.arn"}]}
    assert made[1]["needs"] == ["s1"]


def test_a_reference_written_as_text_is_one() -> None:
    given = {"operation": "create_iam_role", "arguments": {"arn": '{"$from": "role.arn"}', "text": '{"$from": 1}'}}
    assert steps(given)[0]["arguments"] == {"arn": {"$from": "role.arn"}, "text": '{"$from": 1}'}


@pytest.mark.parametrize(
    "given",
    [
        {"operation": "create_s3_bucket", "arguments": {"bucket_name": "a-b"}, "bucket": "c-d"},
        {"operation": "create_bucket", "arguments": {"bucket_name": "a-b"}},
        {"operation": None, "arguments": "x"},
        "create a bucket",
        {"id": "role 1", "operation": "create_iam_role", "arguments": {}},
    ],
)
def test_what_can_mean_several_things_or_none_stays_as_it_is(given: Any) -> None:
    assert steps(given) == [given]


def test_steps_that_are_no_list_stay_as_they_are() -> None:
    assert mended({"steps": "two"}, OPERATIONS) == {"steps": "two"}
