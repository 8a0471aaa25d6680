"""Per topic of AWS: which read-only tool answers a clause."""

from __future__ import annotations

import re

from sandbox.model.entities import names_of
from sandbox.model.focus import Focus, months_of
from sandbox.model.types import Call, JsonObject

OVERVIEW: tuple[Call, ...] = (
    Call("get_s3_usage"),
    Call("list_ec2_instances"),
    Call("list_lambda_functions"),
    Call("list_iam_roles"),
    Call("get_cost_summary"),
)
S3_TOPICS = frozenset({"bucket", "s3", "storage", "object"})
TOPICS = S3_TOPICS | {"ec2", "function", "role", "policy", "cost", "identity", "summary", "other"}
_MOST = 6  # calls for named things of one kind; more are answered from one list


def clause_calls(clause: Focus) -> list[Call]:
    """The calls one clause asks for; empty when no tool's topic comes up in it."""
    if _asks_identity(clause):
        return [Call("get_caller_identity")]
    if clause.has("cost"):
        return [_cost(clause)]
    if _asks_overview(clause):
        return list(OVERVIEW)
    roles, functions = names_of(list(clause.named), "role"), names_of(list(clause.named), "function")
    by_role = clause.has("role", "trust") or bool(roles)
    if (clause.has("function") or functions) and not (by_role and not _about_functions(clause, functions)):
        return [Call("list_lambda_functions", _regions(clause))]
    if by_role:
        return _roles(clause, roles)
    if clause.has("ec2") or (clause.says("compute") and not clause.concepts & S3_TOPICS):
        return [Call("list_ec2_instances", _regions(clause) | _states(clause))]
    if _asks_what_runs(clause):
        return [Call("list_ec2_instances", _regions(clause) | ({} if clause.named else _states(clause)))]
    buckets = names_of(list(clause.named), "bucket")
    if buckets or clause.concepts & S3_TOPICS or _speaks_of_data(clause):
        return _s3(clause, buckets)
    return []


def _asks_identity(clause: Focus) -> bool:
    if clause.has("identity") and not clause.has("cost", "summary"):
        return True
    if clause.says("am") and clause.says("i") and (clause.has("role") or clause.says("user", "account")):
        return True
    others = clause.concepts & (TOPICS - {"identity", "policy"})
    asks = clause.says("what", "which", "whose", "who") or clause.has("list")
    return clause.has("account") and asks and not others and not clause.has("usage", "size", "cost", "total")


def _asks_what_runs(clause: Focus) -> bool:
    """ "Is web-7 running?", "anything running in Frankfurt?": a state that nothing else has is an instance's."""
    if not clause.states or clause.concepts & TOPICS or any(each.kind for each in clause.named):
        return False
    return bool(clause.named) or clause.says("anything", "something", "nothing", "what")


def _asks_overview(clause: Focus) -> bool:
    specific = clause.concepts & (TOPICS - {"summary", "identity"}) or any(each.kind for each in clause.named)
    if specific:
        return False
    if clause.has("summary"):
        return True
    scope = clause.has("account") or clause.says("aws", "everything", "cloud", "infrastructure", "resources")
    asks = clause.has("usage", "count", "list", "total") or clause.says(
        "running", "have", "everything", "going", "look", "looks", "looking", "doing", "status", "state", "shape"
    )
    return scope and asks


def _cost(clause: Focus) -> Call:
    return Call("get_cost_summary", period_of(clause.text))


def period_of(text: str) -> JsonObject:
    """A cost question's period, as whole months and by name: a tool's schema takes the one it knows."""
    if re.search(r"month before|before that|month earlier", text.lower()):
        return {"period": "last_3_months", "months": 3}  # no period is one earlier month alone; this lists each
    months = months_of(text)
    past = re.search(r"\b(?:last|previous|past|prior|preceding)\b", text.lower())
    if months is None or (months == 1 and not past):
        return {}
    name = next((count for count in (1, 3, 6, 12) if months <= count), 12)
    period = "last_month" if name == 1 else f"last_{name}_months"
    return {"period": period, "months": months}


def _about_functions(clause: Focus, functions: list[str]) -> bool:
    """With both functions and roles in a clause: is it the functions that are asked about?"""
    text = clause.text.lower()
    if functions and not names_of(list(clause.named), "role"):
        return True
    return bool(re.search(r"(which|what|list|show|any|many)\W+(?:\w+\W+){0,3}?(lambdas?|functions?)\b.*\brole", text))


def _roles(clause: Focus, roles: list[str]) -> list[Call]:
    if roles and len(roles) <= _MOST:
        return [Call("describe_iam_role", {"role_name": role}) for role in roles]
    path = re.search(r"(?<!\S)(/[\w/-]+/)(?!\S)", clause.text)
    return [Call("list_iam_roles", {"path_prefix": path.group(1)} if path else {})]


def _regions(clause: Focus) -> JsonObject:
    return {"regions": list(clause.regions)} if clause.regions else {}


def _states(clause: Focus) -> JsonObject:
    return {"states": list(clause.states)} if clause.states and len(set(clause.states)) else {}


def _speaks_of_data(clause: Focus) -> bool:
    """ "How much space is all my stuff taking up": a size that belongs to nothing else is S3's."""
    return clause.has("size") and clause.has("howmuch", "total", "usage", "largest")


def _s3(clause: Focus, buckets: list[str]) -> list[Call]:
    if clause.has("object") and not clause.has("largest", "smallest"):
        return _objects(clause, buckets)
    sizes: JsonObject = {"bucket_names": buckets} if buckets else {}
    plain = not clause.has("size", "usage", "storage", "howmuch", "total", "describe", "summary")
    if buckets and plain and clause.has("count"):
        return _objects(clause, buckets)  # "how many things are in the bucket photos"
    if buckets:
        located = clause.has("when", "where") or re.search(r"\b(do i have|is there|exist)", clause.text.lower())
        return [Call("list_s3_buckets") if plain and located else Call("get_s3_bucket_sizes", sizes)]
    if clause.has("largest", "smallest", "empty") or _each_bucket(clause):
        return [Call("get_s3_bucket_sizes")]
    every = re.search(r"\ball (?:of )?(?:my |our |the )?(?:s3 )?buckets", clause.text.lower())
    whole = clause.has("total") or not clause.has("bucket") or (every and clause.has("size", "howmuch"))
    if whole and (clause.has("usage", "size", "storage", "howmuch", "total", "summary", "count") or plain):
        lists_only = clause.has("list") and not clause.has("usage", "size", "storage", "howmuch", "total", "summary")
        return [Call("list_s3_buckets") if lists_only else Call("get_s3_usage")]
    if clause.has("size", "usage", "storage", "howmuch", "summary", "describe"):
        stored_in_all = clause.has("howmuch") and not clause.says("which")
        return [Call("get_s3_usage" if stored_in_all else "get_s3_bucket_sizes")]
    return [Call("list_s3_buckets")]


def _each_bucket(clause: Focus) -> bool:
    if clause.has("total") and not clause.says("each", "per", "by", "individually"):
        return False  # "the sum across every bucket"
    return clause.has("each") and clause.has("bucket", "s3", "storage", "size")


def _objects(clause: Focus, buckets: list[str]) -> list[Call]:
    prefix: JsonObject = {"prefix": clause.prefix} if clause.prefix else {}
    if buckets and len(buckets) <= _MOST:
        return [Call("count_s3_objects", {"bucket_name": bucket} | prefix) for bucket in buckets]
    each = clause.has("each") or (clause.says("which") and clause.has("bucket"))
    return [Call("get_s3_bucket_sizes" if each else "get_s3_usage")]
