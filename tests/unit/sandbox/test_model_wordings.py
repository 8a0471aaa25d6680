"""What the sandbox's model calls for each of many ways to ask: names of tools and their arguments."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.model.calls.offer import Offer
from sandbox.model.planner import next_reply
from sandbox.model.types import Proposal, Step

SYSTEM = {
    "role": "system",
    "content": "You are AWS Assistant.\nAccount: 123456789012\nRegion: us-east-1\nRegions: us-east-1",
}
_DOCUMENT = {"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": True}]}
_LIST = {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}], "default": None}
_TEXT = {"type": "string"}


def schema(*required: str, **properties: Any) -> dict[str, Any]:
    every = dict.fromkeys(required, _TEXT) | properties
    return {"type": "object", "properties": every, "required": list(required), "additionalProperties": False}


SCHEMAS: dict[str, dict[str, Any]] = {
    "get_s3_usage": schema(),
    "get_s3_bucket_sizes": schema(bucket_names=_LIST),
    "list_s3_buckets": schema(),
    "count_s3_objects": schema("bucket_name", prefix=_TEXT),
    "list_ec2_instances": schema(regions=_LIST, states=_LIST),
    "list_lambda_functions": schema(regions=_LIST),
    "list_iam_roles": schema(path_prefix=_TEXT),
    "describe_iam_role": schema("role_name"),
    "get_caller_identity": schema(),
    "get_cost_summary": schema(period=_TEXT),
    "summarize_aws_usage": schema(),
    "explain_policy_with_claude": schema("policy_json"),
    "validate_policy": schema("policy_json", "kind"),
    "optimize_policy": schema("policy_json", "intent"),
    "create_s3_bucket": schema("bucket_name", "region"),
    "create_iam_role": schema("name", policy_document=_DOCUMENT, permissions=_DOCUMENT),
    "assign_policy_to_role": schema("role_name", "policy_arn"),
    "create_lambda_function": schema(
        "function_name", "runtime", "handler", "role_arn", zip_file_path=_TEXT, region=_TEXT
    ),
    "delete_s3_bucket": schema("bucket_name"),
    "delete_iam_role": schema("name"),
    "detach_policy_from_role": schema("role_name", "policy_arn"),
    "delete_lambda_function": schema("function_name", region=_TEXT),
    "propose_plan": {},
}
OFFER = Offer(SCHEMAS)

USAGE, SIZES, BUCKETS = "get_s3_usage()", "get_s3_bucket_sizes()", "list_s3_buckets()"
EC2, FUNCTIONS, ROLES = "list_ec2_instances()", "list_lambda_functions()", "list_iam_roles()"
WHO, COST = "get_caller_identity()", "get_cost_summary()"
OVERVIEW = f"{USAGE} {EC2} {FUNCTIONS} {ROLES} {COST}"


def ask(*user: str, offer: Offer = OFFER) -> Any:
    return next_reply([SYSTEM, *({"role": "user", "content": text} for text in user)], offer)


def shown(reply: Any) -> str:
    """The reply's calls as ``tool(key=value)``, a plan as ``plan[id:operation(…) …]``, or its text."""
    parts = []
    for call in reply.calls:
        if call.name == "propose_plan":
            steps = [f"{s['id']}:{_line(s['operation'], s['arguments'])}" for s in call.arguments["steps"]]
            parts.append(f"plan[{' '.join(steps)}]")
        else:
            parts.append(_line(call.name, call.arguments))
    return " ".join(parts) or f"TEXT: {reply.text}"


def _line(name: str, arguments: dict[str, Any]) -> str:
    return f"{name}({','.join(f'{key}={_short(value)}' for key, value in arguments.items())})"


def _short(value: Any) -> str:
    """Lists with bars, references with a dollar, and a trust policy as the principals it trusts."""
    if isinstance(value, list):
        return "|".join(value)
    if isinstance(value, dict) and "$from" in value:
        return f"${value['$from']}"
    if isinstance(value, dict) and "Principal" in value["Statement"][0]:
        principals = value["Statement"][0]["Principal"].values()
        return "+".join(str(each) for each in principals).replace(".amazonaws.com", "")
    return json.dumps(value) if isinstance(value, dict) else str(value).replace("arn:aws:iam::aws:policy/", "aws:")


