"""Types that are permissions as such, that hold credentials, or that make what no plan shows."""

from __future__ import annotations

import re

# Every type of these services says who may do what.
_SERVICES = ("AWS::IAM::", "AWS::SSO::", "AWS::RAM::", "AWS::LakeFormation::", "AWS::RolesAnywhere::")
_NAMES = re.compile(
    r"((Resource|Bucket|AccessPoint|Queue|Topic|Auth|Registry|FileSystem|Inline|Access|Table|TableBucket|VectorBucket"
    r"|Channel|KnowledgeBase|EventBus|RegistryPolicy)Policy|Permissions?|PolicyGrant|AccessEntry|AccessGrant"
    r"|PublicAccess|PublicAccessOptions|PublicAccessExclusion|PublicAccessBlock|PolicyStatement|PolicyPrincipalAttachment"
    r"|PrincipalAttachment|RoleAttachment|PodIdentityAssociation|EndpointAuthorization|EndpointAccess|PortfolioShare"
    r"|PrincipalAssociation|DRTAccess|AuthorizationRule|AccessAssociation|CrossAccountAttachment)$"
)
_TYPES = frozenset(
    {
        "AWS::AccountAccess::Entitlement",
        "AWS::ApiGateway::Authorizer",
        "AWS::ApiGatewayV2::Authorizer",
        "AWS::Cognito::IdentityPool",
        "AWS::IoT::Policy",
        "AWS::LicenseManager::Grant",
        "AWS::Lambda::Url",
        "AWS::Organizations::Policy",
        "AWS::S3::AccessGrantsInstance",
        "AWS::S3::AccessGrantsLocation",
        "AWS::VerifiedPermissions::Policy",
    }
)
_CREDENTIALS = frozenset(
    {"AWS::IAM::AccessKey", "AWS::IAM::ServiceSpecificCredential", "AWS::IAM::SSHPublicKey", "AWS::Transfer::User"}
)
# They make what their templates or code say.
_TEMPLATES = re.compile(
    r"^AWS::(CloudFormation::(Stack|StackSet|LambdaHook|GuardHook|TypeActivation|\w+Version)"
    r"|ServiceCatalog::CloudFormationProvisionedProduct|Proton::\w+Template)$"
)


def is_permission_type(name: str) -> bool:
    """Whether to make, change or delete one of this type changes permissions, whatever its properties are."""
    return name.startswith(_SERVICES) or name in _TYPES or _NAMES.search(name) is not None


def holds_credentials(name: str) -> bool:
    """Whether one of this type lets somebody sign in."""
    return name in _CREDENTIALS


def runs_template(name: str) -> bool:
    """Whether one of this type makes other resources, which the plan does not show."""
    return _TEMPLATES.match(name) is not None
