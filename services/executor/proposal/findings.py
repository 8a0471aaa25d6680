"""What is certain about a plan's policies and regions without asking a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from services.executor.context import PolicyToReview
from services.executor.operations.iam.documents import as_list, statements
from shared.messages import Finding, SessionInfo, UntrustedArgument

# Managed policies that are as good as an administrator's.
_ADMINISTRATORS = {"AdministratorAccess", "IAMFullAccess", "PowerUserAccess"}


def of_policy(policy: PolicyToReview, account: str) -> Iterator[Finding]:
    """The findings of one policy."""
    if policy.managed_arn:
        yield from _of_managed(policy, policy.managed_arn.rpartition("/")[2])
    if policy.document is None:
        return
    for number, statement in enumerate(statements(policy.document)):
        if statement["Effect"] != "Allow":
            continue
        path = f"{policy.name}: Statement[{number}]"
        check = _of_trust(statement, account) if policy.kind == "trust" else _of_permissions(statement)
        for code, severity, message in check:
            yield Finding(code=code, severity=severity, message=message, step=policy.step, path=path)


def of_untrusted_arguments(borrowed: Iterable[UntrustedArgument]) -> Iterator[Finding]:
    """What the person who decides should look at twice: values nobody in the conversation wrote."""
    for item in borrowed:
        yield Finding(
            code="argument_from_tool_output",
            severity="medium",
            message=f"{item.argument} comes from the output of {item.tool}, not from what you wrote: check it.",
            step=item.step,
            path=item.argument,
        )


def of_regions(named: Iterable[str], info: SessionInfo) -> Iterator[Finding]:
    """The regions a plan names that the session was not opened for."""
    for region in dict.fromkeys(named):
        if region not in info.regions:
            yield Finding(
                code="region_outside_session",
                severity="medium",
                message=f"{region} is not among the session's regions ({', '.join(info.regions)}).",
            )


def _of_managed(policy: PolicyToReview, name: str) -> Iterator[Finding]:
    if name in _ADMINISTRATORS:
        yield Finding(
            code="administrator_policy",
            severity="high",
            message=f"{name} lets the role do nearly everything in the account.",
            step=policy.step,
        )
    elif "FullAccess" in name:
        yield Finding(
            code="full_access_policy",
            severity="medium",
            message=f"{name} allows every action of a service on every resource; a narrower policy may do.",
            step=policy.step,
        )


def _of_permissions(statement: dict[str, Any]) -> Iterator[tuple[str, Any, str]]:
    actions = [action.lower() for action in as_list(statement.get("Action"))]
    everywhere = "*" in as_list(statement.get("Resource"))
    if "*" in actions or "*:*" in actions:
        yield "all_actions", "high", "It allows every action of every service."
    elif any(action in ("iam:*", "sts:*", "organizations:*") for action in actions):
        yield "administrates_permissions", "high", "It can give itself any other permission."
    elif wide := [action for action in actions if action.endswith(":*")]:
        yield "all_actions_of_service", "medium", f"It allows every action of a service: {', '.join(wide)}."
    if "NotAction" in statement or "NotResource" in statement:
        yield "allows_all_but", "medium", "It allows everything but what it names (NotAction or NotResource)."
    if everywhere and "iam:passrole" in actions:
        yield "pass_any_role", "high", "It can pass any role to a service, and so act with that role's power."
    elif everywhere:
        yield "all_resources", "low", "It holds for every resource."


def _of_trust(statement: dict[str, Any], account: str) -> Iterator[tuple[str, Any, str]]:
    if "NotPrincipal" in statement:
        yield "public_principal", "high", "Everybody but those it names may assume the role (NotPrincipal)."
        return
    principal = statement["Principal"]
    accounts = as_list(principal.get("AWS")) if isinstance(principal, dict) else as_list(principal)
    if "*" in accounts:
        if "Condition" in statement:
            yield "public_principal", "medium", "Anybody in AWS may assume the role, within its condition."
        else:
            yield "public_principal", "high", "Anybody in AWS may assume the role."
        return
    if foreign := [name for name in accounts if account not in str(name)]:
        condition = "" if "Condition" in statement else " without a condition such as sts:ExternalId"
        names = ", ".join(map(str, foreign))
        yield "foreign_account", "medium", f"Somebody outside this account may assume the role{condition}: {names}."
