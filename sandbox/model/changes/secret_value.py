"""Reads whose secret a message wants to see, finds its region, and draws up the plan that shows it to the person."""

import re

from sandbox.model.phrasing import objects_of
from sandbox.model.types import Call, JsonObject, Outcome, Proposal, Step

READ_VALUE = "read_sensitive"
_LISTING = Call("read_aws", {"service": "secretsmanager", "operation": "ListSecrets"})
_NAME = r"[`'\"]?(?P<name>[\w/+=.@-]*\w)[`'\"]?"
_ASKED = (
    re.compile(
        rf"(?i)\b(?:value|content|contents)\s+(?:of|in|from)\s+(?:the\s+|my\s+|our\s+)?secret\s+(?:called\s+|named\s+)?{_NAME}"
    ),
    re.compile(
        r"(?i)^\W*(?:please\s+|can you\s+|could you\s+)*(?:show|reveal|read|get|fetch|tell)\s+(?:me\s+)?"
        rf"(?:the\s+|my\s+|our\s+)?secret\s+(?:called\s+|named\s+)?{_NAME}"
    ),
    re.compile(rf"(?i)\b{_NAME}\s+secret'?s?\s+value\b"),
)


def secret_in(text: str) -> str:
    """The name of the secret whose value a message asks for; empty where it asks for none."""
    found = (pattern.search(text) for pattern in _ASKED)
    return next((one["name"] for one in found if one), "")


def value_of(name: str, region: str, outcomes: list[Outcome]) -> Proposal:
    """The plan that reads the secret for the person alone; first where it is, unless the message says."""
    if not region:
        listing = next((each for each in outcomes if each.call.name == _LISTING.name), None)
        if listing is None:
            return Proposal(lookups=(_LISTING,))
        rows = [row for row in objects_of(listing.result, "rows") if row.get("Name") == name]
        if not rows:
            return Proposal(say=f"There is no secret {name} in the regions of this session.")
        region = str(rows[0].get("_region", ""))
    arguments: JsonObject = {
        "service": "secretsmanager",
        "operation": "GetSecretValue",
        "parameters": {"SecretId": name},
        "region": region,
    }
    return Proposal((Step("value", READ_VALUE, arguments),), goal=f"Show the value of the secret {name} to the user")


def told(step: JsonObject, values: JsonObject) -> str:
    """What a step that is done has read: where the person sees it, or what of it the model may see."""
    result = step.get("result") or {}
    shared = values.get(str(step.get("id")))
    called = f"{result.get('service')}:{result.get('operation')}"
    if shared is None:
        return (
            f"I have not seen what {called} answered: it is sealed for you, and you can look at it until "
            f"{result.get('readable_until')}, on the plan's page, with `assistant plan value`, or "
            f"at {step.get('value')}."
        )
    value = shared.get("value")
    shown = value if isinstance(value, dict) else {"value": value}
    lines = [f"- {name}: {item}" for name, item in shown.items() if isinstance(item, str | int | float)]
    return "\n".join([f"You let me see what {called} answered:", "", *lines])
