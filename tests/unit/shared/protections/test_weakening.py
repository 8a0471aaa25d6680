"""Changes that turn off, weaken or leave out a protection have a finding, whichever way they are written."""

from __future__ import annotations

import re
from typing import Any

import pytest

from shared.aws_operations.catalogue import find
from shared.errors import NotFound
from shared.protections.table import table
from shared.protections.weakening import of_call, of_resource
from shared.resource_types.catalogue import resource_type, schema_of
from shared.resource_types.shapes import walk

IMDS = {"HttpTokens": "optional"}
LOCK = {"LockConfiguration": {"MinRetentionDays": 7}}
BALANCER = [{"Key": "deletion_protection.enabled", "Value": "false"}]
NO_PITR = {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False}}
ALL = {"CidrBlock": "0.0.0.0/0", "RuleAction": "allow", "Egress": False}


@pytest.mark.parametrize(
    ("type_name", "after", "before", "severity"),
    [
        ("AWS::EC2::Instance", {"MetadataOptions": IMDS}, {"MetadataOptions": {"HttpTokens": "required"}}, "high"),
        ("AWS::EC2::LaunchTemplate", {"LaunchTemplateData": {"MetadataOptions": IMDS}}, None, "high"),
        ("AWS::RDS::DBInstance", {"Engine": "postgres"}, None, "medium"),
        ("AWS::DMS::ReplicationInstance", {"ReplicationInstanceClass": "dms.t3.micro"}, None, "high"),
        ("AWS::RDS::DBInstance", {"DeletionProtection": False}, {"DeletionProtection": True}, "medium"),
        ("AWS::RDS::DBInstance", {"DeletionProtection": "false"}, {"DeletionProtection": True}, "medium"),
        # Leaving it out turns it off.
        ("AWS::RDS::DBInstance", {}, {"DeletionProtection": True}, "medium"),
        ("AWS::RDS::DBInstance", {"BackupRetentionPeriod": 0}, {"BackupRetentionPeriod": 7}, "high"),
        ("AWS::S3::Bucket", {"VersioningConfiguration": {"Status": "Suspended"}}, {}, "high"),
        ("AWS::S3::Bucket", {}, {"LoggingConfiguration": {"DestinationBucketName": "x"}}, "medium"),
        ("AWS::KMS::Key", {"EnableKeyRotation": False}, {"EnableKeyRotation": True}, "medium"),
        ("AWS::KMS::Key", None, {"Enabled": True}, "high"),
        ("AWS::CloudTrail::Trail", {"IsLogging": False}, {"IsLogging": True}, "high"),
        ("AWS::CloudTrail::Trail", None, {"IsLogging": True}, "high"),
        ("AWS::GuardDuty::Detector", {"Enable": False}, {"Enable": True}, "high"),
        ("AWS::Config::ConfigurationRecorder", None, {"Name": "all"}, "high"),
        ("AWS::EC2::FlowLog", None, {}, "high"),
        ("AWS::DynamoDB::Table", NO_PITR, {}, "high"),
        ("AWS::Backup::BackupVault", {}, LOCK, "high"),
        ("AWS::EFS::FileSystem", {"BackupPolicy": {"Status": "DISABLED"}}, {}, "high"),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", {"LoadBalancerAttributes": BALANCER}, {}, "medium"),
        ("AWS::Cognito::UserPool", {"MfaConfiguration": "OFF"}, {"MfaConfiguration": "ON"}, "high"),
        ("AWS::MSK::Cluster", {"ClientAuthentication": {"Unauthenticated": {"Enabled": True}}}, {}, "high"),
        ("AWS::MSK::Cluster", {"EncryptionInfo": {"EncryptionInTransit": {"InCluster": False}}}, {}, "medium"),
        ("AWS::StepFunctions::StateMachine", {}, {"LoggingConfiguration": {"Level": "ALL"}}, "medium"),
        ("AWS::ECS::TaskDefinition", {"ContainerDefinitions": [{"Privileged": True}]}, None, "high"),
        ("AWS::RDS::DBInstance", {"BackupRetentionPeriod": 1}, {"BackupRetentionPeriod": 35}, "low"),
        ("AWS::RDS::DBInstance", {}, {"BackupRetentionPeriod": 35}, "medium"),
        ("AWS::ElastiCache::ReplicationGroup", {}, {"SnapshotRetentionLimit": 7}, "medium"),
        ("AWS::EC2::NetworkAclEntry", {"Ipv6CidrBlock": "::/0", "RuleAction": "allow"}, None, "low"),
        ("AWS::CloudFront::Distribution",
         {"DistributionConfig": {"WebACLId": ""}}, {"DistributionConfig": {"WebACLId": "x"}}, "medium"),
        ("AWS::Cognito::UserPool", {}, {"MfaConfiguration": "ON"}, "high"),
        ("AWS::Lambda::Function", {}, {"CodeSigningConfigArn": "x"}, "medium"),
    ],
)  # fmt: skip
def test_a_resource_that_is_less_protected_has_a_finding(
    type_name: str, after: dict[str, Any] | None, before: dict[str, Any] | None, severity: str
) -> None:
    assert severity in [one.severity for one in of_resource(type_name, after, before)]


