"""The gateway, where one runs: what it says of itself and of its workers."""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor.checks.clock import judged
from cli.doctor.finding import Finding, Findings
from cli.doctor.http import Unreachable, ask
from cli.doctor.situation import Situation
from shared.messages import AGENTS

make = Findings("gateway")


def check(situation: Situation) -> Iterator[Finding]:
    """Ask `/readyz`."""
    url = situation.gateway.rstrip("/")
    try:
        answer = ask(f"{url}/readyz")
    except Unreachable as error:
        asked = "gateway" in situation.asked
        said, do = f"no gateway answers at {url}: {error}", "start it, or name another address with --gateway"
        yield make.failure(said, do) if asked else make.skipped(said, do)
        return
    body = answer.json()
    checks = body.get("checks") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(checks, dict):
        yield make.failure(f"what answers at {url} is no gateway", "stop it, or name another address with --gateway")
        return
    yield from judged(answer.ahead, f"the gateway at {url}")
    wrong = [name for name, good in checks.items() if not good]
    if not wrong:
        yield make.ok(f"the gateway at {url} is ready, and so is a worker of every agent")
    for name in wrong:
        yield _wrong(name, str(body.get("detail") or ""))


def _wrong(name: str, detail: str) -> Finding:
    if name == "redis":
        return make.failure("the gateway cannot reach Redis", "look at the findings about Redis, and at its log")
    if name in AGENTS:
        return make.failure(f"no worker of {name} is alive", f"start it, or look at the log of the {name} worker")
    return make.failure(f"the gateway is not ready: {name} {detail}".strip(), "give all services the same settings")
