"""Claude's suggested policies, taken only where they hold what was asked: valid, and nothing more allowed."""

from __future__ import annotations

from services.bedrock_advisor.answers import SuggestedJson
from services.bedrock_advisor.comparing import what_it_adds
from shared.errors import InvalidArguments
from shared.iam.comparison.compare import compare
from shared.iam.lint.linter import refused
from shared.iam.policy_json import PolicyDocument, PolicyKind, read_policy


def accept(
    suggested: SuggestedJson, original: PolicyDocument, kind: PolicyKind
) -> tuple[PolicyDocument | None, str | None]:
    """Return the suggestion, or None and why it was dropped; (None, None) where there is none."""
    document, reason = parse(suggested, kind)
    if document is None:
        return None, reason
    more = what_it_adds(compare(original, document))
    if more:
        return None, f"Claude's suggested policy was dropped: {more}."
    return document, None


def parse(suggested: SuggestedJson, kind: PolicyKind) -> tuple[PolicyDocument | None, str | None]:
    """Return the suggestion as a document that AWS would take, or None and why not."""
    if not suggested or suggested == "null":
        return None, None
    try:
        document = read_policy(suggested, "it")
    except InvalidArguments as error:
        return None, f"Claude's suggested policy was dropped: {error.detail}."
    problems = refused(document, kind)
    if problems:
        return None, f"Claude's suggested policy was dropped, AWS would refuse it: {problems[0].message}"
    return document, None
