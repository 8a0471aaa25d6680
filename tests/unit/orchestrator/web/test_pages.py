"""Tools, grants, audit and problems as pages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from redis.asyncio import Redis

from services.orchestrator.gateway import Gateway
from services.orchestrator.sessions.session import Session
from services.orchestrator.web.views.audit import ChainChecks
from services.orchestrator.web.views.schema_form import fields_of, kind_of, read_fields
from services.orchestrator.workers.worlds import Seen
from shared.errors import InvalidArguments
from tests.fakes.browser import Browser
from tests.fakes.workers import FakeDispatcher

Visitor = tuple[Browser, Session]
EVIL = '"><script>alert(1)</script>\u202e'


async def test_a_reading_tool_is_called_by_its_form(visitor: Visitor, dispatcher: FakeDispatcher) -> None:
    browser, _ = visitor
    result: Any = {"instances": [{"name": EVIL, "region": "eu-west-1"}], "by_region": {"eu-west-1": 1, "us-east-1": 2}}
    dispatcher.ok("info", "list_ec2_instances", result)
    assert 'name="argument.regions"' in (await browser.get("/tools/list_ec2_instances")).text
    page = await browser.post(
        "/tools/list_ec2_instances", {"argument.regions": "eu-west-1, us-east-1", "argument.x": "y"}
    )
    assert dispatcher.calls[-1].arguments == {"regions": ["eu-west-1", "us-east-1"]}
    assert "How many in each region" in page.text
    assert "<script>alert" not in page.text
    assert "\u202e" not in page.text


async def test_a_failure_of_a_tool_is_shown_under_its_form(visitor: Visitor, dispatcher: FakeDispatcher) -> None:
    browser, _ = visitor
    dispatcher.fail("info", "list_ec2_instances", "aws_throttled", f"AWS is busy {EVIL}")
    page = await browser.post("/tools/list_ec2_instances", {"argument.regions": "eu-west-1"})
    assert 'value="eu-west-1"' in page.text
    assert "AWS is busy" in page.text
    assert "<script>alert" not in page.text


async def test_a_change_is_not_called_and_is_audited_as_over_rest(
    visitor: Visitor, gateway: Gateway, dispatcher: FakeDispatcher
) -> None:
    browser, session = visitor
    assert '<form method="post" action="/tools/' not in (await browser.get("/tools/create_s3_bucket")).text
    refused = await browser.post("/tools/create_s3_bucket", {"argument.bucket_name": "team-a"})
    assert refused.status_code == 409
    assert dispatcher.calls == []
    kinds = [entry["data"].get("code") for _, entry in await gateway.audit.page(session.session_id, 0, 100)]
    assert "needs_approval" in kinds
    assert (await browser.get("/tools/no_such")).status_code == 404


async def test_keys_in_a_tools_form_are_refused(visitor: Visitor, dispatcher: FakeDispatcher) -> None:
    browser, _ = visitor
    key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzKEY"
    refused = await browser.post("/tools/validate_policy", {"argument.policy_json": f"AKIAABCDEFGHIJKLMNOP {key}"})
    assert (refused.status_code, key in refused.text, dispatcher.calls) == (422, False, [])


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, "text"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text"),
        ({"type": "integer"}, "number"),
        ({"type": "boolean"}, "boolean"),
        ({"type": "array", "items": {"type": "string"}}, "list"),
        ({"anyOf": [{"type": "array", "items": {"enum": ["a"], "type": "string"}}, {"type": "null"}]}, "list"),
        ({"type": "array", "items": {"type": "object"}}, "json"),
        ({"type": "object"}, "json"),
        ({"anyOf": [{"type": "string"}, {"type": "object"}]}, "json"),
        ({}, "json"),
    ],
)
def test_a_field_is_made_from_its_schema(schema: dict[str, Any], kind: str) -> None:
    assert kind_of(schema) == kind


def test_a_form_gives_arguments_and_leaves_out_what_is_empty() -> None:
    schema = {
        "properties": {
            "name": {"type": "string"}, "most": {"type": "integer"}, "all": {"type": "boolean"},
            "tags": {"type": "array", "items": {"type": "string"}}, "filter": {"type": "object"},
        }
    }  # fmt: skip
    given = {"name": " x ", "most": "3", "all": "true", "tags": "a, b,", "filter": '{"a": 1}', "other": "z"}
    assert read_fields(schema, given) == {"name": "x", "most": 3, "all": True, "tags": ["a", "b"], "filter": {"a": 1}}
    assert read_fields(schema, dict.fromkeys(given, " ")) == {}
    assert [field.text for field in fields_of(schema, given)][:2] == [" x ", "3"]
    with pytest.raises(InvalidArguments):
        read_fields(schema, {"most": "many"})


async def test_grants_are_made_listed_and_revoked(visitor: Visitor, gateway: Gateway) -> None:
    browser, session = visitor
    given = {"operation": "create_s3_bucket", "resource": "arn:aws:s3:::team-*", "minutes": "30", "max_uses": "2"}
    made = await browser.post("/grants", given)
    assert made.status_code == 303
    page = (await browser.get("/grants")).text
    assert "arn:aws:s3:::team-*" in page
    assert "0 of 2" in page
    (standing,), _ = await gateway.decisions.standing.read(session.owner_id)
    assert (await browser.post("/grants", given | {"resource": "*"})).status_code == 422
    assert (await browser.post("/grants", given | {"minutes": "many"})).status_code == 422
    assert (await browser.post(f"/grants/{standing.grant.grant_id}/revoke")).status_code == 303
    assert "arn:aws:s3:::team-*" not in (await browser.get("/grants")).text


async def test_the_audit_is_listed_filtered_and_exported(visitor: Visitor, dispatcher: FakeDispatcher) -> None:
    browser, session = visitor
    await browser.post("/tools/create_s3_bucket", {"argument.bucket_name": EVIL})
    page = (await browser.get("/audit?kind=denied")).text
    assert "needs_approval" in page
    assert "session.opened</code>" not in page
    assert "needs_approval" not in (await browser.get("/audit?q=wombat")).text
    exported = await browser.get("/audit/export")
    lines = [json.loads(line) for line in exported.text.splitlines()]
    assert lines[-1]["anchor"]["session_id"] == session.session_id
    assert "whole" in (await browser.get("/audit/chain")).text


async def test_a_log_that_was_changed_is_said_to_be_so(
    visitor: Visitor, gateway: Gateway, redis: Redis, dispatcher: FakeDispatcher
) -> None:
    browser, session = visitor
    await browser.post("/tools/create_s3_bucket")
    await browser.post("/tools/create_s3_bucket")
    now = [0.0]
    checks = ChainChecks(lambda: now[0])
    assert "NOT WHOLE" not in (await browser.get("/audit/chain")).text
    assert await checks.is_whole(gateway.audit, session.session_id)
    first: Any = (await redis.xrange(f"audit:log:{session.session_id}", count=1))[0][0]
    await redis.xdel(f"audit:log:{session.session_id}", first)
    assert await checks.is_whole(gateway.audit, session.session_id)  # as it was a moment ago
    now[0] += 61
    assert not await checks.is_whole(gateway.audit, session.session_id)
    page = (await browser.get("/audit")).text
    assert "The log is not whole." in page
    assert "NOT WHOLE" in (await browser.get("/audit/chain")).text  # the head of that very page


async def test_programs_get_problems_and_people_pages(visitor: Visitor, gateway: Gateway) -> None:
    browser, _ = visitor
    assert (await browser.get("/nowhere")).headers["content-type"].startswith("text/html")
    assert (await browser.get("/v1/nowhere")).headers["content-type"] == "application/problem+json"
    assert (await browser.get("/nowhere", Accept="*/*")).headers["content-type"] == "application/problem+json"
    part = await browser.get("/tools/no_such", **{"HX-Request": "true"})
    assert "<html" not in part.text
    wrong = await browser.http.request("PATCH", "/plans", headers={"Accept": "text/html"})
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD")


async def test_no_page_is_kept_framed_or_runs_what_is_not_ours(visitor: Visitor, gateway: Gateway) -> None:
    browser, _ = visitor
    gateway.worlds.see(Seen(aws="sandbox"))
    for path in ("/open", "/plans", "/grants", "/audit", "/tools", "/session", "/nowhere"):
        headers = (await browser.get(path)).headers
        assert headers["cache-control"] == "no-store"
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


async def test_files_of_the_page_are_kept_by_their_version_alone(browser: Browser) -> None:
    kept = await browser.get("/static/app.js")
    assert kept.headers["cache-control"] == "no-cache"
    for name in ("..%2fsite.py", "README.md", "app.js.map"):
        assert (await browser.get(f"/static/{name}")).status_code == 404
