"""What the policy linter can find: a table of codes, each with its meaning, its severities, and whether AWS refuses it.

Findings are made here, so that none has a code or a severity that the table has not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from shared.messages import Finding

Severity = Literal["info", "low", "medium", "high"]
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low", "info")
"""Worst first."""

MAX_MESSAGE_CHARACTERS = 400
_CODE = re.compile(r"`([^`]*)`")


@dataclass(frozen=True, slots=True)
class Code:
    """`severities` are those a finding with the code may have; `refused`: AWS does not take such a policy."""

    meaning: str
    severities: tuple[Severity, ...]
    refused: bool = False


def _refused(meaning: str) -> Code:
    return Code(meaning, ("high",), refused=True)


CODES: dict[str, Code] = {
    # The form: AWS refuses the document.
    "not_a_policy": _refused("The text is not a policy: no JSON, no object, a key said twice, or larger than 20 KB."),
    "not_strict_json": _refused("The text has comments, trailing commas or other quotation marks, which JSON has not."),
    "nested_too_deeply": _refused("Objects and lists are nested deeper than in any policy."),
    "not_an_object": _refused("The policy is not a JSON object."),
    "unknown_element": _refused("An element that policies or statements do not have."),
    "bad_id": _refused("Id is not a string."),
    "bad_version": _refused("Version is not 2012-10-17 or 2008-10-17."),
    "missing_statement": _refused("There is no Statement."),
    "empty_statement": _refused("Statement is an empty list."),
    "bad_statement": _refused("A statement is not an object."),
    "bad_sid": _refused("A Sid is not a string, or has other characters than letters and digits."),
    "duplicate_sid": _refused("Two statements have the same Sid."),
    "missing_effect": _refused("A statement has no Effect."),
    "bad_effect": _refused("Effect is not Allow or Deny."),
    "missing_action": _refused("A statement has neither Action nor NotAction."),
    "both_actions": _refused("A statement has Action and NotAction."),
    "bad_action": _refused('An action is not "*" or service:Action.'),
    "missing_resource": _refused("A statement has neither Resource nor NotResource."),
    "both_resources": _refused("A statement has Resource and NotResource."),
    "bad_resource": _refused("Resource is not a string or a list of strings."),
    "malformed_arn": _refused('A resource is not "*" or an ARN.'),
    "resource_in_trust_policy": _refused("A trust policy has a Resource; the role is the resource."),
    "missing_principal": _refused("A statement of a trust or resource policy has no Principal."),
    "both_principals": _refused("A statement has Principal and NotPrincipal."),
    "bad_principal": _refused("A principal is not an account, ARN, service or provider."),
    "wildcard_in_principal": _refused("The ARN of a principal has a wildcard in it."),
    "principal_not_allowed": _refused("A policy that is attached to somebody names a Principal."),
    "not_principal_in_trust_policy": _refused("A trust policy has a NotPrincipal."),
    "trust_action_not_sts": _refused("A trust policy allows or denies something else than assuming the role."),
    "bad_condition": _refused("Condition is not an object of operators, keys and values."),
    "bad_condition_operator": _refused("A condition operator that IAM does not have."),
    # AWS accepts the document, but it does not do what it says.
    "policy_too_long": Code("The policy is longer than AWS's default limit for its kind.", ("medium",)),
    "old_version": Code("Version is 2008-10-17, or missing, which means the same.", ("low",)),
    "variables_need_version": Code("A policy variable is plain text under Version 2008-10-17.", ("medium",)),
    "unknown_action": Code("No action of AWS has the name, or matches the pattern.", ("medium",)),
    "unknown_service_principal": Code(
        "No service of AWS is documented under the name; AWS may refuse it.", ("medium",)
    ),
    "unknown_condition_key": Code("A condition key that AWS does not document for the action.", ("medium",)),
    "bad_condition_value": Code("A value of a condition that its operator or key cannot have.", ("medium",)),
    "condition_type_mismatch": Code("A condition operator of another type than its key.", ("low",)),
    "weak_condition": Code(
        "A condition that does not protect where the request lacks its key; medium for MFA and identity providers.",
        ("medium", "low"),
    ),
    "resource_mismatch": Code(
        "An action that none of the statement's resources is for; low where it takes no resource at all.",
        ("medium", "low"),
    ),
    "principal_type_mismatch": Code("An action that the type of principal cannot use.", ("medium",)),
    "deleted_principal": Code("The id of a role or user that was deleted.", ("low",)),
    # It allows much.
    "admin_access": Code("Every action on every resource.", ("high", "medium")),
    "wildcard_action": Code("Every action, on some resources or under a condition.", ("high", "medium")),
    "service_wildcard": Code(
        "Every action of a service; high for a service that controls the account.", ("high", "medium")
    ),
    "allow_not_action": Code("Allow with NotAction: every action but some.", ("high", "medium")),
    "allow_not_resource": Code("Allow with NotResource: every resource but some.", ("high", "medium")),
    "privilege_escalation": Code(
        "Actions that lead to more permissions than the policy gives; high on every resource.", ("high", "medium")
    ),
    "pass_role_any": Code("Any role can be handed to a service.", ("high", "medium")),
    "assume_role_any": Code("Any role that trusts the account can be assumed.", ("high", "medium")),
    "write_on_any_resource": Code("Changes on every resource.", ("medium", "low")),
    "sensitive_read_any": Code("Reads data or secrets of every resource.", ("medium", "low")),
    # It lets many in.
    "public_principal": Code("Everyone is let in.", ("high",)),
    "public_principal_conditioned": Code("Everyone is let in who meets a condition.", ("medium", "low")),
    "allow_not_principal": Code("Allow with NotPrincipal: everyone but some.", ("high",)),
    "deny_not_principal": Code("Deny with NotPrincipal, which also denies sessions of the named.", ("medium",)),
    "foreign_account": Code("Another account is let in.", ("medium", "low")),
    "missing_external_id": Code("Another account is let in without an sts:ExternalId.", ("medium",)),
    "whole_account_principal": Code("Everyone in an account is let in whose own policies allow it.", ("info",)),
    "federation_unconditioned": Code("Every identity of an identity provider is let in.", ("high",)),
    "github_subject_missing": Code("Every repository on GitHub is let in.", ("high",)),
    "federation_subject_open": Code(
        "Every party at an identity provider meets the condition; high for a provider that many share.",
        ("high", "medium"),
    ),
    "federation_subject_broad": Code("All repositories, projects or the like of one party are let in.", ("low",)),
    "federation_guests": Code("Guests of a Cognito identity pool are let in, who have not signed in.", ("medium",)),
    "federation_condition_missing": Code("No condition on an identity provider's audience or subject.", ("medium",)),
    "missing_source_condition": Code(
        "A service may assume the role without a condition on whom it acts for.", ("low",)
    ),
    # AWS managed policies, by name.
    "administrator_policy": Code("A managed policy as good as an administrator's.", ("high",)),
    "full_access_policy": Code("A managed policy with every action of a service.", ("medium",)),
    "broad_managed_policy": Code("A managed policy that allows much.", ("high", "medium", "low")),
    # The linter itself.
    "check_incomplete": Code(
        "A part of the policy was not compared with AWS's data: it is too large, or the check failed.", ("info",)
    ),
    "more_findings": Code("There are more findings than are listed.", ("info",)),
}


def finding(code: str, severity: Severity, message: str, path: str | None = None) -> Finding:
    """A finding with a code of the table. Raises ValueError for another code, or a severity it cannot have."""
    if code not in CODES or severity not in CODES[code].severities:
        raise ValueError(f"{code} ({severity}) is not in the table of codes")
    return Finding(code=code, severity=severity, message=_clean(message), path=_clean(path) if path else None)


def show(value: object) -> str:
    """A value as it stands in the policy, shortened, for a message."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 80 else text[:77] + "..."


def plain(markdown: str) -> str:
    """A message of the library's without Markdown, and without the link at its end."""
    text = markdown.partition(" See: http")[0].replace("**", "")
    quoted = _CODE.sub(lambda found: found[1] if '"' in found[1] else f'"{found[1]}"', text)
    return " ".join(quoted.split())


def _clean(text: str) -> str:
    """Text that may quote a policy, safe to send: no lone surrogates, and cut to a bounded length."""
    return text[:MAX_MESSAGE_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def and_more(found: Sequence[object]) -> str:
    """ " And 2 more." after a text that names only the first; empty where there is no other."""
    return f" And {len(found) - 1} more." if len(found) > 1 else ""
