"""Checks the principals of trust and resource policies: their form, and whom they let in."""

from __future__ import annotations

from collections.abc import Iterator

from iam_validator.checks.policy_structure import ASSUME_ROLE_ACTIONS

from shared.iam.lint.codes import finding, show
from shared.iam.lint.federated import check_federated
from shared.iam.lint.principal_forms import ACCOUNT, DELETED, check_principal
from shared.iam.match import action_matches
from shared.iam.policy_json import PolicyDocument, texts
from shared.messages import Finding
from shared.text.similar import did_you_mean

# Keys that say who calls, and not merely from where or when.
_IDENTITY_KEYS = {
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalarn",
    "aws:principalaccount",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "sts:externalid",
}


def check_principals(path: str, item: PolicyDocument, *, trust: bool, account: str | None) -> Iterator[Finding]:
    """Yield the findings about one statement's principals. `account` is the policy's own, if it is known."""
    for name in ("Principal", "NotPrincipal"):
        if name in item:
            yield from check_principal(item[name], f"{path}.{name}")
    allow = item.get("Effect") == "Allow"
    if "NotPrincipal" in item and not trust:
        yield _not_principal(f"{path}.NotPrincipal", allow)
    if not allow:
        return
    principal = item.get("Principal")
    keys = condition_keys(item)
    if principal == "*" or (isinstance(principal, dict) and "*" in texts(principal.get("AWS"))):
        yield _public(f"{path}.Principal", keys)
    if not isinstance(principal, dict):
        return
    for value in texts(principal.get("AWS")):
        yield from _aws_principal(f"{path}.Principal.AWS", value, keys, trust=trust, account=account)
    yield from check_federated(path, item)


def check_trust_actions(path: str, item: PolicyDocument) -> Iterator[Finding]:
    """Yield the actions that a trust policy cannot have: IAM accepts only those of assuming a role."""
    for action in texts(item.get("Action")):
        assumes = any(action_matches(action, known) for known in ASSUME_ROLE_ACTIONS)
        if not (assumes and action.casefold().startswith("sts:")):
            hint = did_you_mean(action, sorted(ASSUME_ROLE_ACTIONS), cutoff=0.75)
            text = f"A trust policy is about assuming the role, as sts:AssumeRole, not about {show(action)}{hint}."
            yield finding("trust_action_not_sts", "high", text, f"{path}.Action")


def condition_keys(item: PolicyDocument) -> set[str]:
    """The keys a statement's condition asks about, in lower case."""
    condition = item.get("Condition")
    if not isinstance(condition, dict):
        return set()
    return {str(key).casefold() for keys in condition.values() if isinstance(keys, dict) for key in keys}


def _not_principal(where: str, allow: bool) -> Finding:
    if allow:
        text = "Allow with NotPrincipal lets in everyone but those named."
        return finding("allow_not_principal", "high", text, where)
    text = "Deny with NotPrincipal also denies sessions of the roles it names; use a condition on aws:PrincipalArn."
    return finding("deny_not_principal", "medium", text, where)


def _public(where: str, keys: set[str]) -> Finding:
    if keys & _IDENTITY_KEYS:
        names = ", ".join(sorted(keys & _IDENTITY_KEYS))
        text = f"Any AWS principal is let in where the condition on {names} holds: check that value."
        return finding("public_principal_conditioned", "low", text, where)
    if keys:
        text = "Any AWS principal is let in under a condition that does not say who: anyone who meets it gets in."
        return finding("public_principal_conditioned", "medium", text, where)
    return finding("public_principal", "high", "Everyone is let in, without a condition.", where)


def _aws_principal(where: str, value: str, keys: set[str], *, trust: bool, account: str | None) -> Iterator[Finding]:
    match = ACCOUNT.fullmatch(value)
    if match is None:
        if DELETED.fullmatch(value):
            text = f"{value} is the id of a role or user that was deleted."
            yield finding("deleted_principal", "low", text, where)
        return
    rest = match["rest"] or ":root"
    if "*" in rest:
        text = f"{show(value)}: a principal's ARN takes no wildcard; use a condition on aws:PrincipalArn."
        yield finding("wildcard_in_principal", "high", text, where)
    if not trust and account is not None and match["account"] != account:
        yield finding("foreign_account", "medium", f"{show(value)} is outside the account: it is let in.", where)
    if trust and account is not None and match["account"] != account:
        yield finding("foreign_account", "low", f"{show(value)} is outside the role's own account.", where)
        if "sts:externalid" not in keys:
            text = (
                f"Account {match['account']} may assume the role. If it is a third party's, ask for an sts:ExternalId, "
                "so that its other customers cannot use the role (the confused deputy)."
            )
            yield finding("missing_external_id", "medium", text, where)
    if trust and rest == ":root":
        text = f"Everyone in account {match['account']} whose own policies allow sts:AssumeRole is let in."
        yield finding("whole_account_principal", "info", text, where)
