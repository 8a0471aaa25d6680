"""A change that somebody in AWS's place answers: its answer is lost, so AWS is probed, and nothing is done twice."""

from __future__ import annotations

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from moto.core.botocore_stubber import MockRawResponse

from shared.plans.step import ProposedStep
from tests.fakes.aws_server import PORTAL
from tests.unit.executor.conftest import ROLE, Executor, step
from tests.unit.executor.faults import Fault, Forward, WiredExecutor, wired

BUCKET = step("create_s3_bucket", "bucket", bucket_name="a-new-bucket", region="eu-west-1")
CREATE = {"create_s3_bucket": "CreateBucket", "create_iam_role": "CreateRole"}


def impostor(status: int, body: bytes, *, after: bool) -> Fault:
    """Somebody else answers; `after` AWS has done the work all the same."""

    def fault(request: AWSPreparedRequest, forward: Forward) -> AWSResponse:
        if after:
            forward()
        return AWSResponse(request.url, status, {"content-type": "text/html"}, MockRawResponse(body))

    return fault


ANSWERS = [(200, PORTAL), (200, b""), (204, b""), (407, PORTAL), (403, PORTAL), (302, b""), (502, PORTAL)]


@pytest.fixture
def quick(executor: Executor) -> WiredExecutor:
    return wired(executor)


@pytest.mark.parametrize(("status", "body"), ANSWERS)
@pytest.mark.parametrize("proposed", [BUCKET, ROLE], ids=["bucket", "role"])
@pytest.mark.parametrize("after", [True, False], ids=["done by AWS", "not done by AWS"])
def test_what_aws_did_is_adopted_and_what_it_did_not_do_is_done(
    quick: WiredExecutor, proposed: ProposedStep, status: int, body: bytes, after: bool
) -> None:
    operation = CREATE[proposed.operation]
    quick.wire.faults[operation] = [impostor(status, body, after=after)]
    ended = quick.run(quick.prepare(proposed))
    assert ended.status == "done"
    assert quick.wire.counted[operation] == 1
    assert len(quick.wire.sent) == (1 if after else 2)


def test_a_page_in_place_of_every_answer_fails_the_step_before_anything_is_sent(quick: WiredExecutor) -> None:
    plan = quick.prepare(BUCKET)
    quick.wire.always["HeadBucket"] = impostor(200, PORTAL, after=False)
    ended = quick.run(plan)
    assert ended.steps[0].error is not None
    assert (ended.status, ended.steps[0].error.code) == ("failed", "not_aws")
    assert quick.wire.sent == []


def test_a_change_that_nobody_can_look_up_is_in_doubt(quick: WiredExecutor) -> None:
    plan = quick.prepare(BUCKET)

    def page_from_now_on(request: AWSPreparedRequest, forward: Forward) -> AWSResponse:
        quick.wire.always["HeadBucket"] = impostor(200, PORTAL, after=False)
        return impostor(200, PORTAL, after=True)(request, forward)

    quick.wire.always["CreateBucket"] = page_from_now_on
    ended = quick.run(plan)
    assert ended.status == "in_doubt"
    assert ended.steps[0].error is not None
    assert "no answer of AWS" in ended.steps[0].error.detail
    assert quick.wire.counted["CreateBucket"] == 1


def test_what_is_blocked_for_good_says_by_whom(quick: WiredExecutor) -> None:
    plan = quick.prepare(BUCKET)
    quick.wire.always["CreateBucket"] = impostor(403, PORTAL, after=False)
    error = quick.run(plan).steps[0].error
    assert error is not None
    assert error.code == "not_aws"
    assert "none of the calls had an effect" in error.detail
    assert "Acme Wi-Fi" in error.detail
