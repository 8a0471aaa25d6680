"""Notices reach their receivers, signed, at least once, and say nothing that a user, a model or AWS wrote."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from redis.asyncio import Redis

from services.orchestrator.notifications.settings import NotificationSettings
from services.orchestrator.notifications.webhooks import WEBHOOKS, Webhooks
from services.orchestrator.plans.store import PlanStore
from shared.messages import Effect, Identity
from shared.plans.plan import Plan
from shared.plans.step import Step
from tests.fakes.http_server import serving

SECRET = "a-secret-of-the-receivers"
HOST = "chat.example.com"


class Receiver:
    """An HTTP server that keeps what it gets, and answers with the statuses it was told, then with 200."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.location: str | None = None
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nothing is logged."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server.server_port}/services/T0/B0"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    with serving(made.server):
        yield made


async def loopback(host: str, port: int) -> Sequence[str]:
    assert host == HOST
    return ["127.0.0.1"]


def webhooks(redis: Redis, *urls: str, networks: str = "127.0.0.0/8", pauses: Sequence[float] = (0.0, 0.0)) -> Webhooks:
    settings = NotificationSettings(
        webhook_urls=SecretStr(",".join(urls)),
        webhook_secret=SecretStr(SECRET),
        webhook_networks=networks,
        public_url="https://assistant.example.com/",
    )
    return Webhooks(redis, PlanStore(redis), settings, lookup=loopback, pauses=pauses)


async def stored(redis: Redis, status: Any = "proposed", goal: str = "Give <!channel> everything") -> Plan:
    step = Step(id="s1", operation="o", arguments={}, title="t", effect=Effect.WRITE, reversible="yes")
    plan = Plan(
        plan_id="pln_1",
        session_id="ses_1",
        status=status,
        goal=goal,
        digest="d",
        created_at=time.time(),
        expires_at=time.time() + 600,
        identity=Identity(account="111122223333", caller_arn="a", region="eu-central-1"),
        steps=(step,),
    )
    await redis.set("plan:pln_1", plan.model_dump_json())
    return plan


async def test_a_plan_that_waits_is_told_once_signed_and_with_its_page(redis: Redis, receiver: Receiver) -> None:
    hooks = webhooks(redis, receiver.url)
    plan = await stored(redis)
    for _ in range(3):
        await hooks.tell(plan)
        await hooks.deliver()
    ((headers, body),) = receiver.got
    said = json.loads(body)
    assert said["event"] == "plan_waits"
    assert said["page"] == "https://assistant.example.com/plans/pln_1"
    assert "Plan pln_1 (1 step, account 111122223333) waits for a decision: https://" in said["text"]
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(SECRET.encode(), content, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["host"] == f"{HOST}:{receiver.server.server_port}"
    assert "everything" not in body.decode()


@pytest.mark.parametrize(
    ("status", "event"),
    [("done", "plan_done"), ("failed", "plan_failed"), ("in_doubt", "plan_in_doubt"), ("undone", "plan_undone")],
)
async def test_each_end_is_told(redis: Redis, receiver: Receiver, status: str, event: str) -> None:
    hooks = webhooks(redis, receiver.url)
    await hooks.tell(await stored(redis, status))
    await hooks.deliver()
    assert [json.loads(body)["event"] for _, body in receiver.got] == [event]


async def test_an_alarm_is_told_once_and_without_a_word_of_whoever_caused_it(redis: Redis, receiver: Receiver) -> None:
    hooks = webhooks(redis, receiver.url)
    plan = await stored(redis, "done")
    await hooks.tell_alarm(plan)
    await hooks.tell_alarm(plan)
    await hooks.deliver()
    assert [json.loads(body)["event"] for _, body in receiver.got] == ["plan_alarm"]
    assert "has an alarm" in json.loads(receiver.got[0][1])["text"]


@pytest.mark.parametrize("status", ["rejected", "expired", "cancelled", "running", "approved"])
async def test_what_somebody_decided_or_what_still_runs_is_not_told(
    redis: Redis, receiver: Receiver, status: str
) -> None:
    hooks = webhooks(redis, receiver.url)
    await hooks.tell(await stored(redis, status))
    await hooks.deliver()
    assert receiver.got == []


async def test_a_failed_delivery_is_sent_again_under_the_same_id_by_any_gateway(
    redis: Redis, receiver: Receiver
) -> None:
    receiver.statuses = [503, 500]
    first, second = webhooks(redis, receiver.url), webhooks(redis, receiver.url)
    await first.tell(await stored(redis))
    await first.deliver()
    await second.deliver()
    await second.deliver()
    assert len(receiver.got) == 3
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert await redis.zcard(WEBHOOKS) == 0


async def test_a_receiver_that_never_takes_it_is_given_up(redis: Redis, receiver: Receiver) -> None:
    receiver.statuses = [500] * 10
    hooks = webhooks(redis, receiver.url, pauses=(0.0,))
    await hooks.tell(await stored(redis))
    for _ in range(4):
        await hooks.deliver()
    assert len(receiver.got) == 2
    assert await redis.zcard(WEBHOOKS) == 0


async def test_a_redirect_is_not_followed(redis: Redis, receiver: Receiver) -> None:
    receiver.statuses, receiver.location = [302], "http://169.254.169.254/latest/meta-data/"
    hooks = webhooks(redis, receiver.url, pauses=())
    await hooks.tell(await stored(redis))
    await hooks.deliver()
    assert len(receiver.got) == 1


async def test_an_internal_address_that_nobody_named_is_not_sent_to(redis: Redis, receiver: Receiver) -> None:
    hooks = webhooks(redis, receiver.url, networks="10.0.0.0/8")
    await hooks.tell(await stored(redis))
    await hooks.deliver()
    assert receiver.got == []
    assert await redis.zcard(WEBHOOKS) == 0


async def test_a_plan_that_was_decided_meanwhile_does_not_wait(redis: Redis, receiver: Receiver) -> None:
    hooks = webhooks(redis, receiver.url)
    await hooks.tell(await stored(redis))
    await stored(redis, "done")
    await hooks.deliver()
    assert receiver.got == []


async def test_redis_never_holds_a_receivers_address(redis: Redis, receiver: Receiver) -> None:
    await webhooks(redis, receiver.url).tell(await stored(redis))
    kept = [str(key) for key in await redis.keys("*")] + await redis.zrange(WEBHOOKS, 0, -1)
    assert kept
    assert not [text for text in kept if HOST in text or "services" in text]


def test_settings_that_cannot_work_are_refused_without_repeating_a_secret() -> None:
    for wrong in (
        {"webhook_urls": "https://hooks.example.com/T0/SECRET"},
        {
            "webhook_urls": "https://hooks.example.com/T0/SECRET",
            "webhook_secret": "short",
            "public_url": "https://x.eu",
        },
        {"webhook_urls": "gopher://SECRET", "webhook_secret": SECRET, "public_url": "https://x.eu"},
        {"webhook_urls": "https://hooks.example.com/T0/SECRET", "webhook_secret": SECRET},
    ):
        with pytest.raises(ValidationError) as refused:
            NotificationSettings.model_validate(wrong)
        assert "T0/SECRET" not in refused.value.errors()[0]["msg"]
