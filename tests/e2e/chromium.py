"""A real Chromium at the web page of a running stack, for the end-to-end tests and the pictures of the documents."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, async_playwright, expect

AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
WAIT_MS = 60_000
NAMES = ("chromium", "chromium-browser", "google-chrome")

# Waiting is for what the page shows, for as long as a busy machine may need; nothing sleeps.
expect.set_options(timeout=WAIT_MS)


def executable() -> str | None:
    """Where Chromium is; None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser, without the sandbox of its own that needs rights a container lacks."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable())
        yield browser
        await browser.close()


class Visitor:
    """A person at a window of their own. `faults` has what a page should never do."""

    def __init__(self, page: Page, site: str) -> None:
        self.page, self.site = page, site
        self.faults: list[str] = []
        page.set_default_timeout(WAIT_MS)
        page.on("pageerror", lambda error: self.faults.append(f"script failed: {error}"))
        page.on("dialog", lambda dialog: self.faults.append(f"a script opened a dialog: {dialog.message}"))
        page.on("console", lambda said: self._hear(said.type, said.text))
        page.on("request", lambda request: self._see(request.url))

    def _hear(self, kind: str, text: str) -> None:
        if kind == "error" and "Content Security Policy" in text:
            self.faults.append(text)

    def _see(self, url: str) -> None:
        if urlsplit(url).scheme in ("http", "https") and not url.startswith(self.site):
            self.faults.append(f"asked another site: {url}")

    async def open(self, path: str) -> None:
        await self.page.goto(self.site + path)

    async def press(self, name: str) -> None:
        """Press the button of this name."""
        await self.page.get_by_role("button", name=name).first.click()

    async def enter_sandbox(self) -> None:
        await self.open("/open")
        await self.press("Open the sandbox")
        await self.page.wait_for_url("**/chat")

    async def say(self, message: str) -> None:
        """Send a message by the keyboard."""
        await self.page.get_by_label("Your message").fill(message)
        await self.page.keyboard.press("Enter")
        await self.page.wait_for_url("**/chat/cnv_*")

    async def ask(self, message: str) -> None:
        """Send a message and wait until its turn has ended or waits for a decision."""
        turns = self.page.locator("article.turn")
        before = await turns.count()
        await self.say(message)
        state = turns.nth(before).locator(".state")
        await expect(state).to_contain_text("complete")

    async def to_plan(self, message: str) -> None:
        """Ask for a change, and open the page of its plan."""
        await self.say(message)
        await self.page.get_by_role("link", name="Read and decide it").last.click()
        await self.page.wait_for_url("**/plans/pln_*")

    async def expect_status(self, status: str) -> None:
        """Wait until the plan's page says that it is so."""
        await expect(self.page.locator("#plan-top .badge")).to_have_text(status)

    async def violations(self) -> list[Any]:
        """What axe-core finds wrong with the page as it is now, and whether it is wider than its window."""
        await self.page.evaluate(AXE)
        found = await self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        wide = await self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        faults: list[Any] = [
            (one["id"], one["help"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found["violations"]
        ]
        return faults + ([f"{wide} pixels too wide"] if wide > 0 else [])
