"""The findings about a policy that a plan's step creates or attaches, given as a document or as an ARN."""

from __future__ import annotations

from typing import Protocol

from shared.iam.lint.linter import lint
from shared.iam.lint.managed import lint_managed
from shared.iam.policy_json import PolicyDocument, PolicyKind
from shared.messages import Finding


class PlannedPolicy(Protocol):
    """A policy of a plan: `name` to call it by, `step` the id of its step, and a document or an ARN."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> PolicyKind: ...
    @property
    def step(self) -> str: ...
    @property
    def document(self) -> PolicyDocument | None: ...
    @property
    def managed_arn(self) -> str | None: ...


def lint_planned(policy: PlannedPolicy, account: str) -> tuple[Finding, ...]:
    """The findings, each with its step. `path` begins with the policy's name, or is the ARN of a managed policy."""
    found = [] if policy.managed_arn is None else list(lint_managed(policy.managed_arn))
    if policy.document is not None:
        for one in lint(policy.document, policy.kind, account):
            path = f"{policy.name}: {one.path}" if one.path else policy.name
            found.append(one.model_copy(update={"path": path}))
    return tuple(one.model_copy(update={"step": policy.step}) for one in found)
