"""Proposals: each operation, what is refused and why, the list, a plan as JSON and as a page."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.recorded.recording import Recording

LAMBDA_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
        ],
    }
)
READ_S3 = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
BROAD = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"},
            {"Effect": "Allow", "Action": ["ec2:*", "s3:GetObject"], "Resource": "*"},
        ],
    }
)
ROLE = "arn:aws:iam::111122223333:role/lambda-basic-execution"
FUNCTION = {"function_name": "recorded", "runtime": "python3.13", "handler": "app.main", "role_arn": ROLE}
BUCKET = {"bucket_name": "recorded-new", "region": "eu-west-1"}

# Each operation with arguments that can be carried out.
OPERATIONS: dict[str, dict[str, Any]] = {
    "create_s3_bucket": BUCKET,
    "delete_s3_bucket": {"bucket_name": "acme-staging-empty"},
    "create_iam_role": {"name": "recorded", "policy_document": LAMBDA_TRUST, "permissions": BROAD},
    "delete_iam_role": {"name": "data-pipeline-role"},
    "assign_policy_to_role": {"role_name": "data-pipeline-role", "policy_arn": "arn:aws:iam::aws:policy/IAMFullAccess"},
    "detach_policy_from_role": {"role_name": "web-server-role", "policy_arn": READ_S3},
    "create_lambda_function": FUNCTION,
    "delete_lambda_function": {"function_name": "order-notifier"},
}
# What cannot be: (name, operation, arguments).
IMPOSSIBLE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("a bucket whose name is taken", "create_s3_bucket", BUCKET | {"bucket_name": "acme-backups"}),
    ("a bucket with an invalid name", "create_s3_bucket", BUCKET | {"bucket_name": "Acme_Bucket"}),
    ("a bucket without a region", "create_s3_bucket", {"bucket_name": "recorded-new"}),
    ("a bucket with an unknown argument", "create_s3_bucket", BUCKET | {"colour": "red"}),
    ("deletion of a bucket with objects", "delete_s3_bucket", {"bucket_name": "acme-backups"}),
    ("deletion of an unknown bucket", "delete_s3_bucket", {"bucket_name": "acme-never-was"}),
    ("a role with a broken trust policy", "create_iam_role", {"name": "recorded", "policy_document": "{"}),
    ("deletion of a role with policies", "delete_iam_role", {"name": "lambda-basic-execution"}),
    (
        "a policy that is attached already",
        "assign_policy_to_role",
        {"role_name": "web-server-role", "policy_arn": READ_S3},
    ),
    ("a policy that is not attached", "detach_policy_from_role", {"role_name": "recorded", "policy_arn": READ_S3}),
    ("a function from an unknown file", "create_lambda_function", FUNCTION | {"zip_file_path": "file_x"}),
    ("a function that needs a package", "create_lambda_function", FUNCTION | {"runtime": "java21"}),
    ("deletion of an unknown function", "delete_lambda_function", {"function_name": "never-was"}),
    ("an unknown operation", "reboot_the_moon", {}),
    ("a bucket that a statement denies", "create_s3_bucket", BUCKET | {"bucket_name": "secret-1"}),
)
DENY = {"Sid": "NoSecretBuckets", "Effect": "Deny", "Action": "s3:CreateBucket", "Resource": "arn:aws:s3:::secret-*"}


def step(id: str, operation: str, arguments: dict[str, Any], needs: tuple[str, ...] = ()) -> dict[str, Any]:
    made: dict[str, Any] = {"id": id, "operation": operation, "arguments": arguments}
    return made | ({"needs": list(needs)} if needs else {})


def bucket(id: str, name: str, needs: tuple[str, ...] = ()) -> dict[str, Any]:
    return step(id, "create_s3_bucket", {"bucket_name": name, "region": "eu-west-1"}, needs)


def proposal(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"goal": "A recorded plan", "steps": list(steps)} | more


def play(rec: Recording) -> None:
    for operation, arguments in OPERATIONS.items():
        rec.send(f"{operation} is proposed", "POST", "/v1/plans", json=proposal(step("one", operation, arguments)))
    broad = {"role_name": "web-server-role", "policy_arn": "arn:aws:iam::aws:policy/job-function/SystemAdministrator"}
    proposed = proposal(step("one", "assign_policy_to_role", broad))
    plan = rec.send("a policy for administrators is proposed", "POST", "/v1/plans", json=proposed).json()
    page = {"Accept": "text/plain"}
    rec.send("its plan as plain text", "GET", f"/v1/plans/{plan['plan_id']}", headers=page)
    _impossible(rec)
    _malformed(rec)
    unnarrowed = proposal(step("one", "create_s3_bucket", BUCKET))
    rec.send("a bucket is proposed without a role", "POST", "/v1/plans", by="alone", json=unnarrowed)
    _shown(rec)


def _impossible(rec: Recording) -> None:
    iam, document = rec.admin.aws("iam"), json.dumps({"Version": "2012-10-17", "Statement": [DENY]})
    iam.put_role_policy(RoleName="AssistantRole", PolicyName="Limits", PolicyDocument=document)
    for what, operation, arguments in IMPOSSIBLE:
        body = proposal(step("one", operation, arguments))
        rec.send(f"proposed: {what}", "POST", "/v1/plans", json=body)
    iam.delete_role_policy(RoleName="AssistantRole", PolicyName="Limits")


def _malformed(rec: Recording) -> None:
    one, two = bucket("one", "recorded-1"), bucket("two", "recorded-2")
    function = FUNCTION | {"role_arn": {"$from": "role.arn"}}
    deletes = [step(f"s{at}", "delete_lambda_function", {"function_name": f"recorded-{at}"}) for at in range(6)]
    wrong: dict[str, Any] = {
        "an empty body": {},
        "no steps": proposal(),
        "a step with an unknown field": proposal(one | {"colour": "red"}),
        "an unknown failure mode": proposal(one, on_failure="hope"),
        "two steps with one id": proposal(one, bucket("one", "recorded-2")),
        "steps in a cycle": proposal(one | {"needs": ["two"]}, two | {"needs": ["one"]}),
        "an unknown need": proposal(one | {"needs": ["never"]}),
        "a reference to an unknown step": proposal(step("fn", "create_lambda_function", function)),
        "a malformed reference": proposal(step("fn", "create_lambda_function", FUNCTION | {"role_arn": {"$from": 7}})),
        "a reference to an unknown field of a result": proposal(
            one, step("fn", "create_lambda_function", FUNCTION | {"role_arn": {"$from": "one.colour"}})
        ),
        "too many deletes": proposal(*deletes),
        "too many steps": proposal(*(bucket(f"s{at}", f"recorded-{at}") for at in range(21))),
        "far too many steps": proposal(*(bucket(f"s{at}", f"recorded-{at}") for at in range(51))),
    }
    for what, body in wrong.items():
        rec.send(f"proposed: {what}", "POST", "/v1/plans", json=body)
    rec.send("proposed without a token", "POST", "/v1/plans", by=None, json=proposal(one))


def _shown(rec: Recording) -> None:
    """The plans of a session that has three."""
    for name in ("recorded-a", "recorded-b", "recorded-c"):
        body = proposal(bucket("one", name), on_failure="keep")
        rec.send(f"{name} is proposed", "POST", "/v1/plans", by="other", json=body)
    page = rec.send("a page of plans", "GET", "/v1/plans?limit=2", by="other").json()
    rec.send("the next page of plans", "GET", f"/v1/plans?limit=2&cursor={page['next_cursor']}", by="other")
    rec.send("plans after an unknown cursor", "GET", "/v1/plans?cursor=pln_unknown", by="other")
    rec.send("plans with a limit of 0", "GET", "/v1/plans?limit=0", by="other")
    rec.send("plans without a token", "GET", "/v1/plans", by=None)
    path = f"/v1/plans/{page['items'][0]['plan_id']}"
    rec.send("a plan", "GET", path, by="other")
    rec.send("a plan as plain text", "GET", path, by="other", headers={"Accept": "text/plain"})
    rec.send("a plan as CloudFormation", "GET", f"{path}/export?as=cloudformation", by="other")
    rec.send("a plan as something else", "GET", f"{path}/export?as=terraform", by="other")
    rec.send("another session's plan", "GET", path)
    rec.send("a plan without a token", "GET", path, by=None)
    rec.send("an unknown plan", "GET", "/v1/plans/pln_unknown")
    rec.send("a plan by a method that it does not take", "DELETE", path, by="other")
