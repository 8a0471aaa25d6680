"""The IAM user or role that an access denied message names as caller, and the read calls that show its policies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from services.bedrock_advisor.denied_answers import LookUp

_ARN = re.compile(r"arn:(aws[a-z-]*):(iam|sts)::(\d{12}):(user|role|assumed-role|root)(?:/(.+))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller: a user, a role's session, or neither. `principal`: as a policy names it, without a role's path."""

    kind: Literal["user", "role", "other"]
    name: str = ""
    principal: str | None = None

    def look_ups(self) -> Iterator[LookUp]:
        """The calls that show the caller's own policies and its boundary."""
        if self.kind == "role":
            shows = "the role's policies and its permissions boundary"
            yield LookUp(tool="describe_iam_role", arguments={"role_name": self.name}, shows=shows)
        if self.kind == "user":
            for operation, shows in (
                ("ListAttachedUserPolicies", "the managed policies of the user"),
                ("ListUserPolicies", "the inline policies of the user"),
                ("ListGroupsForUser", "the groups of the user, which have policies too"),
                ("GetUser", "the user's permissions boundary"),
            ):
                parameters: dict[str, JsonValue] = {"UserName": self.name}
                arguments: dict[str, JsonValue] = {"service": "iam", "operation": operation, "parameters": parameters}
                yield LookUp(tool="read_aws", arguments=arguments, shows=shows)


def caller_of(named: str | None) -> Caller:
    """The caller that a message names."""
    found = _ARN.fullmatch(named or "")
    if found is None or found[4] == "root" or not found[5]:
        return Caller("other", principal=named if found else None)
    partition, _, account, kind, rest = found.groups()
    if kind == "user":
        return Caller("user", rest.rpartition("/")[2], named)
    name = rest.partition("/")[0] if kind == "assumed-role" else rest.rpartition("/")[2]
    principal = f"arn:{partition}:iam::{account}:role/{name}" if kind == "assumed-role" else named
    return Caller("role", name, principal)
