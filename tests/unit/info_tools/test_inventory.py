"""The sweep over all kinds of resources: exact counts, what needs attention, and a gap for what could not be read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jmespath
import pytest
from botocore import xform_name
from botocore.session import Session

from services.info_tools.inventory.declaration import Listing
from services.info_tools.inventory.sweep import LISTINGS, ResourceCount, combined, sweep
from shared.access.levels import actions_of, level_of
from shared.aws.clients import Aws
from shared.errors import Forbidden
from shared.messages import Effect
from tests.unit.info_tools.conftest import Call, client_error

MakeAws = Callable[..., Aws]
REGIONS = ("us-east-1", "eu-west-1")


def listing(label: str) -> Listing:
    return next(one for one in LISTINGS if one.label == label)


@pytest.mark.parametrize("one", LISTINGS, ids=lambda one: one.label)
def test_a_listing_is_of_an_operation_that_reads_and_that_its_action_allows(one: Listing) -> None:
    model = Session().get_service_model(one.service)
    names = {xform_name(name): name for name in model.operation_names}
    operation = names[one.operation]
    assert actions_of(one.service, operation) == (one.action,)
    assert level_of(one.service, operation) in (Effect.LIST, Effect.READ)
    shape: Any = model.operation_model(operation).output_shape
    assert _first_field(jmespath.compile(one.path).parsed) in shape.members
    inputs = model.operation_model(operation).input_shape
    assert set(one.arguments) <= set(inputs.members if inputs else ())


def _first_field(parsed: dict[str, Any]) -> str:
    while parsed.get("type") != "field":
        parsed = parsed["children"][0]
    return str(parsed["value"])


def test_there_are_no_two_kinds_of_one_name_and_more_than_thirty() -> None:
    assert len({one.label for one in LISTINGS}) == len(LISTINGS) > 30


ANSWERS: dict[str, dict[str, dict[str, Any]]] = {
    "us-east-1": {
        "DescribeVolumes": {
            "Volumes": [
                {"VolumeId": "vol-1", "State": "in-use", "Size": 8, "Encrypted": True},
                {"VolumeId": "vol-2", "State": "available", "Size": 100, "Encrypted": False},
            ]
        },
        "DescribeAddresses": {
            "Addresses": [{"PublicIp": "203.0.113.1"}, {"PublicIp": "203.0.113.2", "AssociationId": "a"}]
        },
        "DescribeAlarms": {
            "MetricAlarms": [{"AlarmName": "cpu", "StateValue": "ALARM"}, {"AlarmName": "disk", "StateValue": "OK"}],
            "CompositeAlarms": [{"AlarmName": "all", "StateValue": "OK"}],
        },
    },
    "eu-west-1": {
        "DescribeVolumes": {"Volumes": [{"VolumeId": "vol-3", "State": "available", "Size": 4, "Encrypted": True}]},
    },
    "aws-global": {"ListUsers": {"Users": [{"UserName": "jane"}]}},
}


def answering(call: Call) -> dict[str, Any]:
    return ANSWERS[call.region].get(call.operation, {})


def test_counts_sums_and_flags_are_exact_over_regions(make_aws: MakeAws) -> None:
    chosen = [listing(name) for name in ("ec2 volumes", "ec2 Elastic IP addresses", "cloudwatch alarms", "iam users")]
    aws = make_aws(script=answering, regions=REGIONS)
    volumes, addresses, alarms, users = (one.model_dump() for one in sweep(aws, REGIONS, chosen))
    assert volumes == {
        "service": "ec2",
        "resource": "volumes",
        "count": 3,
        "by_region": {"us-east-1": 2, "eu-west-1": 1},
        "by_state": {"in-use": 1, "available": 2},
        "figures": {"storage_gib": 112},
        "attention": (
            {"what": "unattached", "count": 2, "examples": ("vol-2 (us-east-1)", "vol-3 (eu-west-1)")},
            {"what": "not encrypted", "count": 1, "examples": ("vol-2 (us-east-1)",)},
        ),
    }
    assert addresses["attention"] == ({"what": "unattached", "count": 1, "examples": ("203.0.113.1 (us-east-1)",)},)
    assert (alarms["count"], alarms["by_state"]) == (3, {"ALARM": 1, "OK": 2})
    assert users == {"service": "iam", "resource": "users", "count": 1}
    assert aws.gaps == []


def test_a_certificate_is_flagged_by_the_time_that_it_has_left(make_aws: MakeAws) -> None:
    now = datetime.now(UTC)
    certificates = [
        {"DomainName": f"{name}.example", "Status": "ISSUED", "NotAfter": now + left, "InUse": True}
        for name, left in (("old", -timedelta(days=1)), ("soon", timedelta(days=29)), ("late", timedelta(days=31)))
    ]
    aws = make_aws(script=lambda _: {"CertificateSummaryList": certificates})
    (found,) = sweep(aws, ("us-east-1",), [listing("acm certificates")])
    assert {flag.what: flag.examples for flag in found.attention} == {
        "expired": ("old.example (us-east-1)",),
        "expires within 30 days": ("soon.example (us-east-1)",),
    }


def test_what_aws_still_lists_after_it_was_deleted_is_not_counted(make_aws: MakeAws) -> None:
    gateways = [{"NatGatewayId": "nat-1", "State": "available"}, {"NatGatewayId": "nat-2", "State": "deleted"}]
    aws = make_aws(script=lambda _: {"NatGateways": gateways})
    (found,) = sweep(aws, ("us-east-1",), [listing("ec2 NAT gateways")])
    assert (found.count, found.by_state) == (1, {"available": 1})


def test_only_examples_are_named_and_all_are_counted(make_aws: MakeAws) -> None:
    volumes = [{"VolumeId": f"vol-{n}", "State": "available", "Size": 1} for n in range(12)]
    (found,) = sweep(make_aws(script=lambda _: {"Volumes": volumes}), ("us-east-1",), [listing("ec2 volumes")])
    assert (found.attention[0].count, len(found.attention[0].examples)) == (12, 5)


def test_a_denied_region_is_a_gap_with_its_kind_of_resource(make_aws: MakeAws, failing: Callable[..., Any]) -> None:
    aws = make_aws(script=failing("AccessDenied", "DescribeVpcs", region="eu-west-1"), regions=REGIONS)
    (found,) = sweep(aws, REGIONS, [listing("ec2 VPCs")])
    assert found.by_region == {"us-east-1": 1}
    assert [(gap.code, gap.region, gap.resource) for gap in aws.gaps] == [
        ("aws_access_denied", "eu-west-1", "ec2 VPCs")
    ]


def test_a_kind_that_is_denied_everywhere_is_one_gap_and_not_a_zero(make_aws: MakeAws) -> None:
    def script(call: Call) -> dict[str, Any]:
        if call.operation == "ListQueues":
            raise client_error("AccessDenied", call.operation)
        return answering(call)

    aws = make_aws(script=script, regions=REGIONS)
    found = sweep(aws, REGIONS, [listing("sqs queues"), listing("ec2 volumes")])
    assert [one.resource for one in found] == ["volumes"]
    (gap,) = aws.gaps
    assert (gap.code, gap.region, gap.resource) == ("aws_access_denied", None, "sqs queues")
    assert gap.detail.startswith("in every region: ")


def test_nothing_that_could_be_read_is_an_error(make_aws: MakeAws, failing: Callable[..., Any]) -> None:
    with pytest.raises(Forbidden):
        sweep(make_aws(script=failing("AccessDenied", "ListTopics")), REGIONS, [listing("sns topics")])


def test_the_counts_of_accounts_are_added_up_by_kind() -> None:
    def of(count: int, region: str, *names: str) -> tuple[ResourceCount, ...]:
        flags = ({"what": "unattached", "count": len(names), "examples": names},) if names else ()
        by_region = {region: count}
        return (
            ResourceCount.model_validate(
                {"service": "ec2", "resource": "volumes", "count": count, "by_region": by_region, "attention": flags}
            ),
        )

    (total,) = combined([of(2, "us-east-1", "vol-1"), of(3, "us-east-1"), of(1, "eu-west-1", "vol-2")])
    assert (total.count, total.by_region) == (6, {"us-east-1": 5, "eu-west-1": 1})
    assert (total.attention[0].count, total.attention[0].examples) == (2, ("vol-1", "vol-2"))
