"""An operation's arguments, paging and token, from botocore's model of its input and output."""

from __future__ import annotations

from typing import Any

from scripts.aws_operations.models import ServiceModel

_SHOWN_VALUES = 12
_SHOWN_MEMBERS = 12
_DEPTH = 2

# For operations without a paginator: the token in the request → its names in the answer, the first that is there.
# A clientToken, changeToken, updateToken or lockToken is for something else.
TOKENS = {
    "ContinuationToken": ("NextContinuationToken", "ContinuationToken"),
    "Marker": ("NextMarker", "Marker"),
    "NextMarker": ("NextMarker",),
    "NextPageToken": ("NextPageToken",),
    "NextToken": ("NextToken",),
    "PageToken": ("NextPageToken", "PageToken"),
    "PaginationToken": ("PaginationToken", "NextToken"),
    "continuationToken": ("nextContinuationToken", "continuationToken"),
    "marker": ("nextMarker", "marker"),
    "nextMarker": ("nextMarker",),
    "nextPageToken": ("nextPageToken",),
    "nextToken": ("nextToken",),
    "next_token": ("next_token",),
    "pageToken": ("nextPageToken", "nextToken", "pageToken"),
    "paginationToken": ("paginationToken", "nextToken"),
    "position": ("position",),
}
LIMITS = ("MaxResults", "maxResults", "MaxItems", "maxItems", "Limit", "limit", "MaxRecords", "PageSize", "pageSize")
# AWS returns their next token only where the limit was sent (API references of both).
TOKEN_ONLY_WITH_LIMIT = frozenset({"sqs:ListQueues", "sqs:ListDeadLetterSourceQueues"})


def facts(model: ServiceModel, operation: str) -> dict[str, Any]:
    """What `operations.db` stores of an operation, besides its purpose; what is empty is left out."""
    declared = model.operations[operation]
    members = model.members(operation, "input")
    required = set(model.required(operation))
    found = {
        "required": {name: type_of(model, member) for name, member in members.items() if name in required},
        "optional": {name: type_of(model, member, depth=0) for name, member in members.items() if name not in required},
        "paging": paging(model, operation),
        "token": idempotency_token(members),
        "streams": _streams(model, operation),
        "deprecated": bool(declared.get("deprecated")),
    }
    return {key: value for key, value in found.items() if value}


def idempotency_token(members: dict[str, Any]) -> str | None:
    """The member that AWS marks as idempotency token; botocore fills it with random characters where it is left out."""
    return next((name for name, member in members.items() if member.get("idempotencyToken")), None)


def paging(model: ServiceModel, operation: str) -> dict[str, Any] | None:
    """See `shared.aws_operations.models.Paging`; None for an operation that answers at once."""
    declared = model.paginators.get(operation)
    if declared is not None:
        found = {
            "kind": "paginator",
            "input_tokens": _listed(declared["input_token"]),
            "output_tokens": _listed(declared["output_token"]),
            "limit": declared.get("limit_key"),
            "more": declared.get("more_results"),
            "results": _listed(declared.get("result_key", [])),
        }
    else:
        found = _by_token(model, operation)
    if found and f"{model.name}:{operation}" in TOKEN_ONLY_WITH_LIMIT:
        found["kind"] = "token_with_limit"
    return {key: value for key, value in found.items() if value} or None


def _by_token(model: ServiceModel, operation: str) -> dict[str, Any]:
    takes, answers = model.members(operation, "input"), model.members(operation, "output")
    for name, candidates in TOKENS.items():
        output = next((candidate for candidate in candidates if candidate in answers), None)
        if name in takes and output and _kind(model, takes[name]) == _kind(model, answers[output]) == "string":
            lists = [member for member, target in answers.items() if _kind(model, target) in ("list", "map")]
            return {
                "kind": "token",
                "input_tokens": [name],
                "output_tokens": [output],
                "limit": next((limit for limit in LIMITS if limit in takes), None),
                "results": lists if len(lists) == 1 else [],
            }
    return {}


def type_of(model: ServiceModel, member: dict[str, Any], depth: int = _DEPTH) -> str:
    """A member's type in words, structures down to `depth`."""
    shape = model.shapes[member["shape"]]
    kind: str = shape["type"]
    if kind == "string":
        values = shape.get("enum", ())
        return " | ".join(values) if 0 < len(values) <= _SHOWN_VALUES else "string"
    if kind == "list":
        return f"list of {type_of(model, shape['member'], depth)}"
    if kind == "map":
        return f"map of {type_of(model, shape['value'], depth)}"
    if kind != "structure":
        return {"long": "integer", "double": "number", "float": "number", "blob": "bytes"}.get(kind, kind)
    members, required = shape.get("members", {}), shape.get("required", ())
    if not depth or not members:
        return "document" if shape.get("document") else "structure"
    first = sorted(members, key=lambda name: name not in required)[:_SHOWN_MEMBERS]
    shown = [f"{name}{'' if name in required else '?'}: {type_of(model, members[name], depth - 1)}" for name in first]
    return "{" + ", ".join(shown + ["…"] * (len(first) < len(members))) + "}"


def _streams(model: ServiceModel, operation: str) -> bool:
    return any(
        model.shapes[member["shape"]].get("eventstream")
        or member.get("streaming")
        or model.shapes[member["shape"]].get("streaming")
        for side in ("input", "output")
        for member in model.members(operation, side).values()
    )


def _kind(model: ServiceModel, member: dict[str, Any]) -> str:
    return str(model.shapes[member["shape"]]["type"])


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
