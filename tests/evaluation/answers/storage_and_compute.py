"""Questions that a tool of its own answers: buckets, instances, functions, roles, costs, who changed something."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sandbox.aws.account.contents import BUCKETS, FUNCTIONS, INSTANCES
from sandbox.aws.account.costs import daily_cost
from sandbox.aws.moto.patches import ACCOUNT_ID
from tests.evaluation.answers.question import Call, Question

_BY_NAME = {bucket.name: bucket for bucket in BUCKETS}
_LARGEST = max(BUCKETS, key=lambda bucket: bucket.size)
_RUNNING = [one.name for one in INSTANCES if one.state == "running"]
_STOPPED = [one.name for one in INSTANCES if one.state == "stopped"]
_EXISTING = [one for one in INSTANCES if one.state != "terminated"]


def _yesterday(service: str) -> tuple[str, ...]:
    """What a service cost yesterday, as it is and rounded."""
    today = datetime.now(UTC).date()
    amount = daily_cost(service, today - timedelta(days=1), today)
    return tuple(dict.fromkeys(str(amount.quantize(Decimal(step))) for step in ("0.001", "0.01")))


def _instances(*states: str) -> tuple[Call, ...]:
    return (Call("list_ec2_instances", {"states": list(states)} if states else {}),)


def _prefix(bucket: str, prefix: str = "") -> tuple[Call, ...]:
    return (Call("count_s3_objects", {"bucket_name": bucket} | ({"prefix": prefix} if prefix else {})),)


_STAGING = {
    "service": "ec2",
    "operation": "DescribeInstances",
    "parameters": {"Filters": [{"Name": "tag:Environment", "Values": ["staging"]}]},
}
_PYTHON = {
    "service": "lambda",
    "operation": "ListFunctions",
    "filter": "Functions[?starts_with(Runtime, 'python')].FunctionName",
}
_USAGE = (Call("get_s3_usage", {}),)
_SIZES = (Call("get_s3_bucket_sizes", {}),)
_LISTED = (Call("list_s3_buckets", {}),)
_LAMBDA = (Call("list_lambda_functions", {}),)
_COST = (Call("get_cost_summary", {"period": "yesterday"}),)

QUESTIONS = (
    Question("How many bytes do I store in S3 in total?", (sum(b.size for b in BUCKETS),), _USAGE),
    Question("How many objects are there in all my buckets together?", (sum(len(b.objects) for b in BUCKETS),), _USAGE),
    Question("Which bucket is the largest, and how many bytes has it?", (_LARGEST.name, _LARGEST.size), _SIZES),
    Question("How many S3 buckets do I have?", (len(BUCKETS),), _LISTED),
    Question(
        "Which of my buckets are in eu-west-1?", tuple(b.name for b in BUCKETS if b.region == "eu-west-1"), _LISTED
    ),
    Question(
        "How many objects and bytes are in the bucket acme-invoices-archive?",
        (len(_BY_NAME["acme-invoices-archive"].objects), _BY_NAME["acme-invoices-archive"].size),
        _prefix("acme-invoices-archive"),
    ),
    Question(
        "How many bytes are under raw/ in acme-data-lake?",
        (sum(size for key, size in _BY_NAME["acme-data-lake"].objects.items() if key.startswith("raw/")),),
        _prefix("acme-data-lake", "raw/"),
    ),
    Question("Which bucket is empty?", ("acme-staging-empty",), _SIZES),
    Question("How many EC2 instances are running?", (len(_RUNNING),), _instances("running")),
    Question(
        "Name the stopped instances, and only those.", tuple(_STOPPED), _instances("stopped"), without=tuple(_RUNNING)
    ),
    Question("What type is the instance etl-1?", ("c5.xlarge",), _instances()),
    Question(
        "In which regions do I have running instances?",
        tuple(dict.fromkeys(one.region for one in INSTANCES if one.state == "running")),
        _instances("running"),
    ),
    Question(
        "How many instances of type t3.micro are there?",
        (sum(one.instance_type == "t3.micro" for one in _EXISTING),),
        _instances(),
    ),
    Question(
        "Which instance has the tag Environment=staging?",
        ("batch-1",),
        (Call("read_aws", _STAGING),),
        without=("etl-1",),
    ),
    Question("How many Lambda functions do I have?", (len(FUNCTIONS),), _LAMBDA),
    Question(
        "Which functions run on Python? Name only those.",
        tuple(one.name for one in FUNCTIONS if one.runtime.startswith("python")),
        (Call("read_aws", _PYTHON),),
        without=tuple(one.name for one in FUNCTIONS if not one.runtime.startswith("python")),
    ),
    Question("Which function has the longest time-out, and how long is it?", ("invoice-renderer", 120), _LAMBDA),
    Question("How much memory has the function order-notifier?", (128,), _LAMBDA),
    Question(
        "Which policies are attached to the role web-server-role?",
        ("AmazonS3ReadOnlyAccess",),
        (Call("describe_iam_role", {"role_name": "web-server-role"}),),
    ),
    Question(
        "Which inline policy has the role data-pipeline-role?",
        ("TooPermissive",),
        (Call("describe_iam_role", {"role_name": "data-pipeline-role"}),),
    ),
    Question(
        "Who may assume the role lambda-basic-execution?",
        (("lambda.amazonaws.com", "Lambda"),),
        (Call("describe_iam_role", {"role_name": "lambda-basic-execution"}),),
    ),
    Question("Which AWS account is this?", (ACCOUNT_ID,), (Call("get_caller_identity", {}),)),
    Question("What did AWS Lambda cost yesterday?", (lambda: _yesterday("AWS Lambda"),), _COST),
    Question("Who stopped the instance batch-1?", ("jane",), (Call("who_changed", {"service": "ec2"}),)),
    Question(
        "Which role changed the function order-notifier last?",
        ("ci-deploy-role",),
        (Call("who_changed", {"resource": "order-notifier"}),),
    ),
    Question(
        "Did somebody try to delete the bucket acme-backups, and did it work?",
        ("jane", ("AccessDenied", "denied")),
        (Call("who_changed", {"resource": "acme-backups"}),),
    ),
)