READS: list[tuple[str, str]] = [
    # total S3 usage
    ("What is my total S3 usage?", USAGE),
    ("how much storage am I using in S3", USAGE),
    ("What do my buckets add up to?", USAGE),
    ("How much data do I have stored in S3 altogether?", USAGE),
    ("Total S3 storage please", USAGE),
    ("how many bytes do all my buckets hold together", USAGE),
    ("Tell me my overall S3 footprint", USAGE),
    ("How much space is all my stuff taking up in S3?", USAGE),
    ("what's the combined size of all my buckets", USAGE),
    ("How big is my S3 in total?", USAGE),
    ("How much am I storing?", USAGE),
    ("S3 usage", USAGE),
    ("give me the sum of the storage across every bucket", USAGE),
    ("How many objects do I have in S3 in total?", USAGE),
    ("how full is my S3?", USAGE),
    ("How many gigabytes of S3 storage do we consume?", USAGE),
    ("What amount of object storage does the account use?", USAGE),
    # sizes
    ("How big is each bucket?", SIZES),
    ("List the sizes of my buckets", SIZES),
    ("Which bucket is the biggest?", SIZES),
    ("what's my largest S3 bucket?", SIZES),
    ("Show me storage per bucket", SIZES),
    ("how much space does every bucket take up", SIZES),
    ("Break down S3 storage by bucket", SIZES),
    ("Which of my buckets takes the most space?", SIZES),
    ("smallest bucket?", SIZES),
    ("Do I have any empty buckets?", SIZES),
    ("how large are my buckets individually?", SIZES),
    ("give me the size of all buckets one by one", SIZES),
    ("How big are my buckets?", SIZES),
    ("Which bucket has the most objects?", SIZES),
    ("How big is the bucket data-lake-prod?", "get_s3_bucket_sizes(bucket_names=data-lake-prod)"),
    ("size of bucket `web.assets`", "get_s3_bucket_sizes(bucket_names=web.assets)"),
    ("How much does the photos bucket hold?", "get_s3_bucket_sizes(bucket_names=photos)"),
    ("how big is acme-logs-2024", "get_s3_bucket_sizes(bucket_names=acme-logs-2024)"),
    ("Tell me about the bucket named reports", "get_s3_bucket_sizes(bucket_names=reports)"),
    ("How big are the buckets raw-data and clean-data?", "get_s3_bucket_sizes(bucket_names=raw-data|clean-data)"),
    ("how much storage does 'team-backups' use?", "get_s3_bucket_sizes(bucket_names=team-backups)"),
    # lists
    ("List my buckets", BUCKETS),
    ("What buckets do I have?", BUCKETS),
    ("show all S3 buckets", BUCKETS),
    ("how many buckets are there?", BUCKETS),
    ("Which buckets exist in eu-west-1?", BUCKETS),
    ("Give me the names of all my S3 buckets", BUCKETS),
    ("Do I have any buckets in Frankfurt?", BUCKETS),
    ("what is my oldest bucket", BUCKETS),
    ("In which region is the bucket photo-archive?", BUCKETS),
    ("When was the bucket photo-archive created?", BUCKETS),
    ("Do I have a bucket called invoices-2023?", BUCKETS),
    ("please lsit my bukcets", BUCKETS),
    # objects
    ("How many objects are in the bucket data-lake?", "count_s3_objects(bucket_name=data-lake)"),
    ("count the files in photos-2023", "count_s3_objects(bucket_name=photos-2023)"),
    ("number of objects in bucket media", "count_s3_objects(bucket_name=media)"),
    ("How many files does my bucket acme.backup contain?", "count_s3_objects(bucket_name=acme.backup)"),
    (
        "How many objects are under logs/2024/ in bucket app-logs?",
        "count_s3_objects(bucket_name=app-logs,prefix=logs/2024/)",
    ),
    ("count objects with the prefix raw/ in data-lake", "count_s3_objects(bucket_name=data-lake,prefix=raw/)"),
    ("how many keys start with 'img-' in the bucket my-pics", "count_s3_objects(bucket_name=my-pics,prefix=img-)"),
    ("How many items are in s3://data-lake/raw/2024/?", "count_s3_objects(bucket_name=data-lake,prefix=raw/2024/)"),
    ("what's the object count of `static-site`", "count_s3_objects(bucket_name=static-site)"),
    # EC2
    ("Do I have any EC2 instances?", EC2),
    ("Are there any virtual machines in my account?", EC2),
    ("list my servers", EC2),
    ("what VMs do I have", EC2),
    ("show me all the boxes", EC2),
    ("How many EC2 instances do I have?", EC2),
    ("Any compute instances around?", EC2),
    ("what ec2 machines exist", EC2),
    ("How many instances are running?", "list_ec2_instances(states=running)"),
    ("any servers running?", "list_ec2_instances(states=running)"),
    ("Which instances are stopped?", "list_ec2_instances(states=stopped)"),
    ("Is anything running on EC2 in Ireland?", "list_ec2_instances(regions=eu-west-1,states=running)"),
    ("List EC2 instances in us-west-2", "list_ec2_instances(regions=us-west-2)"),
    ("Show the VMs in Frankfurt and Tokyo", "list_ec2_instances(regions=eu-central-1|ap-northeast-1)"),
    ("how many virtual servers in N. Virginia are up?", "list_ec2_instances(regions=us-east-1,states=running)"),
    ("stopped machines in Ohio?", "list_ec2_instances(regions=us-east-2,states=stopped)"),
    (
        "Which instances are not running?",
        "list_ec2_instances(states=pending|stopping|stopped|shutting-down|terminated)",
    ),
    ("do i hav any ec2 instnaces in sydney", "list_ec2_instances(regions=ap-southeast-2)"),
    ("What are the public IPs of my instances?", EC2),
    ("What type is my server web-1?", EC2),
    # Lambda
    ("List my Lambda functions", FUNCTIONS),
    ("What serverless functions do I have?", FUNCTIONS),
    ("how many lambdas are there", FUNCTIONS),
    ("Do I have any Lambda functions in eu-west-1?", "list_lambda_functions(regions=eu-west-1)"),
    ("show functions deployed in Singapore", "list_lambda_functions(regions=ap-southeast-1)"),
    ("Which runtime does the function resize-images use?", FUNCTIONS),
    ("which role does my lambda thumbnailer run with?", FUNCTIONS),
    ("Which of my functions run on Python?", FUNCTIONS),
    ("Which functions use the role lambda-exec?", FUNCTIONS),
    # roles
    ("List the IAM roles", ROLES),
    ("what roles do I have", ROLES),
    ("how many IAM roles exist?", ROLES),
    ("show roles under /service-role/", "list_iam_roles(path_prefix=/service-role/)"),
    ("Describe the role data-pipeline", "describe_iam_role(role_name=data-pipeline)"),
    ("who may assume LambdaExec?", "describe_iam_role(role_name=LambdaExec)"),
    ("What can the role ci-deployer do?", "describe_iam_role(role_name=ci-deployer)"),
    ("tell me about the AppServerRole role", "describe_iam_role(role_name=AppServerRole)"),
    ("which policies are attached to ops-admin", "describe_iam_role(role_name=ops-admin)"),
    ("what permissions does the auditor role have?", "describe_iam_role(role_name=auditor)"),
    ("Show details of IAM role `billing_reader`", "describe_iam_role(role_name=billing_reader)"),
    ("Describe arn:aws:iam::123456789012:role/team/ops-admin", "describe_iam_role(role_name=ops-admin)"),
    ("who is trusted by the role deployer?", "describe_iam_role(role_name=deployer)"),
    ("Can you look up role Reporting for me?", "describe_iam_role(role_name=Reporting)"),
    ("What is the trust policy of the billing role?", "describe_iam_role(role_name=billing)"),
    ("when was the role backup-runner last used", "describe_iam_role(role_name=backup-runner)"),
    # cost
    ("What did I spend last month?", "get_cost_summary(period=last_month)"),
    ("how much is my bill", COST),
    ("What are my costs this month?", COST),
    ("top services by cost", COST),
    ("How much did AWS charge me over the last 3 months?", "get_cost_summary(period=last_3_months)"),
    ("show spending for the past half year", "get_cost_summary(period=last_6_months)"),
    ("What did we pay in the last year?", "get_cost_summary(period=last_12_months)"),
    ("Which service is the most expensive?", COST),
    ("how much money am I burning on S3", COST),
    ("What does my Lambda usage cost?", COST),
    ("AWS invoice for the previous month", "get_cost_summary(period=last_month)"),
    # identity
    ("Who am I?", WHO),
    ("which AWS account am I using?", WHO),
    ("What's my account number?", WHO),
    ("what identity are you using", WHO),
    ("as whom am I logged in?", WHO),
    ("what is the account id", WHO),
    ("Which role am I using right now?", WHO),
    # overview
    ("Summarize my AWS usage", OVERVIEW),
    ("Give me an overview of my account", OVERVIEW),
    ("I'd like a report on my AWS account", OVERVIEW),
    ("What's in my account?", OVERVIEW),
    ("what am I running in AWS", OVERVIEW),
    ("quick rundown of everything I use in AWS", OVERVIEW),
    ("summarise what I have in the cloud", OVERVIEW),
    ("Show me the big picture of my AWS account", OVERVIEW),
    # several at once
    ("How many buckets and lambda functions do I have?", f"{BUCKETS} {FUNCTIONS}"),
    ("List my roles, buckets and EC2 instances", f"{ROLES} {BUCKETS} {EC2}"),
    ("Who am I, and what did I spend last month?", f"{WHO} get_cost_summary(period=last_month)"),
    ("What is my total S3 usage and which instances are running?", f"{USAGE} list_ec2_instances(states=running)"),
    (
        "How many instances in Ireland and functions in Ohio?",
        "list_ec2_instances(regions=eu-west-1) list_lambda_functions(regions=us-east-2)",
    ),
    (
        "How big is the bucket logs-a? And who may assume the role app-role?",
        "get_s3_bucket_sizes(bucket_names=logs-a) describe_iam_role(role_name=app-role)",
    ),
    ("What buckets do I have and how big are they?", SIZES),
    ("which bucket eats up most of the storage", SIZES),
    ("Could you work out the total volume of data across my S3 buckets?", USAGE),
    ("Add up the sizes of all my buckets", USAGE),
    ("create a report of my S3 usage", USAGE),
    ("How is my AWS account doing?", OVERVIEW),
    ("Is there any instance switched off?", "list_ec2_instances(states=stopped)"),
    ("Show me the permissions of DataScientistRole", "describe_iam_role(role_name=DataScientistRole)"),
    ("tell me how many buckets I have", BUCKETS),
    ("Give me a bucket list", BUCKETS),
    # as other people put it
    ("Is mango-pulp actually empty?", "get_s3_bucket_sizes(bucket_names=mango-pulp)"),
    (
        "Could you compare heavy-papaya with zz.dotted.bucket for me?",
        "get_s3_bucket_sizes(bucket_names=heavy-papaya|zz.dotted.bucket)",
    ),
    (
        "how many pngs are there under q/ in kiwi-photos-2031?",
        "count_s3_objects(bucket_name=kiwi-photos-2031,prefix=q/)",
    ),
    ("Have we got anything running in Frankfurt?", "list_ec2_instances(regions=eu-central-1,states=running)"),
    ("is fra-2 running?", EC2),
    ("Are there EC2 boxes in Oregon, and if so are they on or off?", "list_ec2_instances(regions=us-west-2)"),
    ("What role does peach-worker run as?", FUNCTIONS),
    ("What's up in my AWS account overall?", OVERVIEW),
    # not to be taken for a change
    ("Don't delete anything, just list my buckets", BUCKETS),
    ("I don't want to create a bucket, only show the ones I have", BUCKETS),
    ("Which role was created last?", ROLES),
    ("How big is the bucket delete-me?", "get_s3_bucket_sizes(bucket_names=delete-me)"),
    ("Describe the role create-bucket-role", "describe_iam_role(role_name=create-bucket-role)"),
]

