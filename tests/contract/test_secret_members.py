"""Every operation of AWS that the informational agent may call, walked in botocore's models: no secret is left in one.

The words are the test's own. A new version of botocore that brings such a member fails here: then it is stripped by a
rule in `shared/access/secret_members.py`, or somebody has looked at it and it is among the reviewed ones below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import botocore.session
import pytest

from shared.access.guard import READ_ONLY
from shared.access.secret_members import NAMED, holds_secret, is_value

WORDS = re.compile(
    r"password|passphrase|secret|credential|privatekey|apikey|accesskey|sharedkey|authkey|streamkey|connectionstring"
    r"|jdbc|userdata|environment|envvar|bearer|(access|auth|refresh|session|security|id|oauth|device|join|api)token"
    r"|^token$|activationcode|configurationvalues|stagevariables"
)
# Members with such a word that hold no secret, by service where the name alone does not say so.
REFERENCE = re.compile(
    r"(arns?|ids?|names?|types?|status|states?|state|versions?|policy|locations?|expiration|date|time|age|hours|days"
    r"|minutes|seconds|length|count|algorithm|behavior|sources?|providers?|issuers?|endpoint|authority|audiences"
    r"|identifier|metadata|summaries|kmskey|mode|domains?|field|xpath|attribute|format|scheme|methods?|method|prefix"
    r"|roles?|enabled|link|host|scopes?|alias|tostages|stringkey|details|requirements|vendor|url|urls|label|key)$"
)
REVIEWED = {
    # What a thing runs in, not what is in its environment: names, ARNs and kinds.
    "amplifybackend": {"BackendEnvironmentList"},
    "application-signals": {"Environment"},
    "batch": {"computeEnvironment", "serviceEnvironment"},
    "drs": {"originEnvironment"},
    "ec2": {"TargetEnvironment"},
    "invoicing": {"Environment"},
    "iot": {"environments"},
    "kinesisanalyticsv2": {"RuntimeEnvironment"},
    "mgn": {"sourceEnvironment"},
    "migrationhuborchestrator": {"runEnvironment"},
    "mwaa": {"EnvironmentClass", "Environments"},
    "storagegateway": {"HostEnvironment"},
    "wellarchitected": {"Environment"},
    # The name of a header, and where in a request a key is.
    "apigatewayv2": {"ApiKeySelectionExpression"},
    "devops-agent": {"apiKeyHeader"},
    # ARNs of policies and of files in S3.
    "datazone": {"environmentRolePermissionBoundary"},
    "ecs": {"environmentFiles"},
    "pipes": {"EnvironmentFiles"},
    "securityhub": {"ApiKeySelectionExpression", "EnvironmentFiles"},
}


@lru_cache(maxsize=1)
def session() -> botocore.session.Session:
    return botocore.session.Session()


def callable_operations(service: str) -> Iterator[Any]:
    model = session().get_service_model(service)
    for name in model.operation_names:
        if READ_ONLY.allows(service, name):
            operation = model.operation_model(name)
            if operation.output_shape is not None:
                yield operation


def left_in(service: str, shape: Any, seen: set[str], found: set[tuple[str, str]]) -> None:
    """Collect the (structure, member) that are texts or blobs, have one of the words, and are not stripped."""
    if shape.type_name == "list":
        left_in(service, shape.member, seen, found)
    elif shape.type_name == "map":
        left_in(service, shape.value, seen, found)
    elif shape.type_name == "structure" and shape.name not in seen:
        seen.add(shape.name)
        for member, target in shape.members.items():
            if holds_secret(service, shape.name, member, target):
                continue
            if suspicious(service, member, target):
                found.add((shape.name, member))
            left_in(service, target, seen, found)


def suspicious(service: str, member: str, target: Any) -> bool:
    leaf = target
    while leaf.type_name in ("list", "map"):
        leaf = leaf.member if leaf.type_name == "list" else leaf.value
    name = re.sub(r"[^a-z0-9]", "", member.lower())
    if not WORDS.search(name) or REFERENCE.search(name) or member in REVIEWED.get(service, ()):
        return False
    if leaf.type_name == "structure":
        # A list of entries with a value is an environment; other structures are judged by their members.
        return leaf is not target and bool(re.search("env|variables", name)) and any(map(is_value, leaf.members))
    return leaf.type_name in ("string", "blob") and not getattr(leaf, "enum", None)


def test_no_operation_that_the_informational_agent_may_call_answers_with_a_secret() -> None:
    left = {}
    walked = 0
    for service in session().get_available_services():
        found: set[tuple[str, str]] = set()
        seen: set[str] = set()
        for operation in callable_operations(service):
            walked += 1
            left_in(service, operation.output_shape, seen, found)
        if found:
            left[service] = sorted(found)
    assert walked > 5000
    assert left == {}


def test_every_member_that_a_table_names_is_one_of_awss() -> None:
    for service, members in NAMED.items():
        named: set[tuple[str, str]] = set()
        model = session().get_service_model(service)
        for shape_name in model.shape_names:
            shape = model.shape_for(shape_name)
            if shape.type_name == "structure":
                named |= {(shape_name, member) for member in shape.members}
        assert members - named == set(), service


def test_what_was_reviewed_is_still_there() -> None:
    for service, members in REVIEWED.items():
        named = {
            member for operation in callable_operations(service) for member in members_of(operation.output_shape, set())
        }
        assert members - named == set(), service


def members_of(shape: Any, seen: set[str]) -> Iterator[str]:
    if shape.type_name == "list":
        yield from members_of(shape.member, seen)
    elif shape.type_name == "map":
        yield from members_of(shape.value, seen)
    elif shape.type_name == "structure" and shape.name not in seen:
        seen.add(shape.name)
        for member, target in shape.members.items():
            yield member
            yield from members_of(target, seen)


@pytest.mark.parametrize(
    "service", ["ec2", "iam", "lambda", "ecs", "rds", "logs", "cloudformation", "ssm", "codepipeline"]
)
def test_no_page_token_is_stripped(service: str) -> None:
    paginators = session().get_paginator_model(service)
    checked = 0
    for operation in callable_operations(service):
        try:
            tokens = paginators.get_paginator(operation.name)["output_token"]
        except ValueError:
            continue
        for token in [tokens] if isinstance(tokens, str) else tokens:
            target = operation.output_shape.members.get(token.split(".")[0])
            if target is not None and target.type_name == "string":
                checked += 1
                assert not holds_secret(service, operation.output_shape.name, token, target), operation.name
    assert checked
