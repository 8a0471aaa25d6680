"""Logs for the tests of the check: with every service's signature, as they are written."""

from __future__ import annotations

from typing import Any

from shared.audit.anchors import make_anchor
from shared.audit.chain import seal
from shared.audit.kinds import Service
from shared.audit.report import GENESIS
from shared.audit.signers import Keyring, PrivateKey, SharedKey, Signer
from tests.fakes import audit_keys

Log = list[dict[str, Any]]

KEY = b"audit-key"
KEYS = Keyring(KEY, audit_keys.PUBLIC_KEYS)
SIGNERS: dict[str, Signer] = {agent: PrivateKey(key) for agent, key in audit_keys.SIGNING_KEYS.items()}
SIGNERS["gateway"] = SharedKey(KEY)

KINDS = ("session.opened", "tool.called", "plan.proposed", "plan.decided", "step.intent", "step.done", "plan.ended")
ENTRY_MS = 1_700_000_000_000


def entry_after(log: Log, kind: str, service: str, signer: Signer | None = None, **fields: Any) -> dict[str, Any]:
    """The next entry of a log."""
    number = len(log) + 1
    body = {
        "v": 1,
        "id": f"aud_{number}",
        "seq": number,
        "time": ENTRY_MS + number,
        "session_id": log[0]["session_id"] if log else "ses_one",
        "account": "123456789012",
        "actor": {"service": service, "caller_arn": "arn:aws:iam::123456789012:user/ann"},
        "kind": kind,
        "data": {"number": number, "name": "Straße", "share": 0.1},
        "prev": log[-1]["hash"] if log else GENESIS,
    }
    return seal(body | fields, signer or SIGNERS[service])


def a_log(length: int = 10, session_id: str = "ses_one", signers: dict[str, Signer] = SIGNERS) -> Log:
    """A session's log: 1 to 4 and 7 by the gateway, 5 and 6 by the executor, and so on."""
    log: Log = []
    for number in range(length):
        kind = KINDS[number % len(KINDS)]
        service = "executor" if kind.startswith("step") else "gateway"
        log.append(entry_after(log, kind, service, signers[service], session_id=session_id))
    return log


def anchors_of(log: Log, service: Service) -> Log:
    """What a service's file has of this log: an anchor of each entry of its own."""
    own = (entry for entry in log if entry["actor"]["service"] == service)
    return [make_anchor(entry["session_id"], entry["seq"], entry["hash"], SIGNERS[service], service) for entry in own]


def made_anew(log: Log, number: int, signers: dict[str, Signer]) -> Log:
    """The log with another content of one entry; from there on chained and signed anew with these keys."""
    made = log[: number - 1]
    for entry in log[number - 1 :]:
        body = {name: value for name, value in entry.items() if name not in ("mac", "hash")}
        body["prev"] = made[-1]["hash"] if made else GENESIS
        if body["seq"] == number:
            body["data"] = body["data"] | {"number": "changed"}
        made = [*made, seal(body, signers[entry["actor"]["service"]])]
    return made
