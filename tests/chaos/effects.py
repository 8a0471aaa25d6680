"""What a step may do to AWS: the effects of an operation, of its taking back, and what may come along with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Effect = tuple[str, str, str]

# Calls an operation may make besides, each at most once, on the resources of its plan.
ALONG = ("s3:PutBucketTagging", "iam:TagRole", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "lambda:Post tags")


@dataclass(frozen=True, slots=True)
class Doing:
    """A step's effects when it was done, and those of its undoing."""

    done: tuple[Effect, ...]
    undone: tuple[Effect, ...] = ()


def doing_of(step: dict[str, Any], plan: dict[str, Any]) -> Doing:
    """The effects of a step of a plan as REST shows it."""
    arguments = {name: _resolved(value, plan) for name, value in step["arguments"].items()}
    return _OPERATIONS[step["operation"]](arguments) if step["operation"] in _OPERATIONS else Doing(())


def _resolved(value: Any, plan: dict[str, Any]) -> Any:
    """The value a reference will have, as far as names go: a role's or bucket's name, or an ARN that ends in it."""
    if not isinstance(value, dict) or "$from" not in value:
        return value
    other = next(step for step in plan["steps"] if step["id"] == value["$from"].partition(".")[0])
    names = ("name", "bucket_name", "role_name", "function_name")
    return next(other["arguments"][name] for name in names if name in other["arguments"])


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
