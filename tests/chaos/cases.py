"""What is asked for during a run: plans of every shape, each with names of its own: an effect tells whose it is."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tests.chaos.aws_proxy import REFUSED

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
READ_LOGS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "logs:DescribeLogGroups", "Resource": "*"}],
}
POLICIES = ("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess")
# In us-east-1 S3 accepts one's own bucket a second time: a call sent twice shows there.
BUCKET_REGIONS = ("us-east-1", "eu-west-1")

Step = dict[str, Any]
Then = Literal["approve", "reject", "leave", "cancel", "undo", "follow"]


@dataclass(frozen=True, slots=True)
class Case:
    """A plan to propose and what the person does with it; `then` "undo" and "follow" make a second plan.

    `{"$known": NAME}` in the steps stands for a value that is known only once the case runs: of an instance that was
    there before (`instance`), and in `follow_up` what the first plan's steps came to (`STEP.MEMBER`).
    """

    number: int
    shape: str
    goal: str
    steps: list[Step]
    then: Then = "approve"
    on_failure: Literal["undo", "keep"] = "undo"
    follow_up: tuple[Step, ...] = ()

    @property
    def needs_instance(self) -> bool:
        """Whether there has to be an instance before it is proposed."""
        return any("instance" in known_in(step) for step in self.steps)


def step(name: str, operation: str, /, *needs: str, **arguments: Any) -> Step:
    return {"id": name, "operation": operation, "arguments": arguments, "needs": list(needs)}


def known_in(value: Any) -> list[str]:
    """The names of the values that are not known yet."""
    if isinstance(value, dict):
        if "$known" in value:
            return [value["$known"]]
        value = list(value.values())
    return [name for item in value for name in known_in(item)] if isinstance(value, list) else []


def filled(value: Any, known: dict[str, Any]) -> Any:
    """The value with what is known now in its place. Raises KeyError where it is not."""
    if isinstance(value, dict):
        if "$known" in value:
            return known[value["$known"]]
        return {name: filled(item, known) for name, item in value.items()}
    return [filled(item, known) for item in value] if isinstance(value, list) else value


class Names:
    """The names of one case's resources, all with its number in them; `what` is a letter and a digit."""

    def __init__(self, tag: str, number: int) -> None:
        self.stem = f"{tag}-{number:05d}"

    def of(self, what: str) -> str:
        return f"{self.stem}-{what}"


Build = Callable[[Names, random.Random], dict[str, Any]]


def bucket(names: Names, what: str, region: str, *needs: str) -> Step:
    return step(what, "create_s3_bucket", *needs, bucket_name=names.of(what), region=region)


def role(names: Names, what: str, *needs: str, **more: Any) -> Step:
    return step(what, "create_iam_role", *needs, name=names.of(what), policy_document=TRUST, **more)


def attach(role_step: str, policy: str, name: str = "attach") -> Step:
    return step(name, "assign_policy_to_role", role_name={"$from": f"{role_step}.role_name"}, policy_arn=policy)


def function(names: Names, what: str, role_step: str, *needs: str) -> Step:
    return step(
        what,
        "create_lambda_function",
        *needs,
        function_name=names.of(what),
        runtime="python3.13",
        handler="app.handler",
        role_arn={"$from": f"{role_step}.arn"},
    )


def make_case(tag: str, number: int, rng: random.Random) -> Case:
    """The case of a number: the same for the same random source."""
    from tests.chaos.general_cases import SHAPES as GENERAL  # whose parts are this module's

    shapes = {**_SHAPES, **GENERAL}
    shape = rng.choices(list(shapes), weights=[weight for weight, _ in shapes.values()])[0]
    made = shapes[shape][1](Names(tag, number), rng)
    return Case(number=number, shape=shape, goal=f"{shape} {tag}-{number:05d}", **made)


def _one_bucket(names: Names, rng: random.Random) -> dict[str, Any]:
    return {"steps": [bucket(names, "b0", rng.choice(BUCKET_REGIONS))]}


def _one_role(names: Names, rng: random.Random) -> dict[str, Any]:
    return {"steps": [role(names, "r0", **({"permissions": READ_LOGS} if rng.random() < 0.5 else {}))]}


def _role_and_policy(names: Names, rng: random.Random) -> dict[str, Any]:
    return {"steps": [role(names, "r0"), attach("r0", rng.choice(POLICIES))]}


def _function_with_role(names: Names, rng: random.Random) -> dict[str, Any]:
    return {"steps": [role(names, "r0"), attach("r0", rng.choice(POLICIES)), function(names, "f0", "r0", "attach")]}


def _side_by_side(names: Names, rng: random.Random) -> dict[str, Any]:
    buckets = [bucket(names, f"b{n}", rng.choice(BUCKET_REGIONS)) for n in range(rng.randint(2, 4))]
    return {"steps": [*buckets, role(names, "r0")]}


def _fails(names: Names, rng: random.Random) -> dict[str, Any]:
    """The last step is refused by AWS; what was made before is to be undone, or kept."""
    made = [
        bucket(names, "b0", rng.choice(BUCKET_REGIONS)),
        role(names, "r0", "b0"),
        attach("r0", rng.choice(POLICIES)),
    ]
    made = made[: rng.randint(1, 3)]
    last = made[-1]["id"]
    wrong = f"{REFUSED}-b1"
    refused = bucket(names, wrong, "eu-west-1", last) if rng.random() < 0.5 else role(names, f"{REFUSED}-r1", last)
    return {"steps": [*made, refused], "on_failure": "keep" if rng.random() < 0.3 else "undo"}


def _left(names: Names, rng: random.Random) -> dict[str, Any]:
    return _one_bucket(names, rng) | {"then": "reject" if rng.random() < 0.4 else "leave"}


def _cancelled(names: Names, rng: random.Random) -> dict[str, Any]:
    chain = [bucket(names, "b0", rng.choice(BUCKET_REGIONS))]
    for n in range(1, 5):
        chain.append(bucket(names, f"b{n}", rng.choice(BUCKET_REGIONS), f"b{n - 1}"))
    return {"steps": chain, "then": "cancel"}


def _undone(names: Names, rng: random.Random) -> dict[str, Any]:
    return _role_and_policy(names, rng) | {"then": "undo"}


def _deleted(names: Names, rng: random.Random) -> dict[str, Any]:
    policy = rng.choice(POLICIES)
    follow_up = (
        step("d1", "detach_policy_from_role", role_name=names.of("r0"), policy_arn=policy),
        step("d2", "delete_iam_role", "d1", name=names.of("r0")),
        step("d3", "delete_s3_bucket", bucket_name=names.of("b0")),
    )
    made = [role(names, "r0"), attach("r0", policy), bucket(names, "b0", rng.choice(BUCKET_REGIONS))]
    return {"steps": made, "then": "follow", "follow_up": follow_up}


_SHAPES: dict[str, tuple[int, Build]] = {
    "bucket": (8, _one_bucket),
    "role": (7, _one_role),
    "role with policy": (6, _role_and_policy),
    "function with role": (6, _function_with_role),
    "side by side": (6, _side_by_side),
    "fails": (6, _fails),
    "not approved": (12, _left),
    "cancelled": (4, _cancelled),
    "undone": (4, _undone),
    "deleted": (4, _deleted),
}
