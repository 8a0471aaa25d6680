"""Fills the account: identities and objects straight into moto, all else by requests as of any client."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
from moto.ec2.models import ec2_backends
from moto.iam.models import IAMBackend, iam_backends
from moto.moto_api._internal import mock_random
from moto.s3.models import s3_backends

from sandbox.aws.account.contents import (
    ADMIN_NAME,
    ASSISTANT_PERMISSIONS,
    ASSUME_ASSISTANT_ROLE,
    BUCKETS,
    FUNCTIONS,
    INSTANCES,
    MANAGED_POLICIES,
    ROLE_NAME,
    ROLES,
    USER_NAME,
)
from sandbox.aws.account.keys import Keys
from sandbox.aws.account.organization import members
from sandbox.aws.account.past_events import past_events
from sandbox.aws.account.role_policies import attach_change_policies, attach_read_policies
from sandbox.aws.account.seed_holdings import seed_holdings
from sandbox.aws.account.seed_members import seed_members
from sandbox.aws.account.seed_parts import ClientFactory, create_function, launch, long_ago
from sandbox.aws.moto.patches import ACCOUNT_ID, ENABLED_REGIONS
from sandbox.aws.protocol.in_process import sender
from sandbox.aws.protocol.wsgi import WsgiApp
from sandbox.aws.trail.event import Event


def seed(keys: Keys, door: WsgiApp, endpoint: str, happened: Callable[[Event], None]) -> None:
    """Create everything `contents.py` describes, by requests that `door` answers as the server at `endpoint`.

    They need no socket: both ends of each would be in this process. `happened` is told what CloudTrail's history shows
    of the time before.
    """
    mock_random.seed(20_260_101)  # ids such as i-0abc… are the same in every sandbox
    seed_identities(keys)
    seed_buckets()
    session = boto3.Session(keys.admin.access_key_id, keys.admin.secret_access_key)
    session.events.register("before-send", sender(door))

    @cache  # making a client takes longer than most requests
    def client(service: str, region: str) -> Any:
        return session.client(service, region_name=region, endpoint_url=endpoint)

    instances = _seed_instances(client)
    _seed_functions(client)
    seed_holdings(client)
    seed_members(members(), session, endpoint)
    for event in past_events(ACCOUNT_ID, instances):
        happened(event)
    mock_random.seed()  # what users create afterwards gets fresh ids


def warm_up_regions(made: Callable[[str], None]) -> None:
    """Touch the first account's EC2 in every region: moto builds a region's default VPC and images on first use, about
    0.1 s each. In the other accounts that waits until somebody asks."""
    for region in ENABLED_REGIONS:
        _ = ec2_backends[ACCOUNT_ID][region]
        made(region)


def seed_identities(keys: Keys) -> None:
    """Users with the given keys, a group, managed policies and roles."""
    iam: IAMBackend = iam_backends[ACCOUNT_ID]["aws"]
    for name, document in MANAGED_POLICIES.items():
        iam.create_policy(description="", path="/", policy_document=json.dumps(document), policy_name=name, tags=[])
    for role in ROLES:
        created = iam.create_role(
            role.name, json.dumps(role.trust_policy), "/", None, role.description, [], str(role.max_session_seconds)
        )
        created.create_date = long_ago()
        for name, inline in (role.inline or {}).items():
            created.put_policy(name, json.dumps(inline))
        for arn in role.attached:
            iam.attach_role_policy(arn, role.name)
        if role.name == ROLE_NAME:
            attach_read_policies(iam, role.name)
            attach_change_policies(iam, role.name)
    _user(iam, USER_NAME, keys.user.access_key_id, keys.user.secret_access_key)
    iam.put_user_policy(USER_NAME, "AssistantPermissions", json.dumps(ASSISTANT_PERMISSIONS))
    iam.put_user_policy(USER_NAME, "AssumeAssistantRole", json.dumps(ASSUME_ASSISTANT_ROLE))
    _user(iam, ADMIN_NAME, keys.admin.access_key_id, keys.admin.secret_access_key)
    iam.attach_user_policy("arn:aws:iam::aws:policy/AdministratorAccess", ADMIN_NAME)
    iam.create_group("developers")
    iam.attach_group_policy("arn:aws:iam::aws:policy/ReadOnlyAccess", "developers")
    iam.create_user(region_name="us-east-1", user_name="jane", path="/", tags=[])
    iam.add_user_to_group("developers", "jane")


def _user(iam: IAMBackend, name: str, access_key_id: str, secret: str) -> None:
    user = iam.create_user(region_name="us-east-1", user_name=name, path="/", tags=[])
    user.create_date = long_ago()
    key = iam.create_access_key(name)
    del iam.access_keys[key.physical_resource_id]
    key.access_key_id, key.secret_access_key = access_key_id, secret
    iam.access_keys[access_key_id] = key


def seed_buckets() -> None:
    """Buckets with objects of exact sizes."""
    s3 = s3_backends[ACCOUNT_ID]["aws"]
    for bucket in BUCKETS:
        created = s3.create_bucket(bucket.name, bucket.region)
        created.creation_date = long_ago()
        for key, size in bucket.objects.items():
            s3.put_object(bucket.name, key, bytes(size), disable_notification=True)


def _seed_instances(client: ClientFactory) -> dict[str, str]:
    """Launch the instances; returns their ids by their names."""
    regions = list(dict.fromkeys(instance.region for instance in INSTANCES))
    ids: dict[str, str] = {}
    for region in regions:
        ec2 = client("ec2", region)
        ids |= {one.name: launch(ec2, one) for one in INSTANCES if one.region == region}
    return ids


def _seed_functions(client: ClientFactory) -> None:
    for function in FUNCTIONS:
        create_function(client("lambda", function.region), function, ACCOUNT_ID)
