"""Reads policy documents from arguments, and refuses what AWS would refuse.

Sizes: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (white space does not count).
"""

from __future__ import annotations

import json

from shared.errors import Conflict, InvalidArguments
from shared.iam.lint.linter import refused
from shared.iam.policy_json import PolicyDocument, PolicyKind, read_policy

MAX_TRUST_CHARACTERS = 8192
MAX_INLINE_CHARACTERS = 10_240
# In one error, for a model to mend.
MAX_PROBLEMS = 5

Document = PolicyDocument
# As an argument: JSON text, or the object itself.
Source = str | PolicyDocument


def trust_policy(source: Source, field: str) -> Document:
    """A role's trust policy. Raises InvalidArguments where it is none, with the place."""
    return _read(source, field, "trust", MAX_TRUST_CHARACTERS)


def permissions_policy(source: Source, field: str) -> Document:
    """A permissions policy, inline in a role. Raises InvalidArguments where it is none, with the place."""
    return _read(source, field, "identity", MAX_INLINE_CHARACTERS)


def compact(document: Document) -> str:
    """The document as AWS gets it."""
    return json.dumps(document, separators=(",", ":"))


def check_size(document: Document, field: str, quota: int | None) -> None:
    """Raise Conflict (`quota_reached`) for a policy above the account's quota; None where that is not known."""
    size = sum(not character.isspace() for character in json.dumps(document, ensure_ascii=False))
    if quota is not None and size > quota:
        raise Conflict(
            f"{field}: it has {size} characters without white space, and the account may have {quota}; shorten it, or"
            " have the quota raised (Service Quotas, AWS Identity and Access Management)",
            code="quota_reached",
        )


def _read(source: Source, field: str, kind: PolicyKind, limit: int) -> Document:
    document = read_policy(source, field)
    if len(compact(document)) > limit:
        raise InvalidArguments(f"{field}: longer than IAM takes ({limit} characters without white space)")
    problems = refused(document, kind)
    if problems:
        said = [f"{problem.path}: {problem.message}" if problem.path else problem.message for problem in problems]
        raise InvalidArguments(f"{field}: " + " ".join(said[:MAX_PROBLEMS]))
    return document
