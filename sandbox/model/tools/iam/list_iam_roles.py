"""`list_iam_roles`: which roles there are, also under a path."""

import re

from sandbox.model.declaration import ReadTool
from sandbox.model.phrasing import plural
from sandbox.model.types import Focus, JsonObject


def _asked(clause: Focus) -> list[JsonObject]:
    if not (clause.has("role", "trust") or clause.names("role")):
        return []
    path = re.search(r"(?<!\S)(/[\w/-]+/)(?!\S)", clause.text)
    return [{"path_prefix": path.group(1)} if path else {}]


def _line(row: JsonObject) -> str:
    said = f": {row['description']}" if row.get("description") else ""
    created = f", created {row['created_at']}" if row.get("created_at") else ""
    return f"{row.get('role_name')} ({row.get('arn')}){created}{said}"


TOOL = ReadTool(
    "list_iam_roles",
    noun="IAM role",
    rows=("roles", "role_name", "role"),
    line=_line,
    dated="created_at",
    topics=("role",),
    asked=_asked,
    order=71,
    instead=("summarize_aws_usage",),
    heeds=("named", "newest", "oldest"),
    title="IAM",
    headline=lambda result: plural(result.get("role_count", "?"), "role"),
)
