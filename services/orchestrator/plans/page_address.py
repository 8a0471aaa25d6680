"""Where a person reads a plan and decides, as a link for whoever reads elsewhere."""

from __future__ import annotations


def page_of(plan_id: str, pages: str) -> str:
    """The address of a plan's page; `pages` is the address below which the web page is."""
    return f"{pages.rstrip('/')}/plans/{plan_id}"
