"""Finds what a change asks for beyond the operations' arguments: a plan that left it out would be another change."""

import re
from collections.abc import Sequence

from sandbox.model.changes.change_request import ChangeRequest
from sandbox.model.phrasing import join
from sandbox.model.reading.vocabulary import word_set
from sandbox.model.tools import CREATED
from sandbox.model.types import Focus, Token

_PROPERTY = re.compile(
    r"(?i)\b(?:(?:with(?:out)?|and|no|having)\s+)?(?:(?:an?|the|some|server[- ]side|default|static|strict)\s+)*"
    r"(?:encrypted|encryption|kms(?: keys?)?|versioned|versioning|publicly (?:readable|accessible)|public|private|"
    r"website(?: hosting)?|lifecycle(?: (?:rules?|policy|policies))?|replication|replicated|access logging|logging|"
    r"object lock|cors|tagged|tags?|timeout|memory|environment variables?|env vars?|layers?|vpc|subnets?|concurrency|"
    r"triggers?|arm64|graviton|permissions? boundary|boundary|retention)\b(?:\s+(?:enabled|on|turned on|off|disabled))?"
)
_PARTS = word_set(
    "tag tags versioning encryption lifecycle logging website replication cors trigger triggers logs log contents "
    "content everything version versions notification notifications alarm alarms boundary description"
)
_PLACES = word_set("from of on in off inside within under")


def properties_beyond(focus: Focus, request: ChangeRequest) -> str:
    """What a request to make something says of it that no operation sets, in its words; empty for nothing."""
    if not request.makes:
        return ""
    plain = " ".join("·" if token.kind in ("name", "quoted", "arn") else token.text for token in focus.tokens)
    found = [
        re.sub(r"(?i)^(?:(?:an?|the|some|and)\s+)+", "", match.group().strip()) for match in _PROPERTY.finditer(plain)
    ]
    return join([f"“{phrase}”" for phrase in dict.fromkeys(found)])


def refusal(properties: str) -> str:
    """What the model says instead of proposing less than was asked for."""
    return (
        f"I can't set {properties}: none of the operations I have does. A plan without it would not be what you asked "
        "for, so I propose nothing. Ask for it without that if that will do."
    )


def is_of_something_else(tokens: Sequence[Token]) -> bool:
    """Whether a delete command (its verb first) is about no resource of ours, but a part of one or another thing."""
    head: list[Token] = []
    for token in tokens[1:]:
        if token.word in _PLACES and head:
            break
        head.append(token)
    if any(token.concept in CREATED for token in head):
        return False
    return any(token.concept in ("object", "other", "ec2", "trust") or token.word in _PARTS for token in head)
