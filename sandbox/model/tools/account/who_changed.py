"""`who_changed`: who changed, made or deleted something, and what was changed in a service."""

import re

from sandbox.model.declaration import ReadTool
from sandbox.model.phrasing import join, objects_of, paragraphs, plural, rows, searched
from sandbox.model.types import Focus, JsonObject

_SERVICES = {
    "role": "iam",
    "policy": "iam",
    "bucket": "s3",
    "s3": "s3",
    "storage": "s3",
    "ec2": "ec2",
    "function": "lambda",
}
_NAMED_SERVICE = re.compile(
    r"(?i)\b(iam|lambda|s3|ec2|rds|sqs|sns|dynamodb|kms|cloudwatch|cloudformation|route ?53|cloudfront)\b"
)
_ARN = re.compile(r"\barn:aws[a-z-]*:[^\s,;?]+")
_ID = re.compile(r"\b(?:i|vol|sg|vpc|subnet|ami|snap|eni|igw|rtb|nat|eipalloc|acl|lt)-[0-9a-f]{8,17}\b")
_SINCE = re.compile(
    r"(?i)\b(?:(?:last|past)\s+(\d+\s+)?(minutes?|hours?|days?|weeks?)|(\d+)\s*(minutes?|hours?|days?|weeks?)\b"
    r"|(yesterday|today)|since\s+(\d{4}-\d\d-\d\d)|this (week))"
)


def _since(text: str) -> JsonObject:
    found = _SINCE.search(text)
    if not found:
        return {}
    past, unit, count, units, day, date, week = found.groups()
    said = day or date or ("7 days" if week else f"{(past or count or '1').strip()} {unit or units}")
    return {"since": said.lower()}


def _asked(clause: Focus) -> list[JsonObject]:
    if not clause.has("changes"):
        return []
    besides = _since(clause.text) | ({"regions": list(clause.regions)} if clause.regions else {})
    arns = _ARN.findall(clause.text)
    ids = _ID.findall(clause.text)
    names = arns or ids or list(dict.fromkeys(each.value for each in clause.named))
    if names:
        return [{"resource": name} | besides for name in names]
    said = _NAMED_SERVICE.search(clause.text)
    service = said[1].lower() if said else next((name for topic, name in _SERVICES.items() if clause.has(topic)), None)
    return [{"service": service} | besides] if service else []


def _who(caller: JsonObject) -> str:
    name = str(caller.get("name") or caller.get("principal") or "an unknown caller")
    kind = {"AssumedRole": "the role ", "IAMUser": "the user ", "Root": "the root user "}.get(
        str(caller.get("type")), ""
    )
    session = f" (session {caller['session_name']})" if caller.get("session_name") else ""
    identity = f", as whom {caller['source_identity']} acted" if caller.get("source_identity") else ""
    invoked = f", through {caller['invoked_by']}" if caller.get("invoked_by") else ""
    return f"{kind}{name}{session}{identity}{invoked}"


def _line(event: JsonObject) -> str:
    denied = f"; denied with {event['error_code']}, nothing changed" if event.get("error_code") else ""
    source = f" from {event['source_address']}" if event.get("source_address") else ""
    at = str(event.get("time", "")).replace("T", " ").removesuffix("Z").removesuffix("+00:00")
    place = f" in {event.get('region')}, event {event.get('event_id')}"
    return f"{event.get('event_name')} at {at} UTC by {_who(event.get('caller') or {})}{source}{place}{denied}"


def _answer(result: JsonObject, _: Focus) -> str:
    """The newest change that was carried out, then all that is shown; or that it is not known."""
    events = objects_of(result, "events")
    what = join([str(name) for name in result.get("searched_for") or []][:1])
    span = f"{result.get('searched_from')} and {result.get('shown_until')}"
    if not events and result.get("verdict") == "none_recorded":
        return f"No change to {what} is recorded between {span}.{searched(result)}"
    if not events:
        return (
            f"It is unknown who changed {what}: CloudTrail's event history, as far as I could read it, shows no event "
            f"of it between {span}. That does not mean that nobody did.{searched(result)}"
        )
    done = next((event for event in events if not event.get("error_code")), None)
    lead = f"The last change to {what} that CloudTrail shows is {_line(done)}." if done else (
        f"CloudTrail shows only attempts to change {what} that were denied."
    )  # fmt: skip
    count = result.get("event_count", len(events))
    every = f"{plural(count, 'event')}, newest first:\n{rows([_line(event) for event in events])}"
    return paragraphs(lead, every if len(events) > 1 or not done else "") + searched(result)


_DEEDS = (
    "changed, modified, created, deleted, removed, stopped, started, launched, updated, edited, touched, made, "
    "attached, detached, altered, deployed, configured, terminated, added"
)
_WHO = [f"who{aux} {deed}" for aux in ("", " has", " last") for deed in _DEEDS.split(", ")]

TOOL = ReadTool(
    "who_changed",
    answer=_answer,
    topics=("changes",),
    words={
        "changes": ", ".join(
            [
                *_WHO,
                "what changed, what has changed, what was changed, which changes, recent changes, event history, "
                "cloudtrail, what changes, change history, who tried to change, who tried to delete, who broke",
            ]
        )
    },
    asked=_asked,
    order=5,
    tells=lambda arguments: f"who changed {arguments.get('resource') or arguments.get('service')}",
    heeds=(
        "region",
        "named",
        "who did",
        "period",
        "changed",
        "changes",
        "role",
        "policy",
        "bucket",
        "s3",
        "storage",
        "ec2",
        "function",
        "object",
        "create",
        "delete",
        "modify",
        "detach",
        "latest",
        "lately",
        "newest",
    ),
    can="who changed something",
)
