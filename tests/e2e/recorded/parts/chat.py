"""Messages: each kind of question as JSON and as a stream, turns, events from any point on, conversations."""

from __future__ import annotations

from typing import Any

import httpx

from tests.e2e.recorded.parts.tools import POLICY_TEXT
from tests.e2e.recorded.recording import Recording, events_of

STREAM = {"Accept": "text/event-stream"}
# What README's table says can be asked, but for changes, each by a name.
QUESTIONS = {
    "the total S3 usage": "What is my total S3 usage?",
    "the size of each bucket": "How big is each bucket?",
    "instances": "Do I have any EC2 instances?",
    "one role": "Describe the role web-server-role",
    "roles": "Which roles are there?",
    "functions": "Which Lambda functions do I have?",
    "costs": "What did it cost?",
    "a policy": f"Explain this IAM policy {POLICY_TEXT}",
    "a summary": "Summarize my AWS usage",
    "what the assistant cannot do": "Reboot the moon",
}
# Asked as a stream too: with a tool and without.
STREAMED = ("instances", "what the assistant cannot do")
# Changes that are proposed and stay so.
PROPOSED = {
    "a role": "Create a role named recorded-role that Lambda can assume",
    "a function": "Create a Lambda function named recorded-fn with the role lambda-basic-execution",
    "a deletion": "Delete the bucket acme-staging-empty",
}
BUCKET = "Create a bucket named recorded-by-chat in eu-west-1"
ROLE_AND_FUNCTION = "Create a role with S3 full access and attach it to a Lambda function"


def play(rec: Recording) -> None:
    for what, message in QUESTIONS.items():
        turn = rec.send(f"asked for {what}", "POST", "/v1/chat", json={"message": message}).json()
        # What a stream of the same question would have sent.
        _check_order(rec.send(f"the events of {what}", "GET", f"/v1/turns/{turn['turn_id']}/events"))
    for what in STREAMED:
        body = {"message": QUESTIONS[what]}
        _check_order(rec.send(f"asked for {what}, as a stream", "POST", "/v1/chat", headers=STREAM, json=body))
    _follow_up(rec)
    _refused(rec)
    for what, message in PROPOSED.items():
        rec.send(f"asked for {what}", "POST", "/v1/chat", json={"message": message})
    _changes(rec)
    _streamed_change(rec)
    _unknown_role(rec)
    _conversations(rec)


def _check_order(answer: httpx.Response) -> None:
    """The recording sorts the steps of a stream, so what must come before what is looked at here."""
    begun: set[str] = set()
    for event in events_of(answer.text):
        if event["event"] == "step_started":
            begun.add(event["data"]["call_id"])
        assert event["event"] != "step" or event["data"]["call_id"] in begun, event


def _follow_up(rec: Recording) -> None:
    first = rec.send(
        "asked for running instances", "POST", "/v1/chat", json={"message": "Which EC2 instances are running?"}
    ).json()
    body = {"message": "And in eu-west-1?", "conversation_id": first["conversation_id"]}
    rec.send("asked a follow-up", "POST", "/v1/chat", json=body)


def _refused(rec: Recording) -> None:
    path = "/v1/chat"
    json_type = {"Content-Type": "application/json"}
    rec.send("asked broken JSON", "POST", path, content="{", headers=json_type)
    rec.send("asked bytes that are not UTF-8", "POST", path, content=b'{"message": "\xff"}', headers=json_type)
    rec.send("asked an empty message", "POST", path, json={"message": ""})
    rec.send("asked a blank message", "POST", path, json={"message": "  \n"})
    rec.send("asked without a message", "POST", path, json={})
    rec.send("asked with an unknown field", "POST", path, json={"message": "hi", "model": "x"})
    rec.send("asked a number", "POST", path, json={"message": 7})
    rec.send("asked too many characters", "POST", path, json={"message": "x" * 32_001})
    rec.send("asked too many bytes", "POST", path, json={"message": "x" * 300_000})
    rec.send("asked in plain text instead of JSON", "POST", path, content="hi", headers={"Content-Type": "text/plain"})
    rec.send("asked without a token", "POST", path, by=None, json={"message": "hi"})
    rec.send("asked by GET", "GET", path)
    unknown = {"message": "hi", "conversation_id": "cnv_unknown"}
    rec.send("asked in an unknown conversation", "POST", path, json=unknown)
    rec.send("asked in an unknown conversation, as a stream", "POST", path, headers=STREAM, json=unknown)


