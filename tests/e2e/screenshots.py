"""The pictures of the web page in the documents: `make screenshots` takes them, in Chromium on a stack of their own."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.e2e.chromium import Visitor, chromium, executable
from tests.e2e.conftest import Running

IMAGES = Path(__file__).parents[2] / "docs" / "images"
CHANGE = "Create a role named report-reader with S3 full access and attach it to a new Lambda function named report"


async def take(site: str) -> None:
    """A person's way, with a picture at each stop."""
    async with chromium() as browser:
        visitor = await _visitor(browser, site, 1180, 820)
        await visitor.enter_sandbox()
        await visitor.ask("How big is each bucket?")
        await visitor.page.evaluate("window.scrollTo(0, 0)")
        await _picture(visitor, "web-chat")
        await visitor.to_plan(CHANGE)
        await expect(visitor.page.locator("#plan-review")).to_contain_text("Has concerns")
        await _picture(visitor, "web-plan")
        await visitor.page.locator("#order-title").scroll_into_view_if_needed()
        await visitor.page.locator("#plan-order").evaluate("one => window.scrollTo(0, one.offsetTop - 16)")
        await _picture(visitor, "web-plan-steps")
        path = visitor.page.url.removeprefix(site)
        await visitor.press("Approve exactly this plan")
        await visitor.expect_status("done")
        await visitor.page.evaluate("window.scrollTo(0, 0)")
        await _picture(visitor, "web-plan-done")
        narrow = await _visitor(browser, site, 390, 844, dark=True)
        await narrow.enter_sandbox()
        await narrow.open(path)
        await _picture(narrow, "web-plan-narrow")


async def _visitor(browser: Browser, site: str, width: int, height: int, *, dark: bool = False) -> Visitor:
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
    )
    return Visitor(await context.new_page(), site)


async def _picture(visitor: Visitor, name: str) -> None:
    await expect(visitor.page.locator("#chain")).to_contain_text("whole")
    await visitor.page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")


def main() -> None:
    """Start a stack, take the pictures, stop it."""
    if executable() is None:
        raise SystemExit("no Chromium (Debian: apt-get install chromium)")
    with tempfile.TemporaryDirectory() as folder:
        running = Running(Path(folder) / "local")
        try:
            asyncio.run(take(running.facts["gateway"]))
        finally:
            running.stop()


if __name__ == "__main__":
    main()
