"""A plan's template, deployed on the sandbox, gives the same resources as the plan's steps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from services.orchestrator.plans.cloudformation.export import as_cloudformation
from services.orchestrator.plans.cloudformation.template import referred
from shared.messages import Effect, Identity
from shared.plans.plan import Plan
from shared.plans.step import Step
from shared.resource_types.catalogue import resource_type
from tests.unit.sandbox.cloud_control.conftest import REGION, Control
from tests.unit.sandbox.cloud_control.samples import TRUST, policy

Properties = dict[str, Any]


def made(id: str, type_name: str, **properties: Any) -> Step:
    return Step(
        id=id,
        operation="create_aws_resource",
        arguments={"type_name": type_name, "properties": properties, "region": REGION},
        title=id,
        effect=Effect.WRITE,
        reversible="yes",
    )


STEPS = (
    made("jobs", "AWS::SQS::Queue", QueueName="exported-jobs", DelaySeconds=3, Tags=[{"Key": "a", "Value": "b"}]),
    made("news", "AWS::SNS::Topic", TopicName="exported-news"),
    made("role", "AWS::IAM::Role", RoleName="exported-role", AssumeRolePolicyDocument=TRUST),
    made(
        "machine",
        "AWS::StepFunctions::StateMachine",
        StateMachineName="exported-machine",
        RoleArn={"$from": "role.properties.Arn"},
        DefinitionString='{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}',
    ),
    made("bucket", "AWS::S3::Bucket", BucketName="exported-reports", VersioningConfiguration={"Status": "Enabled"}),
    made(
        "access",
        "AWS::S3::BucketPolicy",
        Bucket={"$from": "bucket.identifier"},
        PolicyDocument=policy("s3:GetObject", "arn:aws:s3:::exported-reports/*", Principal={"AWS": "*"}),
    ),
    made(
        "alarm",
        "AWS::CloudWatch::Alarm",
        AlarmName="exported-alarm",
        MetricName="Errors",
        Namespace="Custom",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[{"$from": "news.properties.TopicArn"}],
    ),
)
PLAN = Plan(
    plan_id="plan_1",
    session_id="ses_1",
    status="proposed",
    goal="exported",
    digest="d",
    created_at=0.0,
    expires_at=1.0,
    identity=Identity(
        account="123456789012",
        caller_arn="arn:aws:iam::123456789012:user/a",
        region=REGION,
        region_source="session",
    ),
    steps=STEPS,
)


def take(value: Any, found: Mapping[str, Properties]) -> Any:
    """The value with references of either kind replaced from what was found, by step and by logical id."""
    if isinstance(value, list):
        return [take(item, found) for item in value]
    if not isinstance(value, dict):
        return value
    if "$from" in value:
        step, *path = value["$from"].split(".")
        return found[step][path[-1]]
    if "Ref" in value:
        return found[value["Ref"]]["identifier"]
    if "Fn::GetAtt" in value:
        return found[value["Fn::GetAtt"][0]][value["Fn::GetAtt"][1]]
    return {name: take(item, found) for name, item in value.items()}


def make(control: Control, wanted: Mapping[str, tuple[str, Properties]]) -> dict[str, tuple[str, Properties]]:
    """Make all in order, by name; returns type and properties as they are read back, and deletes them again."""
    found: dict[str, Properties] = {}
    for name, (type_name, properties) in wanted.items():
        identifier = control.made(type_name, take(properties, found))
        found[name] = {**control.get(type_name, identifier), "identifier": identifier}
    for name, (type_name, _) in reversed(wanted.items()):
        assert control.delete(type_name, found[name]["identifier"])["OperationStatus"] == "SUCCESS"
    return {name: (wanted[name][0], found[name]) for name in wanted}


def in_order(resources: Mapping[str, Any]) -> list[str]:
    """Logical ids, each after what it refers to."""
    ordered: list[str] = []
    while len(ordered) < len(resources):
        ordered += [
            name
            for name, one in resources.items()
            if name not in ordered
            and {*referred(one["Properties"]), *one.get("DependsOn", ())} & resources.keys() <= set(ordered)
        ]
    return ordered


def settable(type_name: str, properties: Properties) -> Properties:
    """What is not AWS's own choice."""
    return resource_type(type_name).read_only.without({**properties, "identifier": None})


def test_a_deployed_template_gives_the_same_resources_as_the_plan(control: Control) -> None:
    by_steps = make(control, {step.id: (step.arguments["type_name"], step.arguments["properties"]) for step in STEPS})
    template = json.loads(json.dumps(as_cloudformation(PLAN)))
    resources = template["Resources"]
    assert "Parameters" not in template
    wanted = {name: (resources[name]["Type"], resources[name]["Properties"]) for name in in_order(resources)}
    by_template = make(control, wanted)
    told = sorted((kind, settable(kind, found)) for kind, found in by_steps.values())
    assert told == sorted((kind, settable(kind, found)) for kind, found in by_template.values())
