"""Sessions of several accounts: which open, how each stands, what each agent is sealed, and what fences leave out."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from services.orchestrator.sessions.accounts import PARALLEL_ACCOUNTS
from services.orchestrator.sessions.fenced_policies import fenced
from services.orchestrator.sessions.scoping import MAX_POLICY_CHARS, session_policy
from services.orchestrator.sessions.sts import AssumedRole, OrganizationAccount, RoleRequest
from services.orchestrator.settings import GatewaySettings
from shared.errors import AwsError, Forbidden, Unavailable
from shared.iam.documents import CallerPolicies, NamedPolicy
from shared.keys.vault import unseal, vault_key
from shared.messages import Agent
from shared.sessions.credentials import AgentSession, Credentials
from shared.sessions.fences import Fences, Perimeter
from tests.unit.orchestrator.conftest import ACCOUNT, FakeSts, temporary

MAIN = f"arn:aws:iam::{ACCOUNT}:role/assistant"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def role(account: str) -> str:
    return f"arn:aws:iam::{account}:role/assistant"


def wanted(number: int) -> str:
    return f"{200_000_000_000 + number}"


class ManySts(FakeSts):
    """STS over many accounts: `refusals` by account, calls that take their turns, and the most at the same time."""

    def __init__(self) -> None:
        super().__init__()
        self.refusals: dict[str, list[Exception]] = {}
        self.listed: tuple[OrganizationAccount, ...] | Exception = ()
        self.under_way = self.most_under_way = 0

    async def assume_role(
        self, credentials: Credentials, region: str, request: RoleRequest, seconds: int
    ) -> AssumedRole:
        self.asked.append(("assume_role", request))
        account = request.role_arn.split(":")[4]
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(0.001)
        self.under_way -= 1
        if waiting := self.refusals.get(account):
            raise waiting.pop(0) if len(waiting) > 1 else waiting[0]
        token = f"{request.session_name}@{account}"
        return AssumedRole(temporary(token), f"arn:aws:sts::{account}:assumed-role/assistant/{request.session_name}")

    async def accounts(self, credentials: Credentials, region: str) -> tuple[OrganizationAccount, ...]:
        if isinstance(self.listed, Exception):
            raise self.listed
        return self.listed


@pytest.fixture
def sts() -> ManySts:
    return ManySts()


@pytest.fixture
def opened(redis: Redis, private_keys: dict[Agent, str], settings: GatewaySettings) -> Any:
    async def unsealed(agent: Agent, session_id: str) -> AgentSession:
        sealed: Any = await redis.get(vault_key(agent, session_id))
        return unseal(sealed, agent, session_id, private_keys[agent], settings.signing_key(agent))

    return unsealed


async def post(client: httpx.AsyncClient, credentials: dict[str, Any], **more: Any) -> httpx.Response:
    return await client.post("/v1/sessions", json={**credentials, **more})


async def test_each_agent_gets_what_it_needs_of_each_account(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: ManySts, opened: Any
) -> None:
    accounts = [{"role_arn": role(wanted(1)), "external_id": "one-1", "name": "prod"}]
    body = (await post(client, credentials, role_arn=MAIN, accounts=accounts)).json()

    assert [(one["account"], one["name"], one["state"]) for one in body["accounts"]] == [
        (ACCOUNT, None, "ready"),
        (wanted(1), "prod", "ready"),
    ]
    info, executor = await opened("info", body["session_id"]), await opened("executor", body["session_id"])
    prod = info.of_account(wanted(1))
    assert (prod.info.account, prod.role_arn) == (wanted(1), None)
    assert prod.credentials.session_token == f"assistant-info-{body['session_id']}@{wanted(1)}"
    there = executor.of_account(wanted(1))
    assert (there.role_arn, there.external_id) == (role(wanted(1)), "one-1")
    # The caller's own, which assume the account's role: nobody but the executor holds both.
    assert there.credentials.session_token == executor.credentials.session_token == "session-token"
    assert (await opened("advisor", body["session_id"])).accounts == ()


async def test_the_session_of_one_account_is_as_before(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: ManySts, opened: Any
) -> None:
    body = (await post(client, credentials, role_arn=MAIN)).json()
    assert [(one["account"], one["state"]) for one in body["accounts"]] == [(ACCOUNT, "ready")]
    assert (await opened("info", body["session_id"])).accounts == ()


async def test_without_a_role_the_first_account_that_can_be_used_is_the_sessions_own(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: ManySts
) -> None:
    sts.refusals[wanted(1)] = [Forbidden("AWS denied AssumeRole", code="aws_access_denied")]
    accounts = [{"role_arn": role(wanted(n))} for n in (1, 2, 3)]
    body = (await post(client, credentials, accounts=accounts)).json()
    assert body["account"] == wanted(2)
    assert [(one["account"], one["state"]) for one in body["accounts"]] == [
        (wanted(2), "ready"),
        (wanted(1), "denied"),
        (wanted(3), "ready"),
    ]


async def test_fifty_accounts_of_which_some_are_denied_open_side_by_side(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: ManySts
) -> None:
    for number in range(0, 50, 7):
        sts.refusals[wanted(number)] = [Forbidden("AWS denied AssumeRole", code="aws_access_denied")]
    accounts = [{"role_arn": role(wanted(n)), "name": f"team-{n}"} for n in range(50)]
    body = (await post(client, credentials, role_arn=MAIN, accounts=accounts)).json()
    states = [one["state"] for one in body["accounts"]]
    assert (len(states), states.count("denied"), states.count("ready")) == (51, 8, 43)
    assert all(one["reason"] for one in body["accounts"] if one["state"] == "denied")
    # The session's own two besides.
    assert 4 < sts.most_under_way <= PARALLEL_ACCOUNTS + 2


async def test_a_throttled_account_is_tried_once_more_and_then_told(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: ManySts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.orchestrator.sessions.accounts.RETRY_SECONDS", 0.0)
    throttled = Unavailable("AWS throttled AssumeRole", code="aws_throttled")
    sts.refusals[wanted(1)] = [throttled]
    accounts = [{"role_arn": role(wanted(n))} for n in (1, 2)]
    body = (await post(client, credentials, role_arn=MAIN, accounts=accounts)).json()
    assert [one["state"] for one in body["accounts"]] == ["ready", "throttled", "ready"]
    asked = [one.role_arn for kind, one in sts.asked if kind == "assume_role"]
    assert asked.count(role(wanted(1))) == 2


async def test_an_administrators_role_is_not_used_in_any_account(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: ManySts, opened: Any
) -> None:
    administrator = CallerPolicies((NamedPolicy("All", "inline", EVERYTHING),), arn=role(wanted(1)))
    sts.policies_of[role(wanted(1))] = administrator
    body = (await post(client, credentials, role_arn=MAIN, accounts=[{"role_arn": role(wanted(1))}])).json()
    assert body["accounts"][1]["state"] == "too_broad"
    assert "administrator" in body["accounts"][1]["reason"]
    for agent in ("info", "executor"):
        with pytest.raises(Forbidden) as raised:
            (await opened(agent, body["session_id"])).of_account(wanted(1))
        assert raised.value.code == "account_too_broad"


async def test_a_role_that_nobody_could_look_at_is_not_used(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: ManySts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.orchestrator.sessions.accounts.RETRY_SECONDS", 0.0)
    sts.policies_of[role(wanted(1))] = Unavailable("AWS could not be reached", code="aws_unreachable")
    body = (await post(client, credentials, role_arn=MAIN, accounts=[{"role_arn": role(wanted(1))}])).json()
    assert body["accounts"][1]["state"] == "unavailable"


async def test_an_organizations_accounts_are_found_and_suspended_ones_told(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: ManySts
) -> None:
    sts.listed = (
        OrganizationAccount(wanted(2), "closed", "SUSPENDED"),
        OrganizationAccount(wanted(1), "prod", "ACTIVE"),
        OrganizationAccount(ACCOUNT, "main", "ACTIVE"),
    )
    body = (await post(client, credentials, organization={"role_name": "assistant", "external_id": "x-1"})).json()
    assert [(one["account"], one["name"], one["state"]) for one in body["accounts"]] == [
        (ACCOUNT, "main", "ready"),
        (wanted(1), "prod", "ready"),
        (wanted(2), "closed", "suspended"),
    ]
    roles = {one.role_arn for kind, one in sts.asked if kind == "assume_role"}
    assert roles == {role(ACCOUNT), role(wanted(1))}


async def test_accounts_beyond_the_most_are_listed_and_not_used(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: ManySts
) -> None:
    sts.listed = tuple(OrganizationAccount(wanted(n), f"team-{n}", "ACTIVE") for n in range(120))
    body = (await post(client, credentials, organization={"role_name": "assistant"})).json()
    states = [one["state"] for one in body["accounts"]]
    assert (states.count("ready"), states.count("over_limit")) == (100, 20)


async def test_an_organization_that_cannot_be_listed_says_what_to_do(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: ManySts
) -> None:
    sts.listed = Forbidden("AWS denied ListAccounts", code="aws_access_denied")
    answer = await post(client, credentials, organization={"role_name": "assistant"})
    assert (answer.status_code, answer.json()["code"]) == (403, "organization_not_readable")
    assert "organizations:ListAccounts" in answer.json()["detail"]


async def test_none_that_can_be_used_opens_no_session(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: ManySts, redis: Redis
) -> None:
    sts.refusals = {
        wanted(1): [Forbidden("no", code="aws_access_denied")],
        wanted(2): [AwsError("gone", code="aws_error")],
    }
    answer = await post(client, credentials, accounts=[{"role_arn": role(wanted(n))} for n in (1, 2)])
    assert answer.status_code == 403
    assert answer.json()["code"] in ("role_not_assumable", "no_usable_account")
    assert not await redis.keys("vault:*")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"accounts": [{"role_arn": role(wanted(1))}, {"role_arn": role(wanted(1))}]}, "duplicate_account"),
        (
            {"accounts": [{"role_arn": role(wanted(n)), "name": name} for n, name in ((1, "Prod"), (2, "prod"))]},
            "duplicate_account",
        ),
        ({"accounts": [{"role_arn": f"{MAIN}-2"}], "role_arn": MAIN}, "duplicate_account"),
        ({"accounts": [], "role_arn": MAIN}, "invalid_request"),
        ({"accounts": [{"role_arn": role(wanted(n))} for n in range(101)]}, "invalid_request"),
        ({"accounts": [{"role_arn": role(wanted(1))}], "organization": {"role_name": "x"}}, "invalid_request"),
    ],
)
async def test_a_request_that_is_none_is_refused(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: ManySts, more: dict[str, Any], code: str
) -> None:
    answer = await post(client, credentials, **more)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_an_account_outside_the_fence_is_never_assumed(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: ManySts
) -> None:
    accounts = [{"role_arn": role(wanted(n)), "name": f"team-{n}"} for n in (1, 2)]
    fences = {"accounts": [ACCOUNT, "team-1"]}
    body = (await post(client, credentials, role_arn=MAIN, accounts=accounts, fences=fences)).json()
    assert [one["state"] for one in body["accounts"]] == ["ready", "ready", "outside_fence"]
    assert role(wanted(2)) not in {one.role_arn for kind, one in sts.asked if kind == "assume_role"}
    refused = await post(client, credentials, role_arn=MAIN, fences={"accounts": ["team-1"]})
    assert (refused.status_code, refused.json()["code"]) == (403, "account_outside_fence")


async def test_fences_are_sealed_for_every_agent_and_shown(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: ManySts, opened: Any
) -> None:
    fences = {"services": ["s3"], "regions": ["eu-*"], "read_only": True}
    body = (await post(client, credentials, role_arn=MAIN, fences=fences)).json()
    assert body["fences"] == fences
    assert body["regions"] == ["eu-central-1", "eu-west-1"]
    for agent in ("info", "advisor", "executor"):
        assert (await opened(agent, body["session_id"])).fences == Fences.model_validate(fences)
    info = [one for kind, one in sts.asked if kind == "assume_role" and one.session_name.startswith("assistant-info")]
    denied = [one for one in json.loads(info[-1].policy)["Statement"] if "NotAction" in one]
    assert denied[0]["NotAction"] == ["s3:*", "s3express:*", "sts:GetCallerIdentity"]
    executor = await opened("executor", body["session_id"])
    assert "NotAction" in executor.policies["info"]


async def test_a_region_outside_the_fence_opens_no_session(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: ManySts
) -> None:
    answer = await post(client, credentials, role_arn=MAIN, fences={"regions": ["us-*"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "region_outside_fence")


async def test_a_renewal_names_the_accounts_again_and_keeps_the_fences(
    client: httpx.AsyncClient, credentials: dict[str, Any], sts: ManySts, opened: Any
) -> None:
    accounts = [{"role_arn": role(wanted(1)), "name": "prod"}]
    fences = {"services": ["s3"]}
    body = (await post(client, credentials, role_arn=MAIN, accounts=accounts, fences=fences)).json()
    bearer = {"Authorization": f"Bearer {body['token']}"}
    again = {name: credentials[name] for name in ("access_key_id", "secret_access_key")} | {"role_arn": MAIN}
    refused = await client.post("/v1/sessions/current/renew", json=again, headers=bearer)
    assert (refused.status_code, refused.json()["code"]) == (403, "renewal_of_another")
    renewed = await client.post("/v1/sessions/current/renew", json={**again, "accounts": accounts}, headers=bearer)
    assert renewed.status_code == 200, renewed.text
    assert [one["state"] for one in renewed.json()["accounts"]] == ["ready", "ready"]
    assert renewed.json()["fences"] == fences
    assert (await opened("executor", body["session_id"])).fences == Fences(services=("s3",))
    wider = await client.post(
        "/v1/sessions/current/renew", json={**again, "accounts": accounts, "fences": {}}, headers=bearer
    )
    assert wider.status_code == 422


def test_what_iam_cannot_say_or_does_not_fit_is_noted_and_left_to_the_worker() -> None:
    every = tuple(f"service{n}:DoSomething{n}" for n in range(60))
    perimeter = Perimeter.of(Fences(services=("s3*",), operations=every, regions=("eu-*",)))
    policy, notes = fenced(session_policy("info"), perimeter)
    assert len(policy) <= MAX_POLICY_CHARS
    assert [note.split(" is not")[0] for note in notes][:2] == ["the fence of services", "the fence of operations"]


def test_an_operation_is_said_to_iam_by_the_action_that_it_needs() -> None:
    policy, notes = fenced(
        '{"Version":"2012-10-17","Statement":[]}', Perimeter.of(Fences(operations=("s3:ListBuckets",)))
    )
    assert notes == ()
    assert json.loads(policy)["Statement"][0]["NotAction"] == [
        "s3:ListBuckets",
        "s3:ListAllMyBuckets",
        "sts:GetCallerIdentity",
    ]
