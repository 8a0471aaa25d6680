"""The pages in the documents are those that the code makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import plan_pages


@pytest.mark.parametrize("path", list(plan_pages.PAGES), ids=lambda path: str(path.name))
def test_the_page_in_a_document_is_fresh(path: Path) -> None:
    text = plan_pages.files()[path]
    assert plan_pages.PAGES[path] in text
    assert path.read_text(encoding="utf-8") == text, "run `make pages`"
