"""The sandbox's model undoes the last plan, tells what became of one, and never settles a doubt itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.model.calls.offer import Offer
from sandbox.model.planner import next_reply
from sandbox.model.types import Call, Reply

UNDO_SCHEMA = {"type": "object", "properties": {"plan_id": {"type": "string"}}, "required": ["plan_id"]}
NAMES = "list_s3_buckets create_s3_bucket delete_s3_bucket create_iam_role assign_policy_to_role propose_plan"
OFFER = Offer({**{name: {} for name in NAMES.split()}, "propose_undo": UNDO_SCHEMA})
CREATE = "Create a bucket named bucket-a"
SYSTEM = {"role": "system", "content": "Account: 123456789012\nRegion: us-east-1"}


def step(identifier: str, status: str, operation: str = "create_s3_bucket", **more: Any) -> dict[str, Any]:
    arguments = {"bucket_name": f"bucket-{identifier}", "region": "us-east-1"}
    return {"id": identifier, "operation": operation, "arguments": arguments, "status": status, **more}


def plan(status: str, *steps: dict[str, Any], identifier: str = "pln_1", **more: Any) -> dict[str, Any]:
    return {"plan_id": identifier, "status": status, "goal": "Make buckets", "steps": list(steps), **more}


def turn(said: str, name: str, arguments: dict[str, Any], body: dict[str, Any], answer: str = "") -> list[Any]:
    """A user's message, one call, what came of it, and the answer if there was one."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    identifier = f"call_{abs(hash((said, name)))}"
    messages: list[Any] = [
        {"role": "user", "content": said},
        {"role": "assistant", "content": None,
         "tool_calls": [{"id": identifier, "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": identifier,
         "content": f'<tool_output tool="{name}" trust="untrusted">\n{json.dumps(body)}\n</tool_output>'},
    ]  # fmt: skip
    return [*messages, {"role": "assistant", "content": answer}] if answer else messages


def after(body: dict[str, Any], said: str, offer: Offer = OFFER) -> Reply:
    """The reply to `said` after a turn whose plan ended as `body`."""
    created = turn(CREATE, "create_s3_bucket", {"bucket_name": "bucket-a"}, {"plan": body}, "ok")
    return next_reply([SYSTEM, *created, {"role": "user", "content": said}], offer)


def told(body: dict[str, Any], said: str = CREATE) -> str:
    """The closing answer of a turn whose plan ended as `body`."""
    return next_reply(
        [SYSTEM, *turn(said, "create_s3_bucket", {"bucket_name": "bucket-a"}, {"plan": body})], OFFER
    ).text


@pytest.mark.parametrize(
    "wording",
    ["Undo that.", "undo the last plan", "take that back", "Please roll it back", "can you undo this?", "undo it",
     "revert the last change", "undo", "Undo what you just did"],
)  # fmt: skip
def test_the_last_plan_is_proposed_to_be_undone(wording: str) -> None:
    reply = after(plan("done", step("a", "done")), wording)
    assert reply.calls == (Call("propose_undo", {"plan_id": "pln_1"}),)


def test_the_newest_plan_is_meant_unless_another_is_named() -> None:
    first = turn(CREATE, "create_s3_bucket", {}, {"plan": plan("done", step("a", "done"))}, "ok")
    second = turn("Create a bucket named bucket-b", "create_s3_bucket", {},
                  {"plan": plan("done", step("b", "done"), identifier="pln_2")}, "ok")  # fmt: skip
    history = [SYSTEM, *first, *second]
    newest = next_reply([*history, {"role": "user", "content": "undo that"}], OFFER)
    assert newest.calls == (Call("propose_undo", {"plan_id": "pln_2"}),)
    named = next_reply([*history, {"role": "user", "content": "undo the plan pln_1"}], OFFER)
    assert named.calls == (Call("propose_undo", {"plan_id": "pln_1"}),)


def test_what_a_plan_left_behind_can_be_undone_too() -> None:
    for status in ("failed", "cancelled"):
        reply = after(plan(status, step("a", "done"), step("b", "skipped")), "undo that")
        assert reply.calls == (Call("propose_undo", {"plan_id": "pln_1"}),)


@pytest.mark.parametrize("status", ["rejected", "expired", "failed", "cancelled"])
def test_what_never_happened_is_not_undone(status: str) -> None:
    reply = after(plan(status, step("a", "skipped")), "undo that")
    assert reply.calls == ()
    assert "nothing to take back" in reply.text


def test_what_is_undone_is_not_undone_again_and_without_a_plan_there_is_nothing() -> None:
    assert "undone already" in after(plan("undone", step("a", "undone")), "undo that").text
    assert (
        "no change in this conversation" in next_reply([SYSTEM, {"role": "user", "content": "undo that"}], OFFER).text
    )


def test_without_the_function_it_says_how_to_undo_over_rest() -> None:
    bare = Offer({name: {} for name in NAMES.split()})
    reply = after(plan("done", step("a", "done")), "undo that", bare)
    assert reply.calls == ()
    assert "POST /v1/plans/pln_1/undo" in reply.text


def undone(body: dict[str, Any]) -> Reply:
    created = turn(CREATE, "create_s3_bucket", {},
                   {"plan": plan("done", step("a", "done"))}, "ok")  # fmt: skip
    return next_reply([SYSTEM, *created, *turn("Undo that.", "propose_undo", {"plan_id": "pln_1"}, body)], OFFER)


def test_an_undo_that_was_carried_out_says_what_was_taken_back() -> None:
    done = step("undo-a", "done", "delete_s3_bucket")
    body = plan("done", done, identifier="pln_2", undoes="pln_1") | {"goal": "Undo: Make buckets"}
    text = undone({"plan": body}).text
    assert text.startswith("Undone: Make buckets.")
    assert "Deleted the bucket bucket-undo-a" in text


def test_an_undo_that_is_refused_gives_the_reasons_and_is_not_tried_again() -> None:
    error = {"code": "cannot_undo", "detail": "the bucket bucket-a is not empty any more"}
    reply = undone({"status": "error", "error": error})
    assert reply.calls == ()
    assert "cannot undo that: the bucket bucket-a is not empty any more (cannot_undo)" in reply.text


def test_a_plan_in_doubt_names_the_step_and_where_the_person_answers() -> None:
    error = {"code": "in_doubt", "detail": "the connection closed before AWS answered"}
    text = told(plan("in_doubt", step("a", "done"), step("b", "in_doubt", error=error)))
    assert "unknown whether step b (create_s3_bucket) happened" in text
    assert "“it happened”" in text
    assert 'POST /v1/plans/pln_1/resolve {"step": "b", "happened": true}' in text
    assert "the connection closed before AWS answered" in text
    assert "Created" not in text


@pytest.mark.parametrize(
    "said", ["It happened.", "it did not", "no, it didn't happen", "Yes, step b happened", "it did"]
)
def test_the_model_does_not_settle_a_doubt(said: str) -> None:
    body = plan("in_doubt", step("b", "in_doubt"))
    reply = after(body, said)
    assert reply.calls == ()
    assert reply.text.startswith("I cannot record that for you.")
    assert "/v1/plans/pln_1/resolve" in after(body, "undo that").text


def test_a_cancelled_plan_says_what_became_of_its_finished_steps() -> None:
    assert "Nothing was changed." in told(plan("cancelled", step("a", "skipped")))
    kept = told(plan("cancelled", step("a", "done"), step("b", "skipped")))
    assert "was kept" in kept
    assert "Nothing was changed" not in kept
    back = told(plan("cancelled", step("a", "undone"), step("b", "skipped")))
    assert "taken back" in back
    assert "was kept" not in back


def test_a_failed_plan_says_whether_its_finished_steps_were_taken_back() -> None:
    failed = step("b", "failed", error={"code": "aws_access_denied", "detail": "not allowed"})
    assert "What it had made was taken back." in told(plan("failed", step("a", "undone"), failed))
    assert "What is done below was kept." in told(plan("failed", step("a", "done"), failed))


def test_a_step_that_was_undone_later_is_not_told_as_made() -> None:
    text = told(plan("done", step("a", "undone"), step("b", "done")))
    assert "Created the bucket bucket-b" in text
    assert "Created the bucket bucket-a" not in text
    assert "create_s3_bucket bucket-a: undone" in text
