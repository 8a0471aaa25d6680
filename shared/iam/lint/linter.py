"""Deterministic findings about a policy: the same answer every time, for any JSON, without AWS and without a model.

What checks is imported with the first policy: iam-policy-validator takes a quarter of a second, for which no worker
waits before it is ready.
"""

from __future__ import annotations

from shared.iam.policy_json import PolicyKind
from shared.messages import Finding

CHECKS = "shared.iam.lint.checking"
"""The module that a worker imports later, in the background (`shared/startup.py`)."""


def lint(document: object, kind: PolicyKind, account: str | None = None) -> tuple[Finding, ...]:
    """Return the findings about a policy, worst first, 100 at most. `account` is whose the policy is, if known.

    Must not be called from a running event loop.
    """
    from shared.iam.lint import checking

    return checking.lint(document, kind, account)


def refused(document: object, kind: PolicyKind) -> tuple[Finding, ...]:
    """The findings for which AWS would refuse the document: it is valid where there are none."""
    from shared.iam.lint import checking

    return checking.refused(document, kind)
