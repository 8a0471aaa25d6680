"""`as_cloudformation`: a template of what a plan made, or would make.

The template deploys as it is. What it does not hold (what only changes or deletes things that were there before, calls
without a resource) its `Metadata` says. Secrets are parameters that are never shown. The marks of the plan are left
out: whoever deploys it makes something new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from services.orchestrator.plans.cloudformation import hand_made, resources
from services.orchestrator.plans.cloudformation.order import waits
from services.orchestrator.plans.cloudformation.references import NotExpressible, expressed
from services.orchestrator.plans.cloudformation.template import Properties, Resource, Template
from shared.errors import Conflict, InvalidArguments
from shared.plans.plan import Plan
from shared.plans.step import Step

_ENDED = frozenset({"done", "failed", "in_doubt"})
_DESCRIPTION = 1024
_NAMED_IAM = "AWS::IAM::"
_LEAVES_NOTHING = "it deletes or calls something; a template only says what is there."


def as_cloudformation(plan: Plan, region: str | None = None, *, sandbox: bool = False) -> dict[str, JsonValue]:
    """The template, for one region: which one has to be said where the plan acts in several.

    `sandbox`: the plan is of a sandbox, which its `Metadata` then says: a member beside it would be refused by AWS.

    Raises Conflict (`nothing_to_export`), or InvalidArguments (`region_required`).
    """
    steps = {step.id: step for step in plan.steps}
    template = Template(region=_region(plan, region))
    for step in _exported(plan):
        _add(template, plan, step, steps)
    if not template.resources:
        raise Conflict(
            "the plan makes no resource that a template could hold: "
            + ("; ".join(template.notes) or "none of its steps is done"),
            code="nothing_to_export",
        )
    return _document(plan, template, sandbox=sandbox)


def regions_of(plan: Plan) -> list[str]:
    """The regions that have a template of the plan; none where it makes nothing that one could hold."""
    if not any(step.operation in (*hand_made.CREATE, "create_aws_resource") for step in _exported(plan)):
        return []
    return _regions(plan) or [plan.identity.region]


def _exported(plan: Plan) -> list[Step]:
    """What an ended plan has done; all of another one."""
    return [step for step in plan.steps if plan.status not in _ENDED or step.status == "done"]


def _add(template: Template, plan: Plan, step: Step, steps: Mapping[str, Step]) -> None:
    where = _region_of(plan, step)
    if where is not None and where != template.region:
        template.note(step.id, f"it acts in {where}: export that region's template too.")
        return
    try:
        values = expressed(template, steps, step.arguments)
    except NotExpressible as reason:
        template.note(step.id, f"{reason}.")
        return
    assert isinstance(values, dict)
    if step.operation in hand_made.CREATE:
        hand_made.CREATE[step.operation](template, step, values)
    elif step.operation in hand_made.CHANGE:
        hand_made.CHANGE[step.operation](template, step, values, step.arguments)
    elif step.operation == "create_aws_resource":
        resources.create(template, step, values)
    elif step.operation == "update_aws_resource":
        resources.update(template, step, values, step.arguments.get("identifier"))
    else:
        template.note(step.id, f"{step.operation}: {_LEAVES_NOTHING}")


def _regions(plan: Plan) -> list[str]:
    return list(dict.fromkeys(where for step in _exported(plan) if (where := _region_of(plan, step))))


def _region(plan: Plan, wanted: str | None) -> str:
    regions = _regions(plan)
    if wanted is not None:
        return wanted
    if len(regions) > 1:
        raise InvalidArguments(
            f"the plan acts in several regions, and a template in one: name `region`, one of {', '.join(regions)}",
            code="region_required",
        )
    return regions[0] if regions else plan.identity.region


def _region_of(plan: Plan, step: Step) -> str | None:
    """Where the step acts; None where it acts in no region, or where its resource is."""
    if step.operation in ("create_iam_role", *hand_made.CHANGE):
        return None
    named = step.arguments.get("region")
    return named if isinstance(named, str) else plan.identity.region


def _document(plan: Plan, template: Template, *, sandbox: bool) -> dict[str, JsonValue]:
    iam = any(resource.type_name.startswith(_NAMED_IAM) for resource in template.resources.values())
    if iam:
        template.notes.append("deploying it needs the capability CAPABILITY_NAMED_IAM.")
    about: dict[str, JsonValue] = {"Plan": plan.plan_id, "Region": template.region}
    if sandbox:
        about["Sandbox"] = True
    notes: list[JsonValue] = [*template.notes]
    made: dict[str, JsonValue] = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": plan.goal[:_DESCRIPTION],
        "Metadata": {"AwsAssistant": {**about, **({"Notes": notes} if notes else {})}},
    }
    if template.parameters:
        made["Parameters"] = {**template.parameters}
    after = waits(template)
    made["Resources"] = {name: _resource(one, after[name]) for name, one in template.resources.items()}
    return made


def _resource(resource: Resource, after: Sequence[str]) -> JsonValue:
    policy = "Retain" if resource.holds_data else "Delete"
    declared: Properties = {
        "Type": resource.type_name,
        "DeletionPolicy": policy,
        "UpdateReplacePolicy": policy,
        "Properties": resource.properties,
    }
    return {**declared, **({"DependsOn": [*after]} if after else {})}
