"""Several accounts in one session, over the running product: exact figures of each, gaps, plans, and fences."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from sandbox.aws.account.contents import BUCKETS, INSTANCES
from sandbox.aws.account.organization import CLOSED, LEGACY, MANAGEMENT_NAME, PROD, STAGING
from sandbox.aws.moto.patches import ACCOUNT_ID
from tests.e2e.client import User, result_of
from tests.e2e.conftest import Running

ALL = {ACCOUNT_ID: BUCKETS, PROD.account: PROD.buckets, STAGING.account: STAGING.buckets}
BYTES = {account: sum(bucket.size for bucket in buckets) for account, buckets in ALL.items()}


@pytest.fixture(scope="module")
def many(stack: Running) -> User:
    """A session of the first account, prod, staging and one that lets nobody in."""
    return User(stack.facts, accounts=stack.facts["accounts"], regions=["us-east-1", "eu-west-1"])


def create(bucket: str, region: str = "eu-west-1") -> dict[str, Any]:
    return {"operation": "create_s3_bucket", "arguments": {"bucket_name": bucket, "region": region}}


def tool(user: User, name: str, **arguments: Any) -> dict[str, Any]:
    return user.ok(user.http.post(f"/v1/tools/{name}", json=arguments))


def in_account(user: User, service: str, account: str, region: str = "us-east-1") -> Any:
    """A client of an account of the sandbox with the administrator's role there: what is really in it."""
    role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    assumed = user.aws("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    return boto3.client(
        service,
        endpoint_url=user.facts["aws_endpoint"],
        region_name=region,
        aws_access_key_id=assumed["AccessKeyId"],
        aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"],
    )


def buckets_of(client: Any) -> set[str]:
    return {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}


@pytest.fixture
def bucket(many: User) -> Iterator[str]:
    """A name for a new bucket, which is taken away again."""
    name = f"accounts-{uuid.uuid4().hex[:12]}"
    yield name
    for client in (many.aws("s3"), in_account(many, "s3", PROD.account)):
        if name in buckets_of(client):
            client.delete_bucket(Bucket=name)


def test_the_session_lists_its_accounts_and_how_each_stands(many: User) -> None:
    shown = many.ok(many.http.get("/v1/sessions/current"))
    assert [(one["account"], one["name"], one["state"]) for one in shown["accounts"]] == [
        (ACCOUNT_ID, None, "ready"),
        (PROD.account, "prod", "ready"),
        (STAGING.account, "staging", "ready"),
        (LEGACY.account, "legacy", "denied"),
    ]
    assert "cannot be assumed" in shown["accounts"][3]["reason"]


def test_storage_of_all_accounts_is_exact_and_the_denied_one_is_a_gap(many: User) -> None:
    step = tool(many, "get_s3_usage")
    found: dict[str, int] = {}
    for row in step["result"]["buckets"]:
        found[row["account"]] = found.get(row["account"], 0) + row["size_bytes"]
    # Other tests make and delete buckets of the first account meanwhile.
    assert {account: found[account] for account in (PROD.account, STAGING.account)} == {
        account: BYTES[account] for account in (PROD.account, STAGING.account)
    }
    assert step["result"]["total_bytes"] == sum(row["size_bytes"] for row in step["result"]["buckets"])
    figures = {one["account"]: one["figures"]["total_bytes"] for one in step["result"]["accounts"]}
    assert figures[PROD.account] == BYTES[PROD.account]
    assert (step["complete"], [(gap["code"], gap["account"]) for gap in step["gaps"]]) == (
        False,
        [("account_denied", LEGACY.account)],
    )


def test_instances_are_found_in_the_accounts_that_are_named(many: User) -> None:
    step = tool(many, "list_ec2_instances", accounts=["Prod", STAGING.account])
    assert sorted((row["account"], row["name"]) for row in step["result"]["instances"]) == sorted(
        (one.account, each.name) for one in (PROD, STAGING) for each in one.instances
    )
    assert (step["complete"], step["result"]["instance_count"]) == (True, 4)


def test_an_organization_is_found_with_its_names_and_its_suspended_account(stack: Running) -> None:
    user = User(stack.facts, organization={"role_name": "AssistantRole"}, regions=["us-east-1"])
    states = {one["name"]: one["state"] for one in user.session["accounts"]}
    assert states == {
        MANAGEMENT_NAME: "ready",
        "prod": "ready",
        "staging": "ready",
        "legacy": "denied",
        "closed": "suspended",
    }
    step = tool(user, "list_iam_roles")
    assert {(gap["code"], gap["account"]) for gap in step["gaps"]} == {
        ("account_denied", LEGACY.account),
        ("account_suspended", CLOSED.account),
    }
    user.http.delete("/v1/sessions/current")


def test_organizations_own_role_is_an_administrator_and_refused(stack: Running, many: User) -> None:
    iam, name = many.aws("iam"), f"org-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    may = {"Effect": "Allow", "Action": ["sts:*", "organizations:ListAccounts"], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    iam.put_user_policy(UserName=name, PolicyName="accounts", PolicyDocument=document)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    keys = {"access_key_id": made["AccessKeyId"], "secret_access_key": made["SecretAccessKey"]}
    user = User(stack.facts, **keys, organization={"role_name": "OrganizationAccountAccessRole"}, regions=["us-east-1"])
    states = {one["name"]: one["state"] for one in user.session["accounts"]}
    assert (states["prod"], states["staging"], states["legacy"]) == ("too_broad", "too_broad", "too_broad")
    refused = user.http.post("/v1/tools/get_s3_usage", json={"accounts": ["prod"]})
    assert (refused.status_code, refused.json()["code"]) == (403, "account_too_broad")
    user.http.delete("/v1/sessions/current")


