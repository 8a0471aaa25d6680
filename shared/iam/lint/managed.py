"""Findings about AWS managed policies by their names: a plan attaches them by ARN, without their documents."""

from __future__ import annotations

import re

from shared.iam.lint.codes import Severity, finding
from shared.messages import Finding

# Policies whose names do not say how much they allow.
POLICIES: dict[str, tuple[str, Severity, str]] = {
    "AdministratorAccess": ("administrator_policy", "high", "allows every action on every resource"),
    "IAMFullAccess": (
        "administrator_policy",
        "high",
        "allows every IAM action, so its holder can give itself any permission",
    ),
    "PowerUserAccess": (
        "administrator_policy",
        "high",
        "allows every action but IAM, Organizations and account management",
    ),
    "SystemAdministrator": ("broad_managed_policy", "high", "allows wide changes across many services"),
    "DatabaseAdministrator": ("broad_managed_policy", "medium", "allows every action of the database services"),
    "NetworkAdministrator": ("broad_managed_policy", "medium", "allows every change of the network"),
    "ReadOnlyAccess": (
        "broad_managed_policy",
        "medium",
        "reads every service, the data in buckets and tables included",
    ),
    "SecurityAudit": ("broad_managed_policy", "low", "reads the configuration of every service"),
    "ViewOnlyAccess": ("broad_managed_policy", "low", "lists the resources of every service"),
}
# Policies whose documents have a finding of severity "high", mostly because they lead to more permissions. A contract
# test compares the list with the documents of all AWS managed policies.
ESCALATING = frozenset(
    {
        "AIDevOpsAgentActionsPolicy",
        "AWSAppRunnerFullAccess",
        "AWSBatchServiceRole",
        "AWSCloudFormationFullAccess",
        "AWSCodeStarFullAccess",
        "AWSCodeStarServiceRole",
        "AWSConnector",
        "AWSDeepRacerCloudFormationAccessPolicy",
        "AWSDeepRacerServiceRolePolicy",
        "AWSElasticBeanstalkService",
        "AWSGlueConsoleFullAccess",
        "AWSGlueConsoleSageMakerNotebookFullAccess",
        "AWSGlueServiceNotebookRole",
        "AWSGlueServiceRole",
        "AWSLambda_FullAccess",
        "AWSMarketplaceFullAccess",
        "AWSMcpServiceActionsFullAccess",
        "AWSOrganizationsFullAccess",
        "AWSRefactoringToolkitFullAccess",
        "AWSSSOMasterAccountAdministrator",
        "AWSSSOMemberAccountAdministrator",
        "AWSTransformServerMigrationAgentPolicy",
        "AdministratorAccess-Amplify",
        "AmazonDataZoneSageMakerEnvironmentRolePermissionsBoundary",
        "AmazonDynamoDBFullAccess",
        "AmazonDynamoDBFullAccesswithDataPipeline",
        "AmazonEC2FullAccess",
        "AmazonEC2SpotFleetTaggingRole",
        "AmazonECS_FullAccess",
        "AmazonEKSComputePolicy",
        "AmazonElastiCacheFullAccess",
        "AmazonElasticMapReduceFullAccess",
        "AmazonElasticMapReduceRole",
        "AmazonSSMAutomationRole",
        "AmazonSSMFullAccess",
        "AmazonSSMMaintenanceWindowRole",
        "AmazonSageMakerFullAccess",
        "AmazonSageMakerServiceCatalogProductsCloudformationServiceRolePolicy",
        "DataScientist",
        "EC2ImageBuilderExecutionPolicy",
        "EC2InstanceConnect",
        "SageMakerStudioAdminIAMDefaultExecutionPolicy",
        "SageMakerStudioAdminIAMPermissiveExecutionPolicy",
        "SageMakerStudioProjectUserRolePolicy",
        "SageMakerStudioUserIAMDefaultExecutionPolicy",
        "SageMakerStudioUserIAMPermissiveExecutionPolicy",
        "SecretsManagerReadWrite",
        "ServerMigrationServiceLaunchRole",
    }
)
# Action patterns of managed policies that a narrower suggestion is often made for.
_ACTIONS: dict[str, tuple[str, ...]] = {
    "AdministratorAccess": ("*",),
    "IAMFullAccess": ("iam:*", "organizations:Describe*", "organizations:List*"),
    "AmazonS3FullAccess": ("s3:*", "s3-object-lambda:*"),
    "AmazonDynamoDBFullAccess": ("dynamodb:*", "dax:*"),
    "AmazonSQSFullAccess": ("sqs:*",),
    "AmazonSNSFullAccess": ("sns:*",),
}
_ARN = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/(?:[\w+=,.@-]+/)*(?P<name>[\w+=,.@-]+)", re.ASCII)


def policy_name(arn: str) -> str | None:
    """The name in the ARN of an AWS managed policy; None for any other ARN."""
    found = _ARN.fullmatch(arn)
    return found["name"] if found else None


def managed_document(arn: str) -> dict[str, object] | None:
    """What a well-known AWS managed policy allows, at its widest; None where that is not known here."""
    actions = _ACTIONS.get(policy_name(arn) or "")
    if actions is None:
        return None
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}],
    }


def lint_managed(arn: str) -> tuple[Finding, ...]:
    """The finding about an AWS managed policy that allows much; none for other policies and other ARNs."""
    name = policy_name(arn)
    if name is None:
        return ()
    if name in POLICIES:
        code, severity, reach = POLICIES[name]
        return (finding(code, severity, f"The AWS managed policy {name} {reach}.", arn),)
    if name in ESCALATING:
        text = f"The AWS managed policy {name} can lead to more permissions than it gives, or allows all but a little."
        return (finding("broad_managed_policy", "high", text, arn),)
    if "FullAccess" in name:
        text = f"The AWS managed policy {name} allows every action of a service on every resource; a narrower may do."
        return (finding("full_access_policy", "medium", text, arn),)
    return ()
