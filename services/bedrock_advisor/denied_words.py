"""What each kind of policy means for a denied request, in plain sentences.

Source: "Policy evaluation logic" and "Troubleshoot access denied error messages" in the IAM user guide.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.aws.denials.read import PolicyType


@dataclass(frozen=True, slots=True)
class About:
    """A kind of policy: whom it belongs to, what it does, where a missing Allow goes, and who alone can change it."""

    is_: str
    place: str
    changed_by: str | None = None


KINDS: dict[PolicyType, About] = {
    "identity-based policy": About(
        "An identity-based policy is attached to the user, to a group of it, or to the role.",
        "an identity-based policy of the caller",
    ),
    "resource-based policy": About(
        "A resource-based policy hangs on the resource itself, as a bucket's or a key's policy does. Where caller and "
        "resource are of two accounts, it must allow the request and the caller's own policies too.",
        "the resource-based policy of the resource",
    ),
    "permissions boundary": About(
        "A permissions boundary is the most that the user or role may do, whatever its other policies allow.",
        "the permissions boundary, besides the caller's own policies",
        "Only who may set permissions boundaries can change it, not the caller whom it bounds.",
    ),
    "session policy": About(
        "A session policy was given when the session was opened, and is the most that this session may do.",
        "the session policy, besides the role's own policies",
        "The session cannot change it: a new session has to be opened with another one, or with none.",
    ),
    "service control policy": About(
        "A service control policy (SCP) of the organization is the most that anybody in the account may do.",
        "the service control policies, besides the caller's own policies",
        "Nobody in the account can change it: only the organization's management account can, or a delegated "
        "administrator.",
    ),
    "resource control policy": About(
        "A resource control policy (RCP) of the organization is the most that anybody may do with the account's "
        "resources.",
        "the resource control policies, besides the other policies",
        "Nobody in the account can change it: only the organization's management account can, or a delegated "
        "administrator.",
    ),
    "VPC endpoint policy": About(
        "A VPC endpoint's policy limits every request that takes its way through this endpoint.",
        "the policy of the VPC endpoint, besides the caller's own policies",
        "Only who manages the VPC can change it; another way to AWS than the endpoint is not limited by it.",
    ),
    "role trust policy": About(
        "A role's trust policy says who may assume it.",
        "the trust policy of the role",
    ),
}

UNKNOWN_KIND = (
    "The message does not say which kind of policy decided: the caller's own policies, the resource's policy, a "
    "permissions boundary, a session policy, a VPC endpoint's policy or a policy of the organization."
)
UNKNOWN_EFFECT = "Nor does it say whether a Deny decided or an Allow is missing."
EXPLICIT = (
    "A Deny statement decided (explicit deny): no Allow helps while it applies, it has to be narrowed or removed."
)
IMPLICIT = "No statement allows it (implicit deny): an Allow is missing."
# AWS writes "explicit deny" for an SCP even where the Allow is missing (see the source above).
SCP_MAY_BE_IMPLICIT = (
    "AWS calls it an explicit deny, as it does for service control policies also where the Allow is missing: look for "
    "both. No Allow of another policy helps."
)
OTHERS_MAY_DENY = "AWS names only one kind of policy: others may deny the request too once this one does not."
ENCODED = (
    "The details are in the encoded message. sts:DecodeAuthorizationMessage decodes it, for a caller that may call it; "
    "give the decoded text to explain_denied for the rest."
)
BARE = "The message says only that access was denied."
NO_DENIAL = "The text has none of the forms in which AWS says that a request was denied."
WEB_IDENTITY = (
    "Nobody signs such a request with a key: the role's trust policy decides, and what the token says of its bearer."
)
KMS_OR_MISSING = (
    "AWS KMS says the same of a key that does not exist, or not in this region, as of one that may not be used."
)
S3_OR_MISSING = (
    "S3 says the same of an object that does not exist to callers who may not list the bucket (s3:ListBucket)."
)
PUBLIC_ACCESS = (
    "A setting of S3 Block Public Access refused it, of the bucket, the account or the organization: no policy of IAM "
    "allows it, and a policy that lets nobody in but whom it names is not refused."
)
SEVERAL_MESSAGES = "The text tells of several denied requests; this is about the first."
ASSUME_ROLE = (
    "The role's trust policy must let the caller in; a caller of another account, or one that the trust policy lets in "
    "with its account only, needs a permission of its own besides."
)
