"""The main job, once, over REST: every kind of question, plans approved, a transcript with timings."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

import httpx

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Everything", "Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"},
    ],
}
NARROWER = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
PLAN_ENDS = {"done", "failed", "undone", "rejected", "expired", "in_doubt", "cancelled"}
TURN_ENDS = {"completed", "failed", "cancelled"}
WAIT_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, the tools or operations that must have answered it, and whether it changes something."""

    message: str
    expects: tuple[str, ...]
    changes: bool = False
    follows: bool = False


QUESTIONS = (
    Question("What is my total S3 usage?", ("get_s3_usage",)),
    Question("How big is each bucket?", ("get_s3_bucket_sizes",)),
    Question("Do I have any EC2 instances?", ("list_ec2_instances",)),
    Question("Describe the role AssistantRole", ("describe_iam_role",)),
    Question(f"Explain this IAM policy {json.dumps(POLICY)}", ("explain_policy_with_claude",)),
    Question(
        f"Is this policy narrower than that one? {json.dumps(NARROWER)} {json.dumps(POLICY)}", ("compare_policies",)
    ),
    Question("Create a bucket named demo-reports-2026 in eu-west-1", ("create_s3_bucket",), changes=True),
    Question("Undo that.", ("delete_s3_bucket",), changes=True, follows=True),
    Question(
        "Create a role with S3 full access and attach it to a Lambda function",
        ("create_iam_role", "assign_policy_to_role", "create_lambda_function"),
        changes=True,
    ),
    Question("Delete it again", ("delete_lambda_function", "delete_iam_role"), changes=True, follows=True),
    # What no operation of ours makes or does: Cloud Control by the resource's type, any call of AWS; both taken back.
    Question("Create a queue named demo-jobs in eu-west-1", ("create_aws_resource",), changes=True),
    Question("Undo that.", ("delete_aws_resource",), changes=True, follows=True),
    Question("Stop the database reporting in us-east-1", ("change_aws",), changes=True),
    Question("Undo that.", ("change_aws",), changes=True, follows=True),
    Question("Summarize my AWS usage", ("get_s3_usage", "list_ec2_instances")),
    # No tool of its own: an operation is searched for, and read in every region.
    Question("Which SQS queues do I have?", ("search_aws_operations", "read_aws")),
    Question("How many RDS databases do I have?", ("search_aws_operations", "read_aws")),
    Question("Which CloudTrail trails do I have?", ("search_aws_operations", "read_aws")),
    Question("Which 10 EBS volumes are the largest and unattached?", ("read_aws", "query_result")),
    Question("Reboot the moon", ()),
)
# Asked in a session of all the organization's accounts.
OVER_ACCOUNTS = (
    Question("How many EC2 instances do I have in every account?", ("list_ec2_instances",)),
    Question("How big is each bucket in account prod?", ("get_s3_bucket_sizes",)),
)


class Demo:
    """One session of one user."""

    def __init__(self, facts: dict[str, Any], **more: Any) -> None:
        self.http = httpx.Client(base_url=facts["gateway"], timeout=WAIT_SECONDS, trust_env=False)
        keys = ("access_key_id", "secret_access_key", "role_arn", "region")
        session = self._json(self.http.post("/v1/sessions", json={key: facts[key] for key in keys} | more))
        self.http.headers["Authorization"] = f"Bearer {session['token']}"
        self.conversation: str | None = None
        accounts = ", ".join(f"{one['name'] or one['account']} {one['state']}" for one in session["accounts"])
        print(f"session: {session['caller_arn']} in {session['region']}, {len(session['regions'])} regions")
        print(f"accounts: {accounts}\n")

    def ask(self, question: Question) -> str | None:
        """Ask, approve what is proposed, print the answer. Returns what went wrong, if anything."""
        print(f"> {question.message}")
        started = time.perf_counter()
        body = {"message": question.message}
        if question.follows and self.conversation:
            body["conversation_id"] = self.conversation
        turn = self._json(self.http.post("/v1/chat", json=body))
        self.conversation = turn["conversation_id"]
        if turn["status"] == "waiting_for_approval":
            print(indent(turn["answer"]))
            turn = self._approve(turn)
        elapsed = time.perf_counter() - started
        used = ", ".join(f"{step['tool']} {step['duration_ms']} ms" for step in turn["steps"])
        print(indent(turn["answer"] or "(no answer)"))
        print(f"  [{elapsed:.2f} s; {used or 'no tool'}]\n")
        return self._wrong(question, turn)

    def _approve(self, turn: dict[str, Any]) -> dict[str, Any]:
        plan = self._reviewed(turn["plan"])
        print(f"  approving {plan['plan_id']}, digest {plan['digest'][:12]}…")
        approved = self.http.post(
            f"/v1/plans/{plan['plan_id']}/approve", json={"digest": plan["digest"], "acknowledged": plan["acknowledge"]}
        )
        self._json(approved)
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            turn = self._json(self.http.get(f"/v1/turns/{turn['turn_id']}"))
            if turn["status"] in TURN_ENDS:
                break
            time.sleep(0.2)
        return turn

    def _reviewed(self, plan: dict[str, Any]) -> dict[str, Any]:
        """The plan with Claude's review, which comes after it and can add findings to acknowledge."""
        deadline = time.monotonic() + WAIT_SECONDS
        while plan["review_status"] == "pending" and time.monotonic() < deadline:
            time.sleep(0.2)
            plan = self._json(self.http.get(f"/v1/plans/{plan['plan_id']}"))
        return plan

    def _wrong(self, question: Question, turn: dict[str, Any]) -> str | None:
        if turn["status"] != "completed":
            return f"the turn is {turn['status']}"
        if turn.get("sandbox") is not True:
            return "the answer does not say that it is a sandbox"
        done = {step["tool"] for step in turn["steps"] if step["status"] == "ok"}
        if question.changes:
            plan = turn.get("plan") or {}
            if plan.get("status") != "done":
                return f"the plan is {plan.get('status')}"
            done = {step["operation"] for step in plan["steps"] if step["status"] == "done"}
        missing = [name for name in question.expects if name not in done]
        return f"not answered by {', '.join(missing)}" if missing else None

    @staticmethod
    def _json(response: httpx.Response) -> dict[str, Any]:
        if response.is_error:
            raise RuntimeError(f"{response.request.url}: HTTP {response.status_code} {response.text}")
        answer: dict[str, Any] = response.json()
        return answer


def indent(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def run(facts: dict[str, Any]) -> int:
    """Ask everything; 0 when every answer was right, 1 otherwise."""
    started = time.perf_counter()
    demo = Demo(facts)
    wrong = {question.message: said for question in QUESTIONS if (said := demo.ask(question))}
    many = Demo(facts, accounts=facts["accounts"])
    wrong |= {question.message: said for question in OVER_ACCOUNTS if (said := many.ask(question))}
    asked = len(QUESTIONS) + len(OVER_ACCOUNTS)
    print(f"{asked - len(wrong)} of {asked} questions right in {time.perf_counter() - started:.1f} s")
    for message, said in wrong.items():
        print(f"WRONG: {message}: {said}")
    return 1 if wrong else 0