CHANGES: list[tuple[str, str]] = [
    (
        "we need somewhere to put invoices - can you make a bucket, guava-inv-55, in ap-northeast-2?",
        "create_s3_bucket(bucket_name=guava-inv-55,region=ap-northeast-2)",
    ),
    ("new bucket named zebra-4", "create_s3_bucket(bucket_name=zebra-4,region=us-east-1)"),
    ("Please do not delete bucket foo-1, delete bucket foo-2", "delete_s3_bucket(bucket_name=foo-2)"),
    ("Create a bucket. Call it pics-77. Put it in Ohio.", "create_s3_bucket(bucket_name=pics-77,region=us-east-2)"),
    ("Create a bucket named acme-logs in Frankfurt", "create_s3_bucket(bucket_name=acme-logs,region=eu-central-1)"),
    ("please make me a new S3 bucket called photos", "create_s3_bucket(bucket_name=photos,region=us-east-1)"),
    ("I need a bucket `team-data` in eu-west-1", "create_s3_bucket(bucket_name=team-data,region=eu-west-1)"),
    ("set up a bucket for backups named bk-77 in Tokyo", "create_s3_bucket(bucket_name=bk-77,region=ap-northeast-1)"),
    ("Could you create the bucket sales-2025?", "create_s3_bucket(bucket_name=sales-2025,region=us-east-1)"),
    ("I'd like a bucket called raw.data", "create_s3_bucket(bucket_name=raw.data,region=us-east-1)"),
    ("create bucket x-1 in us-west-2", "create_s3_bucket(bucket_name=x-1,region=us-west-2)"),
    (
        'spin up an S3 bucket named "web-assets-9" in Ireland',
        "create_s3_bucket(bucket_name=web-assets-9,region=eu-west-1)",
    ),
    ("Add a bucket named extra-1", "create_s3_bucket(bucket_name=extra-1,region=us-east-1)"),
    (
        "Let's provision a bucket, name it ml-training-data, region us-east-2",
        "create_s3_bucket(bucket_name=ml-training-data,region=us-east-2)",
    ),
    ("Delete the bucket old-logs", "delete_s3_bucket(bucket_name=old-logs)"),
    ("get rid of the temp bucket", "delete_s3_bucket(bucket_name=temp)"),
    ("Remove bucket `acme-old`", "delete_s3_bucket(bucket_name=acme-old)"),
    ("I want to delete the bucket named test-1", "delete_s3_bucket(bucket_name=test-1)"),
    ("tear down the bucket demo-x please", "delete_s3_bucket(bucket_name=demo-x)"),
    ("Delete the Lambda function resize", "delete_lambda_function(function_name=resize,region=us-east-1)"),
    ("drop lambda thumb-1 in eu-west-1", "delete_lambda_function(function_name=thumb-1,region=eu-west-1)"),
    ("Delete the role ci-bot", "describe_iam_role(role_name=ci-bot)"),
    (
        "Attach AmazonS3ReadOnlyAccess to the role app-role",
        "assign_policy_to_role(role_name=app-role,policy_arn=aws:AmazonS3ReadOnlyAccess)",
    ),
    (
        "Give the role data-reader read access to S3",
        "assign_policy_to_role(role_name=data-reader,policy_arn=aws:AmazonS3ReadOnlyAccess)",
    ),
    (
        "grant DynamoDB full access to role worker",
        "assign_policy_to_role(role_name=worker,policy_arn=aws:AmazonDynamoDBFullAccess)",
    ),
    (
        "attach arn:aws:iam::123456789012:policy/my-pol to my-role",
        "assign_policy_to_role(role_name=my-role,policy_arn=arn:aws:iam::123456789012:policy/my-pol)",
    ),
    (
        "add the Lambda basic execution policy to the role fn-role",
        "assign_policy_to_role(role_name=fn-role,policy_arn=aws:service-role/AWSLambdaBasicExecutionRole)",
    ),
    (
        "Allow the role uploader to write to SQS",
        "assign_policy_to_role(role_name=uploader,policy_arn=aws:AmazonSQSFullAccess)",
    ),
    ("Detach AmazonS3FullAccess from role app-role", "describe_iam_role(role_name=app-role)"),
    ("Remove the AmazonS3FullAccess policy from the role app-role", "describe_iam_role(role_name=app-role)"),
    (
        "Create a Lambda function called resize with python 3.12 using the role lambda-exec",
        "describe_iam_role(role_name=lambda-exec)",
    ),
    (
        "Create a Lambda function hello-fn with role arn:aws:iam::123456789012:role/exec, "
        "runtime nodejs20.x and handler index.handler",
        "create_lambda_function(function_name=hello-fn,runtime=nodejs20.x,handler=index.handler,"
        "role_arn=arn:aws:iam::123456789012:role/exec,region=us-east-1)",
    ),
]


