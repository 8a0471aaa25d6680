"""What a person decides of plans: approve, reject, cancel, undo, resolve; and grants, that stand in for a person."""

from __future__ import annotations

from typing import Any

from tests.e2e.recorded.parts.chat import approve
from tests.e2e.recorded.parts.plans import FUNCTION, LAMBDA_TRUST, READ_S3, bucket, proposal, step
from tests.e2e.recorded.recording import Recording

NO_DIGEST = "0" * 64


def play(rec: Recording) -> None:
    done = _approved(rec)
    _undone(rec, done)
    _at_the_same_time(rec)
    _rejected_and_cancelled(rec)
    _edited(rec)
    _moved_on(rec)
    _unknown(rec)
    _grants(rec)
    _grant_used(rec)


def _propose(rec: Recording, name: str, *steps: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = rec.send(name, "POST", "/v1/plans", json=proposal(*steps)).json()
    return made


def _approved(rec: Recording) -> dict[str, Any]:
    """Steps one after the other: an undo takes them back in the order in which they ended, backwards."""
    # A role that is there already: Lambda takes a new one only after some seconds.
    function = FUNCTION | {"function_name": "recorded-run"}
    role = {"name": "recorded-run", "policy_document": LAMBDA_TRUST, "description": "of a test"}
    plan = _propose(
        rec,
        "four steps",
        step("role", "create_iam_role", role),
        step("policy", "assign_policy_to_role", {"role_name": {"$from": "role.role_name"}, "policy_arn": READ_S3}),
        step("function", "create_lambda_function", function, ("policy",)),
        bucket("bucket", "recorded-run", ("function",)),
    )
    path = f"/v1/plans/{plan['plan_id']}"
    rec.send("approved with another digest", "POST", f"{path}/approve", json={"digest": NO_DIGEST})
    rec.send("approved without a digest", "POST", f"{path}/approve", json={})
    rec.send("approved without a token", "POST", f"{path}/approve", by=None, json={"digest": plan["digest"]})
    rec.send("approved by another session", "POST", f"{path}/approve", by="other", json={"digest": plan["digest"]})
    rec.send("undone before it is approved", "POST", f"{path}/undo")
    rec.send("compared with AWS's history before it has ended", "GET", f"{path}/evidence")
    rec.send("compared with AWS before it has ended", "GET", f"{path}/drift")
    approve(rec, "approved", plan)
    rec.plan_end(plan["plan_id"])
    rec.send("the plan that is done", "GET", path)
    rec.send("the plan that is done, as plain text", "GET", path, headers={"Accept": "text/plain"})
    approve(rec, "approved twice", plan)
    rec.send("rejected after it was approved", "POST", f"{path}/reject")
    rec.send("cancelled after its end", "POST", f"{path}/cancel", json={"completed_steps": "keep"})
    rec.send("resolved where nothing is in doubt", "POST", f"{path}/resolve", json={"step": "role", "happened": True})
    rec.send("resolved without an answer", "POST", f"{path}/resolve", json={"step": "role"})
    # What they say depends on when AWS's history has the calls: tests/e2e/test_evidence.py and test_drift.py read it.
    rec.send("the plan that is done, and AWS's history", "GET", f"{path}/evidence", keep=sorted)
    rec.send("the plan that is done, and AWS", "GET", f"{path}/drift", keep=sorted)
    return plan


def _edited(rec: Recording) -> None:
    plan = _propose(rec, "two steps to edit", bucket("one", "recorded-e-one"), bucket("two", "recorded-e-two"))
    path = f"/v1/plans/{plan['plan_id']}/edit"
    rec.send("edited in nothing", "POST", path, json={})
    rec.send("edited in a step that it has not", "POST", path, json={"remove": ["three"]})
    rec.send("edited by another owner", "POST", path, by="other", json={"remove": ["two"]})
    body = {"remove": ["two"], "arguments": {"one": {"region": "us-west-2"}}}
    made = rec.send("edited", "POST", path, json=body).json()
    rec.send("edited twice", "POST", path, json=body)
    rec.send("the plan that was edited", "GET", f"/v1/plans/{plan['plan_id']}")
    rec.send("its edited form is rejected", "POST", f"/v1/plans/{made['plan_id']}/reject", json={})


def _undone(rec: Recording, done: dict[str, Any]) -> None:
    path = f"/v1/plans/{done['plan_id']}"
    undo = rec.send("undone", "POST", f"{path}/undo").json()
    rec.send("undone without a token", "POST", f"{path}/undo", by=None)
    approve(rec, "the undo is approved", undo)
    rec.plan_end(undo["plan_id"])
    rec.send("the undo that is done", "GET", f"/v1/plans/{undo['plan_id']}")
    rec.send("the plan that is undone", "GET", path)
    rec.send("undone twice", "POST", f"{path}/undo")


def _at_the_same_time(rec: Recording) -> None:
    plan = _propose(rec, "two steps at the same time", bucket("b", "recorded-b"), bucket("a", "recorded-a"))
    approve(rec, "they are approved", plan)
    rec.plan_end(plan["plan_id"])
    rec.send("two steps that are done", "GET", f"/v1/plans/{plan['plan_id']}")


def _rejected_and_cancelled(rec: Recording) -> None:
    plan = _propose(rec, "a bucket to reject", bucket("one", "recorded-no"))
    path = f"/v1/plans/{plan['plan_id']}"
    rec.send("rejected with an unknown field", "POST", f"{path}/reject", json={"why": "x"})
    rec.send("rejected without a token", "POST", f"{path}/reject", by=None)
    rec.send("rejected", "POST", f"{path}/reject", json={"reason": "not now"})
    rec.plan_end(plan["plan_id"])
    rec.send("rejected twice", "POST", f"{path}/reject", json={"reason": "not now"})
    approve(rec, "approved after it was rejected", plan)
    plan = _propose(rec, "a bucket to cancel", bucket("one", "recorded-no"))
    path = f"/v1/plans/{plan['plan_id']}"
    rec.send("cancelled with an unknown value", "POST", f"{path}/cancel", json={"completed_steps": "hope"})
    rec.send("cancelled without a token", "POST", f"{path}/cancel", by=None)
    rec.send("cancelled before anybody approved it", "POST", f"{path}/cancel")
    rec.plan_end(plan["plan_id"])
    rec.send("cancelled twice", "POST", f"{path}/cancel")
    rec.send("undone after it was cancelled", "POST", f"{path}/undo")


def _moved_on(rec: Recording) -> None:
    """Somebody uses the bucket before it is taken back: the undo that was proposed fails, another is refused."""
    plan = _propose(rec, "a bucket that somebody will use", bucket("one", "recorded-used"))
    approve(rec, "it is approved", plan)
    rec.plan_end(plan["plan_id"])
    undo = rec.send("its undo is proposed", "POST", f"/v1/plans/{plan['plan_id']}/undo").json()
    rec.admin.aws("s3", "eu-west-1").put_object(Bucket="recorded-used", Key="important.txt", Body=b"keep me")
    rec.send("its undo after it was used", "POST", f"/v1/plans/{plan['plan_id']}/undo")
    approve(rec, "the undo proposed before is approved", undo)
    rec.plan_end(undo["plan_id"])
    rec.send("the undo that failed", "GET", f"/v1/plans/{undo['plan_id']}")
    rec.send(
        "the undo that failed, as plain text", "GET", f"/v1/plans/{undo['plan_id']}", headers={"Accept": "text/plain"}
    )


def _unknown(rec: Recording) -> None:
    bodies: dict[str, Any] = {
        "approve": {"digest": NO_DIGEST},
        "reject": None,
        "cancel": None,
        "undo": None,
        "resolve": {"step": "one", "happened": False},
    }
    for what, body in bodies.items():
        sent = {} if body is None else {"json": body}
        rec.send(f"{what} an unknown plan", "POST", f"/v1/plans/pln_unknown/{what}", **sent)
    sent = {"json": bodies["resolve"]}
    rec.send("resolved without a token", "POST", "/v1/plans/pln_unknown/resolve", by=None, **sent)


def _grants(rec: Recording) -> None:
    asked = {"operation": "create_s3_bucket", "resource": "arn:aws:s3:::recorded-g-*", "expires_in": 300, "max_uses": 1}
    wrong: dict[str, Any] = {
        "of an operation that needs a person": {"operation": "create_iam_role"},
        "of an unknown operation": {"operation": "reboot_the_moon"},
        "of every bucket": {"resource": "arn:aws:s3:::*"},
        "of something that is not an ARN": {"resource": "recorded"},
        "for too long": {"expires_in": 10**9},
        "for no use": {"max_uses": 0},
        "with an unknown field": {"colour": "red"},
    }
    for what, changed in wrong.items():
        rec.send(f"a grant {what}", "POST", "/v1/grants", json=asked | changed)
    rec.send("a grant without a token", "POST", "/v1/grants", by=None, json=asked)
    made = rec.send("a grant", "POST", "/v1/grants", json=asked).json()
    path = f"/v1/grants/{made['grant_id']}"
    rec.send("grants", "GET", "/v1/grants")
    rec.send("grants without a token", "GET", "/v1/grants", by=None)
    rec.send("one grant", "GET", path)
    rec.send("another session's grant", "GET", path, by="other")
    rec.send("one grant without a token", "GET", path, by=None)
    rec.send("another session's grant is not revoked", "DELETE", path, by="other")
    rec.send("a grant is revoked without a token", "DELETE", path, by=None)
    rec.send("a grant is revoked", "DELETE", path)
    rec.send("a grant is revoked twice", "DELETE", path)
    rec.send("a grant that is revoked", "GET", path)


def _grant_used(rec: Recording) -> None:
    """A plan that a grant approves begins at once, so what is recorded of its answer is what does not change."""
    asked = {"operation": "create_s3_bucket", "resource": "arn:aws:s3:::recorded-g-*", "expires_in": 300, "max_uses": 1}
    made = rec.send("a grant to be used", "POST", "/v1/grants", json=asked).json()

    def decided(plan: Any) -> Any:
        begun = {
            "status": "approved or later",
            "steps": len(plan["steps"]),
            "links": plan["links"]["self"],
            "ended_at": None,
        }
        return plan | begun if plan["status"] in ("approved", "running", "done") else plan

    body = proposal(bucket("one", "recorded-g-1"))
    plan = rec.send("a plan that a grant covers", "POST", "/v1/plans", json=body, keep=decided).json()
    rec.plan_end(plan["plan_id"])
    rec.send("the plan that a grant approved", "GET", f"/v1/plans/{plan['plan_id']}")
    rec.send("the grant that is used up", "GET", f"/v1/grants/{made['grant_id']}")
    rec.send("a plan once it is used up", "POST", "/v1/plans", json=proposal(bucket("one", "recorded-g-2")))
