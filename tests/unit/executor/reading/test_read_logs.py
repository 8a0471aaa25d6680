"""Logs are read under a standing grant that the executor verifies and counts itself, and never without one."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from services.executor.tools import read_logs
from shared.errors import InvalidArguments, NotFound, Unavailable
from shared.keys.signing import sign_decision
from shared.plans.decisions import Grant
from tests.unit.executor.conftest import APPROVAL_KEY, Executor

GROUP = "/aws/lambda/orders"
ARN = f"arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}"


@pytest.fixture(autouse=True)
def lines(executor: Executor) -> None:
    logs = executor.client("logs", "us-east-1")
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="one")
    now = int(time.time() * 1000)
    events = [
        {"timestamp": now - 7_200_000, "message": "an old line"},
        {"timestamp": now - 60_000, "message": "START"},
        {"timestamp": now - 50_000, "message": "ERROR password=hunter2hunter2 was refused"},
        {"timestamp": now - 40_000, "message": "END \x1b[31mred"},
    ]
    logs.put_log_events(logGroupName=GROUP, logStreamName="one", logEvents=events)


def grant(executor: Executor, resource: str = ARN, *, key: str = APPROVAL_KEY, **changes: Any) -> Grant:
    """Store a grant as the gateway does."""
    now = time.time()
    made = Grant(
        grant_id="grt_1",
        session_id=executor.info.session_id,
        owner=executor.info.owner,
        operation="read_logs",
        resource=resource,
        max_uses=2,
        created_at=now - 1,
        expires_at=now + 600,
    ).model_copy(update=changes)
    signed = sign_decision(key.encode(), made)
    executor.redis.set(f"grant:{made.grant_id}", signed.model_dump_json())
    executor.redis.zadd(f"grants:{executor.info.owner_id}", {made.grant_id: now})
    return made


def read(executor: Executor, **arguments: Any) -> tuple[Any, list[str]]:
    context = executor.context("read_logs")
    found = read_logs(context, GROUP, **{"region": "us-east-1", **arguments})
    return found, [gap.code for gap in context.gaps]


def test_without_a_grant_nothing_is_read_and_exactly_the_grant_is_offered(executor: Executor) -> None:
    found, gaps = read(executor)
    assert (found.status, found.lines, gaps) == ("grant_needed", (), ["grant_needed"])
    assert found.grant_needed.model_dump() == {
        "operation": "read_logs",
        "resource": ARN,
        "expires_in": 3600,
        "max_uses": 20,
    }
    assert executor.redis.xlen(f"audit:log:{executor.info.session_id}") == 0


def test_under_a_grant_the_newest_lines_are_read_without_secrets_and_controls(executor: Executor) -> None:
    made = grant(executor)
    found, gaps = read(executor, since="1h")
    assert found.status == "read"
    assert found.lines[0].text == "START"
    assert "\x1b" not in found.lines[2].text
    assert "hunter2" not in found.model_dump_json()
    assert found.redacted == 1
    assert "an old line" not in found.model_dump_json()
    assert (found.grant.grant_id, found.grant.uses_left) == (made.grant_id, 1)
    assert gaps == []


def test_every_read_is_an_audit_entry_before_aws_is_asked(executor: Executor) -> None:
    grant(executor)
    read(executor, pattern="ERROR")
    text = str(executor.redis.xrange(f"audit:log:{executor.info.session_id}"))
    assert "logs.read" in text
    assert "grt_1" in text
    assert GROUP in text


def test_a_read_that_cannot_be_recorded_does_not_happen(executor: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    grant(executor)
    executor.redis.set(f"audit:head:{executor.info.session_id}", "no hash")
    with pytest.raises(Unavailable):
        read(executor)


def test_a_prefix_covers_its_groups(executor: Executor) -> None:
    grant(executor, "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/*")
    assert read(executor)[0].status == "read"


@pytest.mark.parametrize(
    "changes",
    [
        {"resource": "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/orders"},
        {"resource": "arn:aws:logs:us-east-1:999999999999:log-group:/aws/lambda/orders"},
        {"resource": "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/order"},
        {"resource": "arn:aws:logs:us-east-1:123456789012:log-group:*"},
        {"resource": "arn:aws:logs:*:123456789012:log-group:/aws/lambda/orders"},
        {"resource": "*"},
        {"operation": "create_s3_bucket"},
        {"owner": None, "session_id": "ses_other"},
        {"expires_at": 1.0},
        {"created_at": 9e9, "expires_at": 9.1e9},
        {"key": "another key"},
    ],
    ids=str,
)
def test_a_grant_of_something_else_or_of_nobody_lets_nothing_be_read(
    executor: Executor, changes: dict[str, Any]
) -> None:
    grant(executor, **changes)
    assert read(executor)[0].status == "grant_needed"


def test_a_grant_that_was_changed_after_it_was_signed_lets_nothing_be_read(executor: Executor) -> None:
    record = json.loads(str(executor.redis.get(f"grant:{grant(executor).grant_id}") or ""))
    executor.redis.set("grant:grt_1", json.dumps(record | {"max_uses": 1000}))
    assert read(executor)[0].status == "grant_needed"


def test_a_grant_is_used_up_by_its_reads_and_gone_once_revoked(executor: Executor) -> None:
    grant(executor)
    assert [read(executor)[0].status for _ in range(3)] == ["read", "read", "grant_needed"]
    assert executor.redis.get("grants:uses:grt_1") == "2"
    executor.redis.delete("grants:uses:grt_1", "grant:grt_1")
    assert read(executor)[0].status == "grant_needed"


def test_the_region_is_found_by_the_groups_name(executor: Executor) -> None:
    grant(executor)
    assert read(executor, region=None)[0].region == "us-east-1"


def test_a_name_that_there_is_not_gets_similar_ones(executor: Executor) -> None:
    context = executor.context("read_logs")
    with pytest.raises(NotFound, match="/aws/lambda/orders") as raised:
        read_logs(context, "/aws/lambda/order")
    assert raised.value.code == "log_group_not_found"


@pytest.mark.parametrize("arguments", [{"limit": 0}, {"limit": 201}, {"since": "60 days"}, {"region": "ap-south-1"}])
def test_what_is_out_of_bounds_is_refused(executor: Executor, arguments: dict[str, Any]) -> None:
    grant(executor)
    with pytest.raises(InvalidArguments):
        read(executor, **arguments)
