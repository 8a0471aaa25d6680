"""A browser at the page: cookies, and the headers that browsers send by themselves."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.orchestrator.gateway import Gateway
from services.orchestrator.sessions.service import Session
from tests.unit.orchestrator.conftest import OpenSession

SITE = "http://localhost:8080"


class Browser:
    """Follows links and sends forms as a browser does; redirects are not followed."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.csrf = ""

    async def get(self, path: str, **headers: str) -> httpx.Response:
        answer = await self.http.get(path, headers={"Accept": "text/html"} | headers)
        if found := re.search(r'name="csrf" value="([^"]+)"', answer.text):
            self.csrf = found.group(1)
        return answer

    async def post(self, path: str, fields: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        given = {"csrf": self.csrf} | (fields or {})
        return await self.http.post(path, data=given, headers={"Accept": "text/html", "Origin": SITE} | headers)


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[Browser]:
    """A browser in which no session is open."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=SITE) as http:
        yield Browser(http)


@pytest.fixture
async def visitor(browser: Browser, gateway: Gateway, open_session: OpenSession) -> tuple[Browser, Session]:
    """A browser in which a session is open, and the session."""
    session, _ = await open_session()
    cookie = await gateway.browsers.admit(session)
    browser.http.cookies.set("assistant", cookie, domain="localhost.local")
    found = await gateway.browsers.find(cookie)
    assert found
    browser.csrf = found.csrf
    return browser, session
