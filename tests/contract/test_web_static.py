"""What browsers load is what it says: the vendored files are their packages', and no page loads anything else."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from services.orchestrator.web.static_files import FILES

ROOT = Path(__file__).parents[2]
WEB = ROOT / "services" / "orchestrator" / "web"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
# How an address begins in a template: of this site, or a link of AWS's console, or what the code says.
OWN_ADDRESSES = ("/", "#", "?", "{{ static(", "{{ target", "{{ link.address", "{{ address }}", "{{ '/chat'")
# SHA-256 of the files in the packages of npm: htmx.org 4.0.1 and axe-core 4.14.1.
VENDORED = {
    "services/orchestrator/web/static/htmx.js": "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130",
    "services/orchestrator/web/static/hx-sse.js": "18ef2761356ec1fe0bb6d92612315b37517a7c1e9856b661c5ae81fef239d103",
    "tests/e2e/vendor/axe-core/axe.min.js": "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c",
}


@pytest.mark.parametrize(("file", "digest"), VENDORED.items())
def test_a_vendored_file_is_the_packages(file: str, digest: str) -> None:
    assert hashlib.sha256((ROOT / file).read_bytes()).hexdigest() == digest


def test_each_vendored_package_comes_with_its_licence() -> None:
    assert "ZERO-CLAUSE BSD" in FILES["htmx-LICENSE.txt"].content.decode().upper()
    assert "Mozilla Public License" in (ROOT / "tests/e2e/vendor/axe-core/LICENSE").read_text(encoding="utf-8")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_what_the_policy_of_the_page_forbids(template: Path) -> None:
    """Scripts and styles in the page, handlers as attributes, and anything of another site."""
    text = template.read_text(encoding="utf-8")
    for forbidden in (r"\son\w+=", r"\sstyle=", r"<style", r"<script(?! src=\"\{\{ static)", r"hx-on", r"javascript:"):
        assert not re.search(forbidden, text), forbidden
    for address in re.findall(r'(?:src|href|action|hx-get|hx-post|hx-sse:connect)="([^"]*)"', text):
        assert address.startswith(
            ("/", "#", "?", "{{ static(", "{{ target", "{{ link.address", "{{ address }}", "{{ '/chat'")
        ), address


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_form_that_changes_something_has_the_token_of_its_browser(template: Path) -> None:
    """Those of `/open` come before there is a session; where they were sent from is checked instead."""
    for form in re.findall(r"<form method=\"post\".*?</form>", template.read_text(encoding="utf-8"), re.DOTALL):
        assert "token(csrf)" in form or 'action="/open' in form, form[:200]


def test_what_is_marked_as_safe_is_html_that_this_code_made() -> None:
    marked = {
        path.relative_to(WEB / "templates").as_posix(): re.findall(
            r"\{\{ (\w+) \| safe", path.read_text(encoding="utf-8")
        )
        for path in TEMPLATES
    }
    assert {name: found for name, found in marked.items() if found} == {
        "chat.html": ["html"],
        "chat/answer.html": ["answer"],
    }
