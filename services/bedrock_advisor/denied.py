"""The answer of `explain_denied` as far as the message itself supports it; Claude's words come beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import JsonValue

from services.bedrock_advisor import denied_words as words
from services.bedrock_advisor.callers import Caller, caller_of
from services.bedrock_advisor.denied_answers import DenialExplanation, LookUp
from services.bedrock_advisor.plain import short
from shared.access.action_data import spelled
from shared.access.arn_forms import forms_of
from shared.access.levels import level_of
from shared.aws.denials.read import Denial
from shared.iam.policy_json import PolicyDocument

_ASSUMES = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:TagSession")
_BY_TOKEN = ("sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
# The key of an S3 object may have any character.
_OBJECT = re.compile(r"arn:[\w-]+:s3:::[^/]+/", re.ASCII)
_BLOCKED = re.compile(r"prevented by the \w{4,40} setting in S3 Block Public Access")
_DECODE = "DecodeAuthorizationMessage"


def explained(denial: Denial) -> DenialExplanation:
    """What the message means, what would allow the request, and what it does not show."""
    caller = caller_of(denial.caller)
    policy = _allowing(denial, caller)
    decisive = denial.through or denial.decided_by
    about = words.KINDS[decisive] if decisive else None
    return DenialExplanation(
        is_denial=denial.is_denial,
        code=denial.code,
        caller=denial.caller,
        operation=denial.operation,
        action=denial.action or (denial.actions[0] if len(denial.actions) == 1 else None),
        candidates=denial.actions if len(denial.actions) > 1 else (),
        resource=denial.resource,
        decided_by=denial.decided_by,
        denial=None if denial.explicit is None else "explicit" if denial.explicit else "implicit",
        policy_arn=denial.policy_arn,
        encoded=denial.encoded is not None,
        meaning=tuple(_meaning(denial)),
        allowing_policy=policy,
        allowing_policy_goes_to=_place(denial) if policy else None,
        cannot_change=about.changed_by if about else None,
        not_shown=tuple(_not_shown(denial)) if denial.is_denial else (),
        look_up=tuple(_look_ups(denial, caller)) if denial.is_denial else (),
    )


def _meaning(denial: Denial) -> Iterator[str]:
    if not denial.is_denial:
        yield words.NO_DENIAL
        return
    yield _what_happened(denial)
    scp = denial.explicit and "service control policy" in (denial.decided_by, denial.through)
    if denial.explicit is not None:
        yield words.SCP_MAY_BE_IMPLICIT if scp else words.EXPLICIT if denial.explicit else words.IMPLICIT
    if denial.decided_by:
        yield words.KINDS[denial.decided_by].is_
        if denial.through:
            yield f"It came about through another. {words.KINDS[denial.through].is_}"
        yield words.OTHERS_MAY_DENY
    elif denial.action in _BY_TOKEN:
        yield words.WEB_IDENTITY
    elif denial.encoded:
        yield words.ENCODED
    else:
        yield words.PUBLIC_ACCESS if _public(denial) else words.UNKNOWN_KIND
        if denial.explicit is None and not _public(denial):
            yield words.UNKNOWN_EFFECT
        yield from _may_be_otherwise(denial)
    if denial.times > 1:
        yield words.SEVERAL_MESSAGES


def _what_happened(denial: Denial) -> str:
    who = short(denial.caller) if denial.caller else "The caller, whom the message does not name,"
    if denial.action:
        what = short(denial.action)
    elif denial.operation and denial.candidates:
        several = "one of " if len(denial.actions) > 1 else ""
        what = f"{several}{', '.join(denial.actions)}, which the operation {denial.operation} needs"
    elif denial.operation:
        what = f"the operation {denial.operation}"
    else:
        return words.BARE
    where = f" on {short(denial.resource)}" if denial.resource else ""
    by = f" The policy is {short(denial.policy_arn)}." if denial.policy_arn else ""
    return f"{who} was denied {what}{where}.{by}"


def _may_be_otherwise(denial: Denial) -> Iterator[str]:
    if denial.action == "sts:AssumeRole":
        yield words.ASSUME_ROLE
    if any(one.startswith("kms:") for one in denial.actions) or "ciphertext refers to" in denial.text:
        yield words.KMS_OR_MISSING
    if "s3:GetObject" in denial.actions:
        yield words.S3_OR_MISSING


def _allowing(denial: Denial, caller: Caller) -> PolicyDocument | None:
    """The smallest policy that allows the request; None where none would, or where the message lacks a part of it."""
    resource = _resource(denial)
    if denial.explicit or not denial.is_denial or len(denial.actions) != 1 or denial.encoded or _public(denial):
        return None
    [action] = denial.actions
    if spelled(action) is None and denial.action is None:
        return None
    statement: dict[str, JsonValue] = {"Effect": "Allow", "Action": action}
    if denial.decided_by in ("role trust policy", "resource-based policy"):
        if caller.principal is None:
            return None
        statement["Principal"] = {"AWS": caller.principal}
    if denial.decided_by != "role trust policy":
        if resource is None:
            return None
        statement["Resource"] = resource
    return {"Version": "2012-10-17", "Statement": [statement]}


def _resource(denial: Denial) -> str | None:
    """What the statement is about; `*` for an action that has no resources, None where the message does not show it."""
    shown = denial.resource
    if shown and _OBJECT.match(shown):
        return _literally(shown)
    if shown == "*" or (shown and shown.startswith("arn:") and shown.count(":") >= 5 and "***" not in shown):
        return shown
    [action, *_] = denial.actions or ("",)
    return "*" if shown is None and spelled(action) is not None and not forms_of(action) else None


def _public(denial: Denial) -> bool:
    """Whether S3's Block Public Access refused it, which no policy of IAM changes."""
    return bool(_BLOCKED.search(denial.text)) and denial.decided_by is None


