"""A plan is had as a CloudFormation template over REST and from its page."""

from __future__ import annotations

import httpx
import pytest

from services.orchestrator.gateway import Gateway
from services.orchestrator.sessions.session import Session
from services.orchestrator.workers.worlds import Seen
from shared.plans.step import ProposedStep
from tests.fakes.browser import Browser

pytestmark = pytest.mark.usefixtures("executor")


def bucket(name: str, region: str) -> ProposedStep:
    return ProposedStep(operation="create_s3_bucket", arguments={"bucket_name": name, "region": region})


async def test_a_template_is_answered_as_it_can_be_deployed(
    signed_in: tuple[httpx.AsyncClient, Session], gateway: Gateway
) -> None:
    client, session = signed_in
    plan = await gateway.plans.propose(session, "a bucket", (bucket("team-a", "eu-central-1"),))
    answer = await client.get(f"/v1/plans/{plan.plan_id}/export", params={"as": "cloudformation"})
    assert answer.status_code == 200
    (resource,) = answer.json()["Resources"].values()
    assert resource["Properties"] == {"BucketName": "team-a"}
    assert answer.json()["Description"] == "a bucket"


async def test_a_sandboxs_template_says_so_where_cloudformation_allows_it(
    signed_in: tuple[httpx.AsyncClient, Session], gateway: Gateway
) -> None:
    client, session = signed_in
    gateway.worlds.see(Seen(aws="sandbox"))
    plan = await gateway.plans.propose(session, "a bucket", (bucket("team-a", "eu-central-1"),))
    template = (await client.get(f"/v1/plans/{plan.plan_id}/export?as=cloudformation")).json()
    assert template["Metadata"]["AwsAssistant"]["Sandbox"] is True
    assert set(template) == {"AWSTemplateFormatVersion", "Description", "Metadata", "Resources"}


@pytest.mark.parametrize("params", [{}, {"as": "terraform"}, {"as": "cloudformation", "region": "x" * 41}])
async def test_what_it_cannot_be_exported_as_is_refused(
    signed_in: tuple[httpx.AsyncClient, Session], gateway: Gateway, params: dict[str, str]
) -> None:
    client, session = signed_in
    plan = await gateway.plans.propose(session, "a bucket", (bucket("team-a", "eu-central-1"),))
    assert (await client.get(f"/v1/plans/{plan.plan_id}/export", params=params)).status_code == 422


async def test_a_plan_of_several_regions_asks_for_one(
    signed_in: tuple[httpx.AsyncClient, Session], gateway: Gateway
) -> None:
    client, session = signed_in
    steps = (bucket("team-a", "eu-central-1"), bucket("team-b", "us-east-1"))
    plan = await gateway.plans.propose(session, "buckets", steps)
    address = f"/v1/plans/{plan.plan_id}/export?as=cloudformation"
    refused = await client.get(address)
    assert (refused.status_code, refused.json()["code"]) == (422, "region_required")
    assert len((await client.get(f"{address}&region=us-east-1")).json()["Resources"]) == 1


async def test_a_plan_that_makes_nothing_has_no_template(
    signed_in: tuple[httpx.AsyncClient, Session], gateway: Gateway
) -> None:
    client, session = signed_in
    step = ProposedStep(operation="delete_s3_bucket", arguments={"bucket_name": "team-a"})
    plan = await gateway.plans.propose(session, "less", (step,))
    refused = await client.get(f"/v1/plans/{plan.plan_id}/export?as=cloudformation")
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_export")


async def test_nobody_else_has_it(signed_in: tuple[httpx.AsyncClient, Session]) -> None:
    client, _ = signed_in
    assert (await client.get("/v1/plans/pln_other/export?as=cloudformation")).status_code == 404


async def test_the_page_links_to_a_template_of_each_region(visitor: tuple[Browser, Session], gateway: Gateway) -> None:
    browser, session = visitor
    steps = (bucket("team-a", "eu-central-1"), bucket("team-b", "us-east-1"))
    plan = await gateway.plans.propose(session, "buckets", steps)
    page = (await browser.get(f"/plans/{plan.plan_id}")).text
    for region in ("eu-central-1", "us-east-1"):
        address = f"/plans/{plan.plan_id}/cloudformation?region={region}"
        assert f'href="{address}"' in page
        answer = await browser.get(address)
        assert len(answer.json()["Resources"]) == 1
        assert answer.headers["content-disposition"].startswith("attachment")
