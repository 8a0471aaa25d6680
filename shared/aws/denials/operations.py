"""Which operation a message names, and the IAM actions that it needs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.access.levels import actions_of
from shared.aws_operations.catalogue import find_service
from shared.aws_operations.levels import services_with
from shared.errors import NotFound

# As the AWS CLI and boto3, the SDK for Go, CloudFormation, CloudTrail and Lambda name them.
_OPERATION = re.compile(
    r"calling the (?P<cli>\w{3,100}) operation"
    r"|operation error (?P<go_service>[\w .-]{2,60}?): (?P<go>\w{3,100})[,: ]"
    r"|\bAPI: (?P<cfn_service>[\w-]{2,60}):(?P<cfn>\w{3,100})"
    r"|\boperation: (?P<trail>\w{3,100})\b"
)
# What a function's role may not do, in the refusal of a call that is allowed itself.
_ON_BEHALF = re.compile(r"permissions? to call (?P<role>\w{3,100}) on (?P<role_service>[\w-]{2,60})")
_SERVICE = re.compile(
    r"\bService: (?P<java>(?:Amazon ?|AWS ?)?[\w.-]{2,60}?(?: [\w]{2,30}){0,3})[;,)]"
    r"|\bservice: (?P<trail>[\w-]{2,60})\.amazonaws\.com"
)
MOST = 8


@dataclass(frozen=True, slots=True)
class Candidate:
    """An operation in botocore's names, and the IAM actions that it needs."""

    service: str
    operation: str
    actions: tuple[str, ...]


def candidates(text: str) -> tuple[str | None, tuple[Candidate, ...]]:
    """The operation that the text names, and every one of AWS's that it may be; of one service where it names that."""
    found = _ON_BEHALF.search(text) or _OPERATION.search(text)
    if found is None:
        return None, ()
    named = {name: value for name, value in found.groupdict().items() if value}
    operation = next(value for name, value in named.items() if not name.endswith("_service"))
    service = _service(next((value for name, value in named.items() if name.endswith("_service")), None), text)
    services = services_with(operation)
    if service is not None:
        services = tuple(one for one in services if one == service) or (service,)
    known = [Candidate(one, operation, actions_of(one, operation)) for one in services]
    return operation, tuple(one for one in known if one.actions)[:MOST]


def _service(named: str | None, text: str) -> str | None:
    """botocore's name of the service; None where the text names none."""
    if named is None and (found := _SERVICE.search(text)):
        named = found["java"] or found["trail"]
    if named is None:
        return None
    try:
        return find_service(named)
    except NotFound:
        return None