def _literally(name: str) -> str:
    """A name in which nothing is a wildcard or a variable ("Variables and tags" in the IAM user guide)."""
    return re.sub(r"[*?]|\$(?=\{)", lambda found: f"${{{found[0]}}}", name)


def _place(denial: Denial) -> str:
    if denial.decided_by:
        return words.KINDS[denial.through or denial.decided_by].place
    return f"{words.KINDS['identity-based policy'].place}, unless something denies it explicitly"


def _not_shown(denial: Denial) -> Iterator[str]:
    if not denial.caller:
        yield "the caller"
    if len(denial.actions) != 1:
        yield "the action" if not denial.actions else "which of the possible actions it was"
    if not denial.resource and (len(denial.actions) != 1 or forms_of(denial.actions[0])):
        yield "the resource"
    if denial.explicit is None:
        yield "whether a Deny decided, or an Allow is missing"
    if not denial.decided_by:
        yield "which kind of policy decided"
    if not denial.policy_arn:
        yield "which policy it was"
    yield "the values of the condition keys"


def _look_ups(denial: Denial, caller: Caller) -> Iterator[LookUp]:
    if denial.encoded:
        yield _decoding(denial.encoded)
    kind = denial.decided_by
    if kind in (None, "identity-based policy", "permissions boundary"):
        yield from caller.look_ups()
    if kind == "role trust policy" or any(one in _ASSUMES for one in denial.actions):
        name = (denial.resource or "").rpartition("/")[2]
        if ":role/" in (denial.resource or "") and name:
            yield LookUp(tool="describe_iam_role", arguments={"role_name": name}, shows="the role's trust policy")
    if kind == "resource-based policy":
        of_service = f" of {denial.actions[0].partition(':')[0]}" if denial.actions else ""
        yield LookUp(
            tool="search_aws_operations",
            arguments={"query": f"get resource policy{of_service}"},
            shows="the operation that reads the resource's policy, for read_aws",
        )
    if "VPC endpoint policy" in (kind, denial.through):
        yield _read("ec2", "DescribeVpcEndpoints", {}, "the endpoints with their policies")
    if denial.policy_arn and ":organizations:" in denial.policy_arn:
        policy: dict[str, JsonValue] = {"PolicyId": denial.policy_arn.rpartition("/")[2]}
        yield _read("organizations", "DescribePolicy", policy, "the organization's policy, in its management account")
    elif denial.policy_arn:
        yield _read("iam", "GetPolicy", {"PolicyArn": denial.policy_arn}, "the policy and its current version")


def _read(service: str, operation: str, parameters: dict[str, JsonValue], shows: str) -> LookUp:
    arguments: dict[str, JsonValue] = {"service": service, "operation": operation, "parameters": parameters}
    return LookUp(tool="read_aws", arguments=arguments, shows=shows)


def _decoding(encoded: str) -> LookUp:
    """AWS classes the call as a write, so that it is a step of a plan where its level says so."""
    arguments: dict[str, JsonValue] = {
        "service": "sts",
        "operation": _DECODE,
        "parameters": {"EncodedMessage": encoded},
    }
    change = level_of("sts", _DECODE).is_change
    return LookUp(
        tool="change_aws" if change else "read_aws",
        arguments=arguments,
        shows="what the encoded message says"
        + (" (as a step of a plan, since AWS classes the call as a write)" if change else ""),
    )