@pytest.mark.parametrize(("wording", "expected"), READS, ids=[wording for wording, _ in READS])
def test_a_question_leads_to_the_tool_that_answers_it(wording: str, expected: str) -> None:
    assert shown(ask(wording)) == expected


@pytest.mark.parametrize(("wording", "expected"), CHANGES, ids=[wording for wording, _ in CHANGES])
def test_a_wish_for_a_single_change_leads_to_its_function(wording: str, expected: str) -> None:
    assert shown(ask(wording)) == expected


FUNCTION = "runtime=python3.12,handler=lambda_function.lambda_handler,role_arn=$role.arn,region=us-east-1"
BASIC = "assign_policy_to_role(role_name=$role.role_name,policy_arn=aws:service-role/AWSLambdaBasicExecutionRole)"
S3_READ = "assign_policy_to_role(role_name=$role.role_name,policy_arn=aws:AmazonS3ReadOnlyAccess)"
S3_FULL = "assign_policy_to_role(role_name=$role.role_name,policy_arn=aws:AmazonS3FullAccess)"

PLANS: list[tuple[str, str]] = [
    (
        "Give me a role that Lambda can assume with full S3 access, name it kumquat-role, then build a function "
        "kumquat-fn with that role",
        f"role:create_iam_role(name=kumquat-role,policy_document=lambda) policy:{S3_FULL} "
        f"function:create_lambda_function(function_name=kumquat-fn,{FUNCTION})",
    ),
    (
        "crate an iam role caled melon-role for lambda wiht s3 full acess and hook it to a new lamda function melon-fn",
        f"role:create_iam_role(name=melon-role,policy_document=lambda) policy:{S3_FULL} "
        f"function:create_lambda_function(function_name=melon-fn,{FUNCTION})",
    ),
    (
        "Cut me an IAM role lily-role with full S3 permissions and wire it up to a lambda lily-fn",
        f"role:create_iam_role(name=lily-role,policy_document=lambda) policy:{S3_FULL} "
        f"function:create_lambda_function(function_name=lily-fn,{FUNCTION})",
    ),
    (
        "Create an IAM role named img-role that has read-only access to S3 and attach it to a new Lambda function "
        "called img-resizer",
        f"role:create_iam_role(name=img-role,policy_document=lambda) policy:{S3_READ} "
        f"function:create_lambda_function(function_name=img-resizer,{FUNCTION})",
    ),
    (
        "Set up a Lambda function named hello",
        f"role:create_iam_role(name=hello-role,policy_document=lambda) policy:{BASIC} "
        f"function:create_lambda_function(function_name=hello,{FUNCTION})",
    ),
    (
        "Make a role rl-1 which Lambda can assume with S3 full access, then create a function thumb-maker that uses it",
        f"role:create_iam_role(name=rl-1,policy_document=lambda) policy:{S3_FULL} "
        f"function:create_lambda_function(function_name=thumb-maker,{FUNCTION})",
    ),
    (
        "Create a role named ec2-reader that EC2 can assume with S3 read-only access",
        f"role:create_iam_role(name=ec2-reader,policy_document=ec2) policy:{S3_READ}",
    ),
    (
        "create two buckets named a-1 and b-2 in Ireland",
        "bucket:create_s3_bucket(bucket_name=a-1,region=eu-west-1) "
        "bucket2:create_s3_bucket(bucket_name=b-2,region=eu-west-1)",
    ),
    (
        "Create a bucket named data-x and a role named role-x with read access to S3",
        "bucket:create_s3_bucket(bucket_name=data-x,region=us-east-1) "
        f"role:create_iam_role(name=role-x,policy_document=lambda) policy:{S3_READ}",
    ),
    (
        "Delete the buckets x-1 and y-2",
        "bucket:delete_s3_bucket(bucket_name=x-1) bucket2:delete_s3_bucket(bucket_name=y-2)",
    ),
    (
        "Attach S3 read-only and SQS full access to the role worker",
        "policy:assign_policy_to_role(role_name=worker,policy_arn=aws:AmazonS3ReadOnlyAccess) "
        "policy_2:assign_policy_to_role(role_name=worker,policy_arn=aws:AmazonSQSFullAccess)",
    ),
]


