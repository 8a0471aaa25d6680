"""Whose permissions count: the caller's, with the session's policy; and how its handlers' calls look in CloudTrail."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

QUEUE, GROUP = "AWS::SQS::Queue", "AWS::Logs::LogGroup"
OPERATIONS = [f"cloudformation:{name}Resource" for name in ("Create", "Get", "Update", "Delete")]
ASK = {"Effect": "Allow", "Action": [*OPERATIONS, "cloudformation:*Request*", "cloudformation:List*"], "Resource": "*"}
QUEUES = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}


def test_who_may_not_ask_is_denied_by_the_call(aws: Any, control_of: Any) -> None:
    control = control_of(aws.new_user("may-not-ask", QUEUES))
    with pytest.raises(ClientError) as raised:
        control.create(QUEUE, {"QueueName": "not-asked"})
    error = raised.value.response["Error"]
    assert error["Code"] == "AccessDeniedException"
    assert "cloudformation:CreateResource on resource: arn:aws:cloudformation:eu-west-1:" in error["Message"]


def test_who_may_ask_and_not_do_gets_a_request_that_failed(aws: Any, control_of: Any) -> None:
    control = control_of(aws.new_user("may-only-ask", ASK))
    event = control.create(QUEUE, {"QueueName": "only-asked"})
    assert (event["OperationStatus"], event["ErrorCode"]) == ("FAILED", "AccessDenied")
    assert "user/may-only-ask is not authorized to perform: sqs:" in event["StatusMessage"]


def test_a_read_that_the_caller_may_not_do_is_denied_by_the_call(aws: Any, control: Any, control_of: Any) -> None:
    control.made(GROUP, {"LogGroupName": "not-yours"})
    with pytest.raises(ClientError) as raised:
        control_of(aws.new_user("may-not-read", ASK)).get(GROUP, "not-yours")
    error = raised.value.response["Error"]
    assert error["Code"] == "AccessDeniedException"
    assert "HandlerErrorCode: AccessDenied" in error["Message"]


def test_the_session_policy_of_the_caller_limits_its_handlers(aws: Any, control_of: Any) -> None:
    name = f"arn:aws:sqs:eu-west-1:{aws.admin('sts').get_caller_identity()['Account']}:mine"
    only_mine = json.dumps(
        {"Version": "2012-10-17", "Statement": [ASK, {"Effect": "Allow", "Action": "sqs:*", "Resource": name}]}
    )
    user = aws.new_user("with-session", ASK, QUEUES, {"Effect": "Allow", "Action": "sts:*", "Resource": "*"})
    session = aws.client("sts", user).get_federation_token(Name="narrow", Policy=only_mine)["Credentials"]
    control = control_of(session)
    assert control.create(QUEUE, {"QueueName": "mine"})["OperationStatus"] == "SUCCESS"
    other = control.create(QUEUE, {"QueueName": "yours"})
    assert (other["OperationStatus"], other["ErrorCode"]) == ("FAILED", "AccessDenied")


def test_policies_can_tell_calls_by_way_of_cloud_control(aws: Any, control_of: Any) -> None:
    via = {"ForAnyValue:StringEquals": {"aws:CalledVia": ["cloudformation.amazonaws.com"]}}
    keys = aws.new_user("only-by-way", ASK, {**QUEUES, "Condition": via})
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client("sqs", keys, "eu-west-1").create_queue(QueueName="directly")
    assert control_of(keys).create(QUEUE, {"QueueName": "by-way"})["OperationStatus"] == "SUCCESS"


def test_a_client_cannot_pretend_to_be_a_service(aws: Any) -> None:
    via = {"Bool": {"aws:ViaAWSService": "true"}}
    keys = aws.new_user("pretends", {**QUEUES, "Condition": via})
    client = aws.client("sqs", keys)
    headers = {
        "Sandbox-Invoked-By": "cloudformation.amazonaws.com",
    }
    client.meta.events.register("before-call", lambda params, **_: params["headers"].update(headers))
    with pytest.raises(ClientError, match="AccessDenied"):
        client.create_queue(QueueName="pretended")


def test_a_role_that_is_passed_acts_instead_of_the_caller_who_must_be_allowed_to_pass_it(
    aws: Any, control_of: Any
) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam = aws.admin("iam")
    role = iam.create_role(RoleName="for-cloud-control", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    queues = json.dumps({"Version": "2012-10-17", "Statement": [QUEUES]})
    iam.put_role_policy(RoleName="for-cloud-control", PolicyName="queues", PolicyDocument=queues)
    control = control_of(aws.new_user("may-not-pass", ASK))
    with pytest.raises(ClientError, match="iam:PassRole"):
        control.create(QUEUE, {"QueueName": "not-passed"}, RoleArn=role)
    passing = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
    control = control_of(aws.new_user("may-pass-on", ASK, passing))
    assert control.create(QUEUE, {"QueueName": "passed"}, RoleArn=role)["OperationStatus"] == "SUCCESS"
    with pytest.raises(ClientError, match="cannot be assumed"):
        control.create(QUEUE, {"QueueName": "not-trusted"}, RoleArn=aws.role_arn)


def look_up(aws: Any, name: str, region: str = "eu-west-1") -> list[dict[str, Any]]:
    """The records of a user, oldest first; asked as an SDK does, again where it is throttled."""
    client = boto3.client(
        "cloudtrail",
        region_name=region,
        endpoint_url=aws.endpoint,
        aws_access_key_id=aws.state["admin"]["access_key_id"],
        aws_secret_access_key=aws.state["admin"]["secret_access_key"],
        config=Config(retries={"mode": "standard", "total_max_attempts": 20}),
    )
    events = client.lookup_events(LookupAttributes=[{"AttributeKey": "Username", "AttributeValue": name}])["Events"]
    return [json.loads(one["CloudTrailEvent"]) for one in reversed(events)]


def test_cloudtrail_has_the_call_under_its_request_id_and_the_handlers_calls_under_others(
    aws: Any, control_of: Any
) -> None:
    control = control_of(aws.new_user("seen-in-trail", ASK, QUEUES))
    asked = control.cc.create_resource(TypeName=QUEUE, DesiredState='{"QueueName": "seen"}')
    control.ended(asked)
    records = look_up(aws, "seen-in-trail")
    own = next(one for one in records if one["eventName"] == "CreateResource")
    made = next(one for one in records if one["eventName"] == "CreateQueue")
    assert own["requestID"] == asked["ResponseMetadata"]["RequestId"]
    assert (own["eventSource"], own["sourceIPAddress"]) == ("cloudcontrolapi.amazonaws.com", "127.0.0.1")
    assert "invokedBy" not in own["userIdentity"]
    assert own["requestParameters"]["typeName"] == QUEUE
    assert made["userIdentity"]["invokedBy"] == "cloudformation.amazonaws.com"
    assert (made["sourceIPAddress"], made["userAgent"]) == ("cloudformation.amazonaws.com",) * 2
    assert made["userIdentity"]["userName"] == "seen-in-trail"
    ids = [one["requestID"] for one in records]
    assert len(ids) == len(set(ids))


def test_a_denial_in_a_handler_is_in_cloudtrail_with_its_error(aws: Any, control_of: Any) -> None:
    control_of(aws.new_user("denied-in-trail", ASK)).create(GROUP, {"LogGroupName": "denied-in-trail"})
    record = next(one for one in look_up(aws, "denied-in-trail") if one["eventName"] == "CreateLogGroup")
    assert record["errorCode"] == "AccessDeniedException"
    assert "is not authorized to perform: logs:CreateLogGroup" in record["errorMessage"]
    assert record["userIdentity"]["invokedBy"] == "cloudformation.amazonaws.com"


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("s3", "create_bucket", {"Bucket": "id-of-a-request"}),
        ("iam", "list_roles", {}),
        ("ec2", "describe_instances", {}),
        ("sqs", "list_queues", {}),
        ("lambda", "list_functions", {}),
        ("sts", "get_caller_identity", {}),
        ("rds", "describe_db_instances", {}),
        ("dynamodb", "list_tables", {}),
    ],
)
def test_the_request_id_of_an_answer_is_the_one_in_cloudtrail_and_in_the_log(
    aws: Any, service: str, operation: str, parameters: dict[str, Any]
) -> None:
    name = f"id-{service}-{operation.replace('_', '-')}"
    keys = aws.new_user(name, {"Effect": "Allow", "Action": "*", "Resource": "*"})
    answer = getattr(aws.client(service, keys), operation)(**parameters)
    request_id = answer["ResponseMetadata"]["RequestId"]
    lines = [json.loads(line) for line in aws.log.read_text().splitlines()]
    assert [one["request_id"] for one in lines if one.get("principal", "").endswith(f"user/{name}")] == [request_id]
    assert [one["requestID"] for one in look_up(aws, name, "us-east-1")] == [request_id]
