"""Answers about EC2, Lambda, IAM, the caller and costs."""

from __future__ import annotations

import json
import re

from sandbox.model.focus import Focus
from sandbox.model.generic import counted, document, join, objects_of, plural, rows, size
from sandbox.model.types import JsonObject


def _searched(result: JsonObject) -> str:
    regions = result.get("regions_searched")
    return f"\n\nRegions searched: {', '.join(regions)}." if isinstance(regions, list) and regions else ""


def instances(result: JsonObject, focus: Focus) -> str:
    """EC2 instances: how many, in which states, and each of them."""
    found = objects_of(result, "instances")
    count = result.get("instance_count", len(found))
    asked = f"{'/'.join(focus.states)} " if focus.states else ""
    if count == 0:
        place = f" in {join(list(focus.regions))}" if focus.regions else ""
        return f"No, there are no {asked}EC2 instances{place}." + _searched(result)
    named = _named_instances(found, focus)
    if named:
        lead = " ".join(f"{_called(row)} is {row.get('state')}." for row in named)
        return f"{lead}\n\n{rows([_instance(row) for row in named])}{_searched(result)}"
    states = counted(result.get("by_state"))
    lead = f"{_missing_instance(focus)}You have {plural(count, 'EC2 instance')}"
    lead += f" ({states})" if states else ""
    lead += f", by region: {_by(result.get('by_region'))}" if result.get("by_region") else ""
    dated = sorted((row for row in found if row.get("launched_at")), key=lambda row: str(row["launched_at"]))
    if dated and focus.has("newest", "oldest"):
        best, word = (dated[-1], "newest") if focus.has("newest") else (dated[0], "oldest")
        lead += f". The {word} is {best.get('name') or best.get('instance_id')}, launched {best['launched_at']}"
    return f"{lead}:\n\n{rows([_instance(row) for row in found])}{_searched(result)}"


def _called(row: JsonObject) -> str:
    return str(row.get("name") or row.get("instance_id"))


def _named_instances(found: list[JsonObject], focus: Focus) -> list[JsonObject]:
    """The instances whose name or id the question holds."""
    said = {token.text.lower() for token in focus.tokens}
    said |= {each.value.lower() for each in focus.named}
    return [row for row in found if {str(row.get("name")).lower(), str(row.get("instance_id")).lower()} & said]


def _missing_instance(focus: Focus) -> str:
    if focus.has("bucket", "s3", "role", "function", "summary", "policy", "object"):
        return ""
    ids = [token.text for token in focus.tokens if re.fullmatch(r"i-[0-9a-f]{6,}", token.text)]
    wanted = [*ids, *(each.value for each in focus.named if each.kind is None)]
    return f"There is no EC2 instance named {join(wanted)}. " if wanted else ""


def _by(counts: object) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) if isinstance(counts, dict) else ""


def _instance(row: JsonObject) -> str:
    name = f"{row['name']} ({row.get('instance_id')})" if row.get("name") else str(row.get("instance_id"))
    place = row.get("availability_zone") or row.get("region")
    parts = [str(row.get("instance_type", "")), str(row.get("state", "")), str(row.get("region", ""))]
    parts += [str(place)] if place and place != row.get("region") else []
    parts += [f"private IP {row['private_ip']}"] if row.get("private_ip") else []
    parts += [f"public IP {row['public_ip']}"] if row.get("public_ip") else []
    parts += [f"launched {row['launched_at']}"] if row.get("launched_at") else []
    return f"{name}: {', '.join(part for part in parts if part)}"


def functions(result: JsonObject, focus: Focus) -> str:
    """Lambda functions: how many, where, and each of them, or the one that was named."""
    found = objects_of(result, "functions")
    wanted = [each.value for each in focus.named if each.kind in (None, "function")]
    named = [row for row in found if row.get("function_name") in wanted]
    if named:
        return rows([_function(row) for row in named]) + _searched(result)
    missing = f"There is no Lambda function named {join(wanted)}. " if wanted else ""
    count = result.get("function_count", len(found))
    if count == 0:
        place = f" in {join(list(focus.regions))}" if focus.regions else ""
        return f"{missing}You have no Lambda functions{place}." + _searched(result)
    by_region = f", by region: {_by(result['by_region'])}" if result.get("by_region") else ""
    lead = f"{missing}You have {plural(count, 'Lambda function')}{by_region}:"
    return f"{lead}\n\n{rows([_function(row) for row in found])}{_searched(result)}"


def _function(row: JsonObject) -> str:
    parts = [f"{row.get('function_name')} in {row.get('region', 'an unknown region')}"]
    labels = (
        ("runtime", "runtime"),
        ("handler", "handler"),
        ("memory_mib", "memory (MiB)"),
        ("timeout_seconds", "timeout (s)"),
    )
    parts += [f"{label} {row[key]}" for key, label in labels if row.get(key) is not None]
    parts += [f"code {size(row, 'code_size')}"] if row.get("code_size_bytes") is not None else []
    parts += [f"role {row['role_arn']}"] if row.get("role_arn") else []
    parts += [f"last modified {row['last_modified']}"] if row.get("last_modified") else []
    return ", ".join(parts)


