"""The evaluator against the sandbox's own engine, written independently: thousands of cases, the same answers."""

from __future__ import annotations

import json
from collections import Counter
from random import Random
from typing import Any

from sandbox.aws.iam.authorize import decide_from_policies
from sandbox.aws.iam.policy import AccessRequest
from shared.iam.evaluate import Verdict, evaluate

ACTIONS = ["s3:GetObject", "s3:PutObject", "S3:getobjectacl", "s3:ListBucket", "iam:CreateRole", "ec2:RunInstances"]
ACTION_PATTERNS = [*ACTIONS, "*", "*:*", "s3:*", "s3:Get*", "s3:*Object", "S3:GET?BJECT", "i*:*", "s3:.*", "ec2:Run?"]
RESOURCES = [
    "arn:aws:s3:::photos",
    "arn:aws:s3:::photos/ann/cat.jpg",
    "arn:aws:s3:::Photos/bob/[1].jpg",
    "arn:aws:iam::1:role/ann",
    "*",
]
RESOURCE_PATTERNS = [
    *RESOURCES,
    "arn:aws:s3:::*",
    "arn:aws:s3:::photos/*",
    "arn:aws:s3:::?hotos/*/cat.jpg",
    "arn:aws:s3:::photos/${aws:username}/*",
    "arn:aws:iam::1:role/${aws:username}",
    "arn:aws:s3:::photos/${aws:PrincipalTag/none}/*",
    "arn:*:role/*",
]
TEXTS = ["ann", "bob", "Ann", "a*", "a?n", "*", "", "${aws:username}", "${aws:PrincipalTag/none}"]
NUMBERS: list[Any] = ["10", 10, "9.5", 11, "-1", 0]
DATES: list[Any] = ["2024-01-01T00:00:00Z", "2024-01-01", "2023-06-01T12:00:00+02:00", 1704067200]
NETWORKS = ["203.0.113.0/24", "203.0.113.7", "2001:db8::/32", "0.0.0.0/0"]
ARNS = ["arn:aws:sns:eu-west-1:1:topic", "arn:aws:sns:*:1:*", "arn:aws:sns:*:*:top?c", "arn:aws:sqs:eu-west-1:1:topic"]
# Condition key, the operators that fit it, and the values that policies and requests have.
KEYS: dict[str, tuple[list[str], list[Any], list[Any]]] = {
    "aws:PrincipalTag/Team": (
        [
            "StringEquals",
            "StringNotEquals",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            "StringLike",
            "StringNotLike",
        ],
        TEXTS,
        ["ann", "bob", "Ann", "a*"],
    ),
    "s3:max-keys": (
        [
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ],
        NUMBERS,
        ["10", "9.5", "-1", "11"],
    ),
    "aws:CurrentTime": (
        [
            "DateEquals",
            "DateNotEquals",
            "DateLessThan",
            "DateLessThanEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
        ],
        DATES,
        ["2024-01-01T00:00:00Z", "2023-06-01T10:00:00Z", "1704067201"],
    ),
    "aws:SourceIp": (["IpAddress", "NotIpAddress"], NETWORKS, ["203.0.113.7", "198.51.100.1", "2001:db8::1"]),
    "aws:SourceArn": (["ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals"], ARNS, [ARNS[0], ARNS[3]]),
    "aws:SecureTransport": (["Bool"], ["true", "false", True, False], ["true", "false"]),
}


