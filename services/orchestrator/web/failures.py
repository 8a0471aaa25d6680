"""Failures as pages: what `http/problems.py` says, for a person who looks at a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from services.orchestrator.web.rendering import page, part
from services.orchestrator.web.visit import Visit

# Programs ask here, whatever they accept.
_NOT_PAGES = ("/v1/", "/mcp", "/static/", "/healthz", "/readyz", "/metrics", "/openapi.json")


def problem_page(request: Request, problem: Mapping[str, Any], headers: Mapping[str, str]) -> HTMLResponse | None:
    """The problem as a page, or as a part of one where htmx asked; None where a program asked."""
    if request.url.path.startswith(_NOT_PAGES) or "text/html" not in request.headers.get("accept", ""):
        return None
    status: int = problem["status"]
    if "hx-request" in request.headers:
        shown = part("parts/problem.html", status, problem=problem)
        shown.headers.update(headers)
        return shown
    visit: Visit | None = getattr(request.state, "visit", None)
    return page(request, "problem.html", visit, status=status, headers=headers, problem=problem)
