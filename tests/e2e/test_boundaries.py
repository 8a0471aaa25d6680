"""What a hostile worker could do with all it holds, and where a session's secrets can be found: nowhere.

The tests act as the worker's own code would: with its key files, its Redis user and its credentials, and
without any guard of ours in the way.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from redis import Redis
from redis.exceptions import NoPermissionError

from shared.keys.vault import unseal, vault_key
from shared.messages import AGENTS, Agent
from shared.sessions.credentials import AgentSession
from tests.e2e.client import User
from tests.e2e.conftest import Running

pytestmark = pytest.mark.slow

USERS = ("gateway", *AGENTS)
# Keys as the running system names them, by the users that may read or write them.
OWNED = {
    "q:info:tasks": {"info"},
    "q:advisor:tasks": {"advisor"},
    "q:executor:tasks": {"executor"},
    "task:info:x": {"info", "gateway"},
    "task:advisor:x": {"advisor", "gateway"},
    "task:executor:x": {"executor", "gateway"},
    "result:info:x": {"info"},
    "reply:info:x": {"info", "gateway"},
    "reply:advisor:x": {"advisor", "gateway"},
    "result:advisor:x": {"advisor"},
    "vault:info:x": set[str](),
    "vault:advisor:x": set[str](),
    "vault:executor:x": set[str](),
    "plan:x": {"executor"},
    "decision:x": {"gateway"},
    "file:x": {"gateway"},
    "session:x": {"gateway"},
    "session-id:x": {"gateway"},
    "conversation:x": {"gateway"},
    "turn:x": {"gateway"},
    "events:x": {"gateway"},
    "idempotency:x": {"gateway"},
    "unknown:x": set[str](),
}


def keys_of(stack: Running, user: str) -> Path:
    return stack.file.parent / "keys" / user


def redis_of(stack: Running, user: str) -> Redis:
    return Redis.from_url((keys_of(stack, user) / "redis_url").read_text(), decode_responses=True)


def held_by(stack: Running, user: User, agent: Agent) -> AgentSession:
    """What the agent's worker finds in the vault with its own key files and its own Redis user."""
    session_id = user.session["session_id"]
    sealed: Any = redis_of(stack, agent).get(vault_key(agent, session_id))
    key = (keys_of(stack, agent) / "private_key").read_text()
    signing = (keys_of(stack, agent) / "signing_key").read_text().encode()
    return unseal(sealed, agent, session_id, key, signing)


def raw_client(stack: Running, session: AgentSession, service: str) -> Any:
    """A client of the agent's credentials with nothing of this project in it."""
    return boto3.client(
        service,
        endpoint_url=stack.facts["aws_endpoint"],
        region_name="us-east-1",
        aws_access_key_id=session.credentials.access_key_id,
        aws_secret_access_key=session.credentials.secret_access_key,
        aws_session_token=session.credentials.session_token,
        config=Config(s3={"addressing_style": "path"}, signature_version=None, retries={"total_max_attempts": 1}),
    )


