"""What other workers read of a call is answered as if its own worker had read it; what they lose, it reads itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from services.info_tools.reading.one_place import rows_of
from services.info_tools.reading.rows import Bounds
from services.info_tools.sharing import division
from services.info_tools.sharing.worth import PAYS_SECONDS, Worth
from services.info_tools.tools import toolbox
from services.info_tools.tools.ec2 import instances_of
from shared.aws.clients import Aws
from shared.errors import AssistantError
from shared.messages import Gap
from shared.sessions.credentials import AccountAccess
from tests.fakes.other_workers import with_others
from tests.unit.info_tools.conftest import REGIONS, Call, Script
from tests.unit.info_tools.test_accounts import MAIN, SECOND, THIRD, credentials_of, put
from tests.unit.info_tools.test_ec2 import start

MakeAws = Callable[..., Aws]
Failing = Callable[..., Script]
GONE = "vol-0123456789abcdef0"


def client(service: str, region: str) -> Any:
    return boto3.client(service, region, aws_access_key_id="a", aws_secret_access_key="b")


@pytest.fixture(autouse=True)
def small_reads_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(division, "MIN_CALLS", 2)
    monkeypatch.setattr(division, "TAKEN_WITHIN_SECONDS", 0.0)
    monkeypatch.setattr(division, "WORTH", Worth())


@pytest.fixture
def account(moto_aws: None) -> None:
    """Instances, volumes and buckets in every region."""
    for count, region in enumerate(REGIONS, 1):
        start(region, count)
        for size in range(count):
            client("ec2", region).create_volume(Size=10 + size, AvailabilityZone=f"{region}a")
        s3, where = client("s3", region), {"LocationConstraint": region}
        for number in range(count):
            name = f"b-{region}-{number}"
            s3.create_bucket(Bucket=name, **({} if region == "us-east-1" else {"CreateBucketConfiguration": where}))
            s3.put_object(Bucket=name, Key="data", Body=b"x" * (10 * count + number))


@dataclass(frozen=True, slots=True)
class Answered:
    """All that a caller sees of a call."""

    value: Any
    error: tuple[str, str] | None
    gaps: list[Gap]
    covered: Any


def _without_moments(value: Any) -> Any:
    """A value without when it was read."""
    if isinstance(value, list):
        return [_without_moments(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: _without_moments(one) for key, one in value.items() if key not in ("as_of", "read_at")}


def answered(aws: Aws, tool: str, arguments: dict[str, Any]) -> Answered:
    value, error = None, None
    try:
        value = _without_moments(toolbox[tool].call(aws, arguments).model_dump(mode="json"))
    except AssistantError as failed:
        error = (failed.code, failed.detail)
    gaps = sorted(aws.gaps, key=lambda gap: gap.model_dump_json())
    covered = aws.covered.coverage("1", None, complete=True).model_copy(update={"as_of": None})
    return Answered(value, error, gaps, covered)


CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "instances": ("list_ec2_instances", {}),
    "instances of a state": ("list_ec2_instances", {"states": ["stopped"]}),
    "functions": ("list_lambda_functions", {}),
    "volumes": ("read_aws", {"service": "ec2", "operation": "DescribeVolumes"}),
    "a few volumes": ("read_aws", {"service": "ec2", "operation": "DescribeVolumes", "limit": 2}),
    "filtered volumes": (
        "read_aws",
        {"service": "ec2", "operation": "DescribeVolumes", "filter": "Volumes[?Size>`10`].{id: VolumeId, size: Size}"},
    ),
    "a volume that is nowhere": (
        "read_aws",
        {"service": "ec2", "operation": "DescribeVolumes", "parameters": {"VolumeIds": [GONE]}},
    ),
    "a moment in the parameters": (
        "read_aws",
        {
            "service": "cloudwatch",
            "operation": "DescribeAlarmHistory",
            "parameters": {"StartDate": "2026-01-01T00:00:00Z"},
        },
    ),
    "usage": ("get_s3_usage", {}),
    "exact usage": ("get_s3_usage", {"exact": True}),
    "sizes of some": ("get_s3_bucket_sizes", {"bucket_names": ["b-us-east-1-0", "b-eu-west-1-0", "none-of-ours"]}),
}
# A call, and which of AWS's operations fails where: code, operation, region.
FAILURES: tuple[tuple[str, str, str, str | None], ...] = (
    ("instances", "UnauthorizedOperation", "DescribeInstances", "eu-west-1"),
    ("instances", "UnauthorizedOperation", "DescribeInstances", None),
    ("instances", "AuthFailure", "DescribeInstances", "eu-central-1"),
    ("volumes", "UnauthorizedOperation", "DescribeVolumes", "eu-central-1"),
    ("volumes", "UnauthorizedOperation", "DescribeVolumes", None),
    ("exact usage", "AccessDenied", "ListObjectsV2", "eu-central-1"),
    ("exact usage", "AccessDenied", "ListObjectsV2", None),
    ("exact usage", "AccessDenied", "GetBucketVersioning", "eu-west-1"),
)


def no_history(call: Call) -> dict[str, Any] | None:
    """What moto does not know, answered."""
    return {"AlarmHistoryItems": []} if call.operation == "DescribeAlarmHistory" else None


# One account for many calls: to make it takes longer than to read it.
@pytest.mark.parametrize("workers", [2, 5])
def test_the_answer_is_the_same_with_any_number_of_workers(make_aws: MakeAws, account: None, workers: int) -> None:
    for name, (tool, arguments) in CALLS.items():
        context, others = with_others(make_aws(page_size=1, script=no_history), workers)
        alone = answered(make_aws(page_size=1, script=no_history), tool, arguments)
        assert answered(context, tool, arguments) == alone, name
        assert others.asked, name


def test_what_fails_is_said_in_the_same_way(make_aws: MakeAws, account: None, failing: Failing) -> None:
    for name, code, operation, region in FAILURES:
        tool, arguments = CALLS[name]
        script = failing(code, operation, region=region)
        context, others = with_others(make_aws(script=script), 3)
        alone = answered(make_aws(script=script), tool, arguments)
        assert alone.error or alone.gaps, (name, code)
        assert answered(context, tool, arguments) == alone, (name, code, operation, region)
        assert others.asked


def test_accounts_are_shared_too(make_aws: MakeAws, account: None) -> None:
    put(SECOND, "second-one", 30)
    accounts = (
        AccountAccess(account=MAIN, name="main"),
        AccountAccess(account=SECOND, name="Prod", credentials=credentials_of(SECOND)),
        AccountAccess(account=THIRD, name="old", state="denied", reason="it says no"),
    )

    def make() -> Aws:
        aws = make_aws()
        aws.session = aws.session.model_copy(update={"accounts": accounts})
        return aws

    for name in ("instances", "usage", "volumes"):
        tool, arguments = CALLS[name]
        context, others = with_others(make(), 3)
        assert answered(context, tool, arguments) == answered(make(), tool, arguments), name
        given: list[Any] = [part.arguments["items"] for part in others.asked]
        assert given == [[SECOND], [THIRD]]


def test_a_lost_part_is_read_by_the_worker_of_the_call(make_aws: MakeAws, account: None) -> None:
    alone = answered(make_aws(), "list_ec2_instances", {})
    fates: tuple[Any, ...] = ("none", "back", b"", b"{", b'{"outcomes": []}', b'{"outcomes": [{"found": "[1]"}]}')
    for fate in fates:
        context, others = with_others(make_aws(), 3, lambda number, first=fate: first if number == 0 else "done")  # type: ignore[misc]
        assert answered(context, "list_ec2_instances", {}) == alone, fate
        assert len(others.asked) == 2


def test_a_part_that_does_not_come_in_time_is_a_gap_of_its_regions(make_aws: MakeAws, account: None) -> None:
    context, others = with_others(make_aws(seconds=4.0), 3, lambda number: "taken" if number == 0 else "done")
    began = time.time()
    found = toolbox["list_ec2_instances"].call(context, {})
    assert time.time() - began < 4.0
    (missing,) = others.asked[0].arguments["items"]  # type: ignore[misc]
    assert [(gap.code, gap.region) for gap in context.gaps] == [("deadline", missing)]
    assert set(found.regions_searched) == {*REGIONS} - {missing}


def test_a_call_is_split_once_and_only_where_it_is_large(
    make_aws: MakeAws, account: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(division, "MIN_CALLS", 4)
    context, others = with_others(make_aws(), 2)
    toolbox["list_ec2_instances"].call(context, {})
    assert not others.asked
    monkeypatch.setattr(division, "MIN_CALLS", 3)
    toolbox["list_ec2_instances"].call(context, {})
    first = list(others.asked)
    toolbox["list_lambda_functions"].call(context, {})
    assert [part.arguments["kind"] for part in first] == ["instances_of"]
    assert others.asked == first


def test_what_was_cheap_before_is_not_shared_again(make_aws: MakeAws) -> None:
    worth, aws = Worth(), make_aws()
    instances, volumes = instances_of(aws, None), rows_of(aws, "ec2", "DescribeVolumes", {}, None, Bounds(1, 1), None)
    assert worth.pays(aws, instances, 17)
    worth.learn(aws, instances, 0.9 * PAYS_SECONDS / 17)
    assert not worth.pays(aws, instances, 17)
    assert worth.pays(aws, instances, 170)
    # Another operation, or another account, may be another matter.
    assert worth.pays(aws, volumes, 17)
    # The account has grown.
    for _ in range(3):
        worth.learn(aws, instances, 2 * PAYS_SECONDS / 17)
    assert worth.pays(aws, instances, 17)


def test_a_part_fits_into_a_message_and_what_does_not_is_read_here(
    make_aws: MakeAws, account: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(division, "MAX_PART_BYTES", 150)
    monkeypatch.setattr(division, "MAX_SPLIT_BYTES", 150 + 3 * 150)
    context, others = with_others(make_aws(), 2)
    assert answered(context, "get_s3_usage", {}) == answered(make_aws(), "get_s3_usage", {})
    sizes = [len(division.canonical(part.arguments)) for part in others.asked]
    assert len(sizes) > 1
    assert max(sizes) <= 150


def test_the_bounds_of_a_result_are_of_all_workers_together(
    make_aws: MakeAws, account: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.info_tools.reading.read.MAX_ROWS_BYTES", 1200)
    context, _ = with_others(make_aws(), 3)
    found = toolbox["read_aws"].call(context, {"service": "ec2", "operation": "DescribeVolumes"})
    assert sum(len(line) + 32 for line in found.rows.lines()) <= 1200
    assert found.row_count == len(found.rows) < 6
    assert {gap.code for gap in context.gaps} == {"read_limit_reached"}
    assert context.covered.truncated


@pytest.mark.parametrize(
    ("kind", "arguments", "code"),
    [
        ("no_such_kind", {}, "unknown_tool"),
        ("instances_of", {"states": ["asleep"]}, "invalid_arguments"),
        ("rows_of", {"service": "ec2", "operation": "DeleteVolume"}, "not_a_read"),
        ("rows_of", {"service": "secretsmanager", "operation": "GetSecretValue"}, "sensitive_read"),
    ],
)
def test_a_part_is_checked_like_a_call(make_aws: MakeAws, kind: str, arguments: dict[str, Any], code: str) -> None:
    more = {"parameters": {}, "label": None, "bounds": {"rows": 1, "size": 1}, "limit": None}
    given = arguments | (more if kind == "rows_of" else {})
    with pytest.raises(AssistantError) as refused:
        toolbox["read_part"].call(make_aws(), {"kind": kind, "arguments": given, "items": ["us-east-1"]})
    assert refused.value.code == code
