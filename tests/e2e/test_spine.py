"""Every kind of request over REST, through real processes, against resources this test made itself."""

from __future__ import annotations

import io
import json
import os
import signal
import time
import uuid
import zipfile
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.e2e.client import User, result_of
from tests.e2e.conftest import Running

pytestmark = pytest.mark.slow

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def bucket(user: User, region: str, sizes: list[int]) -> str:
    """Make a bucket with objects of these sizes."""
    name = unique("e2e-sizes")
    s3 = user.aws("s3", region)
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **place)
    for number, size in enumerate(sizes):
        s3.put_object(Bucket=name, Key=f"data/{number}", Body=b"x" * size)
    return name


def real_usage(user: User) -> dict[str, int]:
    """Bytes by bucket, counted straight from the sandbox's AWS."""
    s3 = user.aws("s3")
    return {
        item["Name"]: sum(
            found["Size"]
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=item["Name"])
            for found in page.get("Contents", [])
        )
        for item in s3.list_buckets()["Buckets"]
    }


def test_total_usage_is_exact(user: User) -> None:
    bucket(user, "eu-central-1", [1, 1000, 123_457])
    turn = user.ask("How much data am I keeping in S3 altogether?")
    total = sum(real_usage(user).values())
    result = result_of(turn, "get_s3_usage")
    assert (turn["status"], result["total_bytes"]) == ("completed", total)
    assert str(total) in turn["answer"].replace(",", "")


def test_sizes_per_bucket_are_exact(user: User) -> None:
    name = bucket(user, "ap-southeast-2", [4096, 77])
    turn = user.ask("List my buckets with the size of every one of them")
    sizes = {item["bucket_name"]: item for item in result_of(turn, "get_s3_bucket_sizes")["buckets"]}
    assert {name: item["size_bytes"] for name, item in sizes.items()} == real_usage(user)
    assert (sizes[name]["region"], sizes[name]["object_count"]) == ("ap-southeast-2", 2)
    assert name in turn["answer"]


def test_instances_of_every_region_and_a_follow_up(user: User) -> None:
    ec2 = user.aws("ec2", "eu-north-1")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    ec2.run_instances(ImageId=image, MinCount=3, MaxCount=3, InstanceType="t3.micro")
    turn = user.ask("Are there any virtual machines in my account?")
    result = result_of(turn, "list_ec2_instances")
    assert result["by_region"]["eu-north-1"] == 3
    assert set(result["regions_searched"]) == set(user.session["regions"])
    follow_up = user.ask("and in eu-north-1?", turn["conversation_id"])
    assert result_of(follow_up, "list_ec2_instances")["instance_count"] == 3
    assert "3" in follow_up["answer"]


def test_a_role_is_described(user: User) -> None:
    name = unique("e2e-described")
    iam = user.aws("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), Description="for a test")
    iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    turn = user.ask(f"What can you tell me about the {name} role?")
    result = result_of(turn, "describe_iam_role")
    assert result["trust_policy"] == TRUST
    assert [policy["policy_name"] for policy in result["attached_policies"]] == ["AmazonS3ReadOnlyAccess"]
    assert "AmazonS3ReadOnlyAccess" in turn["answer"]


def test_a_policy_is_explained_by_claude(user: User) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}]}
    turn = user.ask(f"What does this policy allow? {json.dumps(policy)}")
    result = result_of(turn, "explain_policy_with_claude")
    assert result["reviewed"] is True
    assert "PassRole" in json.dumps(result["findings"])
    assert "PassRole" in turn["answer"]


def test_a_bucket_is_created_only_after_approval(user: User) -> None:
    name = unique("e2e-made")
    turn = user.ask(f"Please make me a new bucket called {name} in eu-west-1")
    assert turn["status"] == "waiting_for_approval"
    assert name not in real_usage(user)
    assert turn["plan"]["identity"]["account"] in turn["answer"]
    ended = user.approve(turn)
    assert ended["status"] == "completed"
    assert ended["plan"]["status"] == "done"
    assert user.aws("s3").get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"
    assert name in ended["answer"]
    gone = user.change("delete it again", turn["conversation_id"])
    assert gone["plan"]["status"] == "done"
    assert name not in real_usage(user)


