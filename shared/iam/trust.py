"""Who may assume a role, by its trust policy: anyone at all, whole accounts, one caller.

Sources: "Principal" and "Condition keys" in the IAM user guide's policy reference. Where a policy is not understood the
answer is the wider one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

from shared.iam.documents import Document
from shared.iam.federation import conditions, host_of, judge
from shared.iam.match import action_matches
from shared.iam.policy_json import NotJson, PolicyDocument, load_json, statements, texts

_ASSUMES = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
_ACCOUNT = re.compile(r"(?:arn:aws[a-z-]*:(?:iam|sts)::)?(\d{12})(:.*)?", re.ASCII)
# Condition keys that say who calls, and what a value must look like to let in fewer than everybody.
_WHO = {
    "aws:principalorgid": r"o-[a-z0-9]{10,32}",
    "aws:principalorgpaths": r"o-[a-z0-9]{10,32}/.+",
    "aws:principalaccount": r"\d{12}",
    "aws:sourceaccount": r"\d{12}",
    "aws:sourceorgid": r"o-[a-z0-9]{10,32}",
    "aws:principalarn": r"arn:aws[a-z-]*:(iam|sts)::\d{12}:.+",
    "aws:sourcearn": r"arn:aws[a-z-]*:[a-z0-9-]+:[^:]*:\d{12}:.+",
    "aws:userid": r"A[A-Z]{3}[A-Z0-9]{12,}.*",
    "sts:externalid": r"[^*?]{2,}",
}
_EQUAL = re.compile(r"(foranyvalue:)?(string(equals|like|equalsignorecase)|arn(equals|like))", re.IGNORECASE)
_UNEQUAL = re.compile(r"string(notequals|notlike|notequalsignorecase)|arnnot(equals|like)", re.IGNORECASE)


def anyone(trust: Document) -> str | None:
    """Why anyone in the world, whatever account, may assume the role; None where its trust policy says who."""
    policy = _loaded(trust)
    if policy is None:
        return "its trust policy cannot be understood"
    found = statements(policy)
    if any(_keeps_strangers_out(item) for item in found):
        return None
    for number, item in enumerate(found):
        if item.get("Effect") == "Allow" and _assumes(item) and (why := _open_principal(item)):
            return f"Statement[{number}] of its trust policy lets in {why}"
    return None


def notes(trust: Document, account: str) -> Iterator[str]:
    """What else a person should know of who may assume the role, which is of `account`."""
    for item in statements(_loaded(trust) or {}):
        if item.get("Effect") != "Allow" or not _assumes(item):
            continue
        limited = _says_who(item, _EQUAL)
        named = _aws(item)
        if "*" in named:
            yield "the role's trust policy lets in everyone who meets its conditions, of any account"
        for found in filter(None, map(_ACCOUNT.fullmatch, named)):
            if (found[2] or ":root") == ":root" and not limited:
                foreign = "" if found[1] == account else " without an external id, which another account should have"
                yield f"the role may be assumed by everyone in account {found[1]} whose own policies allow it{foreign}"


def admits(trust: Document, caller_arn: str) -> Literal["by name", "by account"] | None:
    """Whether the trust policy lets a user or role in, conditions taken as met: itself, or with its account."""
    account = caller_arn.split(":")[4]
    best: Literal["by account"] | None = None
    for item in statements(_loaded(trust) or {}):
        if item.get("Effect") != "Allow" or not any(action_matches(one, _ASSUMES[0]) for one in _actions(item)):
            continue
        for named in _aws(item):
            if _same_principal(named, caller_arn):
                return "by name"
            found = _ACCOUNT.fullmatch(named)
            if named == "*" or (found and found[1] == account and (found[2] or ":root") == ":root"):
                best = "by account"
    return best


def lets_service_in(trust: Document, service: str) -> bool:
    """Whether a statement lets a service ("lambda") of AWS assume the role, in all regions or one, conditions met."""
    principals = re.compile(rf"{re.escape(service)}(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?")
    for item in statements(_loaded(trust) or {}):
        principal = item.get("Principal")
        named = texts(principal.get("Service")) if isinstance(principal, dict) else []
        if item.get("Effect") == "Allow" and any(map(principals.fullmatch, named)) and _assumes_as_itself(item):
            return True
    return False


def _assumes_as_itself(item: PolicyDocument) -> bool:
    hit = any(action_matches(one, _ASSUMES[0]) for one in _actions(item))
    return not hit if "NotAction" in item else hit


def _same_principal(named: str, caller_arn: str) -> bool:
    """The same user, role or role session; a role's session is let in with its role."""
    if named == caller_arn:
        return True
    if ":assumed-role/" not in caller_arn or ":role/" not in named:
        return False
    role = caller_arn.split("/")[1]
    return named.split(":")[4] == caller_arn.split(":")[4] and named.rpartition("/")[2] == role


def _open_principal(item: PolicyDocument) -> str | None:
    if _says_who(item, _EQUAL):
        return None
    if "NotPrincipal" in item:
        return "everyone but those named in NotPrincipal"
    if "*" in _aws(item):
        return "everyone (Principal *)"
    principal = item.get("Principal")
    for provider in texts(principal.get("Federated")) if isinstance(principal, dict) else ():
        host = host_of(provider)
        if provider == "*" or (host and judge(item, host).open_to_all):
            return f"everyone who signs in at {provider}"
    return None


def _keeps_strangers_out(item: PolicyDocument) -> bool:
    """A Deny for all who are not of an account, organisation, or the like."""
    return item.get("Effect") == "Deny" and "*" in _aws(item) and _assumes(item) and _says_who(item, _UNEQUAL, True)


def _says_who(item: PolicyDocument, operators: re.Pattern[str], alone: bool = False) -> bool:
    """Whether a condition holds for certain callers only; `alone`: and nothing else narrows it."""
    pairs = [(operator, key.lower(), values) for operator, key, values in conditions(item)]
    if alone and len(pairs) != 1:
        return False
    return any(
        operators.fullmatch(operator) and key in _WHO and values and all(re.fullmatch(_WHO[key], one) for one in values)
        for operator, key, values in pairs
    )


def _assumes(item: PolicyDocument) -> bool:
    hit = any(action_matches(pattern, action) for pattern in _actions(item) for action in _ASSUMES)
    return not hit if "NotAction" in item else hit


def _actions(item: PolicyDocument) -> list[str]:
    return texts(item.get("Action", item.get("NotAction")))


def _aws(item: PolicyDocument) -> list[str]:
    principal = item.get("Principal")
    return texts(principal.get("AWS")) if isinstance(principal, dict) else texts(principal)


def _loaded(trust: Document) -> PolicyDocument | None:
    try:
        policy: Any = load_json(trust) if isinstance(trust, str) else trust
    except NotJson:
        return None
    return policy if isinstance(policy, dict) else None
