"""The documents lead somewhere: their relative links and anchors exist, and the log events they name are logged."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(str(file.relative_to(ROOT)) for file in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")))
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE_BLOCK = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")


def text_of(document: str) -> str:
    """The document without its code blocks."""
    return _CODE_BLOCK.sub("", (ROOT / document).read_text(encoding="utf-8"))


def anchors_of(document: str) -> set[str]:
    """The anchors that GitHub makes of the document's headings."""
    headings = re.findall(r"^#+ (.+)$", text_of(document), re.MULTILINE)
    return {_NOT_IN_ANCHORS.sub("", heading.lower()).strip().replace(" ", "-") for heading in headings}


def broken_links(document: str) -> list[str]:
    broken = []
    for link in _LINK.findall(text_of(document)):
        path, _, anchor = link.partition("#")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(document), path)) if path else document
        if "://" in link:
            continue
        if not (ROOT / target).exists() or (anchor and anchor not in anchors_of(target)):
            broken.append(link)
    return broken


def linked_from(document: str) -> set[str]:
    """The documents and pictures that a document links."""
    found = _LINK.findall(text_of(document)) + re.findall(r'<img src="([^"]+)"', text_of(document))
    paths = (link.partition("#")[0] for link in found if "://" not in link)
    return {posixpath.normpath(posixpath.join(posixpath.dirname(document), path)) for path in paths if path}


def mentioned_modules(document: str) -> list[str]:
    """The modules that the document names with their folder, as in `shared/tasks/records.py`."""
    return re.findall(r"`((?:services|shared|sandbox|cli|scripts|tests)/[\w/]+\.(?:py|lua))", text_of(document))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_relative_link_leads_to_a_file_and_a_heading(document: str) -> None:
    assert broken_links(document) == []


def test_every_document_is_listed_in_the_readme_every_decision_in_its_index_and_every_picture_is_shown() -> None:
    documents = {one for one in DOCUMENTS if one.startswith("docs/")}
    decisions = {one for one in documents if one.startswith("docs/adr/0")}
    read_on = set(_LINK.findall(text_of("README.md").split("## Read on")[1]))
    assert sorted(documents - decisions - read_on) == []
    assert sorted(decisions - linked_from("docs/adr/README.md")) == []
    pictures = {str(file.relative_to(ROOT)) for file in ROOT.glob("docs/images/*")}
    assert sorted(pictures.difference(*map(linked_from, DOCUMENTS))) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_module_named_exists(document: str) -> None:
    assert [module for module in mentioned_modules(document) if not (ROOT / module).exists()] == []


def test_the_log_events_that_an_operator_should_watch_are_logged() -> None:
    table = text_of("docs/operations.md").split("## Logs")[1].split("\n## ")[0]
    events = [name for row in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)]
    code = "".join(file.read_text() for folder in ("services", "shared") for file in (ROOT / folder).rglob("*.py"))

    assert len(events) > 10
    assert [event for event in events if f'"{event}"' not in code] == []
