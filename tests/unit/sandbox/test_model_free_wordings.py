"""The sandbox's model on the same wishes in many people's words: names, regions and runtimes anywhere."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from sandbox.model.calls.offer import Offer
from sandbox.model.planner import next_reply

SYSTEM = {"role": "system", "content": "Account: 123456789012\nRegion: us-east-1"}
TOOLS = """
get_s3_usage get_s3_bucket_sizes list_s3_buckets count_s3_objects list_ec2_instances list_lambda_functions
list_iam_roles describe_iam_role get_caller_identity get_cost_summary summarize_aws_usage
explain_policy_with_claude validate_policy optimize_policy
create_s3_bucket create_iam_role assign_policy_to_role create_lambda_function delete_s3_bucket delete_iam_role
detach_policy_from_role delete_lambda_function propose_plan
"""
OFFER = Offer({name: {} for name in TOOLS.split()})


def ask(text: str) -> Any:
    return next_reply([SYSTEM, {"role": "user", "content": text}], OFFER)


def shown(reply: Any) -> str:
    """The reply's calls as ``tool(key=value)``, a plan as its steps side by side, or its text."""
    parts: list[str] = []
    for call in reply.calls:
        if call.name == "propose_plan":
            parts += [_line(step["operation"], step["arguments"]) for step in call.arguments["steps"]]
        else:
            parts.append(_line(call.name, call.arguments))
    return " ".join(parts) or f"TEXT: {reply.text}"


def _line(name: str, arguments: dict[str, Any]) -> str:
    return f"{name}({','.join(f'{key}={_short(value)}' for key, value in arguments.items())})"


def _short(value: Any) -> str:
    if isinstance(value, list):
        return "|".join(value)
    if isinstance(value, dict) and "Principal" in value.get("Statement", [{}])[0]:
        principals = value["Statement"][0]["Principal"].values()
        return "+".join(str(each) for each in principals).replace(".amazonaws.com", "")
    if isinstance(value, dict):
        return f"${value['$from']}" if "$from" in value else json.dumps(value)
    return str(value).replace("arn:aws:iam::aws:policy/", "")


def matches(pattern: str, text: str) -> bool:
    """Equal, where ``~`` in the pattern stands for a name the model chose."""
    return re.fullmatch(re.escape(pattern).replace("\\~", "~").replace("~", r"[\w-]+"), text) is not None


PYTHON, NODE = "lambda_function.lambda_handler", "index.handler"


def role_and_function(
    role: str,
    function: str,
    policy: str = "AmazonS3FullAccess",
    runtime: str = "python3.12",
    region: str = "us-east-1",
) -> str:
    """The three steps of a new role for a new function."""
    handler = NODE if runtime.startswith("node") else PYTHON
    return (
        f"create_iam_role(name={role},policy_document=lambda) "
        f"assign_policy_to_role(role_name=$role.role_name,policy_arn={policy}) "
        f"create_lambda_function(function_name={function},runtime={runtime},handler={handler},"
        f"role_arn=$role.arn,region={region})"
    )


def role_only(role: str, policy: str = "AmazonS3FullAccess", trusted: str = "lambda") -> str:
    attach = f" assign_policy_to_role(role_name=$role.role_name,policy_arn={policy})" if policy else ""
    return f"create_iam_role(name={role},policy_document={trusted}){attach}"


