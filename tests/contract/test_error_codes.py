"""Every error code in the source is declared, every declared one is in the source, and the documentation has all."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from scripts import errors
from shared.error_codes.registry import ERROR_CODES, ErrorCode, find, is_denial, status_of
from shared.errors import AssistantError
from shared.messages import ErrorBody

ROOT = Path(__file__).parents[2]
DECLARATIONS = ROOT / "shared/error_codes"
SERVICES = {
    "orchestrator": "gateway",
    "executor": "executor",
    "info_tools": "info",
    "bedrock_advisor": "advisor",
}
# Functions whose `code` is of another kind: findings on policies and plans, gaps of an answer, faults of an audit log.
NOT_ERRORS = {"finding", "add_finding", "gap", "_fault"}
# Dictionaries with a `code` of another kind.
NOT_ERRORS_IN_DICTS = {
    "late_effect": "a finding",
    "grant_not_used": "an entry of the audit log",
    "review_came": "an entry of the audit log",
    "Cancelled": "AWS Cloud Control's",
    "": "AWS Cloud Control's, where it names none",
    "A stable code: docs/api.md lists all.": "a description in the OpenAPI document",
}
# Where a code is passed on: its own callers name it.
PASSED_ON = {"code"}


@dataclass(frozen=True)
class Use:
    """An error code at one place of the source. `family`: it only begins so."""

    code: str
    place: Path
    line: int
    family: bool = False

    def __str__(self) -> str:
        return f"{self.code} ({self.place.relative_to(ROOT)}:{self.line})"


@cache
def trees() -> list[tuple[Path, ast.Module]]:
    paths = [path for folder in ("services", "shared", "cli") for path in sorted((ROOT / folder).rglob("*.py"))]
    return [(path, ast.parse(path.read_text())) for path in paths if DECLARATIONS not in path.parents]


def takers_of_a_code() -> dict[str, int]:
    """What takes an error's code, by name: the number of the argument. Errors take it as `code=` only."""
    nodes = [node for _, tree in trees() for node in ast.walk(tree)]
    takers = {"AssistantError": 99, "ErrorBody": 99}
    for _ in range(4):  # the error tree is not deeper
        for node in nodes:
            if isinstance(node, ast.ClassDef) and any(isinstance(b, ast.Name) and b.id in takers for b in node.bases):
                takers[node.name] = 99
    for node in nodes:
        if isinstance(node, ast.FunctionDef) and node.name not in NOT_ERRORS:
            arguments = [argument for argument in node.args.args if argument.arg not in ("self", "cls")]
            for number, argument in enumerate(arguments):
                is_text = isinstance(argument.annotation, ast.Name) and argument.annotation.id == "str"
                if argument.arg == "code" and is_text:
                    takers[node.name] = number
    return takers


@cache
def uses() -> list[Use]:
    """Every error code that the source names."""
    return list(_uses())


def _uses() -> Iterator[Use]:
    takers = takers_of_a_code()
    for path, tree in trees():
        constants = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            for value in values(node, takers):
                yield from read(value, path, constants)


def values(node: ast.AST, takers: dict[str, int]) -> Iterator[ast.expr]:
    """The expressions that are error codes in a node."""
    if isinstance(node, ast.Call) and called(node) in takers:
        yield from (keyword.value for keyword in node.keywords if keyword.arg == "code")
        # Another function of the same name takes other things there.
        yield from (one for one in node.args[takers[called(node)] :][:1] if not isinstance(one, ast.List))
    elif isinstance(node, ast.ClassDef) and node.name in takers:
        for statement in node.body:
            if isinstance(statement, ast.Assign):
                yield from class_codes(statement)
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "code" and isinstance(value, ast.Constant):
                yield value


def called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def class_codes(statement: ast.Assign) -> Iterator[ast.expr]:
    for target in statement.targets:
        if isinstance(target, ast.Name) and target.id == "code":
            yield statement.value
        if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
            names = [name.id if isinstance(name, ast.Name) else "" for name in target.elts]
            if "code" in names:
                yield statement.value.elts[names.index("code")]