ATTEMPTS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "create a bucket": ("s3", lambda s3: s3.create_bucket(Bucket="hostile-bucket")),
    "delete a bucket": ("s3", lambda s3: s3.delete_bucket(Bucket="acme-staging-empty")),
    "write an object": ("s3", lambda s3: s3.put_object(Bucket="acme-staging-empty", Key="x", Body=b"x")),
    "read an object": ("s3", lambda s3: s3.get_object(Bucket="acme-invoices-archive", Key="x")),
    "create a role": ("iam", lambda iam: iam.create_role(RoleName="hostile", AssumeRolePolicyDocument="{}")),
    "attach a policy": (
        "iam",
        lambda iam: iam.attach_role_policy(
            RoleName="AssistantRole", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
        ),
    ),
    "create an access key": ("iam", lambda iam: iam.create_access_key(UserName="assistant-user")),
    "delete a function": ("lambda", lambda fn: fn.delete_function(FunctionName="thumbnail-generator")),
    "read a function's code": ("lambda", lambda fn: fn.get_function(FunctionName="thumbnail-generator")),
    "invoke a function": ("lambda", lambda fn: fn.invoke(FunctionName="thumbnail-generator")),
    "terminate instances": ("ec2", lambda ec2: ec2.terminate_instances(InstanceIds=["i-00000000000000000"])),
    "read a secret": ("secretsmanager", lambda sm: sm.get_secret_value(SecretId="any")),
    "read a parameter": ("ssm", lambda ssm: ssm.get_parameter(Name="any", WithDecryption=True)),
    "delete a queue": ("sqs", lambda sqs: sqs.delete_queue(QueueUrl="http://127.0.0.1/111122223333/etl-jobs")),
    "read messages": ("sqs", lambda sqs: sqs.receive_message(QueueUrl="http://127.0.0.1/111122223333/etl-jobs")),
    "delete a table": ("dynamodb", lambda db: db.delete_table(TableName="orders")),
    "read a table": ("dynamodb", lambda db: db.scan(TableName="orders")),
    "delete a database": ("rds", lambda rds: rds.delete_db_instance(DBInstanceIdentifier="reporting")),
    "make a stream": ("kinesis", lambda kinesis: kinesis.create_stream(StreamName="hostile", ShardCount=1)),
    "read projects' environments": ("codebuild", lambda cb: cb.batch_get_projects(names=["any"])),
    "read API keys": ("apigateway", lambda api: api.get_api_keys(includeValues=True)),
    "widen its own policy": (
        "iam",
        lambda iam: iam.create_policy_version(
            PolicyArn="arn:aws:iam::111122223333:policy/AssistantRole-read-1", PolicyDocument="{}", SetAsDefault=True
        ),
    ),
    "assume the role again": (
        "sts",
        lambda sts: sts.assume_role(
            RoleArn="arn:aws:iam::111122223333:role/AssistantRole", RoleSessionName="without-a-policy"
        ),
    ),
}


@pytest.mark.parametrize("agent", ["info", "advisor"])
@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_credentials_of_a_reading_agent_forbid_it(stack: Running, user: User, agent: Agent, attempt: str) -> None:
    service, act = ATTEMPTS[attempt]
    with pytest.raises(ClientError) as refused:
        act(raw_client(stack, held_by(stack, user, agent), service))
    assert "denied" in str(refused.value).lower() or "not authorized" in str(refused.value).lower()


def test_a_url_presigned_by_a_hostile_worker_opens_nothing(stack: Running, user: User) -> None:
    s3 = raw_client(stack, held_by(stack, user, "info"), "s3")
    for operation in ("get_object", "put_object"):
        url = s3.generate_presigned_url(operation, Params={"Bucket": "acme-invoices-archive", "Key": "x"})
        send = httpx.get if operation == "get_object" else httpx.put
        assert send(url).status_code == 403


def test_the_executors_own_credentials_are_good_for_assuming_the_role_only(stack: Running, user: User) -> None:
    iam = raw_client(stack, held_by(stack, user, "executor"), "iam")
    with pytest.raises(ClientError):
        iam.list_roles()


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("other", AGENTS)
def test_no_agent_opens_anothers_vault(stack: Running, user: User, agent: Agent, other: Agent) -> None:
    redis = redis_of(stack, agent)
    key = vault_key(other, user.session["session_id"])
    if agent == other:
        assert redis.get(key)
        return
    with pytest.raises(NoPermissionError):
        redis.get(key)


@pytest.mark.parametrize("name", USERS)
def test_a_redis_user_reads_and_writes_its_own_keys_only(stack: Running, name: str) -> None:
    redis = redis_of(stack, name)
    for key, owners in OWNED.items():
        if name in owners:
            continue
        for write in (lambda k: redis.set(k, "forged"), lambda k: redis.append(k, "x")):
            if name == "gateway" and key.startswith("vault:"):
                break  # it writes there, and reads nothing
            with pytest.raises(NoPermissionError):
                write(key)
    readable_by_others = {
        "plan:x": "gateway",
        "decision:x": "executor",
        "file:x": "executor",
        "result:info:x": "gateway",
    }
    for key, owners in OWNED.items():
        vault_of_its_own = key.startswith(f"vault:{name}:")
        shared_result = name == "gateway" and key.startswith("result:")
        if name in owners or readable_by_others.get(key) == name or vault_of_its_own or shared_result:
            continue
        with pytest.raises(NoPermissionError):
            redis.get(key)


