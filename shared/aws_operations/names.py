"""Which service or operation a written name means; only what is certain, else the most similar ones are named."""

from __future__ import annotations

import re
from collections.abc import Mapping

from shared.aws_operations.models import Service
from shared.errors import NotFound
from shared.text.similar import did_you_mean

# Names that people and AWS's own pages use, and neither botocore's name, AWS's title nor the IAM prefix has.
# Those of several services are none here: "cloudwatch" alone is the service of that name.
_OTHER_NAMES = {
    "apigatewayhttp": "apigatewayv2",
    "apigatewayv1": "apigateway",
    "apigatewayrest": "apigateway",
    "alb": "elbv2",
    "nlb": "elbv2",
    "classicloadbalancer": "elb",
    "cloudwatchlog": "logs",
    "cloudwatchlogs": "logs",
    "cloudwatchevents": "events",
    "cognito": "cognito-idp",
    "cognitouserpools": "cognito-idp",
    "cognitoidentitypools": "cognito-identity",
    "costexplorer": "ce",
    "dynamo": "dynamodb",
    "elasticsearch": "es",
    "eventbridge": "events",
    "loadbalancer": "elbv2",
    "loadbalancers": "elbv2",
    "elasticloadbalancing": "elbv2",
    "elasticloadbalancingv2": "elbv2",
    "msk": "kafka",
    "parameterstore": "ssm",
    "quotas": "service-quotas",
    "secretmanager": "secretsmanager",
    "securitytoken": "sts",
    "statemachines": "stepfunctions",
    "sfn": "stepfunctions",
    "systemsmanager": "ssm",
    "ses": "ses",
    "waf": "wafv2",
}


_LONGEST = 120


def plain(name: str) -> str:
    """Letters and digits alone, in lower case."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def service_named(written: str, names: Mapping[str, str]) -> str:
    """botocore's name of a service, from `names_of`. Raises NotFound `unknown_aws_service`."""
    wanted = plain(written[:_LONGEST])
    found = names.get(wanted) or names.get(re.sub(r"^(amazon|aws)|services?$", "", wanted))
    if found is None:
        raise NotFound(
            f"AWS has no service {written[:80]!r}{did_you_mean(written, set(names.values()))}; "
            "give botocore's name of it, as search_aws_operations returns it",
            code="unknown_aws_service",
        )
    return found


def operation_named(service: str, written: str, names: Mapping[str, str]) -> str:
    """AWS's spelling of an operation; `names`: the service's, by `plain`. Raises NotFound `unknown_aws_operation`."""
    found = names.get(plain(written.rpartition(":")[2]))
    if found is None:
        raise NotFound(
            f"{service} has no operation {written[:80]!r}{did_you_mean(written, names.values())}",
            code="unknown_aws_operation",
        )
    return found


def names_of(known: Mapping[str, Service]) -> dict[str, str]:
    """Every way to write each service; botocore's own names win, then AWS's, then the prefixes that only one has."""
    names: dict[str, str] = {}
    prefixes: dict[str, list[str]] = {}
    for service in known.values():
        names.setdefault(re.sub(r"^(amazon|aws)", "", plain(service.title)), service.name)
        prefixes.setdefault(plain(service.prefix), []).append(service.name)
    names |= {prefix: only[0] for prefix, only in prefixes.items() if len(only) == 1 and prefix}
    names |= {other: name for other, name in _OTHER_NAMES.items() if name in known}
    return names | {plain(name): name for name in known}
