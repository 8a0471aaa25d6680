"""Whom a statement of a trust or resource policy speaks of, as patterns of callers.

A caller is written as its kind and its name: `AWS:arn:aws:iam::111122223333:user/ann`, `Service:lambda.amazonaws.com`.
Source: "AWS JSON policy elements: Principal" in the IAM user guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.iam.comparison.patterns import EVERYTHING, Pattern, literal, plain
from shared.iam.comparison.regions import Box, Fact, Named
from shared.iam.comparison.values import InUnion
from shared.iam.policy_json import PolicyDocument, as_list, texts

ACCOUNT = re.compile(r"(?:arn:(aws[a-z-]*):iam::)?(\d{12})(?::root)?", re.ASCII)
_ROLE = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):role/(?:[^*?]*/)?([^/*?]+)", re.ASCII)
# Of a canonical user nobody knows the account, and the id of a user or role that is deleted calls no more.
_KINDS = ("AWS", "Service", "Federated")
_ID = re.compile(r"A(?:ROA|IDA)[A-Z0-9]{12,}", re.ASCII)

# A principal that is named itself may be let in by the resource's policy alone; one that is let in with its account
# needs a permission of its own besides ("How permissions boundaries and resource-based policies interact" and "AWS
# account principals" in the IAM user guide). So this is a part of what a statement asks, and AWS decides it elsewhere.
OWN_PERMISSION = Fact(("caller has a permission of its own",))


def callers(item: PolicyDocument, *, allows: bool) -> Iterator[Box]:
    """For each way in, what a statement's Principal asks of the caller; all of them are `or`."""
    if "NotPrincipal" in item:
        # What it leaves out depends on accounts and sessions in ways that its text does not tell.
        yield (Fact(("not principal", frozenset(_listed(item["NotPrincipal"])))),)
        return
    plainly: list[Pattern] = []
    for kind, value in _listed(item.get("Principal")):
        if value == "*" and kind in ("*", "AWS"):
            yield (Named("principal", InUnion(EVERYTHING)),)
            return
        account = ACCOUNT.fullmatch(value) if kind == "AWS" else None
        if account:
            of_account = Named("principal", InUnion(_of_account(account[1] or "*", account[2])))
            yield (of_account, OWN_PERMISSION) if allows else (of_account,)
        elif kind not in _KINDS or _ID.fullmatch(value) or set(value) & set("*?"):
            yield (Fact(("principal", kind, value)),)
        else:
            plainly.append(literal(f"{kind}:{value}"))
            if role := _ROLE.fullmatch(value) if kind == "AWS" else None:
                plainly.append(plain(f"AWS:arn:{role[1]}:sts::{role[2]}:assumed-role/{role[3]}/?*"))
    if plainly:
        yield (Named("principal", InUnion(tuple(dict.fromkeys(plainly)))),)


def candidates(items: list[PolicyDocument]) -> Iterator[str]:
    """Callers to try for an example: those that the statements name, one more of each account, and strangers."""
    accounts: dict[str, None] = {}
    for kind, value in [one for item in items for one in _listed(item.get("Principal", item.get("NotPrincipal")))]:
        account = ACCOUNT.fullmatch(value) if kind == "AWS" else None
        if account:
            accounts[account[2]] = None
        elif kind in _KINDS and not _ID.fullmatch(value) and not set(value) & set("*?"):
            yield f"{kind}:{value}"
    for number in [*accounts, "999988887777", "888877776666"]:
        yield f"AWS:arn:aws:iam::{number}:user/example-user"
        yield f"AWS:arn:aws:sts::{number}:assumed-role/example-role/example-session"
    yield "Service:lambda.amazonaws.com"


def facts_about(caller: str) -> dict[str, str | None]:
    """The condition keys that AWS fills from the caller itself; None: such a caller's requests have it not."""
    kind, _, name = caller.partition(":")
    parts = name.split(":", 5)
    if kind == "Service":
        of_nobody = ("aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:username", "aws:userid")
        return dict.fromkeys(of_nobody) | {"aws:principalisawsservice": "true", "aws:principalservicename": name}
    if kind != "AWS" or len(parts) != 6:
        return {}
    facts: dict[str, str | None] = {"aws:principalaccount": parts[4], "aws:principalisawsservice": "false"}
    if parts[5].startswith("assumed-role/"):
        role = parts[5].split("/")[1]
        return facts | {
            "aws:principalarn": f"arn:{parts[1]}:iam::{parts[4]}:role/{role}",
            "aws:principaltype": "AssumedRole",
        }
    if parts[5].startswith("user/"):
        return facts | {
            "aws:principalarn": name,
            "aws:principaltype": "User",
            "aws:username": parts[5].rpartition("/")[2],
        }
    return facts | {"aws:principalarn": name}


def _listed(principal: object) -> list[tuple[str, str]]:
    if isinstance(principal, dict):
        return [(str(kind), one) for kind, value in principal.items() for one in texts(value)]
    return [("*", one) for one in as_list(principal) if isinstance(one, str)]


def _of_account(partition: str, account: str) -> tuple[Pattern, ...]:
    return (plain(f"AWS:arn:{partition}:iam::{account}:*"), plain(f"AWS:arn:{partition}:sts::{account}:*"))
