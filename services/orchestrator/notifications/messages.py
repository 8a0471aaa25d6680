"""What a webhook says: in words that Slack and its likes show, as fields for programs, and signed.

The signature is that of Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 over id, time and body.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Literal

from services.orchestrator.plans.page_address import page_of
from shared.plans.plan import Plan, PlanStatus

Event = Literal["plan_waits", "plan_done", "plan_failed", "plan_in_doubt", "plan_undone", "plan_alarm"]
_ENDS: dict[PlanStatus, Event] = {
    "done": "plan_done",
    "failed": "plan_failed",
    "in_doubt": "plan_in_doubt",
    "undone": "plan_undone",
}
_WORDS: dict[Event, str] = {
    "plan_waits": "waits for a decision",
    "plan_done": "is done",
    "plan_failed": "has failed",
    "plan_in_doubt": "is in doubt: a person has to look at AWS and resolve it",
    "plan_undone": "was undone",
    "plan_alarm": "has an alarm: AWS's event history has changes under its name that it did not make",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell of one plan."""

    event: Event
    plan_id: str

    @property
    def key(self) -> str:
        """Its name in lists and logs."""
        return f"{self.event}:{self.plan_id}"

    @classmethod
    def of_key(cls, key: str) -> Notice:
        event, _, plan_id = key.partition(":")
        assert event in _WORDS, key
        return cls(event, plan_id)


def notice_of(plan: Plan) -> Notice | None:
    """What is to be told of a plan as it is now; None for a rejected, cancelled or expired one, and while it runs."""
    if plan.status == "proposed":
        return Notice("plan_waits", plan.plan_id)
    event = _ENDS.get(plan.status)
    return Notice(event, plan.plan_id) if event else None


def body_of(notice: Notice, plan: Plan, public_url: str, sent_at: int) -> bytes:
    """The body. It has no text of a user, a model or AWS: a receiver may show it as it likes. `sent_at`: Unix seconds.

    `text` is what Slack-compatible receivers show; they ignore the rest.
    """
    page = page_of(plan.plan_id, public_url)
    steps = f"{len(plan.steps)} step{'s' if len(plan.steps) != 1 else ''}"
    account = plan.identity.account
    said = {
        "text": f"Plan {plan.plan_id} ({steps}, account {account}) {_WORDS[notice.event]}: {page}",
        "event": notice.event,
        "plan_id": plan.plan_id,
        "status": plan.status,
        "account": account,
        "page": page,
        "sent_at": sent_at,
    }
    return json.dumps(said, separators=(",", ":")).encode("ascii")


def signed_headers(message_id: str, body: bytes, secret: bytes, sent_at: int) -> dict[str, str]:
    """The headers by which a receiver knows who sent it, and that it is no old message sent again."""
    content = f"{message_id}.{sent_at}.".encode() + body
    signature = base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()
    return {
        "Content-Type": "application/json",
        "User-Agent": "aws-assistant",
        "webhook-id": message_id,
        "webhook-timestamp": str(sent_at),
        "webhook-signature": f"v1,{signature}",
    }