@pytest.mark.parametrize(
    ("type_name", "before", "control"),
    [
        ("AWS::S3::Bucket", {"LoggingConfiguration": {"DestinationBucketName": "x"}}, "S3.9"),
        ("AWS::StepFunctions::StateMachine", {"LoggingConfiguration": {"Level": "ALL"}}, "StepFunctions.1"),
    ],
)
def test_a_finding_names_the_control_of_its_own_service(type_name: str, before: dict[str, Any], control: str) -> None:
    found = of_resource(type_name, {}, before)
    assert any(f"(AWS Security Hub: {control})" in one.message for one in found)


def test_controls_are_named_as_security_hub_names_them() -> None:
    rows = table()
    for row in (*rows.values, *rows.gone, *rows.unsaid, *rows.ends):
        for control in (row.control or "A.1").split(", "):
            assert re.fullmatch(r"[A-Z][A-Za-z0-9]*\.[1-9]\d*", control), row


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "severity"),
    [
        ("ec2", "ModifyInstanceMetadataOptions", {"InstanceId": "i-12345678", **IMDS}, "high"),
        ("ec2", "RunInstances", {"MetadataOptions": IMDS}, "high"),
        ("ec2", "DisableEbsEncryptionByDefault", {}, "high"),
        ("ec2", "DisableSnapshotBlockPublicAccess", {}, "high"),
        ("ec2", "ModifyInstanceAttribute", {"DisableApiTermination": {"Value": False}}, "medium"),
        ("ec2", "CreateNetworkAclEntry", ALL, "low"),
        ("rds", "ModifyDBInstance", {"DeletionProtection": False}, "medium"),
        ("rds", "RestoreDBInstanceFromDBSnapshot", {"DBInstanceIdentifier": "d"}, "medium"),
        ("s3", "PutBucketVersioning", {"VersioningConfiguration": {"Status": "Suspended"}}, "high"),
        ("s3", "PutBucketLogging", {"Bucket": "b", "BucketLoggingStatus": {}}, "medium"),
        ("kms", "ScheduleKeyDeletion", {"KeyId": "k"}, "high"),
        ("cloudtrail", "StopLogging", {"Name": "t"}, "high"),
        ("cloudtrail", "PutEventSelectors", {"EventSelectors": [{"ReadWriteType": "ReadOnly"}]}, "high"),
        ("guardduty", "DeleteDetector", {"DetectorId": "d"}, "high"),
        ("securityhub", "DisableSecurityHub", {}, "high"),
        ("dynamodb", "UpdateTable", {"DeletionProtectionEnabled": False}, "medium"),
        ("backup", "DeleteBackupVaultLockConfiguration", {"BackupVaultName": "v"}, "high"),
        ("iam", "UpdateAccountPasswordPolicy", {"MinimumPasswordLength": 8}, "medium"),
        ("iam", "DeactivateMFADevice", {"UserName": "u"}, "high"),
        ("elbv2", "ModifyLoadBalancerAttributes", {"Attributes": BALANCER}, "medium"),
        ("eks", "UpdateClusterConfig", {"logging": {"clusterLogging": [{"enabled": False}]}}, "medium"),
        ("ec2", "ModifyInstanceAttribute", {"Attribute": "disableApiTermination", "Value": "false"}, "medium"),
        ("ec2", "ReplaceNetworkAclEntry", {"Ipv6CidrBlock": "::/0", "RuleAction": "allow", "Egress": False}, "low"),
        ("rds", "ModifyDBParameterGroup",
         {"Parameters": [{"ParameterName": "rds.force_ssl", "ParameterValue": "0"}]}, "medium"),
        ("rds", "ModifyDBInstance",
         {"CloudwatchLogsExportConfiguration": {"DisableLogTypes": ["audit"]}}, "medium"),
        ("redshift", "ModifyCluster", {"AutomatedSnapshotRetentionPeriod": 0}, "high"),
        ("ecs", "UpdateClusterSettings", {"settings": [{"name": "containerInsights", "value": "disabled"}]}, "low"),
        ("sqs", "SetQueueAttributes", {"Attributes": {"KmsMasterKeyId": ""}}, "medium"),
        ("sns", "SetTopicAttributes", {"AttributeName": "KmsMasterKeyId", "AttributeValue": ""}, "medium"),
        ("kms", "PutKeyPolicy", {"BypassPolicyLockoutSafetyCheck": True}, "high"),
        ("iam", "UpdateAccountPasswordPolicy", {"RequireSymbols": True}, "medium"),
        ("apigateway", "UpdateMethod",
         {"patchOperations": [{"op": "replace", "path": "/authorizationType", "value": "NONE"}]}, "medium"),
        ("apigateway", "UpdateStage",
         {"patchOperations": [{"op": "replace", "path": "/accessLogSettings/destinationArn", "value": ""}]}, "medium"),
        ("ram", "CreateResourceShare", {"name": "x"}, "medium"),
        ("elbv2", "CreateListener", {"Protocol": "HTTP", "LoadBalancerArn": "arn:x:loadbalancer/app/b/1"}, "low"),
        ("ssm", "UpdateServiceSetting",
         {"SettingId": "/ssm/documents/console/public-sharing-permission", "SettingValue": "Enable"}, "high"),
    ],
)  # fmt: skip
def test_a_call_that_takes_protection_away_has_a_finding(
    service: str, operation: str, parameters: dict[str, Any], severity: str
) -> None:
    assert severity in [one.severity for one in of_call(service, operation, parameters)]


