"""`read_logs`: why a function failed, and what it wrote, where a person has granted that."""

import json
import re

from sandbox.model.declaration import ReadTool
from sandbox.model.phrasing import objects_of, paragraphs, plural, rows
from sandbox.model.types import Focus, JsonObject

_GROUP = re.compile(r"(?<![\w/])/[\w./#-]*\w")
_SINCE = re.compile(r"(?i)\b(?:last|past)\s+(\d+\s+)?(minutes?|hours?|days?|weeks?)\b|\b(today|yesterday)\b")
_FAILED = re.compile(r"(?i)\b(?:fail\w*|error\w*|crash\w*|broke\w*|exception\w*|wrong)\b")
# What failing functions write, in any of Lambda's runtimes.
_ERRORS = "?ERROR ?Error ?Exception ?Task"


def _asked(clause: Focus) -> list[JsonObject]:
    if not clause.has("logs"):
        return []
    groups = _GROUP.findall(clause.text) or [
        f"/aws/lambda/{each.value}"
        for each in clause.named
        if each.kind in (None, "function") and not _FAILED.fullmatch(each.value)
    ]
    if not groups and clause.has("function"):
        groups = ["/aws/lambda/"]  # there is none of this name: the answer names those that there are
    since = _SINCE.search(clause.text)
    besides: JsonObject = {"pattern": _ERRORS} if _FAILED.search(clause.text) else {}
    besides |= {"since": (since[3] or f"{(since[1] or '1').strip()} {since[2]}").lower()} if since else {}
    besides |= {"region": clause.regions[0]} if clause.regions else {}
    return [{"log_group": group} | besides for group in dict.fromkeys(groups)]


def _answer(result: JsonObject, _: Focus) -> str:
    """The newest lines, or the grant that a person has to give first."""
    group, region = result.get("log_group"), result.get("region")
    if offer := result.get("grant_needed"):
        return (
            f"To tell I have to read the log group {group} in {region}, and its lines may hold anything, so you have "
            f"to allow that first. Send exactly this to POST /v1/grants, then ask me again:\n\n{json.dumps(offer)}"
        )
    lines = objects_of(result, "lines")
    span = f"between {result.get('since')} and {result.get('until')}"
    if not lines:
        return f"The log group {group} in {region} has no such lines {span}."
    newest = str(lines[-1].get("text", "")).splitlines()
    lead = (
        f"The log group {group} in {region} has {plural(len(lines), 'such line')} {span}. The newest, written at "
        f"{lines[-1].get('time')}, says: {newest[0] if newest else ''}"
    )
    hidden = result.get("redacted")
    note = f"Something like a secret was removed from {plural(hidden, 'line')}." if hidden else ""
    left = result.get("grant") or {}
    used = f"Read under the grant {left.get('grant_id')}; {left.get('uses_left')} reads of it are left." if left else ""
    told = [f"{line.get('time')}: {' / '.join(str(line.get('text', '')).splitlines())}" for line in lines[-10:]]
    return paragraphs(lead, f"The newest lines:\n{rows(told)}", note, used)


_HEEDS = (
    "function", "region", "named", "period", "wrong", "limits", "newest", "latest", "logging", "logs", "list", "fail",
    "fails", "failed", "failing", "failure", "crash", "crashed", "error", "errors",
)  # fmt: skip

TOOL = ReadTool(
    "read_logs",
    answer=_answer,
    topics=("logs",),
    words={
        "logs": "logs, log lines, log group, log groups, log output, why did, why does, why is, why has, "
        "what went wrong, stack trace, stacktrace, traceback, error message, error messages, keeps failing, "
        "is failing, did it fail",
    },
    asked=_asked,
    order=6,
    tells=lambda arguments: f"what {arguments.get('log_group')} holds",
    heeds=_HEEDS,
    can="the logs of a function",
)
