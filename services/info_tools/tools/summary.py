"""Informational tool that summarises the account: runs the other tools in parallel and returns counts and totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from services.info_tools.aws import Place, read_each
from services.info_tools.combined import ANY, DECIMAL_SUM, EARLIEST, Combined, Rule, amounts_by, human, same_or
from services.info_tools.inventory import sweep as inventory
from services.info_tools.inventory.sweep import ResourceCount
from services.info_tools.parallel import STOP_WAITING
from services.info_tools.toolbox import toolbox
from services.info_tools.tools.cost import ServiceCost, get_cost_summary
from services.info_tools.tools.ec2 import list_ec2_instances
from services.info_tools.tools.iam import list_iam_roles
from services.info_tools.tools.lambda_ import list_lambda_functions
from services.info_tools.tools.s3 import SIZE_ACTIONS, get_s3_usage
from shared.aws.clients import Aws
from shared.messages import Effect
from shared.text.sizes import human_bytes

TOP = 5


class S3Part(Combined):
    bucket_count: int
    total_objects: int
    total_bytes: int
    total_human: Annotated[str, human("total_bytes")]
    method: Annotated[Literal["listing", "cloudwatch", "mixed"], same_or("mixed")]
    as_of: Annotated[datetime, EARLIEST] = Field(description="UTC; of CloudWatch's figures, their day.")


class Ec2Part(Combined):
    instance_count: int
    by_state: dict[str, int]
    by_region: dict[str, int]
    by_type: dict[str, int]


class LambdaPart(Combined):
    function_count: int
    by_region: dict[str, int]
    code_size_bytes: int
    code_size_human: Annotated[str, human("code_size_bytes")]


class IamPart(Combined):
    role_count: int


class CostPart(Combined):
    start: Annotated[date, EARLIEST]
    end: Annotated[date, EARLIEST] = Field(description="The day after the last one.")
    currency: Annotated[str, same_or("mixed")]
    total: Annotated[str, DECIMAL_SUM] = Field(description="Decimal number.")
    top_services: Annotated[tuple[ServiceCost, ...], amounts_by("service", most=TOP)]
    estimated: Annotated[bool, ANY]


class UsageSummary(Combined):
    """A part that could not be read is null, and a gap says why."""

    # `lambda` is a Python keyword; on the wire the part has that name.
    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True, validate_by_alias=True)

    s3: S3Part | None
    ec2: Ec2Part | None
    lambda_: LambdaPart | None = Field(alias="lambda")
    iam: IamPart | None
    cost: CostPart | None
    services: Annotated[tuple[ResourceCount, ...] | None, Rule(inventory.combined)] = Field(
        description="Every other kind of resource that was looked for, also those of which there are none."
    )


@toolbox.tool(
    effect=Effect.READ,
    iam_actions=(
        *SIZE_ACTIONS,
        "ec2:DescribeInstances",
        "lambda:ListFunctions",
        "iam:ListRoles",
        "ce:GetCostAndUsage",
        *inventory.ACTIONS,
    ),
    timeout=120,
)
def summarize_aws_usage(aws: Aws) -> UsageSummary:
    """Sum up the account: counts and totals of over 30 kinds of resources, the cost, and what needs attention.

    S3 storage, instances, functions, roles, and under `services` databases, tables, caches, queues, topics, streams,
    clusters, load balancers, volumes, snapshots, addresses, NAT gateways, keys, certificates, secrets (their number),
    alarms, log groups, stacks, users and more, in the session's regions. `attention` has what is unattached, firing,
    expiring within 30 days, publicly accessible, not encrypted or failed. Instances, functions and roles cover what
    their own tools cover; S3 has CloudWatch's daily figures, where there are some; the cost is the unblended cost of
    the current calendar month in UTC, credits included.
    """
    readers: Mapping[str, Callable[[Aws], object]] = {
        "s3": _s3,
        "ec2": _ec2,
        "lambda": _lambda,
        "iam": _iam,
        "cost": _cost,
        "services": _services,
    }
    # The parts get a deadline a little before this call's, so that their results still arrive in time.
    earlier = replace(aws, deadline=aws.deadline - STOP_WAITING)
    parts: dict[str, object] = dict.fromkeys(readers)
    parts.update(read_each(aws, readers, lambda part: readers[part](earlier), place=lambda part: Place(resource=part)))
    return UsageSummary.model_validate(parts)


def _services(aws: Aws) -> tuple[ResourceCount, ...]:
    return inventory.sweep(aws, aws.regions(), inventory.LISTINGS)


def _s3(aws: Aws) -> S3Part:
    usage = get_s3_usage(aws, exact=False)
    return S3Part(**{name: getattr(usage, name) for name in S3Part.model_fields})


def _ec2(aws: Aws) -> Ec2Part:
    found = list_ec2_instances(aws)
    return Ec2Part(
        instance_count=found.instance_count,
        by_state=found.by_state,
        by_region=found.by_region,
        by_type=dict(Counter(instance.instance_type for instance in found.instances)),
    )


def _lambda(aws: Aws) -> LambdaPart:
    found = list_lambda_functions(aws)
    size = sum(function.code_size_bytes for function in found.functions)
    return LambdaPart(
        function_count=found.function_count,
        by_region=found.by_region,
        code_size_bytes=size,
        code_size_human=human_bytes(size),
    )


def _iam(aws: Aws) -> IamPart:
    return IamPart(role_count=list_iam_roles(aws).role_count)


def _cost(aws: Aws) -> CostPart:
    cost = get_cost_summary(aws)
    return CostPart(
        start=cost.start,
        end=cost.end,
        currency=cost.currency,
        total=cost.total,
        # The sixth of each account may be the first of all.
        top_services=cost.by_service if aws.names_account else cost.by_service[:TOP],
        estimated=cost.estimated,
    )
