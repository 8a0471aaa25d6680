"""Which properties hold policies: documents that say who may do what."""

from __future__ import annotations

from collections.abc import Mapping

from shared.iam.policy_json import PolicyKind

# By the last name of the path. What is called a policy and says nothing of permissions (`RedrivePolicy`, a lifecycle,
# a firewall's) is none.
_BY_NAME: Mapping[str, PolicyKind] = {
    "AccessPolicies": "resource",
    "AccessPolicy": "resource",
    "AssumeRolePolicyDocument": "trust",
    "DeliveryDestinationPolicy": "resource",
    "DestinationPolicy": "resource",
    "FileSystemPolicy": "resource",
    "InlinePolicy": "identity",
    "InvestigationGroupPolicy": "resource",
    "KeyPolicy": "resource",
    "KmsPolicyDocument": "resource",
    "ModelPackageGroupPolicy": "resource",
    "ModelPolicy": "resource",
    "NamespaceResourcePolicy": "resource",
    "PermissionsPolicyDocument": "resource",
    "Policy": "resource",
    "PolicyDocument": "resource",
    "PolicyTemplate": "resource",
    "PolicyText": "resource",
    "RepositoryPolicy": "resource",
    "RepositoryPolicyText": "resource",
    "ResourcePolicy": "resource",
    "ResourcePolicyDocument": "resource",
    "S3AccessPolicy": "resource",
    "S3PolicyDocument": "resource",
    "SessionPolicy": "session",
    "StsPolicyDocument": "resource",
    "WebAppEndpointPolicy": "resource",
}
_IDENTITY_SERVICES = ("AWS::IAM::", "AWS::SSO::")
_SESSION = frozenset({("AWS::EKS::PodIdentityAssociation", "Policy"), ("AWS::Transfer::User", "Policy")})


def is_policy(path: str) -> bool:
    """Whether the property at this path is a policy, by its name: "Policies/*/PolicyDocument"."""
    return path.rpartition("/")[2] in _BY_NAME


def kind_of(type_name: str, path: str) -> PolicyKind:
    """What kind of policy the property at this path holds; "resource" where its name does not tell."""
    name = path.rpartition("/")[2]
    if (type_name, name) in _SESSION:
        return "session"
    if type_name.startswith(_IDENTITY_SERVICES) and name in ("PolicyDocument", "Policy"):
        return "identity"
    return _BY_NAME.get(name, "resource")