def test_a_role_with_a_policy_and_a_function_that_uses_it(user: User) -> None:
    role, function = unique("e2e-role"), unique("e2e-function")
    turn = user.ask(
        f"Create a role named {role} with S3 full access and attach it to a Lambda function named {function}"
    )
    plan = turn["plan"]
    assert [step["operation"] for step in plan["steps"]] == [
        "create_iam_role",
        "assign_policy_to_role",
        "create_lambda_function",
    ]
    assert user.reviewed(plan)["review"]["status"] == "reviewed"
    ended = user.approve(turn)
    assert ended["plan"]["status"] == "done", ended["plan"]
    made = user.aws("lambda").get_function(FunctionName=function)["Configuration"]
    assert made["Role"] == user.aws("iam").get_role(RoleName=role)["Role"]["Arn"]
    attached = user.aws("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["AmazonS3FullAccess"]
    for named in (role, function, "AmazonS3FullAccess"):
        assert named in ended["answer"]


def test_usage_is_summarized_from_several_tools_at_once(user: User) -> None:
    turn = user.ask("Give me an overview of what I use in this account")
    tools = {step["tool"] for step in turn["steps"]}
    assert tools >= {"get_s3_usage", "list_ec2_instances", "list_lambda_functions"}
    assert result_of(turn, "get_s3_usage")["total_bytes"] == sum(real_usage(user).values())


def test_what_it_cannot_do_is_said(user: User) -> None:
    turn = user.ask("Book me a flight to Lisbon")
    assert turn["status"] == "completed"
    # AWS's operations are searched for one that may do it, and none is read with.
    assert [step["tool"] for step in turn["steps"]] == ["search_aws_operations"]
    assert turn["answer"].startswith("I can't do that: ")


def test_an_uploaded_package_becomes_the_function(user: User) -> None:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "def run(event, context):\n    return 42\n")
    uploaded = user.ok(user.http.post("/v1/files", files={"file": ("app.zip", package.getvalue(), "application/zip")}))
    role = unique("e2e-package")
    arn = user.aws("iam").create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    arguments = {
        "function_name": unique("e2e-uploaded"),
        "runtime": "python3.12",
        "handler": "app.run",
        "role_arn": arn,
        "zip_file_path": uploaded["file_id"],
    }
    step = {"id": "function", "operation": "create_lambda_function", "arguments": arguments}
    ended = user.carry_out(user.propose(step))
    assert ended["status"] == "done", ended
    made = user.aws("lambda").get_function(FunctionName=arguments["function_name"])["Configuration"]
    assert made["CodeSize"] == len(package.getvalue())


def test_a_rejected_plan_changes_nothing(user: User) -> None:
    name = unique("e2e-rejected")
    turn = user.ask(f"create a bucket named {name} in us-west-2")
    user.ok(user.http.post(f"/v1/plans/{turn['plan']['plan_id']}/reject", json={"reason": "not now"}))
    ended = user.wait(f"/v1/turns/{turn['turn_id']}", {"completed", "failed"}, 30)
    assert ended["status"] == "completed"
    assert name not in real_usage(user)
    assert user.send_approval(turn["plan"]).status_code == 409