def roles(result: JsonObject, focus: Focus) -> str:
    """IAM roles: how many and which."""
    found = objects_of(result, "roles")
    count = result.get("role_count", len(found))
    if count == 0:
        return "There are no IAM roles."
    note = ""
    dated = sorted((row for row in found if row.get("created_at")), key=lambda row: str(row["created_at"]))
    if dated and focus.has("newest", "oldest"):
        best, word = (dated[-1], "newest") if focus.has("newest") else (dated[0], "oldest")
        note = f" The {word} is {best.get('role_name')}, created {best['created_at']}."
    return f"There are {plural(count, 'IAM role')}.{note}\n\n{rows([_role_line(row) for row in found])}"


def _role_line(row: JsonObject) -> str:
    said = f": {row['description']}" if row.get("description") else ""
    created = f", created {row['created_at']}" if row.get("created_at") else ""
    return f"{row.get('role_name')} ({row.get('arn')}){created}{said}"


def role(result: JsonObject, _focus: Focus) -> str:
    """One role: who may assume it, which policies it has, and the rest of its record."""
    lines = [f"ARN: {result.get('arn')}"]
    labels = (
        ("role_id", "Id"),
        ("path", "Path"),
        ("created_at", "Created"),
        ("description", "Description"),
        ("max_session_seconds", "Longest session (seconds)"),
        ("permissions_boundary_arn", "Permissions boundary"),
        ("last_used_at", "Last used"),
        ("last_used_region", "Last used in"),
    )
    lines += [f"{label}: {result[key]}" for key, label in labels if result.get(key)]
    tags = [f"{tag.get('key')}={tag.get('value')}" for tag in objects_of(result, "tags")]
    lines += [f"Tags: {', '.join(tags)}"] if tags else []
    lines.append(f"May be assumed by: {_trusted(result.get('trust_policy'))}")
    attached = [
        f"{policy.get('policy_name')} ({policy.get('policy_arn')})"
        for policy in objects_of(result, "attached_policies")
    ]
    lines.append(f"Attached policies ({len(attached)}): {', '.join(attached) if attached else 'none'}")
    inline = objects_of(result, "inline_policies")
    lines.append(
        f"Inline policies ({len(inline)}): {', '.join(str(each.get('policy_name')) for each in inline) or 'none'}"
    )
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


def identity(result: JsonObject, _focus: Focus) -> str:
    """Which account, and as whom."""
    user = f" (user id {result['user_id']})" if result.get("user_id") else ""
    return f"This session works in the AWS account {result.get('account')}, as {result.get('arn')}{user}."


def cost(result: JsonObject, focus: Focus) -> str:
    """What was spent in a period: the total, by service, by month."""
    currency = result.get("currency", "")
    guess = " (an estimate: AWS has not closed the period yet)" if result.get("estimated") else ""
    span = f"Between {result.get('start')} and {result.get('end')} (exclusive)"
    lead = f"{span} you spent {result.get('total')} {currency}{guess}."
    services = objects_of(result, "by_service") or objects_of(result, "top_services")
    if services and focus.has("largest", "each_service"):
        lead += (
            f" The most expensive service is {services[0].get('service')} with {services[0].get('amount')} {currency}."
        )
    parts = [lead]
    if services:
        parts.append(
            "By service:\n" + rows([f"{row.get('service')}: {row.get('amount')} {currency}" for row in services])
        )
    months = objects_of(result, "by_month")
    if len(months) > 1:
        parts.append("By month:\n" + rows([f"{row.get('start')}: {row.get('amount')} {currency}" for row in months]))
    return "\n\n".join(parts)


def summary(result: JsonObject, focus: Focus) -> str:
    """The overview of ``summarize_aws_usage``: one line per service it could read."""
    lines: list[str] = []
    s3, ec2, lambda_, iam = (result.get(key) or {} for key in ("s3", "ec2", "lambda", "iam"))
    if s3:
        lines.append(
            f"S3: {size(s3, 'total')} in {plural(s3.get('total_objects', '?'), 'object')} of "
            f"{plural(s3.get('bucket_count', '?'), 'bucket')}"
        )
    if ec2:
        states = counted(ec2.get("by_state"))
        lines.append(f"EC2: {plural(ec2.get('instance_count', '?'), 'instance')}{f' ({states})' if states else ''}")
    if lambda_:
        lines.append(f"Lambda: {plural(lambda_.get('function_count', '?'), 'function')}")
    if iam:
        lines.append(f"IAM: {plural(iam.get('role_count', '?'), 'role')}")
    text = "Your AWS usage:\n\n" + rows(lines)
    return text + (f"\n\n{cost(result['cost'], focus)}" if result.get("cost") else "")
