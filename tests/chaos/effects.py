"""What a step may do to AWS: the effects of an operation, of its taking back, and what may come along with them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.chaos.aws_wire import resource_in
from tests.chaos.general_cases import BEFORE

Effect = tuple[str, str, str]
Aliases = Mapping[str, str]

# Calls an operation may make besides, each at most once, on the resources of its plan.
ALONG = ("s3:PutBucketTagging", "iam:TagRole", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "lambda:Post tags")
# What was detached from a role AWS does not keep; of the others it has neither a token nor a read that shows them.
DOUBTFUL = ("iam:DetachRolePolicy", "sqs:SendMessage", "cloudwatch:PutMetricData")
# Effects of which `resources` counts what they leave.
SHOWN = (
    *("s3:CreateBucket", "iam:CreateRole", "iam:AttachRolePolicy", "lambda:CreateFunction", "ec2:AllocateHosts"),
    *("cloudcontrol:CreateResource", "cloudcontrol:UpdateResource", "cloudwatch:PutMetricAlarm", "sqs:SendMessage"),
    *("ec2:StopInstances", "logs:PutRetentionPolicy", "dynamodb:TransactWriteItems"),
)
_CALL = re.compile(r"\b[a-z0-9-]+:[A-Z]\w+")
_BEFORE = {f"{type_name} {value}" for type_name, value in BEFORE.items()}
_INVERSES = {
    "cloudwatch:PutMetricAlarm": "cloudwatch:DeleteAlarms",
    "ec2:StopInstances": "ec2:StartInstances",
    "logs:PutRetentionPolicy": "logs:DeleteRetentionPolicy",
}


@dataclass(frozen=True, slots=True)
class Doing:
    """A step's effects when it was done, and those of its undoing."""

    done: tuple[Effect, ...]
    undone: tuple[Effect, ...] = ()


def doing_of(step: dict[str, Any], plan: dict[str, Any], aliases: Aliases | None = None) -> Doing:
    """The effects of a step of a plan as REST shows it; `aliases` are names of resources by AWS's identifiers."""
    arguments = {name: _resolved(value, plan) for name, value in step["arguments"].items()}
    if step["operation"] in _GENERAL:
        found = resource_in(json.dumps(arguments))
        return _GENERAL[step["operation"]](arguments, (aliases or {}).get(found, found))
    return _OPERATIONS[step["operation"]](arguments) if step["operation"] in _OPERATIONS else Doing(())


def doubted_call(step: dict[str, Any]) -> str:
    """The call of AWS that a step in doubt asks about: "iam:DetachRolePolicy"."""
    found = _CALL.search((step.get("error") or {}).get("detail", ""))
    return found.group() if found else ""


def is_shown(effect: Effect) -> bool:
    """Whether `resources` finds what the effect leaves; of updates those that were asked for."""
    name, _, detail = effect
    return name in SHOWN and not (name == "cloudcontrol:UpdateResource" and detail.endswith(tuple(_BEFORE)))


def taken_by(effect: Effect, undone: tuple[Effect, ...]) -> Iterator[Effect]:
    """The effects that take one back; an undo plan's step is the strongest form there is of the inverse."""
    yield from undone[:1]
    if effect[0] == "cloudwatch:PutMetricAlarm":
        yield ("cloudcontrol:DeleteResource", effect[1], "AWS::CloudWatch::Alarm")


def _resolved(value: Any, plan: dict[str, Any]) -> Any:
    """The value with what references will have, as far as names go: a resource's name, or an ARN that ends in it."""
    if isinstance(value, list):
        return [_resolved(item, plan) for item in value]
    if not isinstance(value, dict):
        return value
    if "$from" not in value:
        return {name: _resolved(item, plan) for name, item in value.items()}
    other = next(step for step in plan["steps"] if step["id"] == value["$from"].partition(".")[0])
    return resource_in(json.dumps(other["arguments"]))


def _create_bucket(arguments: dict[str, Any]) -> Doing:
    name = arguments["bucket_name"]
    return Doing((("s3:CreateBucket", name, ""),), (("s3:DeleteBucket", name, ""),))


def _create_role(arguments: dict[str, Any]) -> Doing:
    name, done = arguments["name"], [("iam:CreateRole", arguments["name"], "")]
    if arguments.get("permissions"):
        done.append(("iam:PutRolePolicy", name, f"{name}-permissions"))
    return Doing(tuple(done), (("iam:DeleteRole", name, ""),))


def _attach(arguments: dict[str, Any]) -> Doing:
    what = (arguments["role_name"], arguments["policy_arn"])
    return Doing((("iam:AttachRolePolicy", *what),), (("iam:DetachRolePolicy", *what),))


def _create_function(arguments: dict[str, Any]) -> Doing:
    name = arguments["function_name"]
    return Doing((("lambda:CreateFunction", name, ""),), (("lambda:DeleteFunction", name, ""),))


def _create_resource(arguments: dict[str, Any], name: str) -> Doing:
    what = (name, arguments["type_name"])
    return Doing((("cloudcontrol:CreateResource", *what),), (("cloudcontrol:DeleteResource", *what),))


def _update_resource(arguments: dict[str, Any], name: str) -> Doing:
    type_name = arguments["type_name"]
    [after] = arguments["changes"].values()
    made = ((("cloudcontrol:UpdateResource", name, f"{type_name} {value}"),) for value in (after, BEFORE[type_name]))
    return Doing(*made)


def _delete_resource(arguments: dict[str, Any], name: str) -> Doing:
    made = _create_resource(arguments, name)
    return Doing(made.undone, made.done)


def _call(arguments: dict[str, Any], name: str) -> Doing:
    called = f"{arguments['service']}:{arguments['operation']}"
    inverse = _INVERSES.get(called)
    if called in _INVERSES.values():
        inverse = next(one for one, other in _INVERSES.items() if other == called)
    return Doing(((called, name, ""),), ((inverse, name, ""),) if inverse else ())


_GENERAL: dict[str, Callable[[dict[str, Any], str], Doing]] = {
    "create_aws_resource": _create_resource,
    "update_aws_resource": _update_resource,
    "delete_aws_resource": _delete_resource,
    "change_aws": _call,
}
_OPERATIONS: dict[str, Callable[[dict[str, Any]], Doing]] = {
    "create_s3_bucket": _create_bucket,
    "create_iam_role": _create_role,
    "assign_policy_to_role": _attach,
    "create_lambda_function": _create_function,
    "delete_s3_bucket": lambda arguments: Doing(_create_bucket(arguments).undone),
    "delete_iam_role": lambda arguments: Doing((("iam:DeleteRole", arguments["name"], ""),)),
    "detach_policy_from_role": lambda arguments: Doing(_attach(arguments).undone, _attach(arguments).done),
    "delete_lambda_function": lambda arguments: Doing(_create_function(arguments).undone),
}
