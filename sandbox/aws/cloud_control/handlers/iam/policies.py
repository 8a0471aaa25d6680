"""Managed policies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, generated, same, text

_HOLDERS = {"Roles": "role", "Users": "user", "Groups": "group"}
_VERSIONS = 5  # a policy has at most


class ManagedPolicy(Handler):
    type_name = "AWS::IAM::ManagedPolicy"

    def create(self, aws: Loopback, desired: Model) -> str:
        iam, name = aws("iam"), desired.get("ManagedPolicyName") or generated(self.type_name)
        made = iam.create_policy(
            PolicyName=name, PolicyDocument=text(desired["PolicyDocument"]), **same(desired, "Path", "Description")
        )
        arn = str(made["Policy"]["Arn"])
        self._attach(iam, arn, {}, desired)
        return arn

    def _attach(self, iam: Any, arn: str, before: Model, after: Model) -> None:
        for key, kind in _HOLDERS.items():
            old, new = set(before.get(key, ())), set(after.get(key, ()))
            for verb, names in (("attach", new - old), ("detach", old - new)):
                for name in sorted(names):
                    getattr(iam, f"{verb}_{kind}_policy")(PolicyArn=arn, **{f"{kind.title()}Name": name})

    def read(self, aws: Loopback, identifier: str) -> Model:
        iam = aws("iam")
        policy = iam.get_policy(PolicyArn=identifier)["Policy"]
        version = iam.get_policy_version(PolicyArn=identifier, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
        model: Model = {
            "PolicyArn": identifier,
            "ManagedPolicyName": policy["PolicyName"],
            "PolicyDocument": version["Document"],
            "CreateDate": policy["CreateDate"].isoformat(),
            "UpdateDate": policy["UpdateDate"].isoformat(),
            "AttachmentCount": policy["AttachmentCount"],
            "PermissionsBoundaryUsageCount": policy.get("PermissionsBoundaryUsageCount", 0),
            "IsAttachable": policy["IsAttachable"],
            **same(policy, "Path", "Description", "DefaultVersionId", "PolicyId"),
        }
        entities = iam.list_entities_for_policy(PolicyArn=identifier)
        for key, kind in _HOLDERS.items():
            names = sorted(one[f"{kind.title()}Name"] for one in entities[f"Policy{key}"])
            model |= {key: names} if names else {}
        return model

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        iam = aws("iam")
        if changed(before, after, "PolicyDocument"):
            versions = iam.list_policy_versions(PolicyArn=identifier)["Versions"]
            if len(versions) >= _VERSIONS:
                oldest = next(one for one in reversed(versions) if not one["IsDefaultVersion"])
                iam.delete_policy_version(PolicyArn=identifier, VersionId=oldest["VersionId"])
            document = text(after["PolicyDocument"])
            iam.create_policy_version(PolicyArn=identifier, PolicyDocument=document, SetAsDefault=True)
        self._attach(iam, identifier, before, after)

    def delete(self, aws: Loopback, identifier: str) -> None:
        iam = aws("iam")
        entities = iam.list_entities_for_policy(PolicyArn=identifier)
        held = {key: [one[f"{kind.title()}Name"] for one in entities[f"Policy{key}"]] for key, kind in _HOLDERS.items()}
        self._attach(iam, identifier, held, {})
        for version in iam.list_policy_versions(PolicyArn=identifier)["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=identifier, VersionId=version["VersionId"])
        iam.delete_policy(PolicyArn=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("iam").get_paginator("list_policies").paginate(Scope="Local"):
            yield from (one["Arn"] for one in page["Policies"])
