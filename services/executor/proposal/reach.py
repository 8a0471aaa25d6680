"""What a policy allows, in one line: by service, how far it reaches, and on what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from shared.access import action_data
from shared.access.levels import level_of_action
from shared.iam.match import action_matches
from shared.iam.policy_json import PolicyDocument, statements, texts
from shared.messages import Effect
from shared.text.plain import named

# Worst first. What only reads may be named in part; what changes anything is always named.
EVERYTHING = "every action"
EVERY_ACTION = "every action of"
PERMISSIONS = "changes of permissions in"
CHANGES = "changes in"
CONTENTS = "reads of contents and secrets in"
READS = "reads in"
_KINDS = (EVERY_ACTION, PERMISSIONS, CHANGES, CONTENTS, READS)
_BY_LEVEL = {
    Effect.PERMISSIONS: PERMISSIONS,
    Effect.WRITE: CHANGES,
    Effect.TAGGING: CHANGES,
    Effect.SENSITIVE_READ: CONTENTS,
    Effect.READ: READS,
    Effect.LIST: READS,
}
# Levelled Write by AWS, but whoever may hand a role on has its power.
_HANDS_ON = "iam:passrole"
MAX_READING_SERVICES = 12
# What AWS's common managed policies allow, by name, where their documents cannot be read: scripts/managed_reach.py.
MANAGED_REACH_FILE = Path(__file__).with_name("managed_reach.json")


def reach(document: PolicyDocument) -> str:
    """What the policy allows, such as "every action of s3; reads in logs; on every resource"."""
    allowing = [item for item in statements(document) if item.get("Effect") == "Allow"]
    denying = sum(item.get("Effect") == "Deny" for item in statements(document))
    if not allowing:
        return "nothing" + (f"; {denying} statements deny" if denying else "")
    services: dict[str, dict[str, None]] = {kind: {} for kind in _KINDS}
    wide: dict[str, None] = {}
    for item in allowing:
        if "NotAction" in item:
            wide[f"{EVERYTHING} but {', '.join(map(named, texts(item['NotAction'])))}"] = None
        for action in texts(item.get("Action")):
            if action.replace(":", "").strip("*") == "":
                wide[EVERYTHING] = None
            else:
                _add(services, action)
    parts = [*wide, *(_named(kind, [*found]) for kind, found in services.items() if found), _where(allowing)]
    return "; ".join(parts) + (f"; {denying} statements deny" if denying else "")


def known_reach(arn: str) -> str:
    """What one of AWS's common managed policies allows, as of this version's copy of it; "" for any other policy."""
    known: dict[str, str] = json.loads(MANAGED_REACH_FILE.read_text(encoding="utf-8"))
    return known.get(arn.rpartition("/")[2], "") if ":iam::aws:policy/" in arn else ""


def _add(services: dict[str, dict[str, None]], action: str) -> None:
    prefix, _, name = action.partition(":")
    prefix = prefix.lower()
    if name.strip("*") == "":
        services[EVERY_ACTION][prefix] = None
        return
    for kind in _kinds(prefix, action):
        services[kind][prefix] = None


def _kinds(prefix: str, action: str) -> Iterator[str]:
    known = [f"{prefix}:{name}" for name in action_data.actions(prefix) if action_matches(action, f"{prefix}:{name}")]
    # What AWS does not document may be a change.
    for found in known or [action]:
        yield PERMISSIONS if found.lower() == _HANDS_ON else _BY_LEVEL[level_of_action(found)]


def _named(kind: str, services: list[str]) -> str:
    most = MAX_READING_SERVICES if kind in (CONTENTS, READS) else len(services)
    more = f" and {len(services) - most} more services" if len(services) > most else ""
    return f"{kind} {', '.join(map(named, sorted(services)[:most]))}{more}"


def _where(allowing: list[PolicyDocument]) -> str:
    everywhere = ["NotResource" in item or "*" in texts(item.get("Resource")) for item in allowing]
    where = "on every resource" if all(everywhere) else "on the resources that it names"
    if any(everywhere) and not all(everywhere):
        where = "in part on every resource, in part on those that it names"
    conditions = sum(bool(item.get("Condition")) for item in allowing)
    return f"{where}, {conditions} of {len(allowing)} statements under conditions" if conditions else where
