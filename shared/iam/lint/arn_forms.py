"""The form of the ARNs in Resource and NotResource; AWS refuses a policy for one that it cannot read.

Sources: "IAM JSON policy elements: Resource" in the IAM user guide, and IAM's own errors: "Resource vendor must be
fully qualified", "IAM resource cannot contain region information", "IAM resource path must … start with …".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.iam.lint.codes import and_more, finding, show
from shared.iam.match import without_variables
from shared.iam.policy_json import PolicyDocument, texts
from shared.messages import Finding

MAX_ARN_CHARACTERS = 2048
PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc")

_SERVICE = re.compile(r"[A-Za-z0-9-]+", re.ASCII)
_REGION = re.compile(r"[a-z0-9*?-]*", re.ASCII)
_ACCOUNT = re.compile(r"|\d{12}|aws|[0-9*?]*[*?][0-9*?]*", re.ASCII)
_BUCKET_URL = re.compile(r"s3://(.+)", re.DOTALL)
_IAM_PATHS = (
    *("user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/", "policy/"),
    *("sms-mfa/", "saml-provider/", "oidc-provider/", "report/", "access-report/", "root"),
    "role-template/",
)
# What of S3 stands in a region; buckets and objects do not say theirs.
_S3_PATHS = ("accesspoint/", "access-grants/", "async-request/", "job/", "storage-lens/", "storage-lens-group/")


def check_arns(path: str, item: PolicyDocument) -> Iterator[Finding]:
    """Yield the resources of one statement that are no ARNs, one finding for each element."""
    for name in ("Resource", "NotResource"):
        wrong = [(one, why) for one in texts(item.get(name)) if one and (why := arn_problem(one))]
        if wrong:
            one, why = wrong[0]
            yield finding("malformed_arn", "high", f"{show(one)} {why}.{and_more(wrong)}", f"{path}.{name}")


def arn_problem(resource: str) -> str | None:
    """Why a resource is neither "*" nor the pattern of an ARN, as the end of a sentence; None where it is one."""
    # API Gateway alone takes paths in the policies of its APIs.
    if resource == "*" or resource.startswith("execute-api:/"):
        return None
    if len(resource) > MAX_ARN_CHARACTERS:
        return f"has {len(resource)} characters; an ARN has at most {MAX_ARN_CHARACTERS}"
    if url := _BUCKET_URL.fullmatch(resource):
        return f"is no ARN; did you mean arn:aws:s3:::{url[1][:100]}"
    parts = without_variables(resource).split(":", 5)
    if parts[0] != "arn":
        return 'is neither "*" nor an ARN (arn:partition:service:region:account:resource)'
    if len(parts) < 6:
        return f"has {len(parts)} of an ARN's six parts (arn:partition:service:region:account:resource)"
    return _part_problem(*parts[1:])


def _part_problem(partition: str, service: str, region: str, account: str, resource: str) -> str | None:
    if partition not in PARTITIONS and not set(partition) & set("*?"):
        return f'names the partition "{partition}"; AWS has {", ".join(PARTITIONS[:3])} and others like them'
    if not _SERVICE.fullmatch(service):
        return "names no service between its second and third colon, or one with a wildcard"
    if not _REGION.fullmatch(region):
        return f'names the region "{region[:40]}", which has other characters than a region'
    if not _ACCOUNT.fullmatch(account):
        digits = f"; it has {len(account)} digits" if account.isdigit() else ""
        return f'names the account "{account[:40]}"; an account id has 12 digits{digits}'
    if resource == "" and account == "":
        return "names no resource"
    return _service_problem(service, region, resource)


def _service_problem(service: str, region: str, resource: str) -> str | None:
    """What IAM says of its own ARNs, and of those of S3."""
    wild = resource[:1] in ("*", "?", "")
    if service == "iam" and region:
        return "names a region, which no ARN of IAM has"
    if service == "iam" and not wild and not _begins(resource, _IAM_PATHS):
        return f"names no kind of resource that IAM has: {', '.join(_IAM_PATHS[:4])} and others"
    if service == "s3" and region and not wild and not _begins(resource, _S3_PATHS):
        return "names a region, which the ARN of a bucket or object does not have: arn:aws:s3:::bucket/key"
    return None


def _begins(resource: str, beginnings: tuple[str, ...]) -> bool:
    """Whether the resource can begin with one of these, as far as its first wildcard."""
    literal = re.split(r"[*?]", resource, maxsplit=1)[0]
    whole = literal == resource
    return any(literal.startswith(one) or (not whole and one.startswith(literal)) for one in beginnings)
