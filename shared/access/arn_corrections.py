"""Where AWS's action data does not say which ARNs a policy has to name; maintained by hand, with sources.

The data is generated from the Service Authorization Reference, which describes some resources twice or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

_ELB = "elasticloadbalancing"
_BALANCERS = ("loadbalancer", "loadbalancer/app/", "loadbalancer/gwy/", "loadbalancer/net/")
_LISTENERS = ("listener/app", "listener/gwy", "listener/net")
_RULES = ("listener-rule/app", "listener-rule/net")

KINDS_TOO: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # Two generations share the prefix and the names of actions, and the data has the first one's resources:
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html
        **{
            f"{_ELB}:{name}": _BALANCERS
            for name in ("createloadbalancer", "deleteloadbalancer", "modifyloadbalancerattributes")
        },
        **{
            f"{_ELB}:{name}": (*_BALANCERS, *_LISTENERS, *_RULES, "targetgroup", "truststore")
            for name in ("addtags", "removetags")
        },
    }
)
"""Action in lower case → the kinds of resources that it is on, besides those in the data. None of them is needed."""

ALTERNATIVES: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        # A run is of a standard state machine or of an express one.
        ("states", "execution"): "execution",
        ("states", "express"): "execution",
    }
)
"""(IAM prefix, kind) → what two kinds of which an action needs one have in common, where their names do not say it."""

UNNAMED_TOO: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # It takes instances by their tags too:
        # https://docs.aws.amazon.com/systems-manager/latest/userguide/run-command-setting-up.html
        "ssm:SendCommand": ("instance", "managed-instance"),
    }
)
"""Action → the kinds of resources of which any may be meant where its arguments name none of them."""

NEEDED_TOO: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-runinstances
        "ec2:RunInstances": ("volume",),
        "ec2:CreateFleet": ("instance", "volume", "network-interface"),
        # An automation is asked for by its document and by its definition.
        "ssm:StartAutomationExecution": ("automation-definition",),
    }
)
"""Action → the kinds of resources that it needs besides those of which the data says so."""

_FORMS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        # The data has a placeholder without `$`.
        ("opsworks-cm", "backup"): "arn:${Partition}:opsworks-cm::${Account}:backup/${ServerName}-*",
    }
)


def corrected(prefix: str, kind: str, form: str) -> str:
    """The form of an ARN with `${Account}` for the caller's account, and `*` for another's."""
    parts = _FORMS.get((prefix, kind), form).split(":", 5)
    if len(parts) == 6 and parts[4] != "${Account}":
        parts[4] = "${Account}" if parts[4] == "${AccountId}" else re.sub(r"\$\{\w+\}", "*", parts[4])
    return ":".join(parts)