@pytest.mark.parametrize(("wording", "steps"), PLANS, ids=[wording for wording, _ in PLANS])
def test_a_wish_of_several_steps_becomes_one_plan(wording: str, steps: str) -> None:
    assert shown(ask(wording)) == f"plan[{steps}]"


def test_a_role_attached_to_a_function_gets_names_of_its_own_where_none_are_given() -> None:
    wording = "Create a role with S3 full access and attach it to a Lambda function"
    first, again, second = ask(wording), ask(wording), ask(wording, "please")
    steps = {step["operation"]: step["arguments"] for step in first.calls[0].arguments["steps"]}
    assert list(steps) == ["create_iam_role", "assign_policy_to_role", "create_lambda_function"]
    assert steps["create_iam_role"]["name"].startswith("assistant-lambda-s3-role-")
    assert steps["create_lambda_function"]["role_arn"] == {"$from": "role.arn"}
    assert second.calls == () or second.calls != first.calls
    other = {step["operation"]: step["arguments"] for step in again.calls[0].arguments["steps"]}
    assert other["create_iam_role"]["name"] != steps["create_iam_role"]["name"]  # that one may exist by now


NO_CHANGE = [
    "How do I create a bucket?",
    "What happens if I delete the bucket logs-1?",
    "Can you create buckets?",
    "Delete all my buckets",
    "Never delete the bucket logs-1!",
    "Enable versioning on bucket acme-logs",
    "Terminate instance i-0123456789abcdef0",
    "Undo that",
    "What's the weather in Paris?",
    "Write me a poem about clouds",
]


