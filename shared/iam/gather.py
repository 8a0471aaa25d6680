"""Reads the policies of a caller from IAM."""

from __future__ import annotations

from typing import Any

from shared.iam.documents import CallerPolicies


def gather(iam: Any, caller_arn: str) -> CallerPolicies:
    """Read the policies of a user or (assumed) role. Raises botocore's ClientError where it may not."""
    raise NotImplementedError