class Cases:
    """Random policies and requests, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def some(self, values: list[Any]) -> Any:
        """One value, or a list of one to three."""
        pick = self.random.choice
        return pick(values) if self.random.random() < 0.5 else [pick(values) for _ in range(self.random.randint(1, 3))]

    def condition(self) -> dict[str, dict[str, Any]]:
        pick = self.random.choice
        made: dict[str, dict[str, Any]] = {}
        for key in self.random.sample(list(KEYS), self.random.randint(0, 2)):
            operators, wanted, _ = KEYS[key]
            operator = pick([*operators, "Null"])
            if operator == "Null":
                made.setdefault("Null", {})[key] = pick(["true", "false"])
                continue
            operator += pick(["", "", "IfExists"])
            made.setdefault(operator, {})[pick([key, key.upper()])] = self.some(wanted)
        if self.random.random() < 0.2:
            operator = pick(["ForAllValues:", "ForAnyValue:"]) + pick(["StringEquals", "StringNotEquals", "StringLike"])
            made[operator] = {"aws:TagKeys": self.some(["a", "b", "c*"])}
        return made

    def statement(self) -> dict[str, Any]:
        pick = self.random.choice
        made = {
            "Effect": pick(["Allow", "Allow", "Deny"]),
            pick(["Action", "Action", "Action", "NotAction"]): self.some(ACTION_PATTERNS),
            pick(["Resource", "Resource", "Resource", "NotResource"]): self.some(RESOURCE_PATTERNS),
        }
        return made | ({"Condition": self.condition()} if self.random.random() < 0.5 else {})

    def policy(self) -> dict[str, Any]:
        return {"Version": "2012-10-17", "Statement": [self.statement() for _ in range(self.random.randint(1, 3))]}

    def policies(self, least: int, most: int) -> list[dict[str, Any]]:
        return [self.policy() for _ in range(self.random.randint(least, most))]

    def request(self) -> dict[str, Any]:
        context: dict[str, Any] = {"aws:username": "ann"} if self.random.random() < 0.5 else {}
        for key, (_, _, values) in KEYS.items():
            if self.random.random() < 0.5:
                context[key] = self.random.choice(values)
        if self.random.random() < 0.5:
            context["aws:TagKeys"] = [self.random.choice("abc") for _ in range(self.random.randint(1, 3))]
        return {
            "action": self.random.choice(ACTIONS),
            "resource": self.random.choice(RESOURCES),
            "context": context,
        }


def theirs(policies: list[Any], boundary: Any, session: list[Any], request: dict[str, Any]) -> str:
    context = request["context"]
    values = {key.lower(): tuple(value) if isinstance(value, list) else (value,) for key, value in context.items()}
    verdict = decide_from_policies(
        AccessRequest(request["action"], request["resource"], values),
        [json.dumps(policy) for policy in policies],
        None if boundary is None else json.dumps(boundary),
        [json.dumps(policy) for policy in session] or None,
    )
    return "allowed" if verdict.allowed else "explicit deny" if verdict.explicit else "denied"


def ours(verdict: Verdict) -> str:
    return "explicit deny" if verdict.kind == "explicit_deny" else verdict.decision


def has_doubt(policies: list[Any]) -> bool:
    return any(mark in json.dumps(policies) for mark in ("${", "arn:*:role/*"))


def test_both_engines_decide_alike() -> None:
    cases = Cases(2024)
    counts: Counter[str] = Counter()
    for _ in range(6000):
        policies, session, request = cases.policies(1, 2), cases.policies(0, 1), cases.request()
        boundary = cases.policy() if cases.random.random() < 0.3 else None
        verdict = evaluate(policies, boundary, session, **request)

        counts[ours(verdict)] += 1
        said = theirs(policies, boundary, session, request)
        explained = json.dumps([policies, boundary, session, request, verdict.reason], indent=1)
        if has_doubt([*policies, *session, boundary]):
            # The sandbox makes something of a variable without a value and of what is no ARN; AWS says nothing of it.
            assert verdict.decision == "unknown" or verdict.allowed is (said == "allowed"), explained
        else:
            assert ours(verdict) == said, explained
    # The cases are worth something: every outcome is among them, often.
    assert all(counts[outcome] > 300 for outcome in ("allowed", "denied", "explicit deny", "unknown")), counts


def test_knowing_less_never_turns_a_no_into_a_yes() -> None:
    cases = Cases(7)
    for _ in range(2000):
        policies, request = cases.policies(1, 2), cases.request()
        full = evaluate(policies, **request)
        less = evaluate(policies, **(request | {"context": {}}), complete=False)

        assert less.decision in ("unknown", full.decision), json.dumps([policies, request], indent=1)
