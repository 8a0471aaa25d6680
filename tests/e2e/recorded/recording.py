"""Sends requests to a gateway and keeps each with its answer, normalised: what clients of the REST API lean on."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.client import PLAN_ENDS, TURN_ENDS, User
from tests.e2e.recorded.normalise import Normaliser

GOLDEN = Path(__file__).with_name("session.json")
# Headers of an answer that clients lean on.
KEPT_HEADERS = (
    "allow",
    "cache-control",
    "content-disposition",
    "content-type",
    "idempotency-replayed",
    "location",
    "retry-after",
    "www-authenticate",
    "x-sandbox",
)
# Longer texts of a request are told by their length.
MAX_TEXT = 2_000
WAIT_SECONDS = 90.0
# Claude's review on a plan's page, up to the empty line after it.
_REVIEW = re.compile(r"▌ Claude's review.*\n(?:▌ .+\n)*")

Exchange = dict[str, Any]


class Recording:
    """The requests of one run in their order. `admin` is the sandbox's AWS, to arrange what answers are about."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.facts = dict(facts)
        self.exchanges: list[Exchange] = []
        self.admin = User(self.facts)
        self.http = httpx.Client(base_url=self.facts["gateway"], timeout=150, trust_env=False)
        self.tokens: dict[str, str] = {}
        self.normaliser = Normaliser()
        self.normaliser.learn(self.facts["access_key_id"], "<access key id>")
        self.normaliser.learn(self.facts["secret_access_key"], "<secret access key>")
        self.normaliser.learn(self.facts["admin"]["access_key_id"], "<administrator's access key id>")
        self.normaliser.learn(self.facts["admin"]["secret_access_key"], "<administrator's secret access key>")
        self._names: set[str] = set()
        self._reviewed: set[str] = set()

    def send(
        self,
        name: str,
        method: str,
        path: str,
        *,
        by: str | None = "main",
        headers: Mapping[str, str] | None = None,
        keep: Callable[[Any], Any] | None = None,
        **body: Any,
    ) -> httpx.Response:
        """Send one request and record it under its name, a sentence that nobody else has.

        `by` names the session whose token goes along, None sends none. `body` is httpx's `json`, `content` or `files`.
        `keep` makes of a success's decoded body what is recorded of it.
        """
        assert name not in self._names, f"two requests are called {name!r}"
        self._names.add(name)
        self.normaliser.begin(name)
        sent = dict(headers or {})
        if by is not None:
            sent["Authorization"] = f"Bearer {self.tokens[by]}"
        answer = self.http.request(method, path, headers=sent, **body)
        request: Exchange = {"method": method, "path": self.normaliser.text(path), "session": by}
        if headers:
            request["headers"] = {key: self._header(key, value) for key, value in headers.items()}
        if body:
            request["body"] = self._sent(body)
        kept = {key: self.normaliser.text(answer.headers[key]) for key in KEPT_HEADERS if key in answer.headers}
        shown = self._named(_decoded(answer), answer.headers.get("x-request-id"), sent.get("X-Request-ID"))
        shown = self.normaliser.value(keep(shown) if keep and answer.is_success else shown)
        shown = before_review(shown) if self._reviewed_now(_decoded(answer), by) else shown
        self.exchanges.append(
            {"name": name, "request": request, "status": answer.status_code, "headers": kept, "body": shown}
        )
        return answer

    def open(self, name: str, session: str, **request: Any) -> dict[str, Any]:
        """Open a session with the sandbox's credentials, recorded; its requests are sent `by` this name."""
        answer = self.send(name, "POST", "/v1/sessions", by=None, json=self.credentials(**request))
        opened: dict[str, Any] = answer.json()
        assert answer.status_code == 201, opened
        self.tokens[session] = opened["token"]
        return opened

    def credentials(self, **changed: Any) -> dict[str, Any]:
        """The body that opens a session, with these fields other; None leaves a field out."""
        body = {key: self.facts[key] for key in ("access_key_id", "secret_access_key", "role_arn", "region")}
        return {key: value for key, value in (body | changed).items() if value is not None}

    def turn_end(self, turn_id: str, by: str = "main") -> dict[str, Any]:
        """Wait for a turn's end, unrecorded: how often one has to ask differs."""
        return self._until(f"/v1/turns/{turn_id}", by, lambda turn: turn["status"] in TURN_ENDS)

    def plan_end(self, plan_id: str, by: str = "main") -> dict[str, Any]:
        """Wait for a plan's end, and for the audit entry of it, which the gateway writes a moment later."""
        ended = self._until(f"/v1/plans/{plan_id}", by, lambda plan: plan["status"] in PLAN_ENDS)
        self._until("/v1/audit?limit=500", by, lambda log: any(_is_end(entry, plan_id) for entry in log["items"]))
        return ended

    def _reviewed_now(self, body: Any, by: str | None) -> bool:
        """Whether the answer has a plan that was not in one before; Claude's review of it is waited for, unrecorded.

        It comes moments after the plan: whether this answer has it already is chance, the next ones do.
        """
        plans = _reviewed_plans(body) if by is not None else []  # those of the OpenAPI document are examples
        new = [plan for plan in plans if plan["plan_id"] not in self._reviewed]
        for plan in new:
            self._reviewed.add(plan["plan_id"])
            path = f"/v1/plans/{plan['plan_id']}"
            self._until(path, str(by), lambda found: found["review_status"] != "pending")
        return bool(new)

    def _until(self, path: str, by: str, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            found = User.ok(self.http.get(path, headers={"Authorization": f"Bearer {self.tokens[by]}"}))
            if is_it(found):
                return found
            assert time.monotonic() < deadline, f"{path} came to no end: {found}"
            time.sleep(0.1)

    def _named(self, body: Any, request_id: str | None, sent: str | None) -> Any:
        """The body with the answer's own request id told by name, and its token known from now on."""
        if not isinstance(body, dict):
            return body
        if "token" in body:
            self.normaliser.name(body["token"], "token")
        own = body.get("request_id") == request_id != sent
        return body | {"request_id": "that of X-Request-ID"} if own else body

    def _header(self, key: str, value: str) -> str:
        # A stream's event id is a time.
        return "<event id>" if key == "Last-Event-ID" and value[:1].isdigit() else self.normaliser.text(value)

    def _sent(self, body: Mapping[str, Any]) -> Any:
        """A request's body as it is recorded."""
        if "json" in body:
            return _shortened(self.normaliser.value(body["json"]))
        if "files" in body:
            return {field: f"{name}: {len(data)} bytes" for field, (name, data, *_) in body["files"].items()}
        content = body["content"]
        data = content if isinstance(content, bytes) else str(content).encode()
        if len(data) > MAX_TEXT or not data.isascii() or b"\0" in data:
            return f"{len(data)} bytes"
        return self.normaliser.text(data.decode())


def _is_end(entry: Mapping[str, Any], plan_id: str) -> bool:
    return (entry["kind"], entry["data"].get("plan_id")) == ("plan.ended", plan_id)


def _reviewed_plans(value: Any) -> list[dict[str, Any]]:
    """The plans in an answer that have a review, or of which one is to come."""
    if isinstance(value, list):
        return [plan for item in value for plan in _reviewed_plans(item)]
    if not isinstance(value, dict):
        return []
    inner = [plan for item in value.values() for plan in _reviewed_plans(item)]
    is_one = value.get("review_status") in ("pending", "done", "unavailable")
    return [value, *inner] if is_one else inner


def before_review(value: Any) -> Any:
    """The answer without what Claude's review adds to its plans, and without the event of its coming."""
    if isinstance(value, list):
        return [before_review(item) for item in value if not _is_event(item, "plan_reviewed")]
    if isinstance(value, str):
        return _REVIEW.sub("▌ <Claude's review, if it has come>\n", value)
    if not isinstance(value, dict):
        return value
    shown = {key: before_review(item) for key, item in value.items()}
    if value.get("review_status"):
        shown |= {"review": "<if it has come>", "review_status": "<pending or not>"}
    return shown


def _is_event(item: Any, name: str) -> bool:
    return isinstance(item, dict) and item.get("event") == name


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shortened(item) for item in value]
    if isinstance(value, str) and len(value) > MAX_TEXT:
        return f"{len(value)} characters"
    return value


def _decoded(answer: httpx.Response) -> Any:
    """The body as data: JSON, lines of JSON, a list of events, or text."""
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if not answer.content:
        return None
    if kind.endswith("json") and kind != "application/x-ndjson":
        return answer.json()
    if kind == "application/x-ndjson":
        return [json.loads(line) for line in answer.text.splitlines()]
    if kind == "text/event-stream":
        return merged(events_of(answer.text))
    return answer.text


def events_of(stream: str) -> list[dict[str, Any]]:
    """The server-sent events of a whole stream, in order: `id`, `event`, and `data` as JSON."""
    events = []
    for block in stream.replace("\r\n", "\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if line and not line.startswith(":"))
        if fields:
            events.append({"id": fields["id"], "event": fields["event"], "data": json.loads(fields["data"])})
    return events


def merged(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Event and data of each; pieces of text that follow each other in one round become one, as their cuts differ."""
    shown: list[dict[str, Any]] = []
    for event in events:
        data, last = event["data"], shown[-1] if shown else None
        if event["event"] == "text" and last and last["event"] == "text" and last["data"]["round"] == data["round"]:
            last["data"]["delta"] += data["delta"]
        else:
            shown.append({"event": event["event"], "data": dict(data)})
    return shown
