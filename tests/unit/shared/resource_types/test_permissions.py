"""Changes of permissions are recognised by property, wherever they are hidden; nothing else is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.resource_types.permissions.changes import permission_changes, permission_properties

ACCOUNT = "111122223333"
ALLOW: dict[str, Any] = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
DENY: dict[str, Any] = {"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}}
TRUST: dict[str, Any] = {
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}]
}

BLOCK = "PublicAccessBlockConfiguration"
KAFKA = {"BrokerNodeGroupInfo": {"ConnectivityInfo": {"PublicAccess": {"Type": "SERVICE_PROVIDED_EIPS"}}}}
ORGANIZATION = "arn:aws:organizations::999922223333:organization/o-a"
_LAUNCH = {"LaunchPermissionConfiguration": {"GroupNames": ["all"]}}
IMAGES = {"Distributions": [{"AmiDistributionConfiguration": _LAUNCH}]}

TWICE = '{"Statement": [], "Statement": [{"Effect": "Allow", "Action": "*", "Principal": "*"}]}'
OPEN = '[{"AllowFromPublic": true}]'
OWNERS = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
REPLICATION = {"ReplicationConfiguration": {"Rules": [{"Destination": {"Account": "999922223333"}}]}}
GLUE = [{"Permissions": ["ALL"], "Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}}]


def codes(type_name: str, after: dict[str, Any] | None, before: dict[str, Any] | None = None) -> set[tuple[str, str]]:
    found = permission_changes(type_name, after, before, account=ACCOUNT)
    return {(finding.code, finding.severity) for finding in found.findings}


@pytest.mark.parametrize(
    ("type_name", "properties"),
    [
        ("AWS::S3::Bucket", {"BucketName": "a", "VersioningConfiguration": {"Status": "Enabled"}}),
        ("AWS::SQS::Queue", {"RedrivePolicy": {"maxReceiveCount": 3}, "Tags": [{"Key": "Principal", "Value": "*"}]}),
        ("AWS::Lambda::Function", {"Role": f"arn:aws:iam::{ACCOUNT}:role/x", "Code": {"ZipFile": "pass"}}),
        ("AWS::EC2::SecurityGroup", {"SecurityGroupIngress": [{"CidrIp": "10.0.0.0/8", "FromPort": 22, "ToPort": 22}]}),
        ("AWS::EC2::SecurityGroup", {"SecurityGroupEgress": [{"CidrIp": "0.0.0.0/0", "IpProtocol": "-1"}]}),
        ("AWS::EC2::Route", {"DestinationCidrBlock": "0.0.0.0/0"}),
        ("AWS::RDS::DBInstance", {"PubliclyAccessible": False}),
        (
            "AWS::SNS::Topic",
            {"DataProtectionPolicy": {"Statement": [{"DataDirection": "Inbound", "Principal": ["*"]}]}},
        ),
        ("AWS::ECR::Repository", {"LifecyclePolicy": {"LifecyclePolicyText": '{"rules": []}'}}),
        ("AWS::IVS::Channel", {"MultitrackInputConfiguration": {"Policy": "ALLOW"}}),
        ("AWS::StepFunctions::StateMachine", {"DefinitionString": '{"States": {"Statement": {"Effect": 1}}}'}),
    ],
)
def test_an_ordinary_change_is_none_of_permissions(type_name: str, properties: dict[str, Any]) -> None:
    found = permission_changes(type_name, properties, account=ACCOUNT)
    assert (found.changes, found.findings, found.policies) == (False, (), ())


@pytest.mark.parametrize(
    ("type_name", "properties", "place", "kind"),
    [
        ("AWS::IAM::Role", {"AssumeRolePolicyDocument": TRUST}, "/AssumeRolePolicyDocument", "trust"),
        ("AWS::IAM::Role", {"Policies": [{"PolicyDocument": ALLOW}]}, "/Policies/0/PolicyDocument", "identity"),
        ("AWS::IAM::ManagedPolicy", {"PolicyDocument": json.dumps(ALLOW)}, "/PolicyDocument", "identity"),
        ("AWS::S3::BucketPolicy", {"Bucket": "a", "PolicyDocument": DENY}, "/PolicyDocument", "resource"),
        ("AWS::KMS::Key", {"KeyPolicy": json.dumps(DENY)}, "/KeyPolicy", "resource"),
        ("AWS::ECR::Repository", {"RepositoryPolicyText": DENY}, "/RepositoryPolicyText", "resource"),
        ("AWS::SSO::PermissionSet", {"InlinePolicy": json.dumps(ALLOW)}, "/InlinePolicy", "identity"),
        (
            "AWS::DynamoDB::Table",
            {"ResourcePolicy": {"PolicyDocument": DENY}},
            "/ResourcePolicy/PolicyDocument",
            "resource",
        ),
        ("AWS::EKS::PodIdentityAssociation", {"Policy": json.dumps(ALLOW)}, "/Policy", "session"),
        # Where no name says so: by its form alone.
        (
            "AWS::SSM::Document",
            {"Content": {"mainSteps": [{"inputs": {"x": ALLOW}}]}},
            "/Content/mainSteps/0/inputs/x",
            "identity",
        ),
        ("AWS::SSM::Parameter", {"Value": json.dumps({"a": json.dumps(TRUST)})}, "/Value/a", "trust"),
        ("AWS::Events::Rule", {"Targets": [{"Input": json.dumps(DENY)}]}, "/Targets/0/Input", "resource"),
    ],
)
def test_a_policy_is_found_wherever_it_stands(
    type_name: str, properties: dict[str, Any], place: str, kind: str
) -> None:
    found = permission_changes(type_name, properties)
    assert found.changes
    assert [(policy["name"], policy["kind"]) for policy in found.policies] == [(f"{type_name}{place}", kind)]
    assert found.policies[0]["document"] in (ALLOW, DENY, TRUST)


def test_attached_policies_and_boundaries_are_named_for_the_linter() -> None:
    arn, boundary = "arn:aws:iam::aws:policy/AdministratorAccess", f"arn:aws:iam::{ACCOUNT}:policy/limit"
    found = permission_changes("AWS::IAM::Role", {"ManagedPolicyArns": [arn], "PermissionsBoundary": boundary})
    assert {(policy["kind"], policy.get("managed_arn")) for policy in found.policies} == {
        ("identity", arn),
        ("boundary", boundary),
    }


@pytest.mark.parametrize(
    ("type_name", "properties", "code", "severity"),
    [
        ("AWS::S3::Bucket", {"AccessControl": "PublicRead"}, "public_access", "high"),
        ("AWS::S3::Bucket", {BLOCK: {"BlockPublicPolicy": False}}, "protection_removed", "high"),
        ("AWS::S3::Bucket", {BLOCK: {"BlockPublicPolicy": "false"}}, "protection_removed", "high"),
        # What is not said is off.
        ("AWS::S3::Bucket", {BLOCK: {"BlockPublicPolicy": True}}, "protection_removed", "high"),
        ("AWS::RDS::DBInstance", {"PubliclyAccessible": True}, "public_access", "high"),
        ("AWS::MSK::Cluster", KAFKA, "public_access", "high"),
        ("AWS::Lightsail::Bucket", {"AccessRules": {"GetObject": "public"}}, "public_access", "high"),
        ("AWS::Lambda::Url", {"AuthType": "NONE"}, "no_authentication", "high"),
        ("AWS::ApiGateway::Method", {"AuthorizationType": "none"}, "no_authentication", "medium"),
        ("AWS::Lambda::Permission", {"Principal": "*"}, "public_access", "high"),
        ("AWS::Lambda::Permission", {"Principal": "999922223333"}, "shared_with_others", "medium"),
        ("AWS::EC2::VPCEndpointServicePermissions", {"AllowedPrincipals": ["*"]}, "public_access", "high"),
        ("AWS::RAM::ResourceShare", {"Principals": [ORGANIZATION]}, "shared_with_others", "medium"),
        ("AWS::ImageBuilder::DistributionConfiguration", IMAGES, "public_access", "high"),
        ("AWS::OpenSearchServerless::SecurityPolicy", {"Policy": OPEN}, "public_access", "high"),
        ("AWS::S3::Bucket", {"OwnershipControls": OWNERS}, "changes_permissions", "low"),
        ("AWS::S3::Bucket", REPLICATION, "shared_with_others", "medium"),
        ("AWS::EC2::VPCPeeringConnection", {"PeerOwnerId": "999922223333"}, "shared_with_others", "medium"),
        ("AWS::EC2::TransitGateway", {"AutoAcceptSharedAttachments": "enable"}, "shared_with_others", "medium"),
        ("AWS::StorageGateway::NFSFileShare", {"ClientList": ["0.0.0.0/0"]}, "open_to_world", "high"),
        ("AWS::Glue::Catalog", {"CreateTableDefaultPermissions": GLUE}, "changes_permissions", "info"),
        ("AWS::IAM::User", {"LoginProfile": {"Password": "x"}}, "creates_credentials", "medium"),
        ("AWS::CloudFormation::Stack", {"TemplateURL": "https://example.com/a"}, "template_not_checked", "high"),
        ("AWS::EC2::VerifiedAccessGroup", {"PolicyDocument": "permit(principal);"}, "policy_not_read", "high"),
        ("AWS::SQS::QueueInlinePolicy", {"PolicyDocument": TWICE}, "policy_not_read", "high"),
        ("AWS::EKS::AccessEntry", {"PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/a"}, "changes_permissions", "info"),
        ("AWS::QuickSight::Folder", {"Permissions": [{"Principal": "a"}]}, "changes_permissions", "info"),
    ],
)  # fmt: skip
def test_what_opens_or_shares_a_resource_is_found(
    type_name: str, properties: dict[str, Any], code: str, severity: str
) -> None:
    assert (code, severity) in codes(type_name, properties)
    assert permission_changes(type_name, properties, account=ACCOUNT).changes


@pytest.mark.parametrize(
    ("rule", "severity"),
    [
        ({"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}, "high"),
        ({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv6": "::/0"}, "high"),
        ({"IpProtocol": "tcp", "FromPort": "22", "ToPort": "22", "CidrIp": "0.0.0.0/0"}, "high"),
        ({"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "CidrIp": "128.0.0.0/1"}, "high"),
        ({"IpProtocol": "tcp", "FromPort": 8000, "ToPort": 8001, "CidrIp": "0.0.0.0/0"}, "medium"),
        ({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"}, "low"),
        ({"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "CidrIp": "0.0.0.0/0"}, "low"),
    ],
)
def test_a_rule_that_lets_everybody_in_is_as_bad_as_its_ports(rule: dict[str, Any], severity: str) -> None:
    assert codes("AWS::EC2::SecurityGroup", {"SecurityGroupIngress": [rule]}) == {("open_to_world", severity)}
    assert codes("AWS::EC2::SecurityGroupIngress", rule) == {("open_to_world", severity)}


def test_only_what_a_change_adds_is_judged() -> None:
    old, new = ({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "0.0.0.0/0"} for port in (443, 22))
    found = permission_changes(
        "AWS::EC2::SecurityGroup", {"SecurityGroupIngress": [new, old]}, {"SecurityGroupIngress": [old]}
    )
    assert [finding.path for finding in found.findings] == ["/SecurityGroupIngress/0/CidrIp"]
    before = {"AssumeRolePolicyDocument": TRUST, "Description": "a"}
    assert permission_changes("AWS::IAM::Role", {**before, "Description": "b"}, before).policies == ()


@pytest.mark.parametrize(
    ("type_name", "before", "after"),
    [
        ("AWS::S3::Bucket", {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}, {}),
        ("AWS::IAM::Role", {"PermissionsBoundary": "arn:aws:iam::111122223333:policy/limit"}, {}),
        ("AWS::S3::BucketPolicy", {"PolicyDocument": DENY}, None),
        ("AWS::ECR::Repository", {"RepositoryPolicyText": DENY}, {"RepositoryPolicyText": ALLOW}),
    ],
)
def test_a_protection_that_is_taken_away_is_found(
    type_name: str, before: dict[str, Any], after: dict[str, Any] | None
) -> None:
    assert "protection_removed" in {code for code, _ in codes(type_name, after, before)}


def test_a_policy_that_is_taken_away_changes_permissions() -> None:
    before = {"RepositoryPolicyText": ALLOW, "RepositoryName": "a"}
    assert codes("AWS::ECR::Repository", {"RepositoryName": "a"}, before) == {("changes_permissions", "info")}
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    assert permission_changes("AWS::IAM::Group", {}, {"ManagedPolicyArns": [arn]}).changes


def test_the_roles_that_are_handed_to_a_service_are_named() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/service/runner"
    found = permission_changes("AWS::ECS::TaskDefinition", {"TaskRoleArn": role, "ExecutionRoleArn": role})
    assert (found.roles, found.changes) == ((role,), False)


def test_a_role_behind_an_instance_profile_is_told_without_being_a_change_of_permissions() -> None:
    found = permission_changes("AWS::EC2::Instance", {"IamInstanceProfile": "admin"})
    assert ([finding.code for finding in found.findings], found.changes) == (["hands_on_role"], False)


def test_the_properties_of_a_type_that_are_permissions_are_listed() -> None:
    assert "Policies/*/PolicyDocument" in permission_properties("AWS::IAM::Role")
    assert "KeyPolicy" in permission_properties("AWS::KMS::Key")
    assert permission_properties("AWS::Logs::MetricFilter") == ()
