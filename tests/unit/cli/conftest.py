"""The command against a scripted gateway, with a home of its own; waits between tries are not waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import main
from tests.fakes.rest_gateway import Reply, RestGateway, serving

Run = Callable[..., int]


@pytest.fixture
def rest() -> Iterator[RestGateway]:
    with serving() as gateway:
        yield gateway


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's machine without keyring, terminal and login."""
    folder = tmp_path / "home"
    monkeypatch.setenv("ASSISTANT_HOME", str(folder))
    monkeypatch.setenv("ASSISTANT_KEYRING", "no")
    for name in ("ASSISTANT_TOKEN", "ASSISTANT_GATEWAY", "ASSISTANT_CA_FILE", "ASSISTANT_ROLE_ARN", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited; no time passes."""
    waited: list[float] = []
    for module in ("cli.gateway.client", "cli.gateway.turns", "cli.plans.watching"):
        monkeypatch.setattr(f"{module}.time.sleep", waited.append)
    return waited


@pytest.fixture
def assistant(rest: RestGateway, home: Path, waits: list[float], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command, logged in to the scripted gateway; the exit code."""
    monkeypatch.setenv("ASSISTANT_GATEWAY", rest.address)
    monkeypatch.setenv("ASSISTANT_TOKEN", "the-token")
    return lambda *arguments: main(list(arguments))


def a_turn(**more: Any) -> dict[str, Any]:
    """A turn as the gateway answers it."""
    turn: dict[str, Any] = {"turn_id": "trn_1", "conversation_id": "cnv_1", "status": "completed", "answer": "7 bytes."}
    return turn | {"message": "How much?", "steps": [], "plan": None} | more


def a_plan(**more: Any) -> dict[str, Any]:
    """A plan of one step as the gateway answers it, waiting for a decision."""
    plan: dict[str, Any] = {
        "plan_id": "pln_1",
        "status": "proposed",
        "goal": "A bucket",
        "digest": "d" * 64,
        "summary": "▌ Plan pln_1: waits for a decision\n▌ Findings: none\n▌\n▌ What you can do next:\n▌   POST /v1/x\n",
        "created_at": "2026-11-26T05:00:00.000Z",
        "identity": {"account": "111122223333"},
        "steps": [{"id": "s1", "title": "Create the bucket a-b", "status": "pending", "arguments": {"name": "a-b"}}],
        "findings": [],
        "acknowledge": [],
        "ended_because": None,
        "links": {"self": "/v1/plans/pln_1", "approve": "/a", "reject": "/r", "edit": "/e", "cancel": "/c"},
    }
    return plan | more


def ended(status: str = "done") -> dict[str, Any]:
    return a_plan(status=status, links={"self": "/v1/plans/pln_1", "undo": "/u"})


def turn_event(status: str) -> tuple[str, dict[str, Any]]:
    return "turn", {"turn_id": "trn_1", "conversation_id": "cnv_1", "status": status}


def answer_event(text: str, status: str = "completed") -> tuple[str, dict[str, Any]]:
    return "answer", {"answer": text, "status": status}


OK = Reply(200, {"ok": True})
