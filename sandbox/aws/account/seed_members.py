"""Fills the organization's other accounts: a role for the assistant, Organizations' own, and what each holds."""

from __future__ import annotations

import json
from typing import Any

import boto3
from moto.iam.models import IAMBackend, iam_backends
from moto.s3.models import s3_backends

from sandbox.aws.account.contents import ROLE_NAME, assistant_permissions, trust
from sandbox.aws.account.organization import ADMINISTRATOR_ROLE, MemberAccount
from sandbox.aws.account.role_policies import attach_read_policies
from sandbox.aws.account.seed_parts import create_function, launch, long_ago
from sandbox.aws.moto.patches import ACCOUNT_ID

_MAY_ASSUME = ("sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession")


def seed_members(members: tuple[MemberAccount, ...], administrator: boto3.Session, endpoint: str) -> None:
    """Create everything of these accounts, as the first one's administrator at `endpoint`."""
    for member in members:
        _roles(member)
        _buckets(member)
        if member.instances or member.functions:
            _by_requests(member, administrator, endpoint)


def _roles(member: MemberAccount) -> None:
    iam: IAMBackend = iam_backends[member.account]["aws"]
    by_management = trust(("AWS", f"arn:aws:iam::{ACCOUNT_ID}:root"), actions=_MAY_ASSUME)
    _role(iam, "lambda-basic-execution", trust(("Service", "lambda.amazonaws.com")), "Runs functions")
    _role(iam, ADMINISTRATOR_ROLE, by_management, "Made by AWS Organizations")
    iam.attach_role_policy("arn:aws:iam::aws:policy/AdministratorAccess", ADMINISTRATOR_ROLE)
    if member.has_role:
        role = _role(iam, ROLE_NAME, by_management, "What AWS Assistant may do in this account")
        role.put_policy("AssistantPermissions", json.dumps(assistant_permissions(member.account)))
        if member.has_read_policies:
            attach_read_policies(iam, ROLE_NAME)


def _role(iam: IAMBackend, name: str, trusted: dict[str, Any], description: str) -> Any:
    role = iam.create_role(name, json.dumps(trusted), "/", None, description, [], "3600")
    role.create_date = long_ago()
    return role


def _buckets(member: MemberAccount) -> None:
    s3 = s3_backends[member.account]["aws"]
    for bucket in member.buckets:
        s3.create_bucket(bucket.name, bucket.region).creation_date = long_ago()
        for key, size in bucket.objects.items():
            s3.put_object(bucket.name, key, bytes(size), disable_notification=True)


def _by_requests(member: MemberAccount, administrator: boto3.Session, endpoint: str) -> None:
    """Instances and functions, as the administrator of the first account who has become one of this."""
    sts = administrator.client("sts", region_name="us-east-1", endpoint_url=endpoint)
    role = f"arn:aws:iam::{member.account}:role/{ADMINISTRATOR_ROLE}"
    assumed = sts.assume_role(RoleArn=role, RoleSessionName="seed")["Credentials"]

    def client(service: str, region: str) -> Any:
        # Of the same session, which has read the services' models already.
        return administrator.client(
            service,
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id=assumed["AccessKeyId"],
            aws_secret_access_key=assumed["SecretAccessKey"],
            aws_session_token=assumed["SessionToken"],
        )

    for instance in member.instances:
        launch(client("ec2", instance.region), instance)
    for function in member.functions:
        create_function(client("lambda", function.region), function, member.account)
