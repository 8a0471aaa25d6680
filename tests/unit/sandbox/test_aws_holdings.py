"""The sweep finds exactly what the double's account holds, with the informational agent's own credentials."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import pytest

from sandbox.aws.account import holdings
from services.info_tools.inventory.declaration import Listing
from services.info_tools.inventory.sweep import LISTINGS, ResourceCount, sweep
from services.orchestrator.sessions.scoping import session_policy
from shared.aws.clients import Aws, ClientCache
from shared.messages import SessionInfo
from shared.sessions.credentials import AgentSession, Credentials

REGIONS = ("us-east-1", "eu-west-1", "us-west-2")


def reading(aws: Any, regions: tuple[str, ...]) -> Aws:
    made = aws.user("sts").assume_role(RoleArn=aws.role_arn, RoleSessionName="info", Policy=session_policy("info"))
    keys = made["Credentials"]
    credentials = Credentials(
        access_key_id=keys["AccessKeyId"],
        secret_access_key=keys["SecretAccessKey"],
        session_token=keys["SessionToken"],
    )
    info = SessionInfo(
        session_id="s-1",
        account="111122223333",
        caller_arn="arn:aws:iam::111122223333:user/assistant-user",
        region=regions[0],
        regions=regions,
        expires_at=time.time() + 3600,
    )
    return Aws(AgentSession(info=info, credentials=credentials), time.time() + 300, cache=ClientCache())


@pytest.fixture
def swept(aws: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint)

    def run(regions: tuple[str, ...], listings: Sequence[Listing]) -> tuple[dict[str, ResourceCount], Aws]:
        reader = reading(aws, regions)
        return {f"{one.service} {one.resource}": one for one in sweep(reader, regions, listings)}, reader

    return run


def test_every_kind_can_be_read_with_the_agents_credentials(swept: Any) -> None:
    found, aws = swept(("eu-west-1",), LISTINGS)
    assert aws.gaps == []
    assert found.keys() == {one.label for one in LISTINGS}


def test_what_is_seeded_is_what_is_counted(swept: Any) -> None:
    names = (
        "ec2 volumes", "rds database instances", "dynamodb tables", "sns topics", "cloudwatch alarms",
        "acm certificates", "cloudtrail trails", "ecr repositories",
    )  # fmt: skip
    found, aws = swept(REGIONS, [one for one in LISTINGS if one.label in names])
    assert aws.gaps == []
    flagged = {label: {flag.what: flag.count for flag in one.attention} for label, one in found.items()}
    assert flagged["ec2 volumes"]["unattached"] == len(holdings.VOLUMES)
    assert found["rds database instances"].count == len(holdings.DATABASES)
    assert found["rds database instances"].figures == {"storage_gib": 150}
    assert flagged["rds database instances"]["publicly accessible"] == 1
    assert flagged["cloudwatch alarms"]["firing"] == 1
    assert flagged["acm certificates"]["expires within 30 days"] == 1
    assert found["dynamodb tables"].count >= 3
    assert found["sns topics"].count >= 2
    assert found["cloudtrail trails"].by_region == {"us-east-1": 1}
    assert found["ecr repositories"].count == 2
