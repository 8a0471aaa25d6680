"""EFS: file systems."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sandbox.aws.cloud_control.failures import if_there
from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, generated, same, text
from sandbox.aws.cloud_control.tags import as_list, change_tags, shown

_CREATED = (
    "AvailabilityZoneName", "Encrypted", "KmsKeyId", "PerformanceMode", "ProvisionedThroughputInMibps",
    "ThroughputMode",
)  # fmt: skip


class FileSystem(Handler):
    type_name = "AWS::EFS::FileSystem"

    def create(self, aws: Loopback, desired: Model) -> str:
        efs, tags = aws("efs"), as_list(desired.get("FileSystemTags"))
        made = efs.create_file_system(
            CreationToken=generated(self.type_name), **same(desired, *_CREATED), **({"Tags": tags} if tags else {})
        )
        identifier = str(made["FileSystemId"])
        self._set_apart(efs, identifier, {}, desired)
        return identifier

    def _set_apart(self, efs: Any, identifier: str, before: Model, after: Model) -> None:
        if changed(before, after, "BackupPolicy"):
            policy = after.get("BackupPolicy", {"Status": "DISABLED"})
            efs.put_backup_policy(FileSystemId=identifier, BackupPolicy=policy)
        if changed(before, after, "LifecyclePolicies"):
            policies = after.get("LifecyclePolicies", [])
            efs.put_lifecycle_configuration(FileSystemId=identifier, LifecyclePolicies=policies)
        if changed(before, after, "FileSystemPolicy"):
            if policy := after.get("FileSystemPolicy"):
                efs.put_file_system_policy(FileSystemId=identifier, Policy=text(policy))
            else:
                efs.delete_file_system_policy(FileSystemId=identifier)

    def read(self, aws: Loopback, identifier: str) -> Model:
        efs = aws("efs")
        found = efs.describe_file_systems(FileSystemId=identifier)["FileSystems"][0]
        model = {
            "FileSystemId": identifier,
            "Arn": found["FileSystemArn"],
            "Encrypted": bool(found.get("Encrypted")),
            **same(found, *(name for name in _CREATED if name != "Encrypted")),
        }
        if backup := if_there(lambda: efs.describe_backup_policy(FileSystemId=identifier)["BackupPolicy"]):
            model["BackupPolicy"] = {"Status": backup["Status"].replace("ING", "ED")}
        if policies := efs.describe_lifecycle_configuration(FileSystemId=identifier).get("LifecyclePolicies"):
            model["LifecyclePolicies"] = policies
        if policy := if_there(lambda: efs.describe_file_system_policy(FileSystemId=identifier)["Policy"]):
            model["FileSystemPolicy"] = json.loads(policy)
        return shown(model, found.get("Tags"), "FileSystemTags")

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        efs = aws("efs")
        if changed(before, after, "ThroughputMode", "ProvisionedThroughputInMibps"):
            given = same(after, "ThroughputMode", "ProvisionedThroughputInMibps")
            efs.update_file_system(FileSystemId=identifier, **given)
        self._set_apart(efs, identifier, before, after)
        change_tags(efs, before, after, name="FileSystemTags", ResourceId=identifier)

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("efs").delete_file_system(FileSystemId=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("efs").get_paginator("describe_file_systems").paginate():
            yield from (one["FileSystemId"] for one in page["FileSystems"])