def read(value: ast.expr, path: Path, constants: dict[str, object]) -> Iterator[Use]:
    """The code that an expression is. A code taken from another error (`error.code`) was named elsewhere."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        if value.value not in NOT_ERRORS_IN_DICTS:
            yield Use(value.value, path, value.lineno)
    elif isinstance(value, ast.JoinedStr):
        beginning = value.values[0]
        assert isinstance(beginning, ast.Constant), f"{path}:{value.lineno}"
        yield Use(str(beginning.value), path, value.lineno, family=True)
    elif isinstance(value, ast.Name) and value.id in constants:
        yield Use(str(constants[value.id]), path, value.lineno)
    elif not (isinstance(value, ast.Attribute) and value.attr == "code") and not (
        isinstance(value, ast.Name) and value.id in PASSED_ON
    ):
        pytest.fail(f"{path.relative_to(ROOT)}:{value.lineno}: a code that this test cannot read")


def declared(use: Use) -> ErrorCode | None:
    return find(use.code + "x" if use.family else use.code)


def test_every_code_in_the_source_is_declared() -> None:
    found = uses()

    assert len(found) > 150
    assert [str(use) for use in found if declared(use) is None] == []


def test_every_declared_code_is_in_the_source() -> None:
    texts = [node.value for _, tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    named = {text for text in texts if isinstance(text, str)}

    assert [code.code for code in ERROR_CODES if "*" not in code.code and code.code not in named] == []


def test_a_code_is_declared_for_the_services_that_raise_it() -> None:
    wrong = []
    for use in uses():
        service = SERVICES.get(use.place.relative_to(ROOT).parts[1])
        code = declared(use)
        if service is None or code is None or code.raised_by == "all services":
            continue
        if service not in code.raised_by and not (service != "gateway" and code.raised_by == "all workers"):
            wrong.append(f"{use} is declared for {code.raised_by}")
    assert wrong == []


def test_no_code_is_declared_twice() -> None:
    codes = [code.code for code in ERROR_CODES]

    assert len(codes) == len(set(codes))


def test_a_problem_made_by_hand_has_its_codes_status() -> None:
    wrong = []
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and called(node) == "problem":
                status, code = node.args[1], node.args[2]
                if isinstance(status, ast.Constant) and isinstance(code, ast.Constant):
                    wrong += [f"{path}:{node.lineno}"] * (status_of(str(code.value)) != status.value)
    assert wrong == []


def test_the_table_in_the_documentation_is_fresh() -> None:
    assert errors.main(check=True) == 0


def test_a_page_that_is_not_fresh_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = tmp_path / "api.md"
    stale.write_text(errors.PAGE.read_text().replace("| `plan_expired` |", "| `plan_over` |"))
    monkeypatch.setattr(errors, "PAGE", stale)

    assert errors.main(check=True) == 1
    assert errors.main(check=False) == 0
    assert errors.main(check=True) == 0


# What a request was answered with before codes had their status declared: clients may rely on it.
STATUSES = {
    400: "bad_request invalid_json invalid_idempotency_key invalid_last_event_id invalid_multipart invalid_path",
    401: "credentials_expired credentials_invalid sealed_for_another_key session_expired unauthenticated invalid_token"
    " credentials_malformed",
    403: "approval_mismatch aws_access_denied bad_signature bedrock_access_denied forbidden grant_not_valid"
    " kind_not_allowed operation_not_allowed not_approved permission_denied credentials_too_broad"
    " credentials_unverifiable renewal_of_another role_not_assumable",
    404: "not_found unknown_tool conversation_not_found turn_not_found plan_not_found grant_not_found result_not_found"
    " file_not_found bucket_not_found role_not_found aws_no_such_bucket aws_no_such_entity aws_resource_not_found"
    " aws_resource_not_found_exception aws_parameter_not_found",
    405: "method_not_allowed",
    409: "already_attached already_ended bucket_not_empty cannot_undo conflict missing_resource name_taken not_attached"
    " not_in_doubt quota_reached role_has_attached_policies role_in_instance_profile stale_digest needs_approval"
    " digest_mismatch already_decided already_cancelled already_resolved idempotency_in_progress conversation_busy"
    " conversation_full aws_bucket_already_exists aws_bucket_already_owned_by_you aws_entity_already_exists"
    " aws_delete_conflict",
    410: "gone plan_expired",
    413: "result_too_large too_large",
    415: "unsupported_media_type",
    422: "package_not_found invalid_request invalid_arguments idempotency_key_reused unknown_region invalid_zip"
    " not_grantable grant_too_broad no_steps too_many_steps too_many_deletes too_many_permission_changes duplicate_step"
    " unknown_operation unknown_reference malformed_reference cyclic_steps region_not_chosen plan_too_large"
    " package_needed package_not_a_zip unsupported_message region_not_enabled",
    429: "busy queue_full rate_limited too_many_files too_many_turns too_many_grants broker_full",
    500: "internal_error turn_abandoned",
    502: "bedrock_model_not_found cost_data_unavailable aws_error aws_validation_error aws_unavailable"
    " aws_internal_failure lambda_function_failed claude_blocked claude_truncated claude_no_usable_answer"
    " model_auth_failed model_not_found model_refused model_request_rejected model_context_exceeded model_bad_response",
    503: "aws_throttled aws_unreachable poisoned unavailable audit_unavailable broker_unavailable model_unavailable"
    " model_rate_limited",
    504: "cancelled claude_timeout deadline_exceeded turn_deadline_exceeded",
}
STATUS_BY_CODE = [(code, status) for status, codes in STATUSES.items() for code in codes.split()]
# What the audit log of a session had as denials, besides 401, 403 and 410.
DENIALS = {
    "already_cancelled",
    "already_decided",
    "already_ended",
    "already_resolved",
    "digest_mismatch",
    "grant_too_broad",
    "needs_approval",
    "not_grantable",
    "not_in_doubt",
}


@pytest.mark.parametrize(("code", "status"), STATUS_BY_CODE)
def test_a_code_is_answered_with_the_status_it_always_had(code: str, status: int) -> None:
    assert AssistantError("why", code=code).status == status
    assert ErrorBody(code=code, detail="why").as_exception().status == status
    assert is_denial(code, status) == (status in (401, 403, 410) or code in DENIALS)
