"""The IAM actions that AWS's handlers of a resource type need, as IAM knows them.

What a type declares of that is a start and not exact: some declare a service by another name ("efs:CreateFileSystem"),
an operation for its action ("s3:DeleteBucketCors"), a pattern ("s3:*"), or what is no action at all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from shared.access import action_data
from shared.access.levels import actions_of, level_of_action
from shared.access.prefixes import PREFIXES
from shared.messages import Effect
from shared.resource_types.catalogue import resource_type
from shared.resource_types.models import HandlerName, ResourceType

# An action, or a pattern of actions; IAM refuses a policy with anything else, such as "s3:REST.PUT.OBJECT".
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9*]+")
# Placeholders that some types have, and what IAM calls by another name.
_NONE = frozenset({"noservice"})
_ELSEWHERE = {"iam:AssumeRole": "sts:AssumeRole"}
# Services that others call for their own resources.
_HELPERS = frozenset({"ec2", "iam", "kms", "logs", "s3", "application-autoscaling"})
_READS = re.compile(r"(Describe|Get|List)")
_LOOKS = (Effect.LIST, Effect.READ, Effect.SENSITIVE_READ)


def handler_actions(kind: ResourceType, handler: HandlerName) -> tuple[str, ...]:
    """The actions, each once, as IAM spells them; patterns only where a type declares one."""
    return _handler_actions(kind.name, handler)


def prefix_of(kind: ResourceType) -> str:
    """The IAM prefix of the type's own actions: "elasticfilesystem" of AWS::EFS::FileSystem."""
    return _prefix_of(kind.name)


def word_of(kind: ResourceType) -> str:
    """What the type's own actions call it: "queue" of AWS::SQS::Queue."""
    return kind.name.rpartition("::")[2].lower()


@lru_cache(maxsize=1024)
def only_looks(action: str) -> bool:
    """Whether an action, or every action of a pattern, changes nothing; of an unknown service, by its verb."""
    prefix, _, name = action.partition(":")
    if "*" not in name:
        return level_of_action(action) in _LOOKS
    found = re.compile(re.escape(name.lower()).replace(r"\*", ".*"))
    named = [one for one in action_data.actions(prefix) if found.fullmatch(one)]
    return bool(_READS.match(name)) if not named else all(level_of_action(f"{prefix}:{one}") in _LOOKS for one in named)


@lru_cache(maxsize=4096)
def _prefix_of(name: str) -> str:
    """The prefix called like the service; else what most actions have, those first that are named like the type."""
    kind = resource_type(name)
    word, service = word_of(kind), kind.service.lower()
    counted: Counter[str] = Counter()
    for action in (action for handler in kind.handlers for action in handler_actions(kind, handler)):
        prefix = action.partition(":")[0]
        counted[prefix] += 100 if word in action.lower() else 0 if prefix in _HELPERS else 1
    called = [one for one in counted if one in (PREFIXES.get(service), service) or one.replace("-", "") == service]
    return called[0] if called else counted.most_common(1)[0][0] if counted else service


@lru_cache(maxsize=8192)
def _handler_actions(name: str, handler: HandlerName) -> tuple[str, ...]:
    kind = resource_type(name)
    found = kind.handlers[handler].actions if handler in kind.handlers else ()
    return tuple(dict.fromkeys(action for one in found for action in _as_iam_knows(one)))


def _as_iam_knows(declared: str) -> Iterator[str]:
    service, _, name = declared.strip().partition(":")
    prefix = service.lower()
    written = f"{prefix}:{name[:1].upper()}{name[1:]}"
    if not _ACTION.fullmatch(written) or prefix in _NONE:
        return
    if known := action_data.actions(prefix).get(name.lower()):
        yield f"{prefix}:{known['name']}"
    elif "*" in name:
        yield written
    else:
        # An operation, or a service, by botocore's name for it; what nobody knows stays as it is.
        yield from actions_of(prefix, written.partition(":")[2]) or (_ELSEWHERE.get(written, written),)
