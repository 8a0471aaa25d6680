"""How a failed request of Cloud Control is told."""

from __future__ import annotations

from services.executor.resources.failures import failure


def test_a_value_that_aws_refuses_is_to_be_mended_by_whoever_proposes_it() -> None:
    said = {"status": "FAILED", "code": "InvalidRequest", "message": "Fifo queues cannot use that"}
    error = failure("CreateResource", said)
    assert error.code == "aws_invalid_request"
    assert "Fifo queues cannot use that. Mend the value" in error.detail


def test_an_update_that_failed_says_what_to_look_at() -> None:
    said = {"status": "FAILED", "code": "ServiceInternalError", "message": "busy", "identifier": "q-1"}
    assert failure("UpdateResource", said).detail.endswith("look at q-1, a part may be changed")
