"""A large result is stored, described and computed over by real workers, on the rights that they have in Redis."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from services.orchestrator.workers.dispatch import Dispatcher, new_call
from shared.keys.vault import public_key_of, seal, vault_key
from shared.messages import AGENTS, Agent, Owner, SessionInfo, ToolResult
from shared.results import records
from shared.sessions.credentials import AgentSession, Credentials
from shared.tasks.records import Keys
from tests.fakes import audit_keys
from tests.fakes.volumes import volume
from tests.integration.conftest import PRIVATE_KEY, SIGNING_KEY
from tests.integration.test_redis_users import BrokerWithUsers, connect, gateway_settings

OWNER = Owner(account="123456789012", principal="AIDAEXAMPLEEXAMPLE")
STRANGER = Owner(account="123456789012", principal="AIDASTRANGERSTRANGE")
SESSIONS = {"ses_one": OWNER, "ses_two": OWNER, "ses_stranger": STRANGER}
COUNT = 20_000


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerWithUsers]:
    broker = BrokerWithUsers(tmp_path_factory.mktemp("redis"))
    broker.start()
    for session_id, owner in SESSIONS.items():
        info = SessionInfo(
            session_id=session_id,
            owner=owner,
            account=owner.account,
            caller_arn="arn:aws:iam::123456789012:user/test",
            region="eu-west-1",
            regions=("eu-west-1",),
            expires_at=time.time() + 3600,
        )
        session = AgentSession(info=info, credentials=Credentials(access_key_id="ASIATEST", secret_access_key="s"))
        sealed = seal(session, "info", public_key_of(PRIVATE_KEY), SIGNING_KEY.encode())
        broker.client().set(vault_key("info", session_id), sealed)
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def worker(broker: BrokerWithUsers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | {
        "REDIS_URL": broker.url_of("info"),
        "SIGNING_KEY": SIGNING_KEY,
        "PRIVATE_KEY": PRIVATE_KEY,
        "AUDIT_SIGNING_KEY": audit_keys.SIGNING_KEYS["info"],
    }
    file = tmp_path_factory.mktemp("worker") / "worker.log"
    with file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.volumes_worker"], env=environment, stdout=log, stderr=log
        )
    deadline = time.monotonic() + 60
    while not broker.client().exists(Keys("info").workers):
        assert time.monotonic() < deadline, file.read_text()
        time.sleep(0.05)
    yield process
    process.kill()
    process.wait()


@pytest.fixture
async def dispatcher(broker: BrokerWithUsers) -> AsyncIterator[Dispatcher]:
    redis = connect(gateway_settings(broker))
    dispatcher = Dispatcher(redis, {"info": SIGNING_KEY.encode()})
    await dispatcher.start()
    yield dispatcher
    await dispatcher.stop()
    await redis.aclose()


async def ask(dispatcher: Dispatcher, tool: str, session_id: str = "ses_one", **arguments: Any) -> ToolResult:
    return await dispatcher.call(new_call("info", tool, arguments, session_id=session_id, seconds=120))


async def test_a_large_result_is_computed_over_in_a_later_session_of_its_owner(
    broker: BrokerWithUsers, worker: subprocess.Popen[bytes], dispatcher: Dispatcher
) -> None:
    listed = await ask(dispatcher, "list_volumes", count=COUNT)

    assert listed.overview
    assert (listed.overview.rows, listed.overview.row_count) == ("volumes", COUNT)
    columns = {column.name: column for column in listed.overview.columns}
    assert (columns["Size"].type, columns["CreateTime"].type, columns["Tags.team"].filled) == ("number", "time", COUNT)
    assert listed.coverage
    assert (listed.coverage.count, listed.coverage.total, listed.coverage.regions) == (COUNT, None, ("eu-west-1",))
    assert listed.result_ref

    largest = await ask(
        dispatcher,
        "query_result",
        "ses_two",
        ref=listed.result_ref,
        where=[{"column": "Attachments", "op": "is_empty"}],
        sort=[{"column": "Size", "descending": True}],
        select=["VolumeId", "Size"],
        limit=10,
    )

    free = [volume(number) for number in range(COUNT) if number % 3 == 0]
    best = sorted(free, key=lambda one: -int(str(one["Size"])))[:10]
    assert largest.error is None
    assert isinstance(largest.result, dict)
    assert largest.result["rows"] == [{"VolumeId": one["VolumeId"], "Size": one["Size"]} for one in best]
    assert (largest.result["matched"], largest.result["searched"]) == (len(free), COUNT)
    assert largest.result["tied_rows_left_out"] == sum(one["Size"] == best[-1]["Size"] for one in free) - sum(
        one["Size"] == best[-1]["Size"] for one in best
    )
    # What the listing lacks, the answer lacks.
    assert [(gap.code, gap.region) for gap in largest.gaps] == [("aws_access_denied", "us-east-1")]
    assert largest.complete is False
    assert largest.coverage
    assert (largest.coverage.regions, largest.coverage.method) == (("eu-west-1",), "query")
    assert largest.coverage.as_of == listed.coverage.as_of
    assert not broker.client().acl_log()


async def test_a_query_of_a_query_and_a_join_go_by_reference(
    worker: subprocess.Popen[bytes], dispatcher: Dispatcher
) -> None:
    listed = await ask(dispatcher, "list_volumes", count=3000)
    teams = await ask(
        dispatcher, "query_result", ref=listed.result_ref, group_by=["VolumeId", "Tags.team"], limit=50_000
    )
    assert teams.result_ref
    assert teams.result_ref != listed.result_ref

    joined = await ask(
        dispatcher,
        "query_result",
        ref=listed.result_ref,
        join={"ref": teams.result_ref, "left": "VolumeId", "right": "VolumeId"},
        group_by=["joined.Tags.team"],
        aggregates=[{"op": "sum", "column": "Size", "name": "size"}],
    )

    expected: dict[str, int] = {}
    for number in range(3000):
        expected[f"t{number % 7}"] = expected.get(f"t{number % 7}", 0) + number * 7919 % 1000
    assert isinstance(joined.result, dict)
    found = joined.result["rows"]
    assert isinstance(found, list)
    assert {row["joined.Tags.team"]: row["size"] for row in found if isinstance(row, dict)} == expected


async def test_nobody_else_computes_over_a_result_and_no_other_agents_is(
    broker: BrokerWithUsers, worker: subprocess.Popen[bytes], dispatcher: Dispatcher
) -> None:
    listed = await ask(dispatcher, "list_volumes", count=200)
    assert listed.result_ref
    foreign = await ask(dispatcher, "query_result", "ses_stranger", ref=listed.result_ref)
    made_up = await ask(dispatcher, "query_result", ref="res_info_call.never")
    joined = {"ref": listed.result_ref, "left": "VolumeId", "right": "VolumeId"}
    mine = await ask(dispatcher, "list_volumes", "ses_stranger", count=40)
    stolen = await ask(dispatcher, "query_result", "ses_stranger", ref=mine.result_ref, join=joined)
    advisors = listed.result_ref.replace("_info_", "_advisor_")
    other = await ask(dispatcher, "query_result", ref=advisors)

    answers = [foreign, made_up, stolen, other]
    assert [answer.error.code for answer in answers if answer.error] == ["result_not_found"] * 4
    # A stranger learns nothing of what there is.
    assert len({answer.error.detail for answer in answers if answer.error}) == 1
    assert records.result_key("info", listed.result_ref) in broker.client().keys("result:*")


async def test_a_short_list_travels_and_can_be_computed_over(
    worker: subprocess.Popen[bytes], dispatcher: Dispatcher
) -> None:
    few = await ask(dispatcher, "list_volumes", count=29)
    more = await ask(dispatcher, "list_volumes", count=30)

    assert (few.result_ref, few.overview) == (None, None)
    assert more.overview is None
    assert isinstance(more.result, dict)
    counted = await ask(dispatcher, "query_result", ref=more.result_ref, aggregates=[{"op": "count"}])
    assert counted.result == {
        "rows": [{"count": 30}],
        "row_count": 1,
        "matched": 1,
        "searched": 30,
        "tied_rows_left_out": 0,
        "source_tool": "list_volumes",
        "notes": [],
    }


async def test_a_workers_memory_does_not_grow_with_its_rows(
    worker: subprocess.Popen[bytes], dispatcher: Dispatcher
) -> None:
    """Ten times the rows, far less than ten times the memory: none of them are in the worker as objects."""

    def peak_kib() -> int:
        status = Path(f"/proc/{worker.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])

    await ask(dispatcher, "list_volumes", count=3000)
    before = peak_kib()
    listed = await ask(dispatcher, "list_volumes", count=30_000)
    await ask(dispatcher, "query_result", ref=listed.result_ref, group_by=["State"])
    # 10 MB of JSON would be some 100 MB of objects.
    assert peak_kib() - before < 40_000


def test_the_info_agent_alone_reads_what_it_has_stored(broker: BrokerWithUsers) -> None:
    agents: tuple[Agent, ...] = AGENTS
    allowed = [
        (user, agent)
        for user in agents
        for agent in agents
        if broker.client().execute_command("ACL", "DRYRUN", user, "GET", f"result:{agent}:x") == "OK"
    ]
    assert allowed == [("info", "info")]
