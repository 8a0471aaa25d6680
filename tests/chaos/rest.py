"""A person over REST while gateways die: every POST under an Idempotency-Key, tried again at another gateway."""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
from collections import Counter
from typing import Any

import httpx

# Answers that say "not now"; the same request may be sent again.
_AGAIN = {429, 500, 502, 503, 504}


class GaveUp(Exception):
    """No gateway gave an answer in time."""


class Rest:
    """One session. `problems` counts what had to be asked again, and why."""

    def __init__(self, http: httpx.AsyncClient, gateways: list[str], patience: float = 240.0) -> None:
        self.http, self.gateways, self.patience = http, gateways, patience
        self.token, self.session_id = "", ""
        self.problems: Counter[str] = Counter()
        self._next = itertools.count(secrets.randbelow(len(gateways)))

    async def open(self, facts: dict[str, Any]) -> None:
        """Open a session with the sandbox's keys and role."""
        body = {key: facts[key] for key in ("access_key_id", "secret_access_key", "role_arn", "region")}
        status, session = await self.send("POST", "/v1/sessions", body, key=False)
        assert status == 201, session
        self.token, self.session_id = session["token"], session["session_id"]

    async def send(
        self, method: str, path: str, body: Any = None, *, key: bool = True, same_key_seconds: float = 20.0
    ) -> tuple[int, Any]:
        """Send until an answer is final. A key that a dead gateway holds is given up for a new one after a while."""
        started = asyncio.get_running_loop().time()
        named, named_at = secrets.token_hex(12), started
        while True:
            headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
            if method == "POST" and key:
                headers["Idempotency-Key"] = named
            gateway = self.gateways[next(self._next) % len(self.gateways)]
            now = asyncio.get_running_loop().time()
            try:
                answer = await self.http.request(method, gateway + path, json=body, headers=headers)
                kind = answer.headers.get("content-type", "")
                found = answer.json() if kind in ("application/json", "application/problem+json") else answer.text
                if answer.is_error and not isinstance(found, dict):
                    found = {"code": "", "detail": str(found)[:200]}
                code = found.get("code", "") if isinstance(found, dict) else ""
                if answer.status_code not in _AGAIN and code != "idempotency_in_progress":
                    return answer.status_code, found
                self.problems[f"{answer.status_code} {code}"] += 1
                if code == "idempotency_in_progress" and now - named_at > same_key_seconds:
                    named, named_at = secrets.token_hex(12), now
            except (httpx.TransportError, json.JSONDecodeError) as error:
                self.problems[type(error).__name__] += 1
            if now - started > self.patience:
                raise GaveUp(f"{method} {path}")
            await asyncio.sleep(0.5)