BASIC = "service-role/AWSLambdaBasicExecutionRole"
ROLE_AND_FUNCTION: list[tuple[str, str]] = [
    ("Make a role with full access to S3 and hook it up to a Lambda", role_and_function("~", "~")),
    ("new IAM role w/ full S3 permissions, then hook it up to a lambda", role_and_function("~", "~")),
    (
        "spin up a serverless function that's allowed to do anything in S3; make the role too",
        role_and_function("~", "~"),
    ),
    (
        "give me a python lambda (fig-fn) plus an execution role (fig-exec) holding AmazonS3FullAccess",
        role_and_function("fig-exec", "fig-fn"),
    ),
    (
        "set up a Lambda named plum-7 running as a new role plum-7-role which has complete access to S3",
        role_and_function("plum-7-role", "plum-7"),
    ),
    (
        "The function should be called date-fn and its role date-role, with full S3 rights, create both please",
        role_and_function("date-role", "date-fn"),
    ),
    (
        "Create a role and a function with S3 full access: quince-r for the role and quince-f for the function",
        role_and_function("quince-r", "quince-f"),
    ),
    (
        "I want a lambda function with a role that has S3 full access. The role should be called nut_role, "
        "the lambda nut_fn.",
        role_and_function("nut_role", "nut_fn"),
    ),
    (
        "Create role and lambda. Role name: pear.role-1. Function name: pear_fn_1. Policy: AmazonS3FullAccess.",
        role_and_function("pear.role-1", "pear_fn_1"),
    ),
    (
        'please build a lambda "lime-9" in Ireland on node 20 with a fresh role "lime-9-exec" that can do everything '
        "in S3",
        role_and_function("lime-9-exec", "lime-9", runtime="nodejs20.x", region="eu-west-1"),
    ),
    (
        "In Frankfurt, create an IAM role `alpha_01` having S3 full access and attach it to a python 3.13 Lambda "
        "function `beta_02`",
        role_and_function("alpha_01", "beta_02", runtime="python3.13", region="eu-central-1"),
    ),
    (
        "I'd like a Lambda function called soup with unrestricted S3 access through its own role called soup-role",
        role_and_function("soup-role", "soup"),
    ),
    (
        "Deploy a function named elder-1 whose role (elder-role) has AmazonS3FullAccess attached",
        role_and_function("elder-role", "elder-1"),
    ),
    (
        "Can you whip up an S3-full-access role for a Lambda function and create that function too? "
        "Names: role currant-r, function currant-f",
        role_and_function("currant-r", "currant-f"),
    ),
    (
        "I need a lambda that can read and write S3. Call the lambda olive-fn and call its role olive-role.",
        role_and_function("olive-role", "olive-fn"),
    ),
    (
        "Create an execution role called cherry-exec, grant it full S3 access, and use it for a new lambda called "
        "cherry-fn",
        role_and_function("cherry-exec", "cherry-fn"),
    ),
    (
        "Create a role with S3 full access (name: basil-role) and attach it to a Lambda function (name: basil-fn)",
        role_and_function("basil-role", "basil-fn"),
    ),
    (
        "role mint-role with s3 full access + lambda mint-fn using it, please create",
        role_and_function("mint-role", "mint-fn"),
    ),
    (
        "Make me a role, sage-role, with AmazonS3FullAccess, and a lambda, sage-fn, that runs with it",
        role_and_function("sage-role", "sage-fn"),
    ),
    (
        "create a lambda function and assign it a new role with s3 full access",
        role_and_function("~", "~"),
    ),
    (
        "create an s3 full access role and assign it to a lambda function named dill-fn",
        role_and_function("~", "dill-fn"),
    ),
    (
        "I want to give a new lambda function full access to S3. Set up the role and the function for me.",
        role_and_function("~", "~"),
    ),
    (
        "Please provision an IAM role granting full Amazon S3 access and associate it with a Lambda function.",
        role_and_function("~", "~"),
    ),
    (
        "could you make a role that grants full control over s3 and then connect it to some lambda function",
        role_and_function("~", "~"),
    ),
    (
        "build a lambda fn named thyme-fn w/ role thyme-role (full s3)",
        role_and_function("thyme-role", "thyme-fn"),
    ),
    (
        "A role called rye-role is needed with full S3 access, attached to a Lambda function called rye-fn in Ohio",
        role_and_function("rye-role", "rye-fn", region="us-east-2"),
    ),
    (
        "We need an IAM role, oat-role, having S3 full access. Attach it to a Lambda function, oat-fn.",
        role_and_function("oat-role", "oat-fn"),
    ),
    (
        "Attach a new role with S3 full access to a new Lambda function named corn-fn; name the role corn-role",
        role_and_function("corn-role", "corn-fn"),
    ),
    (
        "Set up a lambda called hops-fn (node 20, eu-west-1) and a role called hops-role for it with S3 full access",
        role_and_function("hops-role", "hops-fn", runtime="nodejs20.x", region="eu-west-1"),
    ),
    (
        "Create a Lambda function wheat-fn with a new role wheat-role that has read-only access to S3",
        role_and_function("wheat-role", "wheat-fn", policy="AmazonS3ReadOnlyAccess"),
    ),
    (
        "lambda + role please: lambda is 'spelt-fn', role is 'spelt-role', policy AmazonS3FullAccess",
        role_and_function("spelt-role", "spelt-fn"),
    ),
    ("create role with s3 full access and attach to lambda", role_and_function("~", "~")),
    ("Create an S3 admin role and attach it to a lambda", role_and_function("~", "~")),
    ("Can you hook a brand new Lambda up to a brand new role with full S3 access?", role_and_function("~", "~")),
    ("I want a Lambda function backed by a role with full S3 privileges", role_and_function("~", "~")),
    (
        "Generate a Lambda execution role with full S3 permission and a function to go with it",
        role_and_function("~", "~"),
    ),
    ("Give a Lambda function full S3 access by creating a role and attaching it", role_and_function("~", "~")),
    ("Attach an S3 full access role to a lambda; create whatever is missing", role_and_function("~", "~")),
    (
        "I'd like to run a Lambda with full S3 access; create the necessary role and function",
        role_and_function("~", "~"),
    ),
    ("provide a lambda with a role that can access all of S3 without restrictions", role_and_function("~", "~")),
    ("please make role=qa-role policy=AmazonS3FullAccess function=qa-fn", role_and_function("qa-role", "qa-fn")),
    ("role: X-role, function: x-fn, access: full S3. Create them.", role_and_function("X-role", "x-fn")),
    (
        "Create an IAM role (teff-role) that grants s3:* and link it to a lambda (teff-fn)",
        role_and_function("teff-role", "teff-fn"),
    ),
    ("Create role `millet-r` w/ S3FullAccess & lambda `millet-f`", role_and_function("millet-r", "millet-f")),
    ("Make lambda apple-1 and role apple-2, give apple-2 full access to S3", role_and_function("apple-2", "apple-1")),
    (
        "the lambda is to be named tef-fn, the role tef-role; S3 full access; please create both",
        role_and_function("tef-role", "tef-fn"),
    ),
    (
        "Would you make a Lambda function? It should be named tangelo and have a role with full access to S3.",
        role_and_function("~", "tangelo"),
    ),
    (
        "create role satsuma-r (S3 full) then lambda satsuma-f, python3.13, Tokyo",
        role_and_function("satsuma-r", "satsuma-f", runtime="python3.13", region="ap-northeast-1"),
    ),
    (
        "I want a role for Lambda with all S3 permissions; also create the Lambda function and link the two",
        role_and_function("~", "~"),
    ),
    (
        "Create a Lambda execution role with S3 full access and use it in a new function, region Ireland, node 20",
        role_and_function("~", "~", runtime="nodejs20.x", region="eu-west-1"),
    ),
    (
        "Create a Lambda called moss-fn. Its role should be called moss-role and have full S3 access.",
        role_and_function("moss-role", "moss-fn"),
    ),
    (
        "Make me an S3 full access role for Lambda, called tree-role, plus the Lambda itself, called tree-fn.",
        role_and_function("tree-role", "tree-fn"),
    ),
]