@pytest.mark.parametrize("wording", NO_CHANGE)
def test_what_orders_no_change_it_can_make_proposes_none(wording: str) -> None:
    changes = {
        "propose_plan",
        *(name for name in SCHEMAS if name.split("_")[0] in ("create", "delete", "assign", "detach")),
    }
    assert not {call.name for call in ask(wording).calls} & changes


@pytest.mark.parametrize("wording", ["What's the weather in Paris?", "Rename bucket a-1 to b-1", "Write me a poem"])
def test_what_it_cannot_do_it_says(wording: str) -> None:
    reply = ask(wording)
    assert reply.calls == ()
    assert "I can't do that here" in reply.text


POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'


@pytest.mark.parametrize(
    ("wording", "tool"),
    [
        (f"Explain this IAM policy {POLICY}", "explain_policy_with_claude"),
        (f"What does this allow?\n```json\n{POLICY}\n```", "explain_policy_with_claude"),
        (f"{POLICY} in plain English please", "explain_policy_with_claude"),
        (f"Is this policy valid? {POLICY}", "validate_policy"),
        (f"Tighten this policy to least privilege: {POLICY}", "optimize_policy"),
    ],
)
def test_a_policy_in_a_message_goes_to_the_advisor(wording: str, tool: str) -> None:
    (call,) = ask(wording).calls
    assert call.name == tool
    assert json.loads(call.arguments["policy_json"]) == json.loads(POLICY)


