"""Turns wishes into a change: the steps of a plan, and what must be looked up or asked first."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from sandbox.model.history import Conversation
from sandbox.model.permissions import trust_policy
from sandbox.model.types import Call, Change, JsonObject, Outcome, Step
from sandbox.model.wish import Wish

BASIC_EXECUTION = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
_NOT_THERE = ("not_found", "role_not_found", "NoSuchEntity")
DEFAULT_RUNTIME = "python3.12"
_HANDLERS = {
    "python": "lambda_function.lambda_handler",
    "nodejs": "index.handler",
    "java": "example.Handler::handleRequest",
}
_HANDLERS |= {"ruby": "lambda_function.lambda_handler", "dotnet": "Function::Function.Handler::FunctionHandler"}


def creation(wish: Wish, conversation: Conversation, outcomes: list[Outcome]) -> Change:
    """The change that makes what a wish asks for."""
    region = wish.regions[0] if wish.regions else conversation.region
    if wish.buckets and not region:
        return Change(say="Which region should the bucket be created in? For example us-east-1 or eu-central-1.")
    if wish.functions and (wish.existing_role or wish.existing_role_arn) and not wish.roles:
        described = outcome_of(outcomes, "describe_iam_role", "role_name", wish.existing_role)
        if described and not wish.existing_role_arn and wish.policies and described.error.get("code") in _NOT_THERE:
            # "With the role x, full S3 access": whoever says what it may do wants it made.
            return _new_things(replace(wish, roles=[wish.existing_role], existing_role=""), region, conversation)
        role_arn = wish.existing_role_arn or _known_arn(wish.existing_role, outcomes, conversation)
        if isinstance(role_arn, Change):
            return role_arn
        return Change(
            _bucket_steps(wish, region, conversation) + _function_steps(wish, region, conversation, role_arn, ()),
            goal=f"Create {_listed('Lambda function', _function_names(wish, conversation))} "
            f"with the existing role {wish.existing_role or role_arn}",
        )
    return _new_things(wish, region, conversation)


def _new_things(wish: Wish, region: str, conversation: Conversation) -> Change:
    roles = [name or default_name("role", wish, conversation) for name in wish.roles]
    if wish.functions and not roles:
        roles = [_role_for(_function_names(wish, conversation)[0])]
    policies = list(wish.policies)
    if wish.functions and BASIC_EXECUTION not in policies and (not wish.roles or not policies):
        policies.append(BASIC_EXECUTION)
    trust, why = _trust(wish)
    steps = _bucket_steps(wish, region, conversation)
    for number, role in enumerate(roles):
        steps += _role_steps(role, "" if number == 0 else str(number + 1), trust, wish.permissions, policies)
    if wish.functions:
        waits = tuple(step.id for step in steps if step.operation in ("create_iam_role", "assign_policy_to_role"))
        steps += _function_steps(wish, region, conversation, {"$from": "role.arn"}, waits)
    goal = _goal(steps, roles, policies, why)
    return Change(steps, goal=goal)


def _trust(wish: Wish) -> tuple[JsonObject, str]:
    """The trust policy, and a note where nobody said whom to trust."""
    if wish.trust_document:
        return wish.trust_document, ""
    services = list(wish.trusted)
    if wish.functions and "lambda.amazonaws.com" not in services:
        services.insert(0, "lambda.amazonaws.com")
    if services or wish.trusted_account:
        return trust_policy(services, wish.trusted_account), ""
    return trust_policy(["lambda.amazonaws.com"]), " (trusting AWS Lambda, as no trusted service was named)"


def _bucket_steps(wish: Wish, region: str, conversation: Conversation) -> tuple[Step, ...]:
    steps = []
    for number, name in enumerate(wish.buckets):
        chosen = name or default_name("bucket", wish, conversation, number)
        identifier = "bucket" if number == 0 else f"bucket{number + 1}"
        place = wish.regions[number] if len(wish.regions) == len(wish.buckets) else region
        steps.append(Step(identifier, "create_s3_bucket", {"bucket_name": chosen, "region": place}))
    return tuple(steps)


def _role_steps(
    name: str, suffix: str, trust: JsonObject, permissions: JsonObject | None, policies: list[str]
) -> tuple[Step, ...]:
    arguments: JsonObject = {"name": name, "policy_document": trust}
    if permissions:
        arguments["permissions"] = permissions
    role = f"role{suffix}"
    steps = [Step(role, "create_iam_role", arguments)]
    for number, policy in enumerate(policies):
        identifier = f"policy{suffix}" if number == 0 else f"policy{suffix}_{number + 1}"
        steps.append(
            Step(
                identifier,
                "assign_policy_to_role",
                {"role_name": {"$from": f"{role}.role_name"}, "policy_arn": policy},
                (role,),
            )
        )
    return tuple(steps)


def _function_steps(
    wish: Wish, region: str, conversation: Conversation, role_arn: str | JsonObject, needs: tuple[str, ...]
) -> tuple[Step, ...]:
    steps = []
    runtime = wish.runtime or DEFAULT_RUNTIME
    family = "".join(letter for letter in runtime.split(".")[0] if letter.isalpha())
    for number, name in enumerate(_function_names(wish, conversation)):
        arguments: JsonObject = {
            "function_name": name,
            "runtime": runtime,
            "handler": wish.handler or _HANDLERS.get(family, "index.handler"),
            "role_arn": role_arn,
        }
        if wish.package:
            arguments["zip_file_path"] = wish.package
        if region:
            arguments["region"] = region
        identifier = "function" if number == 0 else f"function{number + 1}"
        steps.append(Step(identifier, "create_lambda_function", arguments, needs))
    return tuple(steps)


def _function_names(wish: Wish, conversation: Conversation) -> list[str]:
    return [name or default_name("function", wish, conversation, number) for number, name in enumerate(wish.functions)]


def _role_for(function: str) -> str:
    return f"{function[:59]}-role"


def default_name(kind: str, wish: Wish, conversation: Conversation, number: int = 0) -> str:
    """A name where the user gave none: what it is for, and a suffix that one plan shares and the next does not."""
    digest = hashlib.sha256(f"{conversation.salt}\n{number}".encode()).hexdigest()[:6]
    words = ["lambda"] if wish.functions and kind == "role" else []
    for arn in wish.policies[:1]:
        service = arn.rsplit("/", 1)[-1].removeprefix("Amazon").removeprefix("AWS").lstrip("_")
        short = next((short for short in ("S3", "DynamoDB", "SQS", "SNS", "EC2") if service.startswith(short)), "")
        words += [short.lower()] if short and kind == "role" else []
    return "-".join(["assistant", *words, kind, digest])


def attachment(wish: Wish, conversation: Conversation) -> Change:
    """The change that attaches policies to roles that exist."""
    if not wish.policies:
        return Change(
            say="Which policy should be attached? Name its ARN or an AWS managed policy, "
            "for example AmazonS3ReadOnlyAccess."
        )
    steps: list[Step] = []
    for role in wish.attach_to:
        for policy in wish.policies:
            identifier = "policy" if not steps else f"policy_{len(steps) + 1}"
            steps.append(Step(identifier, "assign_policy_to_role", {"role_name": role, "policy_arn": policy}))
    names = ", ".join(policy.rsplit("/", 1)[-1] for policy in wish.policies)
    return Change(tuple(steps), goal=f"Attach {names} to {_listed('role', wish.attach_to)}")


def detachment(wish: Wish, outcomes: list[Outcome]) -> Change:
    """The change that detaches policies; a policy described in words is looked up on its role first."""
    steps: list[Step] = []
    for role, policies, words in wish.detach:
        if not role:
            return Change(say="From which role should the policy be detached?")
        found = policies
        described = outcome_of(outcomes, "describe_iam_role", "role_name", role)
        if described is None:
            return Change(lookups=(Call("describe_iam_role", {"role_name": role}),))
        if described.ok:
            attached = [str(each.get("policy_arn")) for each in described.result.get("attached_policies") or []]
            found = _attached_match(policies, attached, words)
            if not found:
                names = ", ".join(arn.rsplit("/", 1)[-1] for arn in attached) or "no managed policy"
                return Change(say=f"I found no such policy on the role {role}: it has {names} attached.")
        for policy in found:
            identifier = "policy" if not steps else f"policy_{len(steps) + 1}"
            steps.append(Step(identifier, "detach_policy_from_role", {"role_name": role, "policy_arn": policy}))
    if not steps:
        return Change(say="Which policy should be detached? Name its ARN or its name.")
    names = ", ".join(str(step.arguments["policy_arn"]).rsplit("/", 1)[-1] for step in steps)
    return Change(tuple(steps), goal=f"Detach {names} from {steps[0].arguments['role_name']}")


def _attached_match(wanted: list[str], attached: list[str], words: str) -> list[str]:
    """The attached policies that are meant: by ARN, by their name in the words, or by the service they are for."""
    exact = [arn for arn in attached if arn in wanted]
    if exact:
        return exact
    lowered = words.lower()
    by_name = [arn for arn in attached if arn.rsplit("/", 1)[-1].lower() in lowered]
    if by_name:
        return by_name
    services = ("s3", "dynamodb", "sqs", "sns", "ec2", "lambda", "logs", "rds", "kinesis", "iam")
    spoken = [service for service in services if service in lowered]
    by_service = [arn for arn in attached if any(service in arn.rsplit("/", 1)[-1].lower() for service in spoken)]
    if by_service:
        return by_service
    return attached if not spoken and (len(attached) == 1 or "all" in lowered.split()) else []


def outcome_of(outcomes: list[Outcome], tool: str, key: str, value: str) -> Outcome | None:
    """The outcome of a call already made in this turn with this argument."""
    return next((each for each in outcomes if each.call.name == tool and each.call.arguments.get(key) == value), None)


def _known_arn(role: str, outcomes: list[Outcome], conversation: Conversation) -> str | Change:
    """The ARN of a role by its name; a change with a lookup while it is unknown."""
    described = outcome_of(outcomes, "describe_iam_role", "role_name", role)
    if described is None:
        return Change(lookups=(Call("describe_iam_role", {"role_name": role}),))
    if described.ok and described.result.get("arn"):
        return str(described.result["arn"])
    detail = described.error.get("detail") or "it could not be read"
    return Change(say=f"I did not propose a function, because I could not use the role {role}: {detail}")


def _listed(noun: str, names: list[str]) -> str:
    return f"{noun}{'s' if len(names) > 1 else ''} {', '.join(names)}"


def _goal(steps: tuple[Step, ...], roles: list[str], policies: list[str], why: str) -> str:
    parts = []
    buckets = [str(step.arguments["bucket_name"]) for step in steps if step.operation == "create_s3_bucket"]
    functions = [str(step.arguments["function_name"]) for step in steps if step.operation == "create_lambda_function"]
    if buckets:
        parts.append(_listed("bucket", buckets))
    if roles:
        names = ", ".join(policy.rsplit("/", 1)[-1] for policy in policies)
        parts.append(_listed("role", roles) + (f" with {names}" if names else "") + why)
    if functions:
        parts.append(_listed("Lambda function", functions) + (" using that role" if roles else ""))
    return "Create " + " and ".join(parts)