ROLES: list[tuple[str, str]] = [
    (
        "I need a role that Lambda can assume with DynamoDB read access, name it kumquat-r2",
        role_only("kumquat-r2", "AmazonDynamoDBReadOnlyAccess"),
    ),
    (
        "I need a role that Lambda can assume with DynamoDB read access, call it kumquat-r2",
        role_only("kumquat-r2", "AmazonDynamoDBReadOnlyAccess"),
    ),
    (
        "Create a role for EC2 with S3 read access. The role should be called ec2-reader-9.",
        role_only("ec2-reader-9", "AmazonS3ReadOnlyAccess", "ec2"),
    ),
    ("Make a role for lambda with full S3 access, role name: walnut_r", role_only("walnut_r")),
    ("new role harbor for EC2", role_only("harbor", "", "ec2")),
    ("an IAM role called tin.role.3 please, trusted by lambda, S3 full access", role_only("tin.role.3")),
    ("set up role 'iron-role' so that ec2 instances can read from S3",
     role_only("iron-role", "AmazonS3ReadOnlyAccess", "ec2")),
    ("I'd love a new IAM role (lead-role) that lambda functions can assume, with SQS full access",
     role_only("lead-role", "AmazonSQSFullAccess")),
]  # fmt: skip

BUCKETS: list[tuple[str, str]] = [
    ("I'd like a bucket kale-1 in Frankfurt", "create_s3_bucket(bucket_name=kale-1,region=eu-central-1)"),
    ("provision a bucket", "create_s3_bucket(bucket_name=~,region=us-east-1)"),
    ("mk bucket beet-2 us-west-2", "create_s3_bucket(bucket_name=beet-2,region=us-west-2)"),
    ("bucket leek-3 please, Ohio", "create_s3_bucket(bucket_name=leek-3,region=us-east-2)"),
    ("could I have a bucket called chard.data in Paris?", "create_s3_bucket(bucket_name=chard.data,region=eu-west-3)"),
    ("in eu-north-1 please create bucket turnip_no", "create_s3_bucket(bucket_name=turnip_no,region=eu-north-1)"),
    ("Bucket name: okra-5. Region: Tokyo. Create it.", "create_s3_bucket(bucket_name=okra-5,region=ap-northeast-1)"),
    ("Make a bucket (yam-6) in London", "create_s3_bucket(bucket_name=yam-6,region=eu-west-2)"),
    ("can I get a new bucket named pea-7", "create_s3_bucket(bucket_name=pea-7,region=us-east-1)"),
    ("lambda fennel-fn with python 3.12 using role fennel-role", "describe_iam_role(role_name=fennel-role)"),
    ("a lambda called cress-fn using the role cress-role, node 20", "describe_iam_role(role_name=cress-role)"),
]