def test_a_plan_has_to_name_its_account(many: User, bucket: str) -> None:
    steps = [create(bucket)]
    refused = many.http.post("/v1/plans", json={"goal": "a bucket", "steps": steps})
    assert (refused.status_code, refused.json()["code"]) == (422, "account_required")
    assert f"prod ({PROD.account})" in refused.json()["detail"]
    denied = many.http.post("/v1/plans", json={"goal": "a bucket", "steps": steps, "account": "legacy"})
    assert (denied.status_code, denied.json()["code"]) == (403, "account_denied")
    unknown = many.http.post("/v1/plans", json={"goal": "a bucket", "steps": steps, "account": "nowhere"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_account")


def test_a_plan_lands_in_its_account_and_in_no_other_and_is_undone_there(many: User, bucket: str) -> None:
    plan = many.propose(create(bucket), account="prod")
    assert (plan["identity"]["account"], plan["identity"]["account_name"]) == (PROD.account, "prod")
    assert plan["identity"]["role_arn"] == PROD.role_arn
    page = many.http.get(f"/v1/plans/{plan['plan_id']}", headers={"Accept": "text/plain"}).text
    assert f"Account: {PROD.account}" in page
    done = many.carry_out(plan)
    assert done["status"] == "done", done
    assert bucket in buckets_of(in_account(many, "s3", PROD.account))
    assert bucket not in buckets_of(many.aws("s3"))
    undo = many.ok(many.http.post(f"/v1/plans/{plan['plan_id']}/undo", json={}))
    assert undo["identity"]["account"] == PROD.account
    assert many.carry_out(undo)["status"] == "done"
    assert bucket not in buckets_of(in_account(many, "s3", PROD.account))


def test_a_session_without_the_account_does_not_run_its_plan(many: User, stack: Running, bucket: str) -> None:
    plan = many.propose(create(bucket), account="prod")
    alone = User(stack.facts)
    # It is the same owner's, so it is seen and decided; a session that holds the account runs it.
    seen = alone.ok(alone.http.get(f"/v1/plans/{plan['plan_id']}"))
    assert seen["identity"]["account"] == PROD.account
    rejected = alone.http.post(f"/v1/plans/{plan['plan_id']}/reject", json={})
    assert rejected.status_code in (200, 202), rejected.text
    alone.http.delete("/v1/sessions/current")


def test_every_account_is_asked_in_conversation(many: User) -> None:
    turn = many.ask("How many EC2 instances do I have in every account?")
    result = result_of(turn, "list_ec2_instances")
    assert {row["account"] for row in result["instances"]} == {ACCOUNT_ID, PROD.account, STAGING.account}
    assert "prod" in turn["answer"]
    assert "legacy" in turn["answer"]
    named = many.ask("List the S3 buckets in account prod")
    assert {row["bucket_name"] for row in result_of(named, "list_s3_buckets")["buckets"]} == {
        one.name for one in PROD.buckets
    }


def test_fences_are_shown_and_hold_for_reads(stack: Running) -> None:
    user = User(stack.facts, fences={"services": ["s3"], "read_only": True})
    assert user.session["fences"] == {"services": ["s3"], "read_only": True}
    assert tool(user, "list_s3_buckets")["result"]["bucket_count"] >= len(BUCKETS)
    refused = user.http.post("/v1/tools/list_ec2_instances", json={})
    assert (refused.status_code, refused.json()["code"]) == (403, "service_outside_fence")
    steps = [create("fenced-out-1")]
    change = user.http.post("/v1/plans", json={"goal": "a bucket", "steps": steps})
    assert (change.status_code, change.json()["code"]) == (403, "session_read_only")
    user.http.delete("/v1/sessions/current")


def test_fences_hold_for_operations_regions_and_accounts(stack: Running) -> None:
    fences = {"operations": ["ec2:Describe*", "iam:*", "s3:*"], "regions": ["eu-*"], "accounts": [ACCOUNT_ID, "prod"]}
    user = User(stack.facts, region="eu-west-1", accounts=stack.facts["accounts"], fences=fences)
    states = {one["account"]: one["state"] for one in user.session["accounts"]}
    assert states[STAGING.account] == "outside_fence"
    assert all(region.startswith("eu-") for region in user.session["regions"])
    step = tool(user, "list_ec2_instances", accounts=[ACCOUNT_ID])
    inside = [each for each in INSTANCES if each.region.startswith("eu-")]
    assert {row["region"] for row in step["result"]["instances"]} == {each.region for each in inside}
    outside = user.http.post("/v1/tools/list_ec2_instances", json={"regions": ["us-east-1"]})
    assert (outside.status_code, outside.json()["code"]) == (403, "region_outside_fence")
    denied = user.http.post("/v1/tools/list_lambda_functions", json={})
    assert (denied.status_code, denied.json()["code"]) == (403, "operation_outside_fence")
    refused = user.http.post("/v1/tools/get_s3_usage", json={"accounts": ["staging"]})
    assert (refused.status_code, refused.json()["code"]) == (403, "account_outside_fence")
    steps = [create("fenced-out-2", "us-east-1")]
    change = user.http.post("/v1/plans", json={"goal": "a bucket", "steps": steps, "account": "prod"})
    assert (change.status_code, change.json()["code"]) == (403, "region_outside_fence")
    user.http.delete("/v1/sessions/current")
