"""The double's account outlives its process where it is kept, stopped or killed, and so do open sessions."""

import io
import json
import signal
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow  # a double that loads moto anew takes seconds, and here are five

TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


def package() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return 1\n")
    return buffer.getvalue()


def contents(double: Any, session: dict[str, str]) -> dict[str, Any]:
    """What was made below, as AWS tells it, times and ids included."""
    (queue,) = double.admin("sqs").list_queues()["QueueUrls"]
    reservations = double.admin("ec2", "eu-west-1").describe_instances()["Reservations"]
    return {
        "caller": double.client("sts", session).get_caller_identity()["Arn"],
        "buckets": double.admin("s3").list_buckets()["Buckets"],
        "object": double.admin("s3", "eu-west-1").get_object(Bucket="kept", Key="a")["Body"].read(),
        "role": {key: double.admin("iam").get_role(RoleName="kept")["Role"][key] for key in ("RoleId", "CreateDate")},
        "function": double.admin("lambda").get_function(FunctionName="kept")["Configuration"]["RevisionId"],
        "parameter": double.admin("ssm").get_parameter(Name="kept")["Parameter"]["Value"],
        "request": ask_for_parameter(double),
        "instances": [(i["InstanceId"], i["State"]["Name"]) for found in reservations for i in found["Instances"]],
        "table": double.admin("dynamodb").describe_table(TableName="kept")["Table"]["CreationDateTime"],
        "queue": queue.rsplit("/", 1)[-1],
        "keys": double.admin("kms").list_keys()["Keys"],
    }


def make(double: Any) -> dict[str, str]:
    session: dict[str, str] = double.user("sts").assume_role(RoleArn=double.role_arn, RoleSessionName="kept")[
        "Credentials"
    ]
    place = {"LocationConstraint": "eu-west-1"}
    double.admin("s3", "eu-west-1").create_bucket(Bucket="kept", CreateBucketConfiguration=place)
    double.admin("s3", "eu-west-1").put_object(Bucket="kept", Key="a", Body=b"hello")
    trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    role = double.admin("iam").create_role(RoleName="kept", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    code = {"ZipFile": package()}
    double.admin("lambda").create_function(
        FunctionName="kept", Runtime="python3.12", Role=role, Handler="app.handler", Code=code
    )
    image = "ami-0abcdef1234567890"
    double.admin("ec2", "eu-west-1").run_instances(ImageId=image, InstanceType="t3.nano", MinCount=1, MaxCount=1)
    double.admin("sqs").create_queue(QueueName="kept")
    key = {"AttributeName": "id", "KeyType": "HASH"}
    attribute = {"AttributeName": "id", "AttributeType": "S"}
    double.admin("dynamodb").create_table(
        TableName="kept", KeySchema=[key], AttributeDefinitions=[attribute], BillingMode="PAY_PER_REQUEST"
    )
    double.admin("kms").create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    ask_for_parameter(double)
    while ask_for_parameter(double)["OperationStatus"] != "SUCCESS":
        time.sleep(0.05)
    return session


def ask_for_parameter(double: Any) -> dict[str, Any]:
    """Make a parameter by Cloud Control, or hear how the making of it stands."""
    desired = json.dumps({"Name": "kept", "Type": "String", "Value": "only-in-the-account"})
    asked = double.admin("cloudcontrol").create_resource(
        TypeName="AWS::SSM::Parameter", DesiredState=desired, ClientToken="kept"
    )
    return dict(asked["ProgressEvent"])


def test_the_account_and_its_sessions_survive_a_kill_and_a_stop(
    tmp_path: Path, doubles: tuple[Callable[..., Any], Callable[..., int]]
) -> None:
    start, stop = doubles
    kept = str(tmp_path / "account")
    double = start(tmp_path, "--keep", kept, SANDBOX_ROLE_DELAY_SECONDS="0")
    session = make(double)
    made = contents(double, session)
    for end in (signal.SIGKILL, signal.SIGTERM):
        double.process.send_signal(end)
        double.process.wait(20)
        double.process.stdout.close()
        double = start(tmp_path, "--keep", kept, SANDBOX_ROLE_DELAY_SECONDS="0")
        assert contents(double, session) == made
    stop(double)
    for name in ("requests.jsonl", "events.jsonl"):
        assert "only-in-the-account" not in (tmp_path / "account" / name).read_text()


def test_an_account_that_cannot_be_read_starts_anew_and_says_so(
    tmp_path: Path, doubles: tuple[Callable[..., Any], Callable[..., int]]
) -> None:
    start, stop = doubles
    kept = tmp_path / "account"
    first = start(tmp_path, "--keep", str(kept))
    first.admin("iam").create_user(UserName="gone")
    stop(first)
    (found,) = kept.glob(f"iam@{first.state['account']}@*")
    found.write_bytes(found.read_bytes()[:1000])
    second = start(tmp_path, "--keep", str(kept))
    names = [user["UserName"] for user in second.admin("iam").list_users()["Users"]]
    assert "assistant-user" in names
    assert "gone" not in names
    assert len(second.user("s3").list_buckets()["Buckets"]) == 6
    stop(second)
