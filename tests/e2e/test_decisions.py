"""What a person decides of a plan, over REST: undo it, cancel it, let a grant stand in, never twice."""

from __future__ import annotations

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from tests.e2e.client import PLAN_ENDS, User

LAMBDA_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
        ],
    }
)
READ_S3 = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


def new_name(kind: str) -> str:
    return f"e2e-{kind}-{secrets.token_hex(5)}"


def bucket(name: str, id: str = "bucket") -> dict[str, Any]:
    return {"id": id, "operation": "create_s3_bucket", "arguments": {"bucket_name": name, "region": "eu-west-1"}}


def role_with_function(name: str) -> list[dict[str, Any]]:
    function = {
        "function_name": name,
        "runtime": "python3.13",
        "handler": "app.main",
        "role_arn": {"$from": "role.arn"},
    }
    attached = {"role_name": {"$from": "role.role_name"}, "policy_arn": READ_S3}
    return [
        {
            "id": "role",
            "operation": "create_iam_role",
            "arguments": {"name": name, "policy_document": LAMBDA_TRUST},
        },
        {"id": "policy", "operation": "assign_policy_to_role", "arguments": attached},
        {"id": "function", "operation": "create_lambda_function", "arguments": function},
    ]


def propose(user: User, *steps: dict[str, Any]) -> dict[str, Any]:
    return user.ok(user.http.post("/v1/plans", json={"goal": "A test", "steps": list(steps)}))


def approve(user: User, plan: dict[str, Any]) -> httpx.Response:
    return user.http.post(f"/v1/plans/{plan['plan_id']}/approve", json={"digest": plan["digest"]})


def end_of(user: User, plan: dict[str, Any]) -> dict[str, Any]:
    return user.wait(f"/v1/plans/{plan['plan_id']}", PLAN_ENDS, 60)


def carried_out(user: User, *steps: dict[str, Any]) -> dict[str, Any]:
    plan = propose(user, *steps)
    assert approve(user, plan).status_code == 202
    ended = end_of(user, plan)
    assert ended["status"] == "done", ended
    return ended


def undo(user: User, plan: dict[str, Any]) -> httpx.Response:
    return user.http.post(f"/v1/plans/{plan['plan_id']}/undo")


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_finished_plan_is_taken_back_by_a_plan_of_its_own(user: User) -> None:
    name = new_name("undo")
    plan = carried_out(user, *role_with_function(name), bucket(name))
    undoing = user.ok(undo(user, plan))
    assert (undoing["status"], undoing["undoes"]) == ("proposed", plan["plan_id"])
    assert user.aws("iam").get_role(RoleName=name)["Role"]["RoleName"] == name
    assert approve(user, undoing).status_code == 202
    assert end_of(user, undoing)["status"] == "done"
    taken_back = user.ok(user.http.get(f"/v1/plans/{plan['plan_id']}"))
    assert taken_back["status"] == "undone"
    assert {step["status"] for step in taken_back["steps"]} == {"undone"}
    assert name not in [role["RoleName"] for role in user.aws("iam").list_roles()["Roles"]]
    assert name not in [found["Name"] for found in user.aws("s3").list_buckets()["Buckets"]]
    assert code_of(undo(user, plan)) == (409, "cannot_undo")


def test_undo_refuses_where_somebody_has_begun_to_use_it(user: User) -> None:
    name = new_name("used")
    plan = carried_out(user, bucket(name))
    undoing = user.ok(undo(user, plan))
    user.aws("s3", "eu-west-1").put_object(Bucket=name, Key="important.txt", Body=b"keep me")
    assert code_of(undo(user, plan)) == (409, "cannot_undo")
    # The one proposed before looks again when it runs.
    assert approve(user, undoing).status_code == 202
    ended = end_of(user, undoing)
    assert ended["status"] == "failed"
    assert ended["steps"][0]["error"]["code"] == "world_moved_on"
    assert user.aws("s3", "eu-west-1").get_object(Bucket=name, Key="important.txt")["Body"].read() == b"keep me"


def test_a_plan_is_approved_once_however_many_ask_at_once(user: User) -> None:
    plan = propose(user, bucket(new_name("once")))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: approve(user, plan).status_code, range(8)))
    assert sorted(answers) == [202] + [409] * 7
    assert end_of(user, plan)["status"] == "done"


def test_what_is_cancelled_before_it_began_never_happens(user: User) -> None:
    name = new_name("never")
    plan = propose(user, bucket(name))
    assert user.http.post(f"/v1/plans/{plan['plan_id']}/cancel").status_code == 202
    assert end_of(user, plan)["status"] == "cancelled"
    assert code_of(approve(user, plan)) == (409, "already_decided")
    assert name not in [found["Name"] for found in user.aws("s3").list_buckets()["Buckets"]]


def test_a_grant_stands_in_for_a_person_within_its_pattern(user: User) -> None:
    prefix = new_name("granted")
    asked = {"operation": "create_s3_bucket", "resource": f"arn:aws:s3:::{prefix}-*", "expires_in": 300, "max_uses": 1}
    grant = user.ok(user.http.post("/v1/grants", json=asked))
    covered = propose(user, bucket(f"{prefix}-one"))
    ended = end_of(user, covered)
    assert ended["status"] == "done"
    assert ended["approved_by"] == grant["grant_id"]
    used_up = propose(user, bucket(f"{prefix}-two"))
    assert used_up["status"] == "proposed"
    assert user.http.delete(f"/v1/grants/{grant['grant_id']}").is_success
    too_much = {"operation": "create_iam_role", "resource": "arn:aws:iam::1:role/x", "expires_in": 300, "max_uses": 1}
    assert code_of(user.http.post("/v1/grants", json=too_much)) == (422, "not_grantable")


def test_the_plan_is_a_page_to_read(user: User) -> None:
    plan = propose(user, bucket(new_name("page")))
    page = user.http.get(f"/v1/plans/{plan['plan_id']}", headers={"Accept": "text/plain"})
    assert page.headers["content-type"].startswith("text/plain")
    assert plan["steps"][0]["title"] in page.text
    assert len(page.text.splitlines()) < 60


def test_a_plan_is_undone_in_words(user: User) -> None:
    name = new_name("words")
    made = user.change(f"Create a bucket named {name} in eu-west-1")
    undone = user.change("Undo that.", made["conversation_id"])
    assert undone["status"] == "completed"
    assert name not in [found["Name"] for found in user.aws("s3").list_buckets()["Buckets"]]
    assert user.ok(user.http.get(f"/v1/plans/{made['plan']['plan_id']}"))["status"] == "undone"
