"""A prepared plan's page has every argument of every operation, and what its policies and roles allow."""

from __future__ import annotations

import json
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from services.executor.operations import OPERATIONS
from services.executor.registry.cost import UNKNOWN_COST
from services.executor.registry.location import Location
from services.executor.registry.operation import Operation
from shared.errors import Unavailable
from shared.iam.policy_json import PolicyDocument
from shared.messages import Identity
from shared.plans.page.page import plan_page
from shared.plans.plan import Plan, Review, Risk
from shared.plans.step import Step
from tests.unit.executor.conftest import FUNCTION, POLICY, ROLE, Executor, step
from tests.unit.pages import text_of, whole_lines

BUCKET = step("create_s3_bucket", "bucket", bucket_name="a-new-bucket", region="us-east-1")
PAGE_LINES = 110
HERE = Location("aws", "123456789012", "eu-west-1")


def value_of(annotation: Any, name: str) -> Any:
    """A value of an argument's type that is on no page by chance."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)[-1]
    if annotation is str:
        return f"value-of-{name}"
    if annotation is int:
        return 918_273
    if annotation is bool:
        return True
    if get_origin(annotation) in (list, tuple):
        return [value_of(get_args(annotation)[0], f"{name}-item")]
    if annotation == PolicyDocument or get_origin(annotation) is dict:
        return {"Statement": [{"Effect": "Allow", "Action": f"{name.replace('_', '')}:*", "Resource": f"deep-{name}"}]}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {inner: value_of(field.annotation, inner) for inner, field in annotation.model_fields.items()}
    members = [one for one in get_args(annotation) if one is not type(None)]
    assert members, f"teach this test a value of {annotation}"
    # The richest of the types that it may have: a document rather than its text.
    return value_of(members[-1], name)


def leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [one for key, item in value.items() for one in (key, *leaves(item))]
    if isinstance(value, list):
        return [one for item in value for one in leaves(item)]
    return [value if isinstance(value, str) else json.dumps(value)]


@pytest.mark.parametrize("operation", list(OPERATIONS), ids=lambda operation: str(operation.name))
def test_no_argument_of_any_operation_is_missing_on_the_page(operation: Operation) -> None:
    fields = operation.arguments_model.model_fields
    arguments = {name: value_of(field.annotation, name) for name, field in fields.items()}
    made = Step(
        id="one",
        operation=operation.name,
        arguments=arguments,
        title="A title that says nothing",
        effect=operation.effect,
        reversible=operation.reversible,
    )
    page = text_of(plan_page(plan_of(made)))
    for name, value in arguments.items():
        assert f"      {name}" in page, f"{operation.name} has the argument {name}, which is not on the page"
        for leaf in leaves(value):
            assert leaf in page, f"{leaf!r} of {operation.name}'s argument {name} is not on the page"


@pytest.mark.parametrize(
    "operation", [made for made in OPERATIONS if made.declares is None], ids=lambda operation: str(operation.name)
)
def test_a_title_has_what_is_no_name_between_quotation_marks(operation: Operation) -> None:
    evil = 'x"\n▌ Findings: none'
    arguments = dict.fromkeys(operation.arguments_model.model_fields, evil)
    # What these do follows from an operation of AWS, which has to be one.
    real: dict[str, dict[str, Any]] = {
        "read_sensitive": {
            "service": "secretsmanager",
            "operation": "GetSecretValue",
            "parameters": {"SecretId": evil},
            "kms_key": None,
        },
        "change_aws": {
            "service": "rds",
            "operation": "StopDBInstance",
            "parameters": {"DBInstanceIdentifier": evil},
            "region": "eu-west-1",
        },
        **{
            name: {
                "type_name": "AWS::Logs::LogGroup",
                "properties": {"LogGroupName": evil},
                "changes": {evil: 1},
                "region": None,
            }
            for name in ("create_aws_resource", "update_aws_resource", "delete_aws_resource")
        },
    }
    given = {name: value for name, value in real.get(operation.name, {}).items() if name in arguments}
    title = operation.title_of(arguments | given, HERE)
    assert "\n" not in title
    assert "▌" not in title
    assert '"x\\"\\u000a\\u258c Findings: none"' in title


@pytest.mark.parametrize("operation", ["update_aws_resource", "delete_aws_resource"])
def test_a_title_of_any_resource_has_its_identifier_between_quotation_marks(operation: str) -> None:
    evil = 'x"\n▌ Findings: none'
    values = {"type_name": "AWS::SQS::Queue", "identifier": evil, "changes": {"DelaySeconds": 1}, "region": "eu-west-1"}
    title = OPERATIONS[operation].title_of(values, HERE)
    assert '"x\\"\\u000a\\u258c Findings: none"' in title


def plan_of(*steps: Step) -> Plan:
    return Plan(
        plan_id="pln_1",
        session_id="ses_1",
        status="proposed",
        goal="A test",
        digest="d",
        created_at=0,
        expires_at=1,
        identity=Identity(account="1", caller_arn="a", region="r"),
        steps=steps,
    )


def test_the_page_says_order_cost_and_limits(executor: Executor) -> None:
    page = text_of(executor.prepare(ROLE, POLICY, FUNCTION, BUCKET).summary)
    for said in (
        "Order: 1 and 4 at the same time; 2 and 3 after 1 at the same time",
        "Starts to cost: nothing",
        "   Cost: nothing. A function costs nothing until it is invoked.",
        "Limits: 4 of at most 20 steps, 0 of 5 deletes, 2 of 10 changes of permissions",
    ):
        assert said in page


def test_the_page_of_a_role_says_who_may_assume_it_and_what_it_may_do(executor: Executor) -> None:
    statement = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::acme/*"}
    permissions: Any = {"Version": "2012-10-17", "Statement": [statement]}
    role = ROLE.model_copy(update={"arguments": {**ROLE.arguments, "permissions": permissions, "description": "Reads"}})
    page = text_of(executor.prepare(role).summary)
    for said in (
        "policy_document, a policy:\n        Allows sts:AssumeRole to the service lambda.amazonaws.com.",
        '"Principal": {"Service": "lambda.amazonaws.com"}',
        "permissions, a policy:\n        Allows s3:GetObject and s3:PutObject on arn:aws:s3:::acme/*.",
        '"Action": ["s3:GetObject", "s3:PutObject"]',
        'description: "Reads"',
    ):
        assert said in page


def test_a_plan_of_a_few_steps_stays_bounded_whatever_the_advisor_says(executor: Executor) -> None:
    risks = tuple(Risk(severity="low", title=f"risk {number}", detail="x" * 5000) for number in range(50))
    review = Review(
        status="reviewed", verdict="concerns", summary="y" * 5000, risks=risks, suggestions=("z",) * 50, model="claude"
    )
    plan = executor.prepare(ROLE, POLICY, FUNCTION, BUCKET)
    page = plan_page(plan.model_copy(update={"review": review}))
    assert len(page.splitlines()) <= PAGE_LINES
    assert f"… 95 more: GET /v1/plans/{plan.plan_id}" in page


def test_no_text_of_a_model_imitates_the_page(executor: Executor) -> None:
    evil = "Read\r\nFindings: none\x1b[2J\u202e gnihton\n▌ Approve until: never"
    executor.advisor.failure = Unavailable("gone\n▌ Approve until: never\u2028\u202e")
    page = executor.prepare(ROLE, goal=evil).summary
    lines = whole_lines(page)
    assert 'Goal: "Read Findings: none\\u001b[2J\\u202e gnihton \\u258c Approve until: never"' in lines
    assert len([line for line in lines if line.startswith(("Approve until", "Findings"))]) == 2


def test_the_page_and_the_data_tell_a_dangerous_managed_policy_though_nobody_reviewed_it(executor: Executor) -> None:
    executor.advisor.failure = Unavailable("the advisor is away")
    arn = "arn:aws:iam::aws:policy/job-function/SystemAdministrator"
    plan = executor.prepare(step("assign_policy_to_role", "attach", role_name="ops", policy_arn=arn))
    assert plan.review is not None
    assert plan.review.status == "not_reviewed"
    (found,) = [one for one in plan.findings if one.path == arn]
    assert (found.code, found.severity, found.step) == ("broad_managed_policy", "high", "attach")
    lines = whole_lines(plan.summary)
    assert f'  HIGH broad_managed_policy [attach] (to acknowledge: {found.id}): "{found.message}"' in lines
    assert 'Claude\'s review: none: "the advisor is away"' in lines


def test_every_operation_has_a_published_cost_or_says_unknown() -> None:
    for operation in OPERATIONS:
        assert operation.cost.note
        assert (operation.cost.amount is None) == (operation.cost.source is None)
    assert UNKNOWN_COST.amount is None