def test_a_turn_streams_and_resumes(user: User) -> None:
    events: list[tuple[str, str]] = []
    headers = {"Accept": "text/event-stream"}
    with user.http.stream(
        "POST", "/v1/chat", json={"message": "What is my total S3 usage?"}, headers=headers
    ) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        events = read_events(stream)
    kinds = [kind for _, kind in events]
    assert kinds[0] == "turn"
    assert "step" in kinds
    assert "answer" in kinds
    turn_id = user.ok(user.http.get("/v1/conversations"))["items"][0]["conversation_id"]
    turn = user.ok(user.http.get(f"/v1/conversations/{turn_id}"))["turns"][-1]
    middle = events[len(events) // 2][0]
    path = f"/v1/turns/{turn['turn_id']}/events"
    with user.http.stream("GET", path, headers=headers | {"Last-Event-ID": middle}) as stream:
        assert read_events(stream) == events[len(events) // 2 + 1 :]


def read_events(stream: httpx.Response) -> list[tuple[str, str]]:
    """(id, event) of each server-sent event."""
    found, event_id, kind = [], "", "message"
    for line in stream.iter_lines():
        if line.startswith("id:"):
            event_id = line[3:].strip()
        elif line.startswith("event:"):
            kind = line[6:].strip()
        elif not line and event_id:
            found.append((event_id, kind))
            event_id, kind = "", "message"
    return found


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/v1/chat", b"{", 400, "invalid_json"),
        ("POST", "/v1/chat", b'{"message": ""}', 422, None),
        ("POST", "/v1/chat", b'{"message": "hi", "conversation_id": "cnv_unknown"}', 404, "conversation_not_found"),
        ("POST", "/v1/chat", json.dumps({"message": "x" * 1_000_000}).encode(), 413, "too_large"),
        ("POST", "/v1/tools/no_such_tool", b"{}", 404, "unknown_tool"),
        ("POST", "/v1/tools/create_s3_bucket", b"{}", 409, "needs_approval"),
        ("GET", "/v1/conversations/cnv_unknown", None, 404, "conversation_not_found"),
        ("GET", "/v1/plans/pln_unknown", None, 404, None),
        ("GET", "/v1/nothing", None, 404, "not_found"),
    ],
)
def test_a_wrong_request_is_a_problem(
    user: User, method: str, path: str, body: bytes | None, status: int, code: str | None
) -> None:
    response = user.http.request(method, path, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/problem+json")
    problem = response.json()
    assert problem["detail"]
    assert code is None or problem["code"] == code
    assert problem["sandbox"] is True


def test_a_wrong_token_and_wrong_keys_are_refused(user: User, stack: Running) -> None:
    response = httpx.get(f"{stack.facts['gateway']}/v1/tools", headers={"Authorization": "Bearer wrong"})
    assert (response.status_code, response.json()["code"]) == (401, "invalid_token")
    keys = {"access_key_id": "AKIA" + "A" * 16, "secret_access_key": "s" * 40, "region": "us-east-1"}
    response = httpx.post(f"{stack.facts['gateway']}/v1/sessions", json=keys)
    assert response.status_code == 401
    assert "s" * 40 not in response.text


def test_a_killed_info_worker_fails_no_request(user: User, stack: Running) -> None:
    for _ in range(2):
        with ThreadPoolExecutor() as pool:
            asked = [pool.submit(user.ask, "How big is each bucket?") for _ in range(4)]
            time.sleep(0.15)
            killed = kill(stack, "info_tools")
            turns = [future.result() for future in asked]
        assert {turn["status"] for turn in turns} == {"completed"}
        wait_for_another(stack, "info_tools", killed)


def test_conversations_survive_a_killed_gateway(user: User, stack: Running) -> None:
    turn = user.ask("How many Lambda functions do I have?")
    waiting = user.ask(f"create a bucket named {unique('e2e-survivor')} in eu-west-1", turn["conversation_id"])
    wait_for_another(stack, "orchestrator", kill(stack, "orchestrator"))
    conversation = user.ok(user.http.get(f"/v1/conversations/{turn['conversation_id']}"))
    assert [found["turn_id"] for found in conversation["turns"]] == [turn["turn_id"], waiting["turn_id"]]
    assert user.approve(waiting)["plan"]["status"] == "done"


def kill(stack: Running, service: str) -> int:
    pid: int = stack.facts["processes"][service][0]
    os.kill(pid, signal.SIGKILL)
    return pid


def wait_for_another(stack: Running, service: str, killed: int) -> None:
    """Until the killed service runs again as another process and the gateway is ready."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        pids: list[int] = stack.facts["processes"][service]
        try:
            ready = httpx.get(f"{stack.facts['gateway']}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            ready = False
        if ready and pids and pids != [killed]:
            return
        time.sleep(0.2)
    raise AssertionError(f"{service} did not come back")
