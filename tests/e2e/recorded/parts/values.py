"""A value that a plan reads for the person alone: proposed, refused, approved, shown."""

from __future__ import annotations

from typing import Any

from tests.e2e.recorded.parts.chat import approve
from tests.e2e.recorded.parts.plans import proposal, step
from tests.e2e.recorded.recording import Recording

REGION = "eu-west-1"
NAME = "/recorded/greeting"


def _read(id: str, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
    arguments = {"service": service, "operation": operation, "parameters": parameters, "region": REGION}
    return step(id, "read_sensitive", arguments)


def play(rec: Recording) -> None:
    rec.admin.aws("ssm", REGION).put_parameter(Name=NAME, Value="Hello", Type="String")
    for name, refused in (
        ("a plain read as a step", _read("s1", "s3", "ListBuckets")),
        ("a change as a sensitive read", _read("s1", "ssm", "DeleteParameter", Name=NAME)),
        ("a sensitive read that does more", _read("s1", "sqs", "ReceiveMessage", QueueUrl="https://queue")),
    ):
        rec.send(name, "POST", "/v1/plans", json=proposal(refused))
    read = _read("s1", "ssm", "get_parameter", name=NAME)
    plan: dict[str, Any] = rec.send("a sensitive read", "POST", "/v1/plans", json=proposal(read)).json()
    path = f"/v1/plans/{plan['plan_id']}"
    value = f"{path}/steps/s1/value"
    rec.send("a value before it is read", "GET", value)
    body = {"digest": plan["digest"], "share_with_model": ["s2"]}
    rec.send("shared with the model what reads nothing", "POST", f"{path}/approve", json=body)
    approve(rec, "a sensitive read, approved", plan)
    rec.plan_end(plan["plan_id"])
    rec.send("the plan that has read a value", "GET", path)
    rec.send("the value", "GET", value)
    rec.send("a member of the value", "GET", f"{value}?member=Parameter.Value")
    rec.send("no member of the value", "GET", f"{value}?member=SecretString")
    rec.send("the value, by another session", "GET", value, by="other")
    rec.send("the value, without a token", "GET", value, by=None)
