"""Tools without a model: the list, each reading tool with good and bad arguments, changes, large results."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.recorded.recording import Recording

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Everything", "Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"},
    ],
}
POLICY_TEXT = json.dumps(POLICY)
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}

DENIAL = (
    "An error occurred (AccessDenied) when calling the PutObject operation: User: "
    "arn:aws:sts::111122223333:assumed-role/app/night is not authorized to perform: s3:PutObject on resource: "
    '"arn:aws:s3:::photos/cat.jpg" because no identity-based policy allows the s3:PutObject action'
)

# A tool, arguments that it takes, arguments that it does not take or that name what is not there.
CALLS: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("count_s3_objects", {"bucket_name": "acme-data-lake", "prefix": "raw/"}, {"bucket_name": "acme-never-was"}),
    ("describe_iam_role", {"role_name": "web-server-role"}, {"role_name": "never-was"}),
    ("get_caller_identity", {}, {"account": "111122223333"}),
    ("get_cost_summary", {"period": "last_3_months"}, {"period": "yesterday"}),
    ("get_s3_bucket_sizes", {"bucket_names": ["acme-backups"]}, {"bucket_names": "acme-backups"}),
    ("get_s3_usage", {}, {"bucket_name": "acme-backups"}),
    ("list_ec2_instances", {"regions": ["us-west-2"], "states": ["stopped"]}, {"regions": ["sa-east-1"]}),
    ("list_iam_roles", {"path_prefix": "/"}, {"path_prefix": 7}),
    ("list_lambda_functions", {"regions": ["eu-west-1"]}, {"regions": ["eu-nowhere-7"]}),
    ("list_s3_buckets", {}, {"wrong": True}),
    ("summarize_aws_usage", {}, {"wrong": True}),
    ("explain_policy_with_claude", {"policy_json": POLICY_TEXT}, {"policy_json": "{"}),
    ("optimize_policy", {"policy_json": POLICY_TEXT, "intent": "read objects of acme-data-lake"}, {"intent": "x"}),
    (
        "compare_policies",
        {"before_json": POLICY_TEXT, "after_json": json.dumps({**POLICY, "Statement": POLICY["Statement"][:1]})},
        {"before_json": POLICY_TEXT, "after_json": "{"},
    ),
    ("explain_denied", {"message": DENIAL}, {"message": ""}),
    ("validate_policy", {"policy_json": json.dumps(TRUST), "kind": "trust"}, {"policy_json": "{}", "kind": "none"}),
)


def play(rec: Recording) -> None:
    rec.send("the tools", "GET", "/v1/tools")
    rec.send("the tools without a token", "GET", "/v1/tools", by=None)
    for tool, good, bad in CALLS:
        rec.send(tool, "POST", f"/v1/tools/{tool}", json=good)
        rec.send(f"{tool} with wrong arguments", "POST", f"/v1/tools/{tool}", json=bad)
    _others(rec)
    _large_result(rec)


def _others(rec: Recording) -> None:
    rec.send("a tool without a body", "POST", "/v1/tools/get_caller_identity")
    rec.send("validate_policy with an invalid policy", "POST", "/v1/tools/validate_policy", json={"policy_json": {}})
    instances = "/v1/tools/list_ec2_instances"
    rec.send("instances of every region of the account", "POST", instances, by="alone", json={})
    rec.send("roles in a session without a role", "POST", "/v1/tools/list_iam_roles", by="alone", json={})
    rec.send("an operation called as a tool", "POST", "/v1/tools/create_s3_bucket", json={"bucket_name": "acme-new"})
    rec.send("an unknown tool", "POST", "/v1/tools/never_was", json={})
    rec.send("a tool with a list as arguments", "POST", "/v1/tools/list_s3_buckets", json=[1])
    number: dict[str, Any] = {"content": '{"regions": NaN}', "headers": {"Content-Type": "application/json"}}
    rec.send("a tool with a number that is not finite", "POST", instances, **number)
    text: dict[str, Any] = {"content": "{}", "headers": {"Content-Type": "text/plain"}}
    rec.send("a tool with a body of plain text", "POST", instances, **text)
    rec.send("a tool without a token", "POST", instances, by=None, json={})


def _large_result(rec: Recording) -> None:
    """A role's tags and inline policies are too large for a message; the role is gone again afterwards."""
    iam, role = rec.admin.aws("iam"), "recorded-large"
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST), Description="a large one")
    names = [f"Part{number:02}" for number in range(12)]
    for name in names:
        resources = [f"arn:aws:s3:::acme-{name.lower()}-{number:03}/*" for number in range(150)]
        statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resources}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)
    described = rec.send(
        "a result too large for a message", "POST", "/v1/tools/describe_iam_role", json={"role_name": role}, keep=_head
    ).json()
    for name in names:
        iam.delete_role_policy(RoleName=role, PolicyName=name)
    iam.delete_role(RoleName=role)
    _results(rec, f"/v1/results/{described['result_ref']}")


def _head(step: Any) -> Any:
    """The step without most of its result, which is large."""
    result = step.get("result")
    return step | {"result": sorted(result) if isinstance(result, dict) else result}


def _results(rec: Recording, path: str) -> None:
    part = {"path": "inline_policies[].policy_name"}
    rec.send("the whole of a large result", "GET", path, keep=_head)
    rec.send("a part of a large result", "GET", f"{path}?path={part['path']}")
    rec.send("a part that the large result does not have", "GET", f"{path}?path=nothing.at.all")
    rec.send("a path that is not JMESPath", "GET", f"{path}?path=inline_policies[")
    rec.send("an empty path", "GET", f"{path}?path=")
    rec.send("another session's large result", "GET", path, by="other")
    rec.send("a large result without a token", "GET", path, by=None)
    rec.send("an unknown large result", "GET", "/v1/results/res_info_never.0")
