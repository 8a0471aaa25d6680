"""The form of the principals in trust and resource policies; AWS refuses a policy for one that it cannot read.

Source: "AWS JSON policy elements: Principal" in the IAM user guide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from shared.access import action_data
from shared.iam.lint.codes import finding, show
from shared.iam.policy_json import as_list, texts
from shared.messages import Finding
from shared.text.similar import did_you_mean

ACCOUNT = re.compile(r"(?:arn:aws[a-z-]*:(?:iam|sts)::)?(?P<account>\d{12}|cloudfront)(?P<rest>:.*)?", re.ASCII)
DELETED = re.compile(r"A(?:ROA|IDA)[A-Z0-9]{12,}", re.ASCII)

_REST = re.compile(r":(root|(user|role|federated-user)/.+|assumed-role/[^/]+/.+)", re.ASCII | re.DOTALL)
_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|aws\.internal)|alexa-[a-z-]+\.amazon\.com")
_PROVIDER = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(saml-provider|oidc-provider)/.+", re.ASCII)
# Providers that every account knows. Others are named by the ARN of the account's provider.
_KNOWN_PROVIDERS = ("cognito-identity.amazonaws.com", "www.amazon.com", "graph.facebook.com", "accounts.google.com")
_CANONICAL = re.compile(r"[0-9a-f]{64}|[0-9a-f]{78,130}", re.IGNORECASE)
# Service principals without an action of the same prefix.
_MORE_SERVICES = frozenset(
    {
        *(
            "airflow-env",
            "application-autoscaling",
            "assets.iot",
            "batch.datazone",
            "batchoperations.s3",
            "billing",
            "channels.lexv2",
            "codestar",
        ),
        *(
            "delivery.logs",
            "dlm",
            "ec2fleet",
            "ec2scheduled",
            "ecs-tasks",
            "edgelambda",
            "eks-fargate-pods",
            "eks-nodegroup",
            "elasticmapreduce",
        ),
        *(
            "emr-containers",
            "emr-serverless",
            "export.rds",
            "hooks.cloudformation",
            "im.msk",
            "kafkaconnect",
            "lex",
            "lexv2",
            "logging.s3",
        ),
        *(
            "macie",
            "monitoring",
            "monitoring.rds",
            "opensearchservice",
            "ops.apigateway",
            "opsworks-cm",
            "pods.eks",
            "qldb",
        ),
        *(
            "redshift-serverless",
            "replicator.lambda",
            "resources.cloudformation",
            "scheduler.redshift",
            "spot",
            "spotfleet",
        ),
        *("ssm-incidents", "streams.metrics.cloudwatch", "tagging", "topicrule", "vmie", "vpc-flow-logs"),
    }
)


def check_principal(principal: object, path: str) -> Iterator[Finding]:
    """Yield what is not a principal by its form. `form.py` reports values that are neither text nor objects."""
    if principal == "*" or not isinstance(principal, str | dict):
        return
    if isinstance(principal, str) or not principal:
        text = f'A principal is "*" or an object such as {{"AWS": ...}}, not {show(principal)}.'
        yield finding("bad_principal", "high", text, path)
        return
    for kind, value in principal.items():
        yield from _values(str(kind), value, f"{path}.{kind}")


def _values(kind: str, value: object, path: str) -> Iterator[Finding]:
    if kind not in _FORMS:
        hint = did_you_mean(kind, _FORMS)
        yield finding("bad_principal", "high", f"{show(kind)} is no type of principal{hint}.", path)
        return
    if value in ("", []) or not all(isinstance(one, str) and one for one in as_list(value)):
        number = any(isinstance(one, int) and not isinstance(one, bool) for one in as_list(value))
        hint = ": write the account id between quotation marks, with its leading zeros" if number else ""
        text = f"{kind} must be a string or a list of strings, not {show(value)}{hint}."
        yield finding("bad_principal", "high", text, path)
        return
    for one in texts(value):
        if why := _FORMS[kind](one):
            yield finding("bad_principal", "high", f"{show(one)} {why}.", path)
        elif kind == "Service" and (hint := _misspelt(one)):
            text = f"AWS documents no service principal {show(one)}{hint}."
            yield finding("unknown_service_principal", "medium", text, path)


def _aws(value: str) -> str | None:
    """Why a value is no AWS principal, as the end of a sentence."""
    found = ACCOUNT.fullmatch(value)
    if value == "*" or DELETED.fullmatch(value):
        return None
    if found and (not found["rest"] or "*" in found["rest"] or _REST.fullmatch(found["rest"])):
        return None
    digits = re.sub(r"[\s-]", "", value)
    if digits.isdigit():
        return (
            f"is no account id: it has {len(digits)} digits" if len(digits) != 12 else "is no account id: digits only"
        )
    if _SERVICE.fullmatch(value):
        return f'is a service: write {{"Service": "{value[:80]}"}}'
    if _PROVIDER.fullmatch(value):
        return f'is an identity provider: write {{"Federated": "{value[:80]}"}}'
    if ":group/" in value:
        return "is a group, which cannot be a principal: name users or roles"
    if account := re.match(r"arn:aws[a-z-]*:(?:iam|sts)::(\d*):", value, re.ASCII):
        count = f": its account id has {len(account[1])} digits" if len(account[1]) != 12 else ""
        return f"is no ARN of a role, user or session{count}"
    return "is no account and no ARN of a role, user or session"


def _service(value: str) -> str | None:
    if _SERVICE.fullmatch(value):
        return None
    if value.startswith("arn:"):
        return f'is an ARN and no service: write {{"{"Federated" if _PROVIDER.fullmatch(value) else "AWS"}": …}}'
    if "*" in value:
        return "is no service principal: it takes no wildcard"
    name = value.lower().partition(".")[0]
    meant = f"{name}.amazonaws.com" if action_data.service_exists(name) or name in _MORE_SERVICES else ""
    return f"is no service principal, like {meant or 'lambda.amazonaws.com'}"


def _federated(value: str) -> str | None:
    if value in _KNOWN_PROVIDERS or _PROVIDER.fullmatch(value) or value == "*":
        return None
    if value.startswith("arn:"):
        return "is no ARN of an identity provider: arn:aws:iam::ACCOUNT:oidc-provider/HOST or …:saml-provider/NAME"
    if _SERVICE.fullmatch(value):
        return f'is a service: write {{"Service": "{value[:80]}"}}'
    host = value.removeprefix("https://")[:80]
    return f"is no identity provider: name the account's own, arn:aws:iam::ACCOUNT:oidc-provider/{host}"


def _canonical(value: str) -> str | None:
    return None if _CANONICAL.fullmatch(value) else "is no canonical user id, which has 64 hexadecimal digits"


_FORMS: dict[str, Callable[[str], str | None]] = {
    "AWS": _aws,
    "Service": _service,
    "Federated": _federated,
    "CanonicalUser": _canonical,
}


def _misspelt(service: str) -> str:
    """What is meant by a service principal that AWS does not have; "" where it has it, or nothing is like it."""
    name = re.sub(r"\.(amazonaws\.com(\.cn)?|aws\.internal|amazon\.com)$", "", service)
    known = {*action_data.prefixes(), *_MORE_SERVICES}
    # lambda.eu-west-1.amazonaws.com is the service of one region.
    if name in known or name.split(".")[0] in known or name.split(".")[-1] in known:
        return ""
    return did_you_mean(name, known, end=".amazonaws.com", cutoff=0.8)
