""" "Why did my function fail?", through the running stack: a grant is needed, given by a person, used and recorded."""

from __future__ import annotations

import pytest

from tests.e2e.client import User

pytestmark = pytest.mark.slow

WHY = "Why did my function order-notifier fail in the last 6 hours?"


def test_why_a_function_failed_is_told_under_a_grant_and_not_without_one(user: User) -> None:
    refused = user.ask(WHY)
    (step,) = refused["steps"]
    offer = step["result"]["grant_needed"]
    assert (step["tool"], step["result"]["status"], step["complete"]) == ("read_logs", "grant_needed", False)
    assert "ORDERS_TABLE" not in str(refused)

    grant = user.ok(user.http.post("/v1/grants", json=offer))
    answered = user.ask(WHY)
    assert "the environment variable ORDERS_TABLE is not set" in answered["answer"]
    assert answered["steps"][0]["result"]["grant"]["grant_id"] == grant["grant_id"]

    reads = [entry["data"]["grant_id"] for entry in user.log() if entry["kind"] == "logs.read"]
    assert reads.count(grant["grant_id"]) == 1
    assert user.ok(user.http.get(grant["links"]["self"]))["uses"] == 1

    user.http.delete(grant["links"]["self"])
    assert user.ask(WHY)["steps"][0]["result"]["status"] == "grant_needed"
