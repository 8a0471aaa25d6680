"""RDS: database instances and their subnet groups."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.aws.cloud_control.handler import Handler
from sandbox.aws.cloud_control.loopback import Loopback
from sandbox.aws.cloud_control.schemas import Model
from sandbox.aws.cloud_control.shapes import changed, generated, same
from sandbox.aws.cloud_control.tags import TagChange, shown, tags_given

# Written and read under one name.
_BOTH = (
    "AutoMinorVersionUpgrade", "AvailabilityZone", "BackupRetentionPeriod", "CACertificateIdentifier",
    "CopyTagsToSnapshot", "DBInstanceClass", "DeletionProtection", "Engine", "EngineVersion", "Iops", "KmsKeyId",
    "LicenseModel", "MasterUsername", "MaxAllocatedStorage", "MonitoringInterval", "MonitoringRoleArn", "MultiAZ",
    "NetworkType", "PreferredBackupWindow", "PreferredMaintenanceWindow", "PubliclyAccessible", "StorageEncrypted",
    "StorageThroughput", "StorageType",
)  # fmt: skip
_CREATED = (
    *_BOTH, "DBName", "DBSubnetGroupName", "DBParameterGroupName", "MasterUserPassword", "ManageMasterUserPassword",
    "EnableIAMDatabaseAuthentication", "OptionGroupName",
)  # fmt: skip
_CHANGED = (
    "AllocatedStorage", "AutoMinorVersionUpgrade", "BackupRetentionPeriod", "CopyTagsToSnapshot", "DBInstanceClass",
    "DeletionProtection", "EngineVersion", "Iops", "MaxAllocatedStorage", "MultiAZ", "PreferredBackupWindow",
    "PreferredMaintenanceWindow", "PubliclyAccessible", "StorageThroughput", "StorageType", "VPCSecurityGroups",
)  # fmt: skip


def _numbers(model: Model) -> Model:
    """CloudFormation has the storage and the port as text."""
    given = {"AllocatedStorage": int(model["AllocatedStorage"])} if "AllocatedStorage" in model else {}
    given |= {"Port": int(model["Port"])} if "Port" in model else {}
    if "VPCSecurityGroups" in model:
        return {**given, "VpcSecurityGroupIds": model["VPCSecurityGroups"]}
    return given


class DBInstance(Handler):
    type_name = "AWS::RDS::DBInstance"

    def create(self, aws: Loopback, desired: Model) -> str:
        name = str(desired.get("DBInstanceIdentifier") or generated(self.type_name)).lower()
        given = {key: desired[key] for key in _CREATED if key in desired}
        aws("rds").create_db_instance(DBInstanceIdentifier=name, **given, **_numbers(desired), **tags_given(desired))
        return name

    def read(self, aws: Loopback, identifier: str) -> Model:
        found = aws("rds").describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0]
        model: Model = {
            **{key: found[key] for key in _BOTH if found.get(key) not in (None, "")},
            **same(found, "DBInstanceIdentifier", "DBInstanceArn", "DBInstanceStatus", "DBName", "DbiResourceId"),
            "AllocatedStorage": str(found["AllocatedStorage"]),
        }
        if endpoint := found.get("Endpoint"):
            model["Endpoint"] = {key: str(value) for key, value in endpoint.items()}
            model["Port"] = str(endpoint["Port"])
        if group := found.get("DBSubnetGroup", {}).get("DBSubnetGroupName"):
            model["DBSubnetGroupName"] = group
        if groups := found.get("VpcSecurityGroups"):
            model["VPCSecurityGroups"] = [one["VpcSecurityGroupId"] for one in groups]
        return shown(model, found.get("TagList"))

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        given = {key: after[key] for key in changed(before, after, *_CHANGED) if key in after}
        given = {key: value for key, value in given.items() if key not in ("AllocatedStorage", "VPCSecurityGroups")} | (
            _numbers(given)
        )
        if "MasterUserPassword" in after:
            given["MasterUserPassword"] = after["MasterUserPassword"]
        if given:
            aws("rds").modify_db_instance(DBInstanceIdentifier=identifier, ApplyImmediately=True, **given)
        _set_tags(aws, str(before["DBInstanceArn"]), before, after)

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("rds").delete_db_instance(DBInstanceIdentifier=identifier, SkipFinalSnapshot=True)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("rds").get_paginator("describe_db_instances").paginate():
            yield from (one["DBInstanceIdentifier"] for one in page["DBInstances"])


def _set_tags(aws: Loopback, arn: str, before: Model, after: Model) -> None:
    change = TagChange.of(before, after)
    if change.set:
        aws("rds").add_tags_to_resource(ResourceName=arn, Tags=change.pairs())
    if change.removed:
        aws("rds").remove_tags_from_resource(ResourceName=arn, TagKeys=change.removed)


class DBSubnetGroup(Handler):
    type_name = "AWS::RDS::DBSubnetGroup"

    def create(self, aws: Loopback, desired: Model) -> str:
        name = str(desired.get("DBSubnetGroupName") or generated(self.type_name)).lower()
        given = same(desired, "DBSubnetGroupDescription", "SubnetIds")
        aws("rds").create_db_subnet_group(DBSubnetGroupName=name, **given, **tags_given(desired))
        return name

    def read(self, aws: Loopback, identifier: str) -> Model:
        found = aws("rds").describe_db_subnet_groups(DBSubnetGroupName=identifier)["DBSubnetGroups"][0]
        model = {
            **same(found, "DBSubnetGroupName", "DBSubnetGroupArn", "DBSubnetGroupDescription"),
            "SubnetIds": [one["SubnetIdentifier"] for one in found["Subnets"]],
        }
        return shown(model, aws("rds").list_tags_for_resource(ResourceName=found["DBSubnetGroupArn"])["TagList"])

    def update(self, aws: Loopback, identifier: str, before: Model, after: Model) -> None:
        if changed(before, after, "DBSubnetGroupDescription", "SubnetIds"):
            given = same(after, "DBSubnetGroupDescription", "SubnetIds")
            aws("rds").modify_db_subnet_group(DBSubnetGroupName=identifier, **given)
        _set_tags(aws, str(before["DBSubnetGroupArn"]), before, after)

    def delete(self, aws: Loopback, identifier: str) -> None:
        aws("rds").delete_db_subnet_group(DBSubnetGroupName=identifier)

    def list(self, aws: Loopback, model: Model) -> Iterable[str]:
        for page in aws("rds").get_paginator("describe_db_subnet_groups").paginate():
            yield from (one["DBSubnetGroupName"] for one in page["DBSubnetGroups"])
