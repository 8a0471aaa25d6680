"""The sandbox's model proposes tags where a message asks to set or remove them, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.model.calls.offer import Offer
from sandbox.model.planner import next_reply

PLAN_SCHEMA: Any = {
    "type": "object",
    "properties": {"goal": {"type": "string"}, "steps": {"type": "array", "items": {"type": "object"}}},
}
OFFER = Offer({"propose_plan": PLAN_SCHEMA, "list_s3_buckets": {}, "delete_s3_bucket": {}})
SYSTEM = {"role": "system", "content": "Account: 123456789012\nRegion: us-east-1"}


def proposed(said: str) -> dict[str, Any]:
    """The arguments of the one step that is proposed."""
    [call] = next_reply([SYSTEM, {"role": "user", "content": said}], OFFER).calls
    assert call.name == "propose_plan"
    [step] = call.arguments["steps"]
    assert step["operation"] == "tag_resource"
    return dict(step["arguments"])


@pytest.mark.parametrize(
    ("said", "arn", "tags"),
    [
        ("Tag the bucket acme-data-lake with team=data", "arn:aws:s3:::acme-data-lake", {"team": "data"}),
        ("please tag my S3 bucket logs-1 with team=data and stage=prod.", "arn:aws:s3:::logs-1",
         {"team": "data", "stage": "prod"}),
        ('Set the tag owner="Data Team" on the role reader', "arn:aws:iam::123456789012:role/reader",
         {"owner": "Data Team"}),
        ("add tags a=1, b=2 to the lambda function hello", "arn:aws:lambda:us-east-1:123456789012:function:hello",
         {"a": "1", "b": "2"}),
    ],
)  # fmt: skip
def test_tags_are_proposed_for_the_named_resource(said: str, arn: str, tags: dict[str, str]) -> None:
    found = proposed(said)
    assert found["resource_arn"] == arn
    assert {one["key"]: one["value"] for one in found["tags"]} == tags


def test_tags_are_removed_by_their_keys() -> None:
    found = proposed("Remove the tags team and stage from the bucket acme-data-lake")
    assert (found["remove"], found["tags"]) == (["team", "stage"], [])


def test_a_question_about_tags_proposes_nothing() -> None:
    reply = next_reply([SYSTEM, {"role": "user", "content": "Which tags does the bucket acme-data-lake have?"}], OFFER)
    assert "propose_plan" not in [call.name for call in reply.calls]
