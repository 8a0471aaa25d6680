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
    r"explicit deny: true|\b(?:status(?: ?code)?|http(?:/[\d.]+)?|error|occurred)\W{0,3}403\b",
    re.IGNORECASE,
)
# AWS did not get as far as permissions: it takes nobody for signed in, and says 403 to that too.
_UNAUTHENTICATED = re.compile(
    r"\b(?:SignatureDoesNotMatch|InvalidSignature|InvalidClientTokenId|UnrecognizedClient|InvalidAccessKeyId|ExpiredToken"
    r"|InvalidToken|TokenRefreshRequired|RequestExpired|RequestTimeTooSkewed|IncompleteSignature|AuthFailure"
    r"|MissingAuthenticationToken|OptInRequired)(?:Exception)?\b"
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
_RESOURCE = re.compile(r"\b(?:on )?(?:the )?resources?\s?(?::\s*[\[(]?|\s(?=[\"'`]arn:))(?=[^\s<>;])", re.IGNORECASE)
_PLAIN_NAME = re.compile(_NAME)
_QUOTES = {'"': '"', "'": "'", "`": "'`"}
_IMPLICIT = re.compile(
    r"because (?:no|the) ([a-z -]{3,60}?)\s+(?:\(?arn:\S+\)?\s+)?(?:allows?|grants?)\b", re.IGNORECASE
)
_EXPLICIT = re.compile(
    r"(?<!\bno )(?<!\bnot )(?<!\bwithout )(?<!\bnot an )(?<!\bwithout an )(?:explicit deny|explicitly denied)"
    r"(?: (?:in|by) (?:an? |the |your )?([a-z -]{3,60}?(?:policy|policies|boundary)))?"
    r"(?: transitively through (?:an? |the )?([a-z -]{3,60}?(?:policy|boundary)))?"
    rf"(?:\s*[:(]?\s*(arn:{_NAME}))?",
    re.IGNORECASE,
)
_DECODED = re.compile(r"\bexplicit deny: (true|false)\b", re.IGNORECASE)
_ENCODED = re.compile(r"encoded authorization failure message\W{1,4}([\w+/=-]{16,})", re.IGNORECASE)
_POLICY_ARN = re.compile(r"arn:aws[a-z-]*:(?:iam|organizations)::[^\s\"'`<>;,]{0,200}policy/[^\s\"'`<>;,)]{1,400}")
_TRAILING = ".,;:)]}"
# What the AWS CLI prints of files before it names the error is no part of what AWS said.
_ERROR = re.compile(r"\bAn error occurred \(")
# Within one sentence: what comes later is about something else.
_SAME_SENTENCE = re.compile(r"[^.;<>{}\[\]]{0,80}")


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
    times = max(1, len({(one, on.rstrip(_TRAILING)) for one, on in _EACH.findall(text)}))
    first = _first(text)
    code = _CODE.search(first)
    action = _action(first)
    operation, found = candidates(first) if action is None else (candidates(first)[0], ())
    decoded = _DECODED.search(first)
    resource, rest = _resource(first)
    explicit, decided_by, through = _decision(rest, decoded[1].lower() == "true" if decoded else None)
    caller = _CALLER.search(first)
    arn = _POLICY_ARN.search(rest, rest.find("explicit")) if "explicit" in rest else None
    denied = code or encoded or _EACH.search(first) or (_SAID.search(first) and not _UNAUTHENTICATED.search(first))
    return Denial(
        text=text,
        is_denial=bool(denied),
        code=code[1] if code else None,
        caller=(caller[1] or caller[2]).rstrip(_TRAILING) if caller else None,
        action=action,
        operation=operation,
        candidates=found,
        resource=resource,
        decided_by=decided_by,
        through=through,
        explicit=explicit,
        policy_arn=arn[0].rstrip(_TRAILING) if arn and explicit and not decoded else None,
        encoded=encoded[1] if encoded else None,
        times=times,
    )


def _first(text: str) -> str:
    """The first denial of a text that tells of several, without what stands before the error itself."""
    if error := _ERROR.search(text):
        text = text[error.start() :]
    each = list(_EACH.finditer(text))
    return text[: each[1].start()] if len(each) > 1 else text


def _action(text: str) -> str | None:
    found = _ACTION.search(text)
    return (spelled(found[1]) or found[1]) if found else None


def _resource(text: str) -> tuple[str | None, str]:
    """The resource, and the text in which AWS says why: what follows a sentence that names action and resource.

    The name of an object may hold what reads like a reason.
    """
    said = _EACH.search(text)
    found = _RESOURCE.search(text)
    if found is None:
        return None, text[said.end(1) :] if said else text
    start = found.end()
    if text[start] in _QUOTES:
        end = _end_of_quoted(text, start)
        name = text[start + 1 : end]
    else:
        plain = _PLAIN_NAME.match(text, start)
        name, end = (plain[0].rstrip(_TRAILING), plain.end()) if plain else ("", start)
    if said is None or start < said.start():
        return name or None, text
    # Not what a later sentence says.
    rest = text[end:]
    reason = min(
        (one for one in (_EXPLICIT.search(rest), _IMPLICIT.search(rest)) if one), key=re.Match.start, default=None
    )
    near = reason is None or _SAME_SENTENCE.fullmatch(rest, 0, reason.start())
    return name or None, rest if near else ""


def _end_of_quoted(text: str, start: int) -> int:
    """Where the quotation that begins at `start` ends. A name may have quotation marks of its own."""
    marks = f"[{_QUOTES[text[start]]}]"
    before_reason = [
        one.start() for one in re.finditer(rf"{marks}(?=\s+(?:because|with an explicit)\b)", text[start + 1 :])
    ]
    if before_reason:
        return start + 1 + before_reason[-1]
    plain = re.search(rf"{marks}(?=[\s.,;:)\]}}]|$)", text[start + 1 :])
    return start + 1 + plain.start() if plain else len(text)


def _decision(text: str, decoded: bool | None) -> tuple[bool | None, PolicyType | None, PolicyType | None]:
    """Whether a Deny decided, which kind of policy did, and through which other. Of two reasons the first counts."""
    if decoded is not None:
        return decoded, None, None
    explicit, implicit = _EXPLICIT.search(text), _IMPLICIT.search(text)
    if explicit and not (implicit and implicit.start() < explicit.start()):
        return True, _type(explicit[1]), _type(explicit[2])
    if implicit:
        return False, _type(implicit[1]), None
    return None, None, None


def _type(words: str | None) -> PolicyType | None:
    said = (words or "").lower()
    return next((known for hint, known in _TYPES if hint in said), None)
