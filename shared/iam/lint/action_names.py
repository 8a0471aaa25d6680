"""What to say of an action that AWS does not have: which API call it may be, or what may be meant."""

from __future__ import annotations

from functools import lru_cache

from shared.access import action_data
from shared.access.prefixes import PREFIXES
from shared.access.tables import OPERATIONS
from shared.iam.lint.codes import show
from shared.text.similar import did_you_mean, similar

# What people call services whose actions have another prefix. `PREFIXES` has the names of AWS's own tools.
_CALLED = {
    "alb": "elasticloadbalancing",
    "cloudwatch-logs": "logs",
    "cloudwatchlogs": "logs",
    "cognito": "cognito-idp",
    "ddb": "dynamodb",
    "dynamo": "dynamodb",
    "efs": "elasticfilesystem",
    "elb": "elasticloadbalancing",
    "emr": "elasticmapreduce",
    "eventbridge": "events",
    "nlb": "elasticloadbalancing",
    "parameterstore": "ssm",
    "step-functions": "states",
    "stepfunctions": "states",
}
_MAX_SHOWN = 100


def unknown_action(action: str) -> str:
    """A sentence about an action (or pattern) that AWS does not have, without its full stop."""
    service, _, name = action.partition(":")
    if not action_data.service_exists(service):
        meant = _service_meant(service.lower(), name)
        return f"AWS documents no service that could have the action {show(action[:_MAX_SHOWN])}{meant}"
    if needed := _authorised_as(service.lower(), name.lower()):
        return f"{show(action)} is a call of the API and no action: it is allowed with {' and '.join(needed)}"
    if set(name) & set("*?"):
        return f"No action of {service} matches {show(action[:_MAX_SHOWN])}"
    names = [str(one["name"]) for one in action_data.actions(service.lower()).values()]
    known = [f"{service.lower()}:{one}" for one in similar(name, names, most=2, cutoff=0.7)]
    meant = f"; did you mean {' or '.join(known)}" if known else ""
    return f"{service} has no action {show(name[:_MAX_SHOWN])}{meant}"


def _service_meant(service: str, name: str) -> str:
    """ "; did you mean …" with the action where a service like this one has it, else with the service."""
    called = _CALLED.get(service) or PREFIXES.get(service)
    near = [called] if called else similar(service, action_data.prefixes(), cutoff=0.7)
    having = [one for one in near if name.lower() in action_data.actions(one)]
    if having:
        return f"; did you mean {having[0]}:{action_data.actions(having[0])[name.lower()]['name']}"
    return (
        f"; did you mean the service {called}" if called else did_you_mean(service, action_data.prefixes(), cutoff=0.75)
    )


def _authorised_as(service: str, operation: str) -> tuple[str, ...]:
    """The actions that an API call of the name needs, where none is named after it."""
    return _calls().get(f"{service}:{operation}", ())


@lru_cache(maxsize=1)
def _calls() -> dict[str, tuple[str, ...]]:
    """Calls by the prefix of their service's actions, in lower case."""
    made = {}
    for call, actions in OPERATIONS.items():
        service, _, operation = call.partition(":")
        made[f"{PREFIXES.get(service, service)}:{operation}".lower()] = actions
    return made
