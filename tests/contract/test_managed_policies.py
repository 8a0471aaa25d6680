"""The linter against every AWS managed policy there is a copy of: it refuses none, and knows the dangerous by name."""

from __future__ import annotations

import json
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data

from shared.iam.lint.form import numbered
from shared.iam.lint.linter import refused
from shared.iam.lint.managed import ESCALATING, POLICIES, lint_managed
from shared.iam.lint.privileges import check_privileges

# Its last resource, "arn:aws:organizations::*:", has nothing after the fifth colon.
NO_ARN = "AmazonDevOpsGuruOrganizationsAccess"
MANAGED: dict[str, Any] = {
    name: policy for name, policy in json.loads(aws_managed_policies_data).items() if name != NO_ARN
}
# Those of service-linked roles cannot be attached by anybody.
ATTACHABLE = {name for name, policy in MANAGED.items() if policy["Path"] != "/aws-service-role/"}


def test_aws_takes_its_own_policies() -> None:
    assert {name for name, policy in MANAGED.items() if refused(policy["Document"], "identity")} == set()


def test_every_policy_with_a_dangerous_document_is_known_by_name() -> None:
    dangerous = {name for name in ATTACHABLE if "high" in severities_of(MANAGED[name]["Document"])}
    told = {
        name
        for name in ATTACHABLE
        if "high" in {one.severity for one in lint_managed(f"arn:aws:iam::aws:policy{MANAGED[name]['Path']}{name}")}
    }
    assert dangerous <= told
    assert dangerous >= ESCALATING


def severities_of(document: Any) -> set[str]:
    allowed = [(path, item) for path, item in numbered(document) if item["Effect"] == "Allow"]
    return {one.severity for one in check_privileges(allowed)}


def test_the_tables_name_policies_that_exist() -> None:
    assert (set(POLICIES) | ESCALATING) <= set(MANAGED)
