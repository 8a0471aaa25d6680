"""What the generated file depends on, as one hash: cfn-lint's schemas, and the code."""

from __future__ import annotations

from scripts.facts_files import fingerprint_of

CODE = (
    "scripts/aws_operations/texts.py",
    "scripts/resource_types",
    "shared/aws_operations/operations.db",
    "shared/aws_operations/search/tokens.py",
    "shared/aws_operations/search/words/services.tsv",
    "shared/resource_types/paths.py",
    "shared/resource_types/policies.py",
    "shared/resource_types/search/index.py",
    "shared/resource_types/secrets",
    "shared/resource_types/shapes.py",
)


def fingerprint() -> str:
    return fingerprint_of(("cfn-lint",), CODE)
