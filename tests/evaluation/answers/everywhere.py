"""Questions over all of the organization's accounts, of which one does not let the assistant in."""

from __future__ import annotations

from sandbox.aws.account.contents import BUCKETS, INSTANCES
from sandbox.aws.account.organization import LEGACY, PROD, STAGING
from tests.evaluation.answers.question import Call, Question

_ALL_BUCKETS = (*BUCKETS, *PROD.buckets, *STAGING.buckets)
_ALL_INSTANCES = (*INSTANCES, *PROD.instances, *STAGING.instances)
_LARGEST = max(_ALL_BUCKETS, key=lambda bucket: bucket.size)

QUESTIONS = (
    Question(
        "How many EC2 instances are running in all accounts together?",
        (sum(one.state == "running" for one in _ALL_INSTANCES),),
        (Call("list_ec2_instances", {"states": ["running"]}),),
        gap=LEGACY.name,
        everywhere=True,
    ),
    Question(
        "Which bucket of all accounts is the largest, and how many bytes has it?",
        (_LARGEST.name, _LARGEST.size),
        (Call("get_s3_bucket_sizes", {}),),
        gap=LEGACY.name,
        everywhere=True,
    ),
    Question(
        "Which Lambda functions are there in account prod?",
        tuple(one.name for one in PROD.functions),
        (Call("list_lambda_functions", {"accounts": ["prod"]}),),
        everywhere=True,
    ),
    Question(
        "How many objects are in the buckets of account prod together?",
        (sum(len(bucket.objects) for bucket in PROD.buckets),),
        (Call("get_s3_usage", {"accounts": ["prod"]}),),
        everywhere=True,
    ),
)