def test_a_whole_use_of_the_product_needs_no_right_that_a_redis_user_lacks(stack: Running) -> None:
    """What a service is refused it does without, or fails at; Redis itself remembers it."""
    admin = Redis.from_url(stack.facts["redis_url"], decode_responses=True)
    admin.acl_log_reset()
    user = User(stack.facts)
    turn = user.change("Create a role with S3 full access and attach it to a Lambda function")
    user.approve(user.ask("Undo that", turn["conversation_id"]))
    user.ask('Explain this policy {"Version":"2012-10-17","Statement":[]}')
    grant = {"operation": "create_s3_bucket", "resource": "arn:aws:s3:::granted-*", "expires_in": 600, "max_uses": 1}
    granted = user.ok(user.http.post("/v1/grants", json=grant))
    user.http.delete(f"/v1/grants/{granted['grant_id']}")
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "")
    user.http.post("/v1/files", files={"file": ("a.zip", package.getvalue(), "application/zip")})
    for path in ("/v1/plans", "/v1/conversations", "/v1/grants", "/v1/audit", "/v1/audit/verify", "/readyz"):
        assert user.http.get(path).status_code == 200, path
    user.http.delete(f"/v1/conversations/{turn['conversation_id']}")
    user.http.delete("/v1/sessions/current")

    assert [(one["username"], one["object"], one["context"]) for one in admin.acl_log()] == []


def test_no_redis_user_of_a_service_administrates(stack: Running) -> None:
    for name in USERS:
        redis = redis_of(stack, name)
        for command in (["CONFIG", "GET", "*"], ["ACL", "LIST"], ["KEYS", "*"], ["FLUSHALL"], ["SHUTDOWN"]):
            with pytest.raises(NoPermissionError):
                redis.execute_command(*command)


def test_without_a_user_redis_answers_nothing(stack: Running) -> None:
    url = stack.facts["redis_url"]
    host = url.rpartition("@")[2]
    with pytest.raises(Exception, match=r"(?i)auth"):
        Redis.from_url(f"redis://{host}").ping()


def everything_in(redis: Redis) -> Iterator[str]:
    """Every value of every key, as text."""
    read: dict[str, Callable[[str], Any]] = {
        "string": redis.get,
        "hash": redis.hgetall,
        "list": lambda key: redis.lrange(key, 0, -1),
        "set": redis.smembers,
        "zset": lambda key: redis.zrange(key, 0, -1),
        "stream": redis.xrange,
    }
    for key in redis.scan_iter(count=1000):
        yield f"{key} {read[str(redis.type(key))](key)}"


def test_a_sessions_secrets_are_found_nowhere(stack: Running) -> None:
    """A whole use of the product, then a search of all it wrote."""
    user = User(stack.facts)
    user.ask("Summarize my AWS usage")
    user.ask('Explain this policy {"Version":"2012-10-17","Statement":[]}')
    user.change("Create a role with S3 full access and attach it to a Lambda function")
    user.http.post("/v1/tools/list_s3_buckets", json={"wrong": stack.facts["secret_access_key"]})
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "")
    user.http.post("/v1/files", files={"file": ("a.zip", package.getvalue(), "application/zip")})
    secrets = {stack.facts["secret_access_key"], user.session["token"]}
    for agent in AGENTS:
        held = held_by(stack, user, agent).credentials
        secrets |= {held.secret_access_key, held.session_token or held.secret_access_key}
    local = stack.file.parent
    places = {
        f"redis: {text.split()[0]}": text
        for text in everything_in(Redis.from_url(stack.facts["redis_url"], decode_responses=True))
    }
    for path in [*local.glob("log/*"), *local.glob("redis/**/*")]:
        if path.is_file():
            places[str(path.relative_to(local))] = path.read_text(errors="replace")
    for name, pids in stack.facts["processes"].items():
        for pid in pids:
            places[f"environment of {name}"] = Path(f"/proc/{pid}/environ").read_text(errors="replace")
    conversation = user.ok(user.http.get("/v1/conversations"))["items"]
    places["conversations"] = json.dumps(conversation)
    places["audit export"] = user.http.get("/v1/audit", params={"format": "jsonl"}).text
    for path in ("/v1/plans/none", "/v1/tools/none", "/v1/nothing"):
        places[f"error body of {path}"] = user.http.post(path, json={"key": stack.facts["secret_access_key"]}).text
    found = [(place, secret[:4]) for place, text in places.items() for secret in secrets if secret in text]
    assert found == []
    assert len(places) > 20
