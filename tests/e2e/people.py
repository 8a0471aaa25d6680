"""People beside the sandbox's own user: IAM users, and roles of theirs whose sessions they name themselves."""

from __future__ import annotations

import json
from typing import Any

import boto3

from tests.e2e.client import User

ACTIONS = ["sts:AssumeRole", "sts:SetSourceIdentity"]


class People:
    """Makes users who may assume the assistant's role, and others to be somebody else first."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts
        self.iam: Any = boto3.client("iam", **self._aws(**facts["admin"]))
        self.account = facts["role_arn"].split(":")[4]
        self.users: dict[str, dict[str, str]] = {}
        self.roles: list[str] = []

    def user(self, name: str) -> dict[str, str]:
        """The keys of a user of this name, as POST /v1/sessions takes them."""
        if name not in self.users:
            self.iam.create_user(UserName=name)
            self._may_assume("user", name)
            key = self.iam.create_access_key(UserName=name)["AccessKey"]
            self.users[name] = {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}
        return self.users[name]

    def role_session(self, user: str, role: str, session_name: str) -> dict[str, str]:
        """The keys of a session of a role, which the user names."""
        keys = self.user(user)
        if role not in self.roles:
            self.roles.append(role)
            trusts = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{self.account}:root"}, "Action": ACTIONS}
            document = {"Version": "2012-10-17", "Statement": [trusts]}
            self.iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(document))
            self._may_assume("role", role)
        sts = boto3.client("sts", **self._aws(**keys))
        arn = f"arn:aws:iam::{self.account}:role/{role}"
        made = sts.assume_role(RoleArn=arn, RoleSessionName=session_name)["Credentials"]
        return {
            "access_key_id": made["AccessKeyId"],
            "secret_access_key": made["SecretAccessKey"],
            "session_token": made["SessionToken"],
        }

    def sign_in(self, keys: dict[str, str]) -> User:
        """One more session with these keys."""
        return User(self.facts, **keys)

    def _may_assume(self, kind: str, name: str) -> None:
        roles = [self.facts["role_arn"], f"arn:aws:iam::{self.account}:role/Engineers*"]
        roles.append(f"arn:aws:iam::{self.account}:role/AWSReservedSSO_*")
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ACTIONS, "Resource": roles}]}
        put = getattr(self.iam, f"put_{kind}_policy")
        put(**{f"{kind.title()}Name": name}, PolicyName="assume", PolicyDocument=json.dumps(document))

    def _aws(self, access_key_id: str, secret_access_key: str, **_: Any) -> dict[str, Any]:
        return {
            "endpoint_url": self.facts["aws_endpoint"],
            "region_name": self.facts["region"],
            "aws_access_key_id": access_key_id,
            "aws_secret_access_key": secret_access_key,
        }
