"""Orders to make a resource that no operation of ours makes, by its type: a queue, a topic, a log group …"""

import re
from dataclasses import dataclass

from sandbox.model.types import JsonObject, Proposal, Step

MAKE = "create_aws_resource"


@dataclass(frozen=True)
class Kind:
    """What a kind of resource is called, its type, the property that names it, and what it needs besides."""

    noun: str
    type_name: str
    name: str
    besides: tuple[tuple[str, str], ...] = ()


_KINDS = (
    Kind("queue", "AWS::SQS::Queue", "QueueName"),
    Kind("topic", "AWS::SNS::Topic", "TopicName"),
    Kind("log group", "AWS::Logs::LogGroup", "LogGroupName"),
    Kind("repository", "AWS::ECR::Repository", "RepositoryName"),
    Kind("security group", "AWS::EC2::SecurityGroup", "GroupName", (("GroupDescription", "{name}"),)),
)
_NOUNS = "|".join(kind.noun for kind in _KINDS)
# The whole message: what it says besides would be left out of the plan.
_ORDER = re.compile(
    r"(?i)^\W*(?:(?:please|can you|could you|would you|just|now)\s+)*(?:create|make|add|set up)\s+(?:me\s+)?"
    rf"(?:an?|the)\s+(?:new\s+)?(?:aws\s+|sqs\s+|sns\s+|cloudwatch\s+|ecr\s+|ec2\s+)?(?P<noun>{_NOUNS})\s+"
    r"(?:called\s+|named\s+)?[`'\"]?(?P<name>[\w/.-]*\w)[`'\"]?"
    r"(?:\s+in\s+(?:the\s+region\s+)?[a-z]{2}(?:-[a-z]+)+-\d)?(?:\s*,?\s*please)?\s*[.!?]*\s*$"
)


@dataclass(frozen=True)
class Made:
    """A resource that a message wants made."""

    kind: Kind
    name: str


def made_in(text: str) -> Made | None:
    """The resource that a message wants made; None where it wants none of these, or more than its name."""
    found = _ORDER.match(text)
    if found is None:
        return None
    kind = next(kind for kind in _KINDS if kind.noun == found["noun"].lower())
    return Made(kind, found["name"])


def making(made: Made, region: str) -> Proposal:
    """The plan that makes it."""
    properties: JsonObject = {made.kind.name: made.name}
    properties |= {name: text.format(name=made.name) for name, text in made.kind.besides}
    arguments: JsonObject = {"type_name": made.kind.type_name, "properties": properties}
    if region:
        arguments["region"] = region
    return Proposal((Step("make", MAKE, arguments),), goal=f"Create the {made.kind.noun} {made.name}")


def made_line(step: JsonObject) -> str:
    """A step that is done, in words."""
    result = step.get("result") or {}
    region = f" in {result['region']}" if result.get("region") else ""
    return f"Created the {result.get('type_name')} {result.get('identifier')}{region}"
