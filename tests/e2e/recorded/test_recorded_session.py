"""A client that was written against the recorded answers gets the same ones today.

Where a difference is meant, `python -m tests.e2e.recorded.record --write` records anew.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from redis import Redis

from tests.e2e.conftest import Running
from tests.e2e.recorded.compare import report
from tests.e2e.recorded.record import Stopped, golden, record, write

# No request to these can fail while the stack is whole.
NEVER_FAIL = {("GET", "/"), ("GET", "/healthz"), ("GET", "/readyz")}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_answer_is_as_recorded(tmp_path: Path) -> None:
    # A stack of its own: what other tests leave in the account would be in the answers.
    stack = Running(tmp_path / "local")
    stopped = None
    refused: list[tuple[str, str]] = []
    try:
        exchanges = record(stack.facts)
        refused = [(one["username"], one["object"]) for one in Redis.from_url(stack.facts["redis_url"]).acl_log()]
    except Stopped as error:
        exchanges, stopped = error.exchanges, error
    finally:
        stack.stop()
    answers = tmp_path / "session.json"
    write(exchanges, answers)
    assert refused == [], "a service's Redis user lacks a right that it needs"
    differences = report(golden()[: len(exchanges)] if stopped else golden(), exchanges)
    if differences or stopped:
        pytest.fail("\n\n".join([differences, str(stopped or ""), f"These answers: {answers}"]), pytrace=False)


def test_the_recording_has_a_success_and_a_failure_of_every_route_and_method() -> None:
    exchanges = golden()
    routes = next(one["body"] for one in exchanges if one["request"]["path"] == "/openapi.json")
    seen: dict[tuple[str, str], set[bool]] = {
        (method.upper(), path): set() for path, methods in routes.items() for method in methods
    }
    for exchange in exchanges:
        method, path = exchange["request"]["method"], exchange["request"]["path"].partition("?")[0]
        for route, outcomes in seen.items():
            if route[0] == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", route[1]), path):
                outcomes.add(exchange["status"] < 400)
    assert len(seen) > 20
    wanted = {route: {True} if route in NEVER_FAIL else {True, False} for route in seen}
    # An answer to a doubt needs a plan in doubt, for which an executor has to be killed: tests/chaos does.
    wanted["POST", "/v1/plans/{plan_id}/resolve"] = {False}
    assert seen == wanted
