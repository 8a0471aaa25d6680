"""Pages and parts of pages: Jinja templates with everything escaped, and what all of them show."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.orchestrator.plans.drift import words as drift_words
from services.orchestrator.plans.evidence import words as evidence_words
from services.orchestrator.web import words
from services.orchestrator.web.safety import HEADERS
from services.orchestrator.web.static_files import address
from services.orchestrator.web.visit import Visit
from shared.plans.page import words as plan_words
from shared.plans.page.documents import inline_json
from shared.text.answers import visible
from shared.text.plain import exactly, named, quoted, seen

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_templates.filters |= {
    "visible": visible,
    "exactly": exactly,
    "named": named,
    "quoted": quoted,
    "seen": seen,
    "moment": words.moment,
    "seconds": words.in_seconds,
    "json_text": words.json_text,
    "one_line": inline_json,
    "account_label": words.account_label,
}
_templates.globals |= {"static": address, "now": time.time, "duration": words.duration}
_templates.globals |= {"plan_words": plan_words, "evidence_words": evidence_words, "drift_words": drift_words}


def render(template: str, **shown: Any) -> str:
    """A part of a page as HTML."""
    return _templates.get_template(template).render(**shown)


def part(template: str, status: int = 200, **shown: Any) -> HTMLResponse:
    """A part of a page as an answer."""
    return HTMLResponse(render(template, **shown), status, headers=HEADERS)


def page(
    request: Request,
    template: str,
    visit: Visit | None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **shown: Any,
) -> HTMLResponse:
    """A whole page. Every page shows whose session it is, and whether any of it is real."""
    common = {
        "path": request.url.path,
        "visit": visit,
        "session": visit.session if visit else None,
        "csrf": visit.csrf if visit else "",
        "sandbox": request.app.state.gateway.worlds.sandbox,
        "aws": request.app.state.gateway.worlds.seen.aws,
        "note": request.app.state.gateway.worlds.seen.note,
    }
    body = render(template, **common, **shown)
    return HTMLResponse(body, status, headers={**HEADERS, **(headers or {})})
