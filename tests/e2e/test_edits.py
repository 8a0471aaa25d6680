"""A plan is edited before it is approved: what was edited happens, the turn goes on, and a bad edit changes nothing."""

from __future__ import annotations

from tests.e2e.client import PLAN_ENDS, User
from tests.e2e.test_decisions import bucket, new_name, propose


def test_a_turn_goes_on_with_the_plan_that_a_person_has_edited(user: User) -> None:
    name = new_name("edited")
    turn = user.ask(f"Create an S3 bucket called {name} in eu-west-1")
    plan = turn["plan"]
    step = plan["steps"][0]["id"]

    made = user.http.post(f"{plan['links']['self']}/edit", json={"arguments": {step: {"region": "eu-central-1"}}})

    assert made.status_code == 201, made.text
    assert made.json()["identity"]["region"] == "eu-central-1"
    waiting = user.ok(user.http.get(f"/v1/turns/{turn['turn_id']}"))
    assert (waiting["status"], waiting["plan"]["plan_id"]) == ("waiting_for_approval", made.json()["plan_id"])
    ended = user.approve(waiting)
    assert ended["status"] == "completed"
    assert user.aws("s3").get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-central-1"
    assert user.ok(user.http.get(plan["links"]["self"]))["status"] == "cancelled"


def test_a_removed_step_does_not_happen_and_a_refused_edit_changes_nothing(user: User) -> None:
    kept, removed = new_name("kept"), new_name("removed")
    plan = propose(user, bucket(kept, "kept"), bucket(removed, "removed"))
    path = f"{plan['links']['self']}/edit"

    refused = user.http.post(path, json={"arguments": {"kept": {"bucket_name": "Not A Name"}}})
    unknown = user.http.post(path, json={"remove": ["nothing"]})
    before = user.ok(user.http.get(plan["links"]["self"]))
    made = user.ok(user.http.post(path, json={"remove": ["removed"]}))
    user.ok(user.http.post(made["links"]["approve"], json={"digest": made["digest"]}))

    assert [(one.status_code, one.json()["code"]) for one in (refused, unknown)] == [
        (422, "invalid_arguments"),
        (422, "invalid_edit"),
    ]
    assert (before["status"], before["digest"]) == ("proposed", plan["digest"])
    assert user.wait(made["links"]["self"], PLAN_ENDS, 60)["status"] == "done"
    names = [one["Name"] for one in user.aws("s3").list_buckets()["Buckets"]]
    assert (kept in names, removed in names) == (True, False)
