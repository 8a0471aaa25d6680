"""An error keeps its code, status and word on retrying, as an exception and as data."""

from __future__ import annotations

import pytest

from shared.errors import AssistantError, AwsError, Conflict, DeadlineExceeded, NotFound, Unavailable
from shared.messages import ErrorBody


@pytest.mark.parametrize(
    ("error", "code", "status", "retryable"),
    [
        (Conflict("why"), "conflict", 409, False),
        (NotFound("why", code="unknown_operation"), "unknown_operation", 422, False),
        (AwsError("why", code="aws_throttled", retryable=True), "aws_throttled", 503, True),
        (AwsError("why", code="aws_no_such_bucket"), "aws_no_such_bucket", 404, False),
        (DeadlineExceeded("why"), "deadline_exceeded", 504, True),
        (Unavailable("why", code="model_rate_limited", status=502, retryable=False), "model_rate_limited", 502, False),
        (Conflict("why", code="of_a_newer_version"), "of_a_newer_version", 409, False),
    ],
)
def test_an_error_is_the_same_after_its_way_over_the_wire(
    error: AssistantError, code: str, status: int, retryable: bool
) -> None:
    assert (error.code, error.status, error.retryable) == (code, status, retryable)

    received = ErrorBody.model_validate_json(ErrorBody.of(error).model_dump_json()).as_exception(turn_id="trn_1")

    assert (received.code, received.status, received.retryable) == (code, status, retryable)
    assert (received.detail, received.extra) == ("why", {"turn_id": "trn_1"})


def test_a_prefix_goes_before_the_detail() -> None:
    assert ErrorBody.of(Conflict("it is not empty"), "could not be undone: ").detail == (
        "could not be undone: it is not empty"
    )


@pytest.mark.parametrize(
    ("record", "status"),
    [
        ('{"code": "plan_expired", "detail": "why"}', 410),
        ('{"code": "aws_entity_already_exists", "detail": "why"}', 409),
        ('{"code": "forgotten", "detail": "why"}', 500),
        ('{"code": "forgotten", "detail": "why", "retryable": true}', 503),
    ],
)
def test_a_record_of_an_older_version_gets_its_codes_status(record: str, status: int) -> None:
    assert ErrorBody.model_validate_json(record).status == status
