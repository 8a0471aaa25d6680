"""Renewal through the real processes: the executor makes new credentials, and info works with them."""

from __future__ import annotations

import json
import time
from typing import Any

from redis import Redis

from tests.e2e.client import User
from tests.e2e.conftest import Running


def test_an_agent_goes_on_with_credentials_that_the_executor_renewed(stack: Running, user: User) -> None:
    shown = user.ok(user.http.get("/v1/sessions/current"))
    redis: Any = Redis.from_url(stack.facts["redis_url"], decode_responses=True)
    token_hash = redis.get(f"session-id:{shown['session_id']}")
    session = json.loads(redis.get(f"session:{token_hash}"))
    redis.set(f"session:{token_hash}", json.dumps(session | {"renew_until": time.time() + 60}), keepttl=True)
    sealed = redis.get(f"vault:info:{shown['session_id']}")

    answer = user.ok(user.http.post("/v1/tools/get_caller_identity", json={}))

    assert answer["status"] == "ok", answer
    assert answer["result"]["arn"].endswith(f"assistant-info-{shown['session_id']}")
    assert redis.get(f"vault:info:{shown['session_id']}") != sealed
    renewed = json.loads(redis.get(f"session:{token_hash}"))
    assert renewed["renew_until"] > time.time() + 3000