def _changes(rec: Recording) -> None:
    """A bucket made and taken back in words, JSON, in one conversation."""
    waiting = rec.send("asked for a bucket", "POST", "/v1/chat", json={"message": BUCKET}).json()
    conversation = {"conversation_id": waiting["conversation_id"]}
    rec.send("the turn that waits", "GET", f"/v1/turns/{waiting['turn_id']}")
    rec.send("asked while a turn waits", "POST", "/v1/chat", json={"message": "Which roles are there?"} | conversation)
    approve(rec, "the bucket asked for is approved", waiting["plan"])
    rec.turn_end(waiting["turn_id"])
    rec.send("a turn is stopped after its end", "POST", f"/v1/turns/{waiting['turn_id']}/cancel")
    rec.plan_end(waiting["plan"]["plan_id"])
    rec.send("the turn that made a bucket", "GET", f"/v1/turns/{waiting['turn_id']}")
    undo = rec.send("asked to undo it", "POST", "/v1/chat", json={"message": "Undo that."} | conversation).json()
    approve(rec, "its undo is approved", undo["plan"])
    rec.turn_end(undo["turn_id"])
    rec.plan_end(undo["plan"]["plan_id"])
    rec.send("the turn that undid it", "GET", f"/v1/turns/{undo['turn_id']}")
    no = rec.send("asked for a bucket to be rejected", "POST", "/v1/chat", json={"message": BUCKET}).json()
    path = f"/v1/plans/{no['plan']['plan_id']}"
    rec.send("the bucket asked for is rejected", "POST", f"{path}/reject", json={"reason": "not now"})
    rec.turn_end(no["turn_id"])
    rec.plan_end(no["plan"]["plan_id"])
    rec.send("the turn whose plan was rejected", "GET", f"/v1/turns/{no['turn_id']}")
    stopped = rec.send("asked for a bucket to be stopped", "POST", "/v1/chat", json={"message": BUCKET}).json()
    rec.send("the turn that waits is stopped", "POST", f"/v1/turns/{stopped['turn_id']}/cancel")
    rec.send("the turn that was stopped", "GET", f"/v1/turns/{stopped['turn_id']}")


def approve(rec: Recording, name: str, plan: dict[str, Any], by: str = "main") -> None:
    path = f"/v1/plans/{plan['plan_id']}/approve"
    rec.send(name, "POST", path, by=by, json={"digest": plan["digest"], "acknowledged": plan["acknowledge"]})


def _streamed_change(rec: Recording) -> None:
    """A role and a function that uses it, as a stream; then its events, whole and from a point on."""
    body = {"message": ROLE_AND_FUNCTION}
    stream = rec.send("asked for a role and a function, as a stream", "POST", "/v1/chat", headers=STREAM, json=body)
    events = events_of(stream.text)
    turn_id = events[0]["data"]["turn_id"]
    plan = next(event["data"] for event in events if event["event"] == "plan")
    approve(rec, "role and function are approved", plan)
    rec.turn_end(turn_id)
    rec.plan_end(plan["plan_id"])
    path = f"/v1/turns/{turn_id}"
    rec.send("the turn of role and function", "GET", path)
    rec.send("its events", "GET", f"{path}/events")
    proposed = next(event["id"] for event in events if event["event"] == "plan")
    after: dict[str, Any] = {
        "headers": {"Last-Event-ID": proposed},
        "keep": lambda events: [event["event"] for event in events],
    }
    rec.send("its events after the plan was shown", "GET", f"{path}/events", **after)
    rec.send("its events after a malformed id", "GET", f"{path}/events", headers={"Last-Event-ID": "soon"})
    rec.send("another session's events", "GET", f"{path}/events", by="other")
    rec.send("its events without a token", "GET", f"{path}/events", by=None)
    rec.send("another session's turn", "GET", path, by="other")
    rec.send("a turn without a token", "GET", path, by=None)
    rec.send("an unknown turn", "GET", "/v1/turns/trn_unknown")
    rec.send("events of an unknown turn", "GET", "/v1/turns/trn_unknown/events")


def _unknown_role(rec: Recording) -> None:
    """A tool that fails, and a change that is refused: both are told to the model."""
    rec.send("asked for an unknown role", "POST", "/v1/chat", json={"message": "Describe the role never-was"})
    taken = {"message": "Create a bucket named acme-backups in eu-west-1"}
    rec.send("asked for a bucket whose name is taken", "POST", "/v1/chat", json=taken)


def _conversations(rec: Recording) -> None:
    """In a session of its own, so that the list is short."""
    ask = {"message": "Which account is this?"}
    first = rec.send("the first conversation", "POST", "/v1/chat", by="other", json=ask).json()
    path = f"/v1/conversations/{first['conversation_id']}"
    more = {"message": "And which buckets are there?", "conversation_id": first["conversation_id"]}
    rec.send("its second turn", "POST", "/v1/chat", by="other", json=more)
    rec.send("the second conversation", "POST", "/v1/chat", by="other", json={"message": "Thanks " * 40})
    rec.send("conversations", "GET", "/v1/conversations", by="other")
    page = rec.send("a page of conversations", "GET", "/v1/conversations?limit=1", by="other").json()
    cursor = f"limit=1&cursor={page['next_cursor']}"
    rec.send("the next page of conversations", "GET", f"/v1/conversations?{cursor}", by="other")
    rec.send("conversations after a malformed cursor", "GET", "/v1/conversations?cursor=soon", by="other")
    rec.send("conversations with a limit of 0", "GET", "/v1/conversations?limit=0", by="other")
    rec.send("conversations without a token", "GET", "/v1/conversations", by=None)
    rec.send("a conversation", "GET", path, by="other")
    rec.send("another session's conversation", "GET", path)
    rec.send("a conversation without a token", "GET", path, by=None)
    rec.send("another session's conversation is not deleted", "DELETE", path)
    rec.send("a conversation is deleted", "DELETE", path, by="other")
    rec.send("a conversation is deleted twice", "DELETE", path, by="other")
    rec.send("a deleted conversation", "GET", path, by="other")
    rec.send("a turn of a deleted conversation", "GET", f"/v1/turns/{first['turn_id']}", by="other")
    rec.send("a conversation is deleted without a token", "DELETE", path, by=None)