def test_words_inside_a_policy_or_a_name_order_nothing() -> None:
    policy = POLICY.replace("s3:*", "iam:DeleteRole")
    assert [call.name for call in ask(f"Explain {policy}").calls] == ["explain_policy_with_claude"]
    assert (
        shown(ask("How big is the bucket `delete-bucket-now`?"))
        == "get_s3_bucket_sizes(bucket_names=delete-bucket-now)"
    )


def test_without_a_region_it_asks_for_one() -> None:
    reply = next_reply([{"role": "user", "content": "Create a bucket named acme-1"}], OFFER)
    assert reply.calls == ()
    assert "Which region" in reply.text


def test_a_tool_that_is_not_offered_is_not_called() -> None:
    reply = ask("List my Lambda functions", offer=Offer({"get_s3_usage": {}}))
    assert reply.calls == ()
    assert "list_lambda_functions" in reply.text


def test_with_only_a_plan_on_offer_a_single_change_is_a_plan_and_documents_are_text() -> None:
    offer = Offer({"propose_plan": {}})
    assert shown(ask("Create a bucket named acme-1", offer=offer)).startswith("plan[bucket:create_s3_bucket(")
    (call,) = ask("Create a role named r-1 for EC2", offer=offer).calls
    assert json.loads(call.arguments["steps"][0]["arguments"]["policy_document"])["Statement"]


