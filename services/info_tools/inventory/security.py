"""What the usage summary counts of keys, certificates, IAM and secrets (how many, never what they hold)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from services.info_tools.inventory.declaration import Attention, Listing

EXPIRES_SOON = timedelta(days=30)
# Without it ListCertificates leaves out all but RSA keys of 1,024 and 2,048 bits:
# https://docs.aws.amazon.com/acm/latest/APIReference/API_Filters.html
_KEY_TYPES = [
    "RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1",
]  # fmt: skip


def _expires_soon(certificate: Any, now: datetime) -> bool:
    ends = certificate.get("NotAfter")
    return ends is not None and now < ends <= now + EXPIRES_SOON


def _has_expired(certificate: Any, now: datetime) -> bool:
    ends = certificate.get("NotAfter")
    return ends is not None and ends <= now


LISTINGS = (
    Listing("kms", "keys, AWS's own ones among them", "list_keys", "Keys", action="kms:ListKeys", name="KeyId"),
    Listing(
        "acm",
        "certificates",
        "list_certificates",
        "CertificateSummaryList",
        action="acm:ListCertificates",
        name="DomainName",
        state="Status",
        arguments={"Includes": {"keyTypes": _KEY_TYPES}},
        attention=(
            Attention(f"expires within {EXPIRES_SOON.days} days", _expires_soon),
            Attention("expired", _has_expired),
            Attention("not in use", "InUse == `false`"),
        ),
    ),
    Listing(
        "secretsmanager", "secrets", "list_secrets", "SecretList", action="secretsmanager:ListSecrets", name="Name"
    ),
    Listing("ssm", "parameters", "describe_parameters", "Parameters", action="ssm:DescribeParameters", name="Name"),
    Listing("guardduty", "detectors", "list_detectors", "DetectorIds", action="guardduty:ListDetectors"),
    Listing("iam", "users", "list_users", "Users", action="iam:ListUsers", name="UserName", is_global=True),
    Listing("iam", "groups", "list_groups", "Groups", action="iam:ListGroups", name="GroupName", is_global=True),
    Listing(
        "iam",
        "customer managed policies",
        "list_policies",
        "Policies",
        action="iam:ListPolicies",
        name="PolicyName",
        arguments={"Scope": "Local"},
        attention=(Attention("attached to nobody", "AttachmentCount == `0` && PermissionsBoundaryUsageCount == `0`"),),
        is_global=True,
    ),
)