USAGE, SIZES, LIST = "get_s3_usage()", "get_s3_bucket_sizes()", "list_s3_buckets()"
EC2 = "list_ec2_instances()"
OVERVIEW = f"{USAGE} {EC2} list_lambda_functions() list_iam_roles() get_cost_summary()"
QUESTIONS: list[tuple[str, str]] = [
    ("what's our storage footprint", USAGE),
    ("how full is S3", USAGE),
    ("GB in S3", USAGE),
    ("how many GB in S3?", USAGE),
    ("S3 consumption overall", USAGE),
    ("sum of all bucket sizes", USAGE),
    ("total bytes across all buckets", USAGE),
    ("what does everything in S3 weigh altogether", USAGE),
    ("how much stuff is sitting in S3 right now", USAGE),
    ("storage used in s3?", USAGE),
    ("rank my buckets", SIZES),
    ("rank my buckets by size", SIZES),
    ("bucket sizes please", SIZES),
    ("which bucket takes the most room", SIZES),
    ("what is the fattest bucket?", SIZES),
    ("order the buckets from big to small", SIZES),
    ("sort buckets by size", SIZES),
    ("top buckets by storage", SIZES),
    ("how much room does bucket-a.logs take", "get_s3_bucket_sizes(bucket_names=bucket-a.logs)"),
    ("got any boxes up?", "list_ec2_instances(states=running)"),
    ("list servers", EC2),
    ("instances by region", EC2),
    ("are any VMs stopped", "list_ec2_instances(states=stopped)"),
    ("is web-1 running?", EC2),
    ("anything switched on in Ohio?", "list_ec2_instances(regions=us-east-2,states=running)"),
    ("who can assume melon-role?", "describe_iam_role(role_name=melon-role)"),
    ("permissions of melon-role", "describe_iam_role(role_name=melon-role)"),
    ("show me role melon", "describe_iam_role(role_name=melon)"),
    ("what is melon-role allowed to do", "describe_iam_role(role_name=melon-role)"),
    ("what is the role /team/melon-role allowed to do?", "describe_iam_role(role_name=melon-role)"),
    ("who can assume team/melon-role?", "describe_iam_role(role_name=melon-role)"),
    ("permissions of arn:aws:iam::123456789012:role/team/melon-role", "describe_iam_role(role_name=melon-role)"),
    ("who can assume arn:aws:iam::123456789012:role/melon-role?", "describe_iam_role(role_name=melon-role)"),
    ("What policies does MelonRole carry?", "describe_iam_role(role_name=MelonRole)"),
    ("How's my AWS looking?", OVERVIEW),
    ("full status report of the account please", OVERVIEW),
    ("role app-role please", "describe_iam_role(role_name=app-role)"),
    ("what can team/ops-role do?", "describe_iam_role(role_name=ops-role)"),
    ("Can I get a list of buckets?", LIST),
    ("can i get a bucket list", LIST),
    ("buckets, roles and functions please", f"{LIST} list_iam_roles() list_lambda_functions()"),
    ("bucket foo-1 size please", "get_s3_bucket_sizes(bucket_names=foo-1)"),
    ("Some information on role ops-admin please", "describe_iam_role(role_name=ops-admin)"),
    ("provide an overview of the account", OVERVIEW),
    ("Is there a role called quartz?", "describe_iam_role(role_name=quartz)"),
]


