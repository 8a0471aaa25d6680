"""Reads policy documents from arguments: JSON text or an object, checked as far as that goes offline.

Rules: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
Sizes: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (white space does not count).
"""

from __future__ import annotations

import json
from typing import Any

from shared.errors import InvalidArguments

MAX_TRUST_CHARACTERS = 8192
MAX_INLINE_CHARACTERS = 10_240
_VERSIONS = {"2012-10-17", "2008-10-17"}
_STATEMENT_KEYS = {
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"),
    *("Resource", "NotResource", "Condition"),
}

Document = dict[str, Any]
# As an argument: JSON text, or the object itself.
Source = str | dict[str, Any]


def trust_policy(source: Source, field: str) -> Document:
    """A role's trust policy: every statement has a principal, and no resource. Raises InvalidArguments."""
    document = _read(source, field, MAX_TRUST_CHARACTERS)
    for number, statement in enumerate(statements(document), 1):
        _one_of(statement, ("Principal", "NotPrincipal"), field, number)
        _none_of(statement, ("Resource", "NotResource"), field, number, "a trust policy")
    return document


def permissions_policy(source: Source, field: str) -> Document:
    """A permissions policy: every statement has a resource, and no principal. Raises InvalidArguments."""
    document = _read(source, field, MAX_INLINE_CHARACTERS)
    for number, statement in enumerate(statements(document), 1):
        _one_of(statement, ("Resource", "NotResource"), field, number)
        _none_of(statement, ("Principal", "NotPrincipal"), field, number, "a permissions policy")
    return document


def statements(document: Document) -> list[Document]:
    """The statements of a document, which may hold one without a list around it."""
    statement = document["Statement"]
    return statement if isinstance(statement, list) else [statement]


def as_list(value: object) -> list[Any]:
    """An element that may be one value or a list of them, as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def compact(document: Document) -> str:
    """The document as AWS gets it."""
    return json.dumps(document, separators=(",", ":"))


def _read(source: Source, field: str, limit: int) -> Document:
    document: Any = source
    if isinstance(source, str):
        try:
            document = json.loads(source)
        except (ValueError, RecursionError):
            raise InvalidArguments(f"{field}: not JSON") from None
    if not isinstance(document, dict) or "Statement" not in document:
        raise InvalidArguments(f'{field}: a policy document is a JSON object with "Statement"')
    if len(compact(document)) > limit:
        raise InvalidArguments(f"{field}: longer than IAM takes ({limit} characters without white space)")
    if unknown := set(document) - {"Version", "Id", "Statement"}:
        raise InvalidArguments(f"{field}: a policy document has no {', '.join(sorted(unknown))}")
    if document.get("Version", "2012-10-17") not in _VERSIONS:
        raise InvalidArguments(f'{field}: "Version" is "2012-10-17" (the language\'s version, not the document\'s)')
    if not statements(document):
        raise InvalidArguments(f"{field}: without a statement")
    for number, statement in enumerate(statements(document), 1):
        _check_statement(statement, field, number)
    return document


def _check_statement(statement: object, field: str, number: int) -> None:
    where = f"{field}: statement {number}"
    if not isinstance(statement, dict):
        raise InvalidArguments(f"{where} is not an object")
    if unknown := set(statement) - _STATEMENT_KEYS:
        raise InvalidArguments(f"{where} has {', '.join(sorted(unknown))}, which no statement has")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise InvalidArguments(f'{where}: "Effect" is "Allow" or "Deny"')
    _one_of(statement, ("Action", "NotAction"), field, number)
    for action in as_list(statement.get("Action", statement.get("NotAction"))):
        if not isinstance(action, str) or not (action == "*" or 0 < action.find(":") < len(action) - 1):
            raise InvalidArguments(f'{where}: an action is "service:Action", not {action!r}')


def _one_of(statement: Document, keys: tuple[str, str], field: str, number: int) -> None:
    if sum(key in statement for key in keys) != 1:
        raise InvalidArguments(f"{field}: statement {number} needs {keys[0]} (or {keys[1]}), one of them")


def _none_of(statement: Document, keys: tuple[str, ...], field: str, number: int, what: str) -> None:
    if found := [key for key in keys if key in statement]:
        raise InvalidArguments(f"{field}: statement {number} has {found[0]}, which {what} does not take")
