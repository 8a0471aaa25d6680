"""The web page in a real Chromium, from the first click to an undone change, with an accessibility checker on it.

It takes most of a minute: a person's way goes through real processes, twice.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.e2e.chromium import Visitor, chromium, executable
from tests.e2e.client import User
from tests.e2e.conftest import Running

pytestmark = [
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(executable() is None, reason="no Chromium (Debian: apt-get install chromium)"),
]
WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}
NARROW: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "has_touch": True}
EVIL = '"><img src=x onerror=alert(1)><script>alert(2)</script>'


def a_name() -> str:
    """A name that nothing else has: of letters alone, so that every model takes it for a name."""
    return "page-" + "".join(secrets.choice("bcdfghjklmnpqrstvwxz") for _ in range(8))


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@asynccontextmanager
async def visiting(browser: Browser, stack: Running, **window: Any) -> AsyncIterator[Visitor]:
    """A person who opened the sandbox in a window of their own. Nothing of what no page may do has happened."""
    context = await browser.new_context(**(window or WIDE))
    visitor = Visitor(await context.new_page(), stack.facts["gateway"])
    await visitor.enter_sandbox()
    yield visitor
    assert visitor.faults == []
    await context.close()


@pytest.mark.parametrize("window", [WIDE, NARROW], ids=["1280 light", "390 dark"])
async def test_a_persons_way_from_a_question_to_a_change_and_back(
    browser: Browser, stack: Running, window: dict[str, Any]
) -> None:
    async with visiting(browser, stack, **window) as visitor:
        page, name = visitor.page, a_name()
        assert await visitor.violations() == []
        await visitor.ask("How big is each bucket?")
        answer = page.locator("article.turn").last
        await expect(answer.locator("svg.chart")).to_be_visible()
        await expect(answer.get_by_role("row").nth(1)).to_contain_text("acme-data-lake")
        assert await visitor.violations() == []

        await visitor.to_plan(
            f"Create a role named {name} with S3 full access and attach it to a new Lambda function named {name}"
        )
        await expect(page.get_by_role("heading", level=1)).to_contain_text(f"Create the IAM role {name}")
        await expect(page.locator("#plan-review")).to_contain_text("Has concerns")
        assert await visitor.violations() == []

        await visitor.press("Use the narrower policy")
        await expect(page.locator("#plan-top")).to_contain_text("edited form of another plan")
        await page.get_by_role("link", name="Edit it, or leave steps out").click()
        assert await visitor.violations() == []
        await page.get_by_label("description").fill("Made in a browser")
        await visitor.press("Check the edited plan")
        await expect(page.locator(".line.in").filter(has_text="Made in a browser")).to_be_visible()

        await visitor.press("Approve exactly this plan")
        await visitor.expect_status("done")
        await expect(page.locator(".step .progress").last).to_have_text("done")
        assert await visitor.violations() == []

        await visitor.press("Prepare a plan that undoes it")
        await expect(page.locator("#plan-top")).to_contain_text("It takes back")
        await visitor.press("Approve exactly this plan")
        await visitor.expect_status("done")


@pytest.mark.parametrize("window", [WIDE, NARROW], ids=["1280 light", "390 dark"])
async def test_no_page_has_a_barrier_or_asks_another_site(
    browser: Browser, stack: Running, user: User, window: dict[str, Any]
) -> None:
    # So that no list is empty, and the table of grants is wider than a narrow window.
    resource = f"arn:aws:s3:::{a_name()}-{'x' * 30}-*"
    grant = {"operation": "create_s3_bucket", "resource": resource, "expires_in": 300, "max_uses": 1}
    granted = user.ok(user.http.post("/v1/grants", json=grant))
    async with visiting(browser, stack, **window) as visitor:
        await visitor.open("/nowhere")
        assert await visitor.violations() == []
        for path in (
            "/open", "/chat", "/chat/history?q=bucket", "/plans", "/grants", "/audit", "/tools", "/session",
            "/tools/list_ec2_instances", "/tools/validate_policy", "/tools/create_s3_bucket",
        ):  # fmt: skip
            await visitor.open(path)
            assert await visitor.violations() == [], path
            headings = await visitor.page.locator("h1").count()
            assert headings == 1, path
            await expect(visitor.page.get_by_role("banner")).to_contain_text("Sandbox")
            await expect(visitor.page.locator("#chain")).to_contain_text("whole")
    user.http.delete(granted["links"]["self"])


async def test_a_tool_is_called_by_the_form_of_its_schema_and_its_table_sorts(browser: Browser, stack: Running) -> None:
    async with visiting(browser, stack) as visitor:
        page = visitor.page
        await visitor.open("/tools/get_s3_bucket_sizes")
        await visitor.press("Call it")
        table = page.locator("table[data-sortable]")
        heading = table.get_by_role("columnheader").first
        # Only these two rows: other buckets of the account may stand before, between and behind them.
        seeded = table.locator("tbody tr").filter(has_text=re.compile("acme-app-logs|acme-website-assets"))
        for order, first in (("ascending", "acme-app-logs"), ("descending", "acme-website-assets")):
            await heading.get_by_role("button").click()
            await expect(heading).to_have_attribute("aria-sort", order)
            await expect(seeded).to_have_count(2)
            await expect(seeded.first).to_contain_text(first)


async def test_a_turn_survives_a_reload_and_a_lost_connection(browser: Browser, stack: Running, user: User) -> None:
    async with visiting(browser, stack) as visitor:
        page = visitor.page
        await visitor.say("Summarize my AWS usage")
        await page.reload()
        await page.context.set_offline(True)
        await page.context.set_offline(False)
        await expect(page.locator("article.turn .state")).to_contain_text("complete")
        live = await page.locator("article.turn .answer").inner_text()
        cards = await page.locator("article.turn .tool").count()
        await page.reload()
        assert await page.locator("article.turn .answer").inner_text() == live
        assert await page.locator("article.turn .tool").count() == cards > 1


async def test_what_is_lost_is_typed_and_nothing_is_sent_before(browser: Browser, stack: Running, user: User) -> None:
    async with visiting(browser, stack) as visitor:
        page, bucket = visitor.page, a_name()
        user.aws("s3").create_bucket(Bucket=bucket)
        await visitor.to_plan(f"Delete the bucket named {bucket}")
        typed = page.locator("#plan-alerts input[data-typed]")
        await page.keyboard.press("a")
        await expect(typed).to_be_focused()
        await typed.fill("something else")
        await visitor.press("Approve exactly this plan")
        await visitor.expect_status("proposed")
        await typed.fill(bucket)
        await page.keyboard.press("Tab")
        await page.keyboard.press("d")
        await expect(page.get_by_role("button", name="Approve exactly this plan")).to_be_focused()
        await page.keyboard.press("Enter")
        await visitor.expect_status("done")


async def test_another_persons_decision_appears_on_the_open_page(browser: Browser, stack: Running, user: User) -> None:
    async with visiting(browser, stack) as visitor:
        step = {
            "operation": "create_s3_bucket",
            "arguments": {"bucket_name": a_name(), "region": "us-east-1"},
        }
        plan = user.ok(user.http.post("/v1/plans", json={"goal": EVIL, "steps": [step]}))
        await visitor.open(f"/plans/{plan['plan_id']}")
        await expect(visitor.page.locator("#plan-top")).to_contain_text("a program over REST")
        await visitor.page.get_by_label("Or refuse it, because").fill("I am still writing")
        user.ok(user.http.post(f"/v1/plans/{plan['plan_id']}/reject"))
        await visitor.expect_status("rejected")
        await expect(visitor.page.get_by_role("button", name="Approve exactly this plan")).to_have_count(0)


async def test_hostile_names_in_aws_run_nothing(browser: Browser, stack: Running, user: User) -> None:
    name = a_name()
    trust = '{"Version": "2012-10-17", "Statement": []}'
    user.aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust, Description=EVIL[:200])
    user.aws("iam").tag_role(RoleName=name, Tags=[{"Key": "note", "Value": "javascript:alert(1) [x](/session/end)"}])
    async with visiting(browser, stack) as visitor:
        await visitor.ask(f"Describe the role {name}")
        await expect(visitor.page.locator("article.turn").last).to_contain_text("onerror")
        assert await visitor.page.locator("article.turn img, article.turn script").count() == 0
        await visitor.page.get_by_role("link", name="All of it").click()
        assert await visitor.page.locator("main img, main script").count() == 0


async def test_a_turn_is_stopped(browser: Browser, stack: Running) -> None:
    async with visiting(browser, stack) as visitor:
        await visitor.to_plan(f"Create a bucket named {a_name()} in us-east-1")
        await visitor.page.go_back()
        await visitor.press("Stop")
        await expect(visitor.page.locator("article.turn .state")).to_contain_text("stopped")


async def test_a_link_of_rest_opens_the_session_once(browser: Browser, stack: Running, user: User) -> None:
    made = user.ok(user.http.post("/v1/sessions/current/link"))
    context = await browser.new_context()
    visitor = Visitor(await context.new_page(), stack.facts["gateway"])
    await visitor.open(made["path"])
    await visitor.press("Open the session")
    await visitor.page.wait_for_url("**/chat")
    await visitor.open("/session")
    await expect(visitor.page.get_by_role("main")).to_contain_text(user.session["session_id"])
    await visitor.open(made["path"])
    await expect(visitor.page.get_by_role("alert")).to_contain_text("was used already")
    assert visitor.faults == []
    await context.close()


async def test_what_a_screen_reader_hears_of_a_plan(browser: Browser, stack: Running) -> None:
    async with visiting(browser, stack) as visitor:
        await visitor.to_plan(f"Create a bucket named {a_name()} in us-east-1")
        heard = await visitor.page.locator("body").aria_snapshot()
        for landmark in (
            "- banner",
            "- navigation",
            "- main",
            '- heading "Steps" [level=2]',
            '- heading "Decide" [level=2]',
            "- status",
            "added:",
            '- button "Approve exactly this plan, and run it"',
        ):
            assert landmark in heard, heard