@pytest.mark.parametrize(("wording", "steps"), ROLE_AND_FUNCTION, ids=[wording for wording, _ in ROLE_AND_FUNCTION])
def test_a_role_and_a_function_that_uses_it_are_one_plan(wording: str, steps: str) -> None:
    assert matches(steps, shown(ask(wording)))


@pytest.mark.parametrize(("wording", "calls"), ROLES, ids=[wording for wording, _ in ROLES])
def test_a_role_gets_its_name_from_anywhere_in_the_message(wording: str, calls: str) -> None:
    assert matches(calls, shown(ask(wording)))


@pytest.mark.parametrize(("wording", "calls"), BUCKETS, ids=[wording for wording, _ in BUCKETS])
def test_a_thing_is_ordered_with_few_words(wording: str, calls: str) -> None:
    assert matches(calls, shown(ask(wording)))


@pytest.mark.parametrize(("wording", "calls"), QUESTIONS, ids=[wording for wording, _ in QUESTIONS])
def test_a_question_is_read_in_anyones_words(wording: str, calls: str) -> None:
    assert shown(ask(wording)) == calls


POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'


@pytest.mark.parametrize(
    "wording",
    [
        "Is this policy dangerous? POLICY",
        "What would POLICY let someone do?",
        "POLICY",
        "```json\nPOLICY\n```",
        "```\nPOLICY\n```\nIs that too wide?",
        "POLICY\n\nWho could delete my buckets with this?",
        "Here is a policy: POLICY. Should I worry?",
        "My colleague wants to attach POLICY to a role. Is it safe?",
        "what can someone do with POLICY",
        "Review POLICY for me",
    ],
)
def test_a_policy_is_explained_with_any_words_around_it(wording: str) -> None:
    (call,) = ask(wording.replace("POLICY", POLICY)).calls
    assert call.name == "explain_policy_with_claude"
    assert json.loads(call.arguments["policy_json"]) == json.loads(POLICY)


@pytest.mark.parametrize("wording", ["Explain POLICY", "POLICY", "Is this policy dangerous? ```POLICY```"])
def test_a_policy_that_is_no_json_goes_to_the_tool_that_says_so(wording: str) -> None:
    broken = POLICY[:-1].replace('"Action": "s3:*",', '"Action": "s3:*"')
    (call,) = ask(wording.replace("POLICY", broken)).calls
    assert call.name == "explain_policy_with_claude"
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(call.arguments["policy_json"])
