"""Orders that no operation of ours has: stop, start and reboot instances and databases, enable and disable rules."""

import re
from dataclasses import dataclass

from sandbox.model.phrasing import join, objects_of
from sandbox.model.types import Call, JsonObject, Outcome, Proposal, Step

CALL = "change_aws"
_LISTING = Call("list_ec2_instances")
_POLITE = r"(?i)^\W*(?:(?:please|can you|could you|would you|just)\s+)*"
_NAME = r"[`'\"]?(?P<name>[\w/+=.@-]*\w)[`'\"]?"
_INSTANCE = re.compile(r"\bi-[0-9a-f]{8,17}\b")
_OF_INSTANCES = re.compile(_POLITE + r"(?P<verb>stop|shut down|start|boot|reboot|restart)\b.*\bi-[0-9a-f]{8,17}\b")
_OF_DATABASES = re.compile(
    _POLITE
    + r"(?P<verb>stop|start|reboot|restart)\s+(?:the\s+|my\s+)?(?:rds\s+)?(?:database|db instance|db)\s+"
    + _NAME
)
_OF_RULES = re.compile(
    _POLITE + r"(?P<verb>enable|disable)\s+(?:the\s+|my\s+)?(?:eventbridge\s+|schedule\s+)?rule\s+" + _NAME
)
_INSTANCES = {
    "stop": "StopInstances",
    "shut down": "StopInstances",
    "start": "StartInstances",
    "boot": "StartInstances",
    "reboot": "RebootInstances",
    "restart": "RebootInstances",
}
_DATABASES = {
    "stop": "StopDBInstance",
    "start": "StartDBInstance",
    "reboot": "RebootDBInstance",
    "restart": "RebootDBInstance",
}
_RULES = {"enable": "EnableRule", "disable": "DisableRule"}


@dataclass(frozen=True)
class Order:
    """A call of AWS: what is called, and on what; `instances` where these say in which region it is."""

    service: str
    operation: str
    parameters: JsonObject
    goal: str
    instances: tuple[str, ...] = ()


def order_in(text: str) -> Order | None:
    """The order that a message gives; None where it gives none of these."""
    if found := _OF_INSTANCES.match(text):
        verb, ids = found["verb"].lower(), tuple(dict.fromkeys(_INSTANCE.findall(text)))
        goal = f"{verb.capitalize()} the instance{'s' if len(ids) > 1 else ''} {join(list(ids))}"
        return Order("ec2", _INSTANCES[verb], {"InstanceIds": list(ids)}, goal, ids)
    if found := _OF_DATABASES.match(text):
        verb, name = found["verb"].lower(), found["name"]
        goal = f"{verb.capitalize()} the database {name}"
        return Order("rds", _DATABASES[verb], {"DBInstanceIdentifier": name}, goal)
    if found := _OF_RULES.match(text):
        verb, name = found["verb"].lower(), found["name"]
        return Order("events", _RULES[verb], {"Name": name}, f"{verb.capitalize()} the rule {name}")
    return None


def called(order: Order, region: str, outcomes: list[Outcome]) -> Proposal:
    """The plan that gives the order; first where the instances are, unless the message says."""
    if order.instances and not region:
        listing = next((each for each in outcomes if each.call.name == _LISTING.name), None)
        if listing is None:
            return Proposal(lookups=(_LISTING,))
        rows = objects_of(listing.result, "instances")
        places = {str(row.get("region")) for row in rows if row.get("instance_id") in order.instances}
        known = {row.get("instance_id") for row in rows}
        if missing := [one for one in order.instances if one not in known]:
            return Proposal(say=f"There is no instance {join(missing)} in the regions of this session.")
        if len(places) > 1:
            return Proposal(say="These instances are in several regions: name those of one at a time.")
        region = places.pop()
    arguments: JsonObject = {
        "service": order.service,
        "operation": order.operation,
        "parameters": order.parameters,
        **({"region": region} if region else {}),
    }
    return Proposal((Step("call", CALL, arguments),), goal=order.goal)


def said(step: JsonObject) -> str:
    """A step that is done, in words."""
    result = step.get("result") or {}
    parameters = result.get("parameters") or {}
    names = [str(one) for value in parameters.values() for one in (value if isinstance(value, list) else [value])]
    where = f" in {result['region']}" if result.get("region") else ""
    undo = result.get("undo") or {}
    back = f" It can be undone, with {undo['operation']}." if undo.get("operation") else ""
    return f"AWS carried out {result.get('service')}:{result.get('operation')} for {join(names)}{where}.{back}"
