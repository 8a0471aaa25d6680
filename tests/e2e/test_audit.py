"""The audit of a real session: complete, whole, without secrets, and out of the workers' reach."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import NoPermissionError

from cli.__main__ import main as assistant
from tests.e2e.client import User


def test_what_happened_is_in_the_log_and_the_log_is_whole(stack: Any, tmp_path: Path, capsys: Any) -> None:
    user = User(stack.facts)
    user.ask("What is my total S3 usage?")
    user.change(
        f"Create a role named audited-{secrets.token_hex(4)} with S3 full access "
        f"and attach it to a Lambda function named audited-{secrets.token_hex(4)}"
    )

    export = user.http.get("/v1/audit?format=jsonl").text
    report = user.ok(user.http.get("/v1/audit/verify"))
    kinds = [entry["kind"] for entry in user.ok(user.http.get("/v1/audit"))["items"]]

    assert report["valid"], report
    assert report["anchors"] > 0
    assert kinds[0] == "session.opened"
    for kind in ("tool.called", "advisor.called", "plan.proposed", "plan.decided", "step.intent", "step.done"):
        assert kind in kinds
    assert kinds.count("step.intent") == kinds.count("step.done") == 3
    assert kinds.index("plan.decided") < kinds.index("step.intent")
    for hidden in (user.facts["secret_access_key"], user.facts["access_key_id"], user.session["token"]):
        assert hidden not in export

    file, keys = tmp_path / "export.jsonl", stack.file.parent / "keys" / "gateway" / "audit_key"
    file.write_text(export)
    anchors = [str(stack.file.parent / f"audit-anchors{suffix}.jsonl") for suffix in ("", "-executor")]
    known = ["--anchors", *anchors, "--key-file", str(keys)]
    assert assistant(["audit", "verify", "--export", str(file), *known]) == 0
    said = capsys.readouterr().out
    assert "anchors by executor (up to entry" in said
    assert "anchors by gateway (up to entry" in said
    assert "No key was at hand" not in said
    file.write_text(export.replace("plan.decided", "plan.decides"))
    assert assistant(["audit", "verify", "--export", str(file)]) == 1


@pytest.mark.parametrize("service", ["info", "advisor", "executor"])
def test_no_worker_can_take_from_a_log(stack: Any, service: str) -> None:
    user = User(stack.facts)
    log = f"audit:log:{user.session['session_id']}"
    redis = Redis.from_url((stack.file.parent / "keys" / service / "redis_url").read_text())

    for attempt in (
        lambda: redis.delete(log),
        lambda: redis.xtrim(log, maxlen=0),
        lambda: redis.xdel(log, "1-0"),
        lambda: redis.expire(log, 1),
        lambda: redis.xrange(log),
        lambda: redis.eval("return redis.call('DEL', KEYS[1])", 1, log),
    ):
        with pytest.raises(NoPermissionError):
            attempt()
