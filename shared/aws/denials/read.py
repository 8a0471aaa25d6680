"""Reads who was denied what, on what, and by which kind of policy, as far as a message says it.

Sources: "Troubleshoot access denied error messages" in the IAM user guide, and how the AWS CLI and SDKs print errors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from shared.access.action_data import spelled
from shared.aws.denials.operations import Candidate, candidates
from shared.aws.denials.unwrap import plain_text

MAX_CHARACTERS = 20_000

PolicyType = Literal[
    "identity-based policy",
    "resource-based policy",
    "permissions boundary",
    "session policy",
    "service control policy",
    "resource control policy",
    "VPC endpoint policy",
    "role trust policy",
]

# What tells them apart, in this order: a resource control policy is no resource-based one.
_TYPES: tuple[tuple[str, PolicyType], ...] = (
    ("service control", "service control policy"),
    ("resource control", "resource control policy"),
    ("trust", "role trust policy"),
    ("boundary", "permissions boundary"),
    ("session", "session policy"),
    ("endpoint", "VPC endpoint policy"),
    ("identity", "identity-based policy"),
    ("resource", "resource-based policy"),
)
_NAME = r"[^\s\"'`<>;]{1,2048}"
_CODE = re.compile(
    r"\b(?:Client\.)?((?:\w{0,40}AccessDenied\w{0,20})|UnauthorizedOperation|UnauthorizedException|AuthorizationError"
    r"(?:Exception)?|NotAuthorized(?:Exception)?|UnauthorizedAccess|UnauthorizedTaggingOperation|Forbidden(?:Exception)?)\b"
)
_SAID = re.compile(
    r"not authori[sz]ed|access(?: was| is)? denied|permission denied|explicit(?:ly)? den|not allowed|no permission|"
    r"(?:does|do) not have (?:the )?(?:required )?permission|insufficient (?:permission|privilege)|"
    r"cross-account pass role|"
    r"explicit deny: true|\b403\b",
    re.IGNORECASE,
)
_CALLER = re.compile(
    rf"(?:\b(?:user|principal|role|caller|identity)\b\s*:?\s*[\"'`]?({_NAME})[\"'`]?\s+(?:is|are) not authorized)"
    rf"|(?:\bprincipal: (arn:{_NAME}))",
    re.IGNORECASE,
)
_ACTION = re.compile(
    r"(?:perform(?:ing)?|\baction|allows? the|denied (?:for|to))\s*:?\s*(?:the )?(?:action |operation )?:?\s*"
    r"[\"'`]?([a-z][a-z0-9-]{1,40}:[A-Z*][A-Za-z0-9*]{1,80})",
    re.IGNORECASE,
)
_EACH = re.compile(r"not authori[sz]ed to perform: ?([\w-]+:\w+)(?: on resource: (\S+))?", re.IGNORECASE)
_RESOURCE = re.compile(rf"\b(?:on )?(?:the )?resources?\s?:\s*[\"'`\[(]?({_NAME})", re.IGNORECASE)
_IMPLICIT = re.compile(
    r"because (?:no|the) ([a-z -]{3,60}?)\s+(?:\(?arn:\S+\)?\s+)?(?:allows?|grants?)\b", re.IGNORECASE
)
_EXPLICIT = re.compile(
    r"(?:explicit deny|explicitly denied)"
    r"(?: (?:in|by) (?:an? |the |your )?([a-z -]{3,60}?(?:policy|policies|boundary)))?"
    r"(?: transitively through (?:an? |the )?([a-z -]{3,60}?(?:policy|boundary)))?"
    rf"(?:\s*[:(]?\s*(arn:{_NAME}))?",
    re.IGNORECASE,
)
_DECODED = re.compile(r"\bexplicit deny: (true|false)\b", re.IGNORECASE)
_ENCODED = re.compile(r"encoded authorization failure message\W{1,4}([\w+/=-]{16,})", re.IGNORECASE)
_POLICY_ARN = re.compile(r"arn:aws[a-z-]*:(?:iam|organizations)::[^\s\"'`<>;,]{0,200}policy/[^\s\"'`<>;,)]{1,400}")
_TRAILING = ".,;:)]}"


@dataclass(frozen=True, slots=True)
class Denial:
    """What a message says of a denied request; None and () where it does not say it.

    `candidates`: the operations that it may be, where it names only an operation. `through`: the policy by which
    another one decided (a VPC endpoint's, by a service control policy).
    """

    text: str
    is_denial: bool
    code: str | None = None
    caller: str | None = None
    action: str | None = None
    operation: str | None = None
    candidates: tuple[Candidate, ...] = ()
    resource: str | None = None
    decided_by: PolicyType | None = None
    through: PolicyType | None = None
    explicit: bool | None = None
    policy_arn: str | None = None
    encoded: str | None = None
    # How many requests the message tells of.
    times: int = 1

    @property
    def actions(self) -> tuple[str, ...]:
        """The IAM action that was denied; several where the message does not tell which."""
        return (
            (self.action,)
            if self.action
            else tuple(dict.fromkeys(one for each in self.candidates for one in each.actions))
        )


def read_denial(message: str) -> Denial:
    """What a message says. Takes time in proportion to its length, of which `MAX_CHARACTERS` are read."""
    text = plain_text(message[:MAX_CHARACTERS])
    encoded = _ENCODED.search(text)
    if encoded:
        text = text.replace(encoded[1], "[encoded]")
    code = _CODE.search(text)
    action = _action(text)
    operation, found = candidates(text) if action is None else (candidates(text)[0], ())
    decoded = _DECODED.search(text)
    explicit, decided_by, through = _decision(text, decoded[1].lower() == "true" if decoded else None)
    caller = _CALLER.search(text)
    resource = _RESOURCE.search(text)
    arn = _POLICY_ARN.search(text, text.find("explicit")) if "explicit" in text else None
    return Denial(
        text=text,
        is_denial=bool(code or encoded or _SAID.search(text)),
        code=code[1] if code else None,
        caller=(caller[1] or caller[2]).rstrip(_TRAILING) if caller else None,
        action=action,
        operation=operation,
        candidates=found,
        resource=resource[1].rstrip(_TRAILING) if resource else None,
        decided_by=decided_by,
        through=through,
        explicit=explicit,
        policy_arn=arn[0].rstrip(_TRAILING) if arn and not decoded else None,
        encoded=encoded[1] if encoded else None,
        times=max(1, len({(one, on.rstrip(_TRAILING)) for one, on in _EACH.findall(text)})),
    )


def _action(text: str) -> str | None:
    found = _ACTION.search(text)
    return (spelled(found[1]) or found[1]) if found else None


def _decision(text: str, decoded: bool | None) -> tuple[bool | None, PolicyType | None, PolicyType | None]:
    """Whether a Deny decided, which kind of policy did, and through which other."""
    if decoded is not None:
        return decoded, None, None
    if found := _EXPLICIT.search(text):
        return True, _type(found[1]), _type(found[2])
    if found := _IMPLICIT.search(text):
        return False, _type(found[1]), None
    return None, None, None


def _type(words: str | None) -> PolicyType | None:
    said = (words or "").lower()
    return next((known for hint, known in _TYPES if hint in said), None)
