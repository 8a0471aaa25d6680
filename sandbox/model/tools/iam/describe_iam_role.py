"""`describe_iam_role`: who may assume a role and what it may do."""

import json

from sandbox.model.declaration import ReadTool
from sandbox.model.phrasing import document, objects_of, rows
from sandbox.model.types import Focus, JsonObject

_MOST = 6  # named roles that are described with a call each; more are listed
_LABELS = {
    "role_id": "Id",
    "path": "Path",
    "created_at": "Created",
    "description": "Description",
    "max_session_seconds": "Longest session (seconds)",
    "permissions_boundary_arn": "Permissions boundary",
    "last_used_at": "Last used",
    "last_used_region": "Last used in",
}


def _asked(clause: Focus) -> list[JsonObject]:
    roles = clause.names("role")
    return [{"role_name": role} for role in roles] if len(roles) <= _MOST else []


def _answer(result: JsonObject, _focus: Focus) -> str:
    """Who may assume the role, which policies it has, and the rest of its record."""
    lines = [f"ARN: {result.get('arn')}"]
    lines += [f"{label}: {result[key]}" for key, label in _LABELS.items() if result.get(key)]
    tags = [f"{tag.get('key')}={tag.get('value')}" for tag in objects_of(result, "tags")]
    lines += [f"Tags: {', '.join(tags)}"] if tags else []
    lines.append(f"May be assumed by: {_trusted(result.get('trust_policy'))}")
    attached = [
        f"{each.get('policy_name')} ({each.get('policy_arn')})" for each in objects_of(result, "attached_policies")
    ]
    lines.append(f"Attached policies ({len(attached)}): {', '.join(attached) or 'none'}")
    inline = objects_of(result, "inline_policies")
    names = ", ".join(str(each.get("policy_name")) for each in inline)
    lines.append(f"Inline policies ({len(inline)}): {names or 'none'}")
    documents = [f"\n\nInline policy {each.get('policy_name')}:\n{document(each.get('document'))}" for each in inline]
    return f"The role {result.get('role_name')}:\n\n{rows(lines)}{''.join(documents)}"


def _trusted(trust: object) -> str:
    """The principals of a trust policy, in words."""
    if isinstance(trust, str):
        trust = json.loads(trust) if trust.startswith("{") else {}
    statements = trust.get("Statement", []) if isinstance(trust, dict) else []
    found: list[str] = []
    for statement in [statements] if isinstance(statements, dict) else statements:
        principal = statement.get("Principal", {})
        values = principal.values() if isinstance(principal, dict) else [principal]
        who = [str(each) for value in values for each in (value if isinstance(value, list) else [value])]
        verb = "" if statement.get("Effect", "Allow") == "Allow" else " (denied)"
        condition = f" (on a condition: {json.dumps(statement['Condition'])})" if statement.get("Condition") else ""
        found.append(", ".join(who) + verb + condition)
    return "; ".join(found) or "nobody that its trust policy names"


TOOL = ReadTool(
    "describe_iam_role",
    answer=_answer,
    topics=("role",),
    words={
        "trust": "assume, assumes, assumed, assuming, trust, trusts, trusted, trusting, take on, act as, step into, "
        "allowed to assume, who can use, who may use, who is allowed to use, who may become",
    },
    asked=_asked,
    order=70,
    rows=("", "role_name", "role"),
    tells=lambda arguments: f"the role {arguments.get('role_name')}",
    heeds=("trust", "policy", "permitted", "use"),
    again=lambda _, focus: {"role_name": focus.named[0].value} if focus.named else None,
)
