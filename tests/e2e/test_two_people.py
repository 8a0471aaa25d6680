"""A stack with the operator's rules: two users and two sessions of one role approve, through real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.client import PLAN_ENDS
from tests.e2e.conftest import Running
from tests.e2e.people import People

RULES = """
[[share]]
callers = ["*"]
may = "decide"

[[approvals]]
resources = ["arn:aws:s3:::two-people-*"]
approvers = 2
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    folder = tmp_path_factory.mktemp("ruled")
    rules: Path = folder / "rules.toml"
    rules.write_text(RULES, encoding="utf-8")
    running = Running(folder / "local", {"RULES_FILE": str(rules)})
    yield People(running.facts)
    running.stop()


def create(bucket: str) -> dict[str, Any]:
    return {"operation": "create_s3_bucket", "arguments": {"bucket_name": bucket, "region": "eu-west-1"}}


def test_two_others_approve_and_it_runs_with_the_session_of_who_proposed_it(people: People) -> None:
    ann, bob = people.sign_in(people.user("ann")), people.sign_in(people.user("bob"))
    engineers = [people.sign_in(people.role_session("bob", "Engineers", name)) for name in ("one", "two")]
    plan = ann.propose(create("two-people-bucket"))
    assert plan["approvers"] == 2

    answers = [user.send_approval(plan) for user in (ann, engineers[0], engineers[1], bob)]

    codes = [(answer.status_code, answer.json().get("code")) for answer in answers]
    assert codes == [(403, "approver_not_counted"), (202, None), (409, "already_approved"), (202, None)]
    ended = ann.wait(f"/v1/plans/{plan['plan_id']}", PLAN_ENDS, 60)
    assert (ended["status"], ended["runs_in"]) == ("done", ann.session["session_id"]), ended
    assert ann.http.get("/v1/audit/verify").json()["valid"]


def test_a_deletion_is_approved_by_typing_its_name(people: People) -> None:
    ann = people.sign_in(people.user("ann"))
    plan = ann.propose(create("one-person-bucket"))
    assert ann.send_approval(plan).status_code == 202
    ann.wait(f"/v1/plans/{plan['plan_id']}", PLAN_ENDS, 60)
    deletion = ann.propose({"operation": "delete_s3_bucket", "arguments": {"bucket_name": "one-person-bucket"}})
    path = f"/v1/plans/{deletion['plan_id']}"

    refused = ann.http.post(f"{path}/approve", json={"digest": deletion["digest"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_acknowledged")
    assert refused.json()["acknowledge"][0]["typed"] == "one-person-bucket"
    assert ann.send_approval(deletion).status_code == 202
    assert ann.wait(path, PLAN_ENDS, 60)["status"] == "done"
