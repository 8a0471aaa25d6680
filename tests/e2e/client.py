"""What a user does over REST, for the end-to-end tests, and the sandbox's AWS beside it."""

from __future__ import annotations

import json
import time
from typing import Any

import boto3
import httpx
import openai
from botocore.config import Config

TURN_ENDS = {"completed", "failed", "cancelled"}
PLAN_ENDS = {"done", "failed", "undone", "rejected", "expired", "in_doubt", "cancelled"}


class User:
    """One session over REST."""

    def __init__(self, facts: dict[str, Any], **session: Any) -> None:
        self.facts = facts
        self.http = httpx.Client(base_url=facts["gateway"], timeout=150, trust_env=False)
        body = {key: facts[key] for key in ("access_key_id", "secret_access_key", "role_arn", "region")} | session
        self.session = self.ok(self.http.post("/v1/sessions", json=body))
        self.http.headers["Authorization"] = f"Bearer {self.session['token']}"

    def openai(self) -> openai.OpenAI:
        """OpenAI's own client, which asks the gateway in this session."""
        return openai.OpenAI(base_url=f"{self.facts['gateway']}/v1", api_key=self.session["token"], max_retries=0)

    def ask(self, message: str, conversation_id: str | None = None) -> dict[str, Any]:
        body = {"message": message} | ({"conversation_id": conversation_id} if conversation_id else {})
        return self.ok(self.http.post("/v1/chat", json=body))

    def propose(self, *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
        """A plan of these steps."""
        return self.ok(self.http.post("/v1/plans", json={"goal": "A test", "steps": list(steps)} | more))

    def send_approval(self, plan: dict[str, Any]) -> httpx.Response:
        """Approve a plan as it was read, with all that it asks to acknowledge; the answer may be a refusal."""
        body = {"digest": plan["digest"], "acknowledged": plan["acknowledge"]}
        return self.http.post(f"/v1/plans/{plan['plan_id']}/approve", json=body)

    def plan_end(self, plan: dict[str, Any], seconds: float = 90) -> dict[str, Any]:
        """The plan once it has ended."""
        return self.wait(f"/v1/plans/{plan['plan_id']}", PLAN_ENDS, seconds)

    def carry_out(self, plan: dict[str, Any]) -> dict[str, Any]:
        """Approve a plan and wait until it has ended."""
        answer = self.send_approval(plan)
        assert answer.status_code == 202, answer.text
        return self.plan_end(plan)

    def log(self) -> list[dict[str, Any]]:
        """Every entry of the session's audit log: a page of it is not enough where many tests share the session."""
        lines = self.http.get("/v1/audit", params={"format": "jsonl"}).text.splitlines()
        return [entry for entry in map(json.loads, lines) if "kind" in entry]

    def approve(self, turn: dict[str, Any], seconds: float = 90) -> dict[str, Any]:
        """Approve the turn's plan, with what Claude's review of it adds, and wait until the turn has ended."""
        answer = self.send_approval(self.reviewed(turn["plan"]))
        assert answer.status_code == 202, answer.text
        return self.wait(f"/v1/turns/{turn['turn_id']}", TURN_ENDS, seconds)

    def reviewed(self, plan: dict[str, Any], seconds: float = 60) -> dict[str, Any]:
        """The plan once its review has come, or it is known that none will."""
        deadline = time.monotonic() + seconds
        while plan["review_status"] == "pending":
            assert time.monotonic() < deadline, plan
            time.sleep(0.1)
            plan = self.ok(self.http.get(f"/v1/plans/{plan['plan_id']}"))
        return plan

    def change(self, message: str, conversation_id: str | None = None) -> dict[str, Any]:
        """Ask for a change, approve what is proposed, return the ended turn."""
        turn = self.ask(message, conversation_id)
        assert turn["status"] == "waiting_for_approval", turn
        return self.approve(turn)

    def wait(self, path: str, ends: set[str], seconds: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while True:
            found = self.ok(self.http.get(path))
            if found["status"] in ends:
                return found
            assert time.monotonic() < deadline, found
            time.sleep(0.1)

    def aws(self, service: str, region: str | None = None) -> Any:
        """A client of the sandbox's AWS with the administrator's keys: what is really there."""
        return boto3.client(
            service,
            endpoint_url=self.facts["aws_endpoint"],
            region_name=region or self.facts["region"],
            aws_access_key_id=self.facts["admin"]["access_key_id"],
            aws_secret_access_key=self.facts["admin"]["secret_access_key"],
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}),
        )

    @staticmethod
    def ok(response: httpx.Response) -> dict[str, Any]:
        assert response.is_success, f"{response.request.url}: {response.status_code} {response.text}"
        body: dict[str, Any] = response.json()
        assert body["sandbox"] is True
        return body


def result_of(turn: dict[str, Any], tool: str) -> dict[str, Any]:
    """The result of the turn's step by that tool."""
    results: list[dict[str, Any]] = [step["result"] for step in turn["steps"] if step["tool"] == tool]
    assert results, f"no {tool} among {[step['tool'] for step in turn['steps']]}"
    return results[0]
