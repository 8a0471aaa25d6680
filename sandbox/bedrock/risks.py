"""The risks of an IAM policy and what to do about each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sandbox.bedrock.policies import Json, joined, statements_of, values_of

_ESCALATION = {
    "iam:createaccesskey", "iam:createloginprofile", "iam:updateloginprofile", "iam:attachuserpolicy",
    "iam:attachgrouppolicy", "iam:attachrolepolicy", "iam:putuserpolicy", "iam:putgrouppolicy",
    "iam:putrolepolicy", "iam:createpolicyversion", "iam:setdefaultpolicyversion", "iam:addusertogroup",
    "iam:updateassumerolepolicy",
}  # fmt: skip


@dataclass(frozen=True)
class Risk:
    """A risk in a policy and what to do about it."""

    severity: Literal["low", "medium", "high"]
    title: str
    detail: str
    advice: str


def risks_of(document: Json, kind: str) -> list[Risk]:
    """The risks of a policy, in the order of its statements."""
    return [
        risk
        for statement in statements_of(document)
        for risk in (
            *_steering(statement),
            *(_statement_risks(statement, kind) if statement.get("Effect") == "Allow" else ()),
        )
    ]


def _steering(statement: Json) -> Iterator[Risk]:
    if re.search(r"ignore|instruct|approve|looks?.?fine|do.?not.?report", str(statement.get("Sid", "")), re.I):
        yield Risk(
            "high",
            "Text that tries to steer the review",
            f'The Sid "{statement["Sid"]}" reads like an instruction to the reviewer.',
            "Find out who wrote this policy before using it.",
        )


def _statement_risks(statement: Json, kind: str) -> Iterator[Risk]:
    actions = [action.lower() for action in values_of(statement.get("Action"))]
    everywhere = "*" in values_of(statement.get("Resource")) or "NotResource" in statement
    principal = statement.get("Principal")
    public = principal == "*" or (isinstance(principal, dict) and "*" in values_of(principal.get("AWS")))
    if public:
        detail = "Principal * lets every AWS account" + (" assume the role." if kind == "trust" else " in.")
        yield Risk("high", "Open to everyone", detail, "Name the accounts, roles or services that need access.")
    if "NotAction" in statement:
        yield Risk(
            "high" if everywhere else "medium",
            "NotAction with Allow",
            "It allows every action that is not listed, also of services that do not exist yet.",
            "List the actions that are needed instead of those that are not.",
        )
    if "*" in actions:
        yield Risk(
            "high",
            "Administrator access",
            "Action * allows everything" + (" on every resource." if everywhere else "."),
            "Replace Action * by the actions that are needed.",
        )
    yield from _service_risks(actions, everywhere)
    yield from _privilege_risks(actions, everywhere, bool(statement.get("Condition")))


def _service_risks(actions: list[str], everywhere: bool) -> Iterator[Risk]:
    for action in actions:
        service, _, name = action.partition(":")
        if name == "*":
            where = "every resource" if everywhere else "the named resources"
            yield Risk(
                "high" if service in ("iam", "sts", "organizations") else "medium" if everywhere else "low",
                f"Full access to {service}",
                f"{action} allows every {service} action on {where}, deleting included.",
                f"Replace {action} by the {service} actions that are needed, on named resources.",
            )
        elif "*" in name and everywhere and not name.startswith(("get", "list", "describe")):
            yield Risk(
                "medium",
                f"Wildcard in {action}",
                f"{action} covers actions that nobody listed, on every resource.",
                f"Spell out the actions behind {action}.",
            )
    if everywhere and any(":*" not in a and a != "*" and not _reads(a) and a not in _ESCALATION for a in actions):
        yield Risk(
            "low",
            "Every resource",
            "Resource * is wider than one workload usually needs.",
            "Name the resources instead of *.",
        )


def _reads(action: str) -> bool:
    return action.partition(":")[2].startswith(("get", "list", "describe", "head", "batchget"))


def _privilege_risks(actions: list[str], everywhere: bool, conditional: bool) -> Iterator[Risk]:
    if "iam:passrole" in actions and everywhere and not conditional:
        yield Risk(
            "high",
            "iam:PassRole on every role",
            "The holder can hand any role, an administrator's too, to a service that it controls.",
            "Name the roles that may be passed, and add the condition iam:PassedToService.",
        )
    escalating = sorted(set(actions) & _ESCALATION)
    if escalating:
        yield Risk(
            "high",
            "Privilege escalation",
            f"With {joined(escalating)} the holder can give itself more permissions.",
            "Leave permissions management to administrators, or require a permissions boundary.",
        )
