"""The executor renews the other agents' credentials, and nobody but they can read them."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from services.executor.credentials.renewal import Renewed
from services.executor.tools import renew_credentials
from shared.errors import AssistantError
from shared.keys.vault import new_private_key, public_key_of, signed, unseal
from shared.messages import Agent
from shared.sessions.credentials import AgentSession
from tests.unit.executor.conftest import Executor

ROLE_ARN = "arn:aws:iam::123456789012:role/assistant"
ONE = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"%s","Resource":"*"}]}'
POLICIES: dict[Agent, str] = {"info": ONE % "s3:List*", "advisor": ONE % "bedrock:InvokeModel*"}
NARROWING = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:GetObject","Resource":"*"}]}'
KEYS: dict[Agent, str] = {"info": new_private_key(), "advisor": new_private_key()}


@pytest.fixture
def renewing(executor: Executor) -> Executor:
    """An executor of a session with a role, which has the other agents' public keys."""
    executor.session = executor.session.model_copy(
        update={"role_arn": ROLE_ARN, "policies": POLICIES, "source_identity": "dev"}
    )
    public = {f"public_key_{agent}": public_key_of(key) for agent, key in KEYS.items()}
    executor.settings = executor.settings.model_copy(update=public)
    return executor


def renew(executor: Executor) -> Renewed:
    result: Renewed = renew_credentials(executor.context("renew_credentials"))
    return result


def opened(executor: Executor, renewed: Renewed, agent: Agent) -> AgentSession:
    session_id = executor.info.session_id
    return unseal(signed(renewed.boxes[agent], agent, session_id, b"k"), agent, session_id, KEYS[agent], b"k")


def test_each_agent_gets_its_own_credentials_for_the_same_session(renewing: Executor) -> None:
    renewed = renew(renewing)

    info, advisor = opened(renewing, renewed, "info"), opened(renewing, renewed, "advisor")
    assert info.info == advisor.info == renewing.info
    assert info.credentials.session_token != advisor.credentials.session_token
    assert info.credentials.access_key_id.startswith("ASIA")
    assert (info.role_arn, info.policies) == (None, {})
    assert renewed.expires_at > time.time() + 800


def test_the_result_on_the_wire_shows_no_credential(renewing: Executor) -> None:
    renewed = renew(renewing)

    wire = renewed.model_dump_json()
    for agent in KEYS:
        credentials = opened(renewing, renewed, agent).credentials
        assert credentials.session_token is not None
        assert not any(secret in wire for secret in (credentials.secret_access_key, credentials.session_token))


def asked_of_sts(executor: Executor, refuse: str = "") -> list[dict[str, Any]]:
    """Renew; return the AssumeRole requests. AWS answers those with managed policies with the code `refuse`."""
    asked: list[dict[str, Any]] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        asked.append(params)
        if refuse and params.get("PolicyArns"):
            raise ClientError({"Error": {"Code": refuse, "Message": "no"}}, "AssumeRole")

    events = executor.aws().client("sts").meta.events
    events.register("provide-client-params.sts.AssumeRole", note, unique_id="asked")
    try:
        renew(executor)
    finally:
        events.unregister("provide-client-params.sts.AssumeRole", unique_id="asked")
    return asked


def widen(executor: Executor) -> None:
    executor.session = executor.session.model_copy(
        update={"read_policies": (f"{ROLE_ARN.replace(':role/', ':policy/')}-read-1",), "narrowing": NARROWING}
    )


def test_a_widened_agent_is_renewed_with_its_read_policies_and_the_other_without(renewing: Executor) -> None:
    widen(renewing)
    info, advisor = asked_of_sts(renewing)
    assert info["PolicyArns"] == [{"arn": "arn:aws:iam::123456789012:policy/assistant-read-1"}]
    assert (info["Policy"], advisor["Policy"]) == (NARROWING, POLICIES["advisor"])
    assert "PolicyArns" not in advisor


@pytest.mark.parametrize("code", ["NoSuchEntity", "PackedPolicyTooLarge", "AccessDenied"])
def test_where_aws_takes_the_read_policies_no_more_the_agent_is_renewed_under_its_own_policy(
    renewing: Executor, code: str
) -> None:
    widen(renewing)
    refused, narrow, _advisor = asked_of_sts(renewing, refuse=code)
    assert refused["PolicyArns"]
    assert (narrow["Policy"], narrow.get("PolicyArns")) == (POLICIES["info"], None)


def test_the_role_is_assumed_under_the_policies_sealed_at_intake(renewing: Executor) -> None:
    asked = asked_of_sts(renewing)

    assert [one["Policy"] for one in asked] == list(POLICIES.values())
    assert {one["SourceIdentity"] for one in asked} == {"dev"}
    assert [one["RoleSessionName"] for one in asked] == [
        f"assistant-{agent}-{renewing.info.session_id}" for agent in POLICIES
    ]


def test_a_session_without_a_role_cannot_be_renewed(executor: Executor) -> None:
    with pytest.raises(AssistantError) as caught:
        renew(executor)
    assert caught.value.code == "not_renewable"


def test_an_executor_without_the_public_keys_says_so(renewing: Executor) -> None:
    renewing.settings = renewing.settings.model_copy(update={"public_key_advisor": None, "public_key_info": None})
    with pytest.raises(AssistantError) as caught:
        renew(renewing)
    assert caught.value.code == "renewal_not_configured"
    assert not caught.value.retryable


def test_an_empty_key_counts_as_none(renewing: Executor) -> None:
    renewing.settings = renewing.settings.model_copy(update={"public_key_info": ""})
    with pytest.raises(AssistantError, match="PUBLIC_KEY_INFO"):
        renew(renewing)
