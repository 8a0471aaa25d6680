"""Two users and one role, two sessions each, over REST: who sees what, and who decides what."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.client import PLAN_ENDS, User
from tests.e2e.conftest import Running
from tests.e2e.people import People


@pytest.fixture(scope="module")
def people(stack: Running) -> People:
    return People(stack.facts)


def propose(user: User, bucket: str) -> dict[str, Any]:
    return user.propose({"operation": "create_s3_bucket", "arguments": {"bucket_name": bucket, "region": "eu-west-1"}})


def seen(user: User, paths: list[str]) -> list[int]:
    return [user.http.get(path).status_code for path in paths]


def test_what_somebody_made_is_theirs_in_every_session_and_nobody_elses(people: People) -> None:
    ann = [people.sign_in(people.user("ann")) for _ in range(2)]
    bob = people.sign_in(people.user("bob"))
    turn = ann[0].ask("What is my total S3 usage?")
    plan = propose(ann[0], "owners-of-ann")
    paths = [
        f"/v1/turns/{turn['turn_id']}",
        f"/v1/conversations/{turn['conversation_id']}",
        f"/v1/plans/{plan['plan_id']}",
    ]

    assert ann[0].session["owner"] == ann[1].session["owner"] != bob.session["owner"]
    assert (seen(ann[1], paths), seen(bob, paths)) == ([200] * 3, [404] * 3)
    assert bob.send_approval(plan).status_code == 404
    assert bob.http.get("/v1/plans").json()["items"] == []
    again = ann[1].ask("How big is each bucket?", turn["conversation_id"])
    assert again["conversation_id"] == turn["conversation_id"]
    ids = [{entry["session_id"] for entry in one.http.get("/v1/audit").json()["items"]} for one in ann]
    assert ids == [{one.session["session_id"]} for one in ann], "the log of a session stays its own"


def test_a_plan_and_its_turn_go_on_after_a_new_login(people: People) -> None:
    first = people.sign_in(people.user("ann"))
    turn = first.ask("Create a bucket named owners-after-a-login in eu-west-1")
    assert first.http.delete("/v1/sessions/current").status_code == 204
    assert first.http.get("/v1/sessions/current").status_code == 401
    second = people.sign_in(people.user("ann"))

    ended = second.approve(turn)

    assert ended["status"] == "completed", ended
    plan = second.ok(second.http.get(f"/v1/plans/{turn['plan']['plan_id']}"))
    assert (plan["status"], plan["runs_in"]) == ("done", second.session["session_id"])
    kinds = [entry["kind"] for entry in second.http.get("/v1/audit").json()["items"]]
    assert [kind for kind in kinds if kind.startswith(("plan.", "step."))] == [
        "plan.decided",
        "step.intent",
        "step.done",
        "plan.ended",
    ]
    assert second.http.get("/v1/audit/verify").json()["valid"]


def test_the_sessions_of_a_role_are_one_owner_whatever_they_are_named(people: People) -> None:
    one, other = (people.sign_in(people.role_session("ann", "Engineers", name)) for name in ("ann-1", "bob-2"))
    user = people.sign_in(people.user("ann"))
    plan = propose(one, "owners-of-the-role")
    path = [f"/v1/plans/{plan['plan_id']}"]

    assert (seen(other, path), seen(user, path)) == ([200], [404])
    assert ":" not in one.session["owner"]["principal"]
    one.http.delete("/v1/sessions/current")
    assert other.send_approval(plan).status_code == 202
    ended = other.wait(path[0], PLAN_ENDS, 60)
    assert (ended["status"], ended["runs_in"]) == ("done", other.session["session_id"])


def test_an_identity_providers_sessions_are_owners_by_their_names(people: People) -> None:
    role = "AWSReservedSSO_Engineers_0123456789abcdef"
    ann, bob, again = (people.sign_in(people.role_session("ann", role, name)) for name in ("ann", "bob", "ann"))
    plan = propose(ann, "owners-by-name")
    path = [f"/v1/plans/{plan['plan_id']}"]

    assert (seen(bob, path), seen(again, path)) == ([404], [200])
