"""Puts the web page into an application."""

from __future__ import annotations

from fastapi import Depends, FastAPI

from services.orchestrator.web.failures import problem_page
from services.orchestrator.web.leading import lead_to_open
from services.orchestrator.web.routes import (
    audit,
    calls,
    chat,
    drift,
    evidence,
    grants,
    plans,
    session,
    start,
    static,
    tools,
    values,
)
from services.orchestrator.web.safety import check_host
from services.orchestrator.web.views.audit import ChainChecks
from services.orchestrator.web.visit import SignedOut

PAGES = (static, start, chat, calls, drift, evidence, plans, values, grants, audit, tools, session)


def install(app: FastAPI) -> None:
    """Serve the pages, and answer what fails on them as pages."""
    for page in PAGES:
        app.include_router(page.router, include_in_schema=False, dependencies=[Depends(check_host)])
    app.add_exception_handler(SignedOut, lead_to_open)
    app.state.problem_forms.append(problem_page)
    app.state.chain_checks = ChainChecks()
