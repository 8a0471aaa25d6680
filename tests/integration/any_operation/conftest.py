"""The same executor and sandbox as for resources: real HTTP, IAM enforced under the plan's session policy."""

from __future__ import annotations

from tests.integration.resources.conftest import cloud, double, valkey

__all__ = ["cloud", "double", "valkey"]
