"""`list_ec2_instances`: which instances there are, by state and region."""

import re

from sandbox.model.declaration import ReadTool, in_regions
from sandbox.model.phrasing import INSTANCE_TYPE, by_state, join, objects_of, plural, rows, searched
from sandbox.model.types import Focus, JsonObject

_NAMELESS = re.compile(
    r"(?i)\b(?:unnamed|nameless)\b"
    r"|\b(?:without|with no|no|missing|lack(?:s|ing)?)\s+(?:an?\s+|the\s+)?names?(?:\s+tags?)?\b"
)

_COMPARED = re.compile(
    r"(?i)\b(?:than|over|under|above|below|least|most)\s+" + INSTANCE_TYPE.pattern.removeprefix("(?i)")
)


def _asked(clause: Focus) -> list[JsonObject]:
    states: JsonObject = {"states": list(clause.states)} if clause.states else {}
    if clause.has("ec2") or (clause.says("compute") and not clause.has("bucket", "s3", "storage", "object")):
        return [in_regions(clause)[0] | states]
    # "Is web-7 running?", "anything running in Frankfurt?": a state that nothing else has is an instance's.
    if not clause.states or clause.topics or any(each.kind for each in clause.named):
        return []
    if clause.named:
        return in_regions(clause)
    something = clause.says("anything", "something", "nothing", "what", "whats")
    return [in_regions(clause)[0] | states] if something else []


def _again(arguments: JsonObject, focus: Focus) -> JsonObject | None:
    named = {"regions": list(focus.regions), "states": list(focus.states)}
    changed = {key: value for key, value in named.items() if value}
    return arguments | changed if changed else None


def _answer(result: JsonObject, focus: Focus) -> str:
    """That there are none, or those whose name or id the question holds; empty when it asks for all there are."""
    found = objects_of(result, "instances")
    if not result.get("instance_count", len(found)):
        states, place = " ".join(["/".join(focus.states), "EC2 instances"]).strip(), join(list(focus.regions))
        return f"No, there are no {states}{f' in {place}' if place else ''}.{searched(result)}"
    nameless = _NAMELESS.search(focus.text)
    if nameless:
        unnamed = [row for row in found if not row.get("name")]
        lead = f"{plural(len(unnamed), 'EC2 instance')} without a Name tag, of {len(found)}"
        return f"{lead}:\n\n{rows([_line(row) for row in unnamed])}{searched(result)}"
    said = {token.text.lower() for token in focus.tokens} | {each.value.lower() for each in focus.named}
    named = [row for row in found if {str(row.get("name")).lower(), str(row.get("instance_id")).lower()} & said]
    if named:
        lead = " ".join(f"{row.get('name') or row.get('instance_id')} is {row.get('state')}." for row in named)
        return f"{lead}\n\n{rows([_line(row) for row in named])}{searched(result)}"
    if chosen := _chosen(found, focus):
        which, chosen_rows = chosen
        lead = f"{plural(len(chosen_rows), 'EC2 instance')} {which}, of {len(found)}"
        told = f"{lead}:\n\n{rows([_line(row) for row in chosen_rows])}" if chosen_rows else f"{lead}."
        return told + searched(result)
    ids = [each for each in said if re.fullmatch(r"i-[0-9a-f]{6,}", each)]
    return f"There is no EC2 instance {join(ids)}.{searched(result)}" if ids else ""


def _chosen(found: list[JsonObject], focus: Focus) -> tuple[str, list[JsonObject]] | None:
    """The instances of the types that the question names, or with a public address, and which they are in words."""
    if focus.has("not") or _COMPARED.search(focus.text):
        return None
    types = list(dict.fromkeys(match[0].lower() for match in INSTANCE_TYPE.finditer(focus.text)))
    public = re.search(r"(?i)\bpublic(?:ly)? (?:ips?|ip address(?:es)?|addresses)\b", focus.text)
    if not (types or public):
        return None
    chosen = [row for row in found if not types or row.get("instance_type") in types]
    chosen = [row for row in chosen if not public or row.get("public_ip")]
    which = [*([f"of type {join(types)}"] if types else []), *(["with a public IP"] if public else [])]
    return " ".join(which), chosen


def _misses(clause: Focus) -> list[str]:
    return [] if _NAMELESS.search(clause.text) else ["not", "tag", "missing"]


def _line(row: JsonObject) -> str:
    name = f"{row['name']} ({row.get('instance_id')})" if row.get("name") else str(row.get("instance_id"))
    place = row.get("availability_zone")
    parts = [str(row.get(key) or "") for key in ("instance_type", "state", "region")]
    parts += [str(place)] if place and place != row.get("region") else []
    labels = (("private_ip", "private IP"), ("public_ip", "public IP"), ("launched_at", "launched"))
    parts += [f"{label} {row[key]}" for key, label in labels if row.get(key)]
    return f"{name}: {', '.join(part for part in parts if part)}"


TOOL = ReadTool(
    "list_ec2_instances",
    noun="EC2 instance",
    rows=("instances", "instance_id", "instance"),
    line=_line,
    dated="launched_at",
    answer=_answer,
    topics=("ec2",),
    words={
        "ec2": "ec2, instance, instances, vm, vms, server, servers, box, boxes, machine, machines, vps, host, "
        "hosts, virtual machine, virtual machines, virtual server, virtual servers, compute instance, "
        "compute instances, cloud server, cloud servers, compute capacity, compute resources, virtual box, "
        "virtual boxes",
    },
    asked=_asked,
    order=80,
    again=_again,
    instead=("summarize_aws_usage",),
    heeds=(
        "region",
        "states",
        "named",
        "instance type",
        "newest",
        "oldest",
        "compute",
        "not",
        "tag",
        "missing",
        "unnamed",
        "nameless",
        "public",
        "private",
        "ip",
        "ips",
    ),
    misses=_misses,
    title="EC2",
    headline=lambda result: plural(result.get("instance_count", "?"), "instance") + by_state(result),
)
