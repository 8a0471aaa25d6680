"""Questions by other people: tldr-pages describes commands of the AWS CLI in a line each (CC BY 4.0, not kept here)."""

from __future__ import annotations

import re
from pathlib import Path

from scripts.aws_operations.examples import COMMANDS
from shared.aws_operations.catalogue import find
from shared.errors import NotFound
from tests.evaluation.search.scores import Question

_EXAMPLE = re.compile(r"^- (?P<text>[^\n]+?):?\n+`aws (?P<service>[a-z0-9-]+) (?P<command>[a-z0-9-]+)", re.MULTILINE)
_MARKS = re.compile(r"[`\[\]]")


def questions_of(folder: Path) -> list[Question]:
    """A question for each example whose command is one operation; others (`aws s3 cp`) are left out."""
    questions = []
    for page in sorted((folder / "pages" / "common").glob("aws*.md")):
        for example in _EXAMPLE.finditer(page.read_text(encoding="utf-8")):
            service = COMMANDS.get(example["service"], example["service"])
            try:
                operation = find(service, example["command"])
            except NotFound:
                continue
            # A page is about a service, which its reader knows.
            text = _MARKS.sub("", example["text"])
            questions.append(Question(f"{text} ({example['service']})", (f"{operation.service}:{operation.name}",)))
    return questions
