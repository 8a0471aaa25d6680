"""A browser at the web page over ASGI: cookies, and the headers that browsers send by themselves."""

from __future__ import annotations

import re
from typing import Any

import httpx

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