@pytest.mark.parametrize(
    ("type_name", "after", "before"),
    [
        ("AWS::EC2::Instance", {"MetadataOptions": {"HttpTokens": "required"}}, {"MetadataOptions": IMDS}),
        ("AWS::RDS::DBInstance", {"PubliclyAccessible": False, "DeletionProtection": True}, None),
        ("AWS::RDS::DBInstance", {"BackupRetentionPeriod": 7}, {"BackupRetentionPeriod": 0}),
        # It was so before, and is not this change's.
        ("AWS::RDS::DBInstance", {"DeletionProtection": False, "Port": 1}, {"DeletionProtection": False}),
        ("AWS::RDS::DBInstance", {}, {"DeletionProtection": False}),
        ("AWS::Backup::BackupVault", LOCK, {}),
        ("AWS::SSM::Parameter", {"Enabled": "false"}, None),
        ("AWS::RDS::DBInstance", {"BackupRetentionPeriod": "14"}, {"BackupRetentionPeriod": 7}),
        ("AWS::Cognito::UserPool", {}, {"MfaConfiguration": "OFF"}),
    ],
)
def test_what_protects_more_or_the_same_has_none(
    type_name: str, after: dict[str, Any], before: dict[str, Any] | None
) -> None:
    assert of_resource(type_name, after, before) == ()


ALL_BLOCKED = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("s3", "PutPublicAccessBlock", {"Bucket": "b", "PublicAccessBlockConfiguration": ALL_BLOCKED}),
        ("elbv2", "CreateTargetGroup", {"Name": "g", "Protocol": "HTTP"}),
        ("sqs", "SetQueueAttributes", {"Attributes": {"KmsMasterKeyId": "alias/mine"}}),
        ("rds", "ModifyDBParameterGroup", {"Parameters": [{"ParameterName": "rds.force_ssl", "ParameterValue": "1"}]}),
        ("apigateway", "UpdateMethod", {"patchOperations": [{"op": "replace", "path": "/x", "value": "NONE"}]}),
    ],
)
def test_a_call_that_takes_no_protection_away_has_none(
    service: str, operation: str, parameters: dict[str, Any]
) -> None:
    assert of_call(service, operation, parameters) == ()


def test_the_finding_says_where_and_which_control_asks_for_it() -> None:
    [found] = of_resource("AWS::CloudTrail::Trail", {"IsLogging": False}, {"IsLogging": True})
    assert (found.code, found.path) == ("protection_weakened", "/IsLogging")
    assert "CloudTrail.1" in found.message


def test_every_call_and_type_of_the_table_is_one_of_aws() -> None:
    rows = table()
    for called in {one for row in (*rows.ends, *rows.unsaid, *rows.gone) for one in row.calls}:
        assert find(*called.split(":")).effect.is_change, called
    for name in {one for row in (*rows.ends, *rows.unsaid) for one in row.types}:
        assert resource_type(name).name == name


def test_every_property_that_a_type_may_leave_out_is_one_that_it_has() -> None:
    for row in table().unsaid:
        for name in row.types:
            names = {path.rpartition("/")[2].lower() for path, _ in walk(schema_of(name))}
            assert row.at in names, (name, row.at)


def test_a_type_that_nobody_knows_weakens_nothing() -> None:
    with pytest.raises(NotFound):
        resource_type("AWS::None::Such")
    assert of_resource("AWS::None::Such", None, {}) == ()
