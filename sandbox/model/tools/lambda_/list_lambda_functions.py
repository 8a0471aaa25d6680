"""`list_lambda_functions`: which functions there are, with runtime, memory and role."""

import re

from sandbox.model.declaration import ReadTool, in_regions
from sandbox.model.phrasing import objects_of, plural, rows, searched, size
from sandbox.model.types import Focus, JsonObject

_OF_FUNCTIONS = re.compile(r"(which|what|list|show|any|many)\W+(?:\w+\W+){0,3}?(lambdas?|functions?)\b.*\brole")


def _asked(clause: Focus) -> list[JsonObject]:
    functions, roles = clause.names("function"), clause.names("role")
    if not (clause.has("function") or functions):
        return []
    # With both functions and roles in a clause: is it the functions that are asked about?
    about_roles = clause.has("role", "trust") or roles
    about_functions = (functions and not roles) or _OF_FUNCTIONS.search(clause.text.lower())
    return in_regions(clause) if about_functions or not about_roles else []


def _line(row: JsonObject) -> str:
    parts = [f"{row.get('function_name')} in {row.get('region', 'an unknown region')}"]
    labels = {
        "runtime": "runtime",
        "handler": "handler",
        "memory_mib": "memory (MiB)",
        "timeout_seconds": "timeout (s)",
    }
    parts += [f"{label} {row[key]}" for key, label in labels.items() if row.get(key) is not None]
    parts += [f"code {size(row, 'code_size')}"] if row.get("code_size_bytes") is not None else []
    parts += [f"role {row['role_arn']}"] if row.get("role_arn") else []
    parts += [f"last modified {row['last_modified']}"] if row.get("last_modified") else []
    return ", ".join(parts)


def _answer(result: JsonObject, focus: Focus) -> str:
    """The functions with the runtime or the role that the question names; empty where it names neither."""
    runtimes = [token.word for token in focus.tokens if token.kind == "runtime"]
    roles = focus.names("role")
    if not (runtimes or roles) or focus.names("function"):
        return ""
    found = objects_of(result, "functions")
    if runtimes:
        found = [row for row in found if str(row.get("runtime")) in runtimes]
    if roles:
        found = [row for row in found if str(row.get("role_arn")).rsplit("/", 1)[-1] in roles]
    having = " and ".join([*(f"runtime {each}" for each in runtimes), *(f"role {each}" for each in roles)])
    lead = f"{plural(len(found), 'Lambda function')} with {having}"
    return (f"{lead}:\n\n{rows([_line(row) for row in found])}" if found else f"{lead}.") + searched(result)


TOOL = ReadTool(
    "list_lambda_functions",
    noun="Lambda function",
    rows=("functions", "function_name", "function"),
    line=_line,
    answer=_answer,
    topics=("function",),
    asked=_asked,
    order=60,
    again=lambda before, focus: before | {"regions": list(focus.regions)} if focus.regions else None,
    instead=("summarize_aws_usage",),
    heeds=("region", "named", "role"),
    title="Lambda",
    headline=lambda result: plural(result.get("function_count", "?"), "function"),
)
