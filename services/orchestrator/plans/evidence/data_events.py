"""The operations that CloudTrail's event history never shows: calls on data rather than on resources.

A trail can be told to record most of them, the event history cannot. One that is not in this table and not recorded
either shows as `missing`, which is no alarm.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html and, of calls that
make no event at all, each service's own page on CloudTrail.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_ON_DATA: Mapping[str, re.Pattern[str]] = {
    service: re.compile(operations)
    for service, operations in {
        "s3": r"(?:Get|Head|Put|Copy|Delete|Restore|Select|List|Write)Objects?(?!Lock)\w*|ListMultipartUploads"
        r"|ListParts|UploadPart\w*|\w+MultipartUpload|RenameObject",
        "s3tables": r"(?:Get|Put|Delete)TableData",
        "lambda": r"Invoke\w*",
        "dynamodb": r"\w*Item\w*|Query|Scan|\w*ExecuteStatement|Execute\w+|Transact\w+",
        "dax": r"\w*Item\w*|Query|Scan",
        "sqs": r"\w*Message(?:Batch|Visibility|VisibilityBatch)?",
        "sns": r"Publish(?:Batch)?",
        "kinesis": r"PutRecords?|GetRecords|GetShardIterator|SubscribeToShard",
        "firehose": r"PutRecord(?:Batch)?",
        "events": r"PutEvents",
        "cloudwatch": r"PutMetricData|GetMetricData|GetMetricStatistics",
        "logs": r"PutLogEvents|FilterLogEvents|GetLogEvents|StartLiveTail",
        "sesv2": r"SendEmail|SendBulkEmail",
        "ses": r"Send\w+Email",
        "stepfunctions": r"SendTask\w+|GetActivityTask",
        "bedrock-runtime": r"\w+",
        "bedrock-agent-runtime": r"\w+",
        "sagemaker-runtime": r"\w+",
        "sagemaker-featurestore-runtime": r"\w+",
        "ebs": r"\w+SnapshotBlocks?|\w+ChangedBlocks",
        "iot-data": r"\w+",
        "iot-jobs-data": r"\w+",
        "timestream-write": r"WriteRecords",
        "timestream-query": r"Query",
        "rds-data": r"\w+",
        "cognito-identity": r"Get\w+ForIdentity\w*|GetId|GetOpenIdToken\w*",
        "apigatewaymanagementapi": r"\w+",
        "xray": r"Put\w+|Get\w*Trace\w*|BatchGetTraces",
        "appconfigdata": r"\w+",
        "sdb": r"\w*Attributes|Select",
    }.items()
}


def is_data_event(service: str, operation: str) -> bool:
    """Whether the history never shows this operation, in botocore's and AWS's names."""
    on_data = _ON_DATA.get(service)
    return on_data is not None and on_data.fullmatch(operation) is not None