def test_with_only_direct_functions_several_steps_are_several_calls() -> None:
    offer = Offer({name: each for name, each in SCHEMAS.items() if name != "propose_plan"})
    reply = ask("Create a Lambda function named hello", offer=offer)
    assert [call.name for call in reply.calls] == ["create_iam_role", "assign_policy_to_role", "create_lambda_function"]
    assert reply.calls[1].arguments["role_name"] == "hello-role"
    assert reply.calls[2].arguments["role_arn"] == "arn:aws:iam::123456789012:role/hello-role"


def test_a_document_is_written_as_the_schema_wants_it() -> None:
    schemas = SCHEMAS | {"create_iam_role": schema("name", "policy_document")}
    (call,) = ask("Create a role named r-1 for EC2", offer=Offer(schemas)).calls
    assert json.loads(call.arguments["policy_document"])["Statement"][0]["Principal"] == {
        "Service": "ec2.amazonaws.com"
    }


def test_a_wish_may_be_renamed_before_anything_came_of_it() -> None:
    reply = ask("Stand up a bucket called lychee-1 in London", "Actually, call it lychee-2 instead")
    assert shown(reply) == "create_s3_bucket(bucket_name=lychee-2,region=eu-west-2)"


def test_one_stands_for_the_noun_before_it() -> None:
    reply = ask("How many buckets have we got? Also please create one named grape-9 in us-west-2.")
    assert shown(reply) in (BUCKETS, "create_s3_bucket(bucket_name=grape-9,region=us-west-2)")
    assert "can't" not in reply.text


def test_a_plans_operations_and_their_objects_are_read_from_its_signatures() -> None:
    listed = "One of these:\ncreate_iam_role(name, policy_document: {}, permissions?: {}): Create it\ndelete_x(name)"
    step = {"operation": {"type": "string", "description": listed}, "arguments": {"type": "object"}}
    steps = {"type": "array", "items": {"properties": step}}
    offer = Offer({"propose_plan": {"properties": {"steps": steps}}})
    assert offer.can_change("create_iam_role")
    assert not offer.can_change("delete_iam_role")
    document = {"Version": "2012-10-17", "Statement": []}
    proposal = Proposal((Step("role", "create_iam_role", {"name": "r", "policy_document": document}),), goal="A role")
    (call,) = offer.calls_for(proposal)
    assert call.arguments["steps"][0]["arguments"]["policy_document"] == document
