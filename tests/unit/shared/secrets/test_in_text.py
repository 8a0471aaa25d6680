"""Keys and tokens are recognised in whatever a person wraps them; ordinary messages are not taken for them."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import string
from pathlib import Path

import pytest

from shared.secrets.in_text import find, find_in_value

KEY_ID = "AKIAQWERTYUIOPASDFGH"
SECRET = "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"
SESSION_TOKEN = "IQoJb3JpZ2luX2VjE" + "aB3/" * 60 + "=="
OWN_TOKEN = "DqqNC8hT3_xkWz0vR7bYuE5aLm9sPfJ2gQc4iXoV1nK"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
PEM = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEA7bq" * 4 + "\n-----END RSA PRIVATE KEY-----"
AWS_KEY, OWN, MODEL = "an AWS secret access key", "a session's token", "a model provider's key"
BASE64 = string.ascii_letters + string.digits + "+/"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"my key is {KEY_ID} and {SECRET}, list my buckets", AWS_KEY),
        (f"Access key ID,Secret access key\n{KEY_ID},{SECRET}", AWS_KEY),
        (f"{KEY_ID}/{SECRET}", AWS_KEY),
        (f"{KEY_ID}:{SECRET}", AWS_KEY),
        (f"use {SECRET}", AWS_KEY),
        (f"aws_secret_access_key={SECRET}", AWS_KEY),
        (f"export AWS_SECRET_ACCESS_KEY='{SECRET}'", AWS_KEY),
        (json.dumps({"SecretAccessKey": SECRET}).replace("/", "\\/"), AWS_KEY),
        (f"https://example.org/?key={SECRET.replace('/', '%2F')}", AWS_KEY),
        ("\u200b".join(SECRET), AWS_KEY),
        (f"token: {SESSION_TOKEN}", "an AWS session token"),
        (SESSION_TOKEN[:76] + "\n" + SESSION_TOKEN[76:], "an AWS session token"),
        (f"FwoGZXIvYXdzE{'aB3/' * 60}", "an AWS session token"),
        (f"Authorization: Bearer {OWN_TOKEN}", OWN),
        (f"`{OWN_TOKEN}` is my token", OWN),
        (PEM, "a private key"),
        (json.dumps(PEM), "a private key"),
        (PEM.replace("RSA ", "ENCRYPTED ").replace("\n", " "), "a private key"),
        (f"here {JWT}", "a JSON web token"),
        ("sk-proj-aB3dE5gH7jK9mN1pQ3sT5vW7yZ9b", MODEL),
        ("sk-ant-api03-aB3dE5gH7jK9mN1pQ3sT5vW7yZ9b-xyz", MODEL),
        ("OPENAI_API_KEY=sk-0123456789abcdef0123456789abcdef", MODEL),
        ("ghp_" + "a1B2" * 9, "a key of another provider"),
        ("AIza" + "a1B2c" * 7, "a key of another provider"),
        ("ABSK" + "a1B2" * 20, "an Amazon Bedrock API key"),
        ("curl -H 'Authorization: Bearer abcDEF123ghiJKL456mno'", "a bearer token"),
        ("Authorization: Basic dXNlcjpwYXNzd29yZA==", "a password in a header"),
        ("connect to postgres://app:hunter2x@db.internal/prod", "a password in a URL"),
        ("https://b.s3.amazonaws.com/k?X-Amz-Signature=" + "0f" * 32, "a presigned URL"),
    ],
)
def test_a_secret_is_recognised(text: str, kind: str) -> None:
    assert find(text) == kind


POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "AllowReadOfReportsAndInvoicesInEuCentral1ForAnalysts2026",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "ec2messages:GetMessages", "elasticfilesystem:DescribeFileSystems"],
            "Resource": "arn:aws:s3:::acme-data-lake-eu-central-1/AWSLogs/123456789012/Config/eu-central-1/*",
            "Condition": {"StringEquals": {"sts:ExternalId": hashlib.sha256(b"x").hexdigest()}},
        }
    ],
}


@pytest.mark.parametrize(
    "text",
    [
        "What is my total S3 usage?",
        "Create a role with S3 full access and attach it to a Lambda function",
        f"Whose access key is {KEY_ID}?",
        "AKIAIOSFODNN7EXAMPLE / wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY is in AWS's documentation",
        json.dumps(POLICY),
        json.dumps(json.dumps(POLICY)),
        "arn:aws:iam::123456789012:role/aws-service-role/AWSServiceRoleForAmazonEKSNodegroup",
        "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/Web-Prod-V2/50dc6c495c0c9188",
        "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        hashlib.sha256(b"digest").hexdigest(),
        f"sha256:{hashlib.sha256(b'image').hexdigest()}",
        hashlib.sha1(b"commit").hexdigest(),
        f"CodeSha256 is {base64.b64encode(hashlib.sha256(b'code').digest()).decode()}",
        "pln_0123456789abcdef0123 of trn_5fea13f1d8bac9d2285829a8 in cnv_7276211095d533040806b48d",
        "s3://acme-logs/AWSLogs/123456789012/CloudTrail/us-east-1/2026/11/22/file.json.gz",
        "AWSLogs/123456789012/CloudTrail/useast12",
        "My-App-Prod-Us-East-1-Blue-Green-Deploy-V2x",
        "BatchUpdateMemberEc2DeepInspectionStatus and InputUnionMember1DecisionInputSystemMessage",
        "InvalidS3UsEast1RegionalEndpointConfigError",
        "aws_secret_access_key has 40 characters of A-Z, a-z, 0-9, / and +: where do I find mine?",
        "How do I rotate the secret of the user deploy? My secret access key is lost.",
        "What does -----BEGIN PRIVATE KEY----- mean in a certificate file?",
        "the task sk-learn-training-pipeline-archive and bucket risk-assessment-2026-archive",
        "postgres://user:password@host/db and mysql://root:${DB_PASSWORD}@db and http://a:****@b",
        "http://127.0.0.1:8080/v1/plans/pln_0123456789abcdef0123/approve",
        "Bearer tokens are sent in the Authorization header of every request",
        "i-0abcd1234efgh5678 subnet-0bb1c79de3EXAMPLE ami-0abcdef1234567890",
        "Was kostet die Lambda-Funktion für Übersetzungen? 日本語のバケット名は？ 👩‍💻",
        base64.b64encode(b"a short text that somebody encoded").decode(),
        "4f8b2c9d-1e3a-4b5c-8d7e-6f9a0b1c2d3e, 550E8400-E29B-41D4-A716-446655440000",
        "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
        "Z2FDTNDATAQYW2 E2QWRUHAPOMQZL AROADBQP57FF2AEXAMPLE:Session_Name-2026.11",
    ],
)
def test_an_ordinary_message_is_no_secret(text: str) -> None:
    assert find(text) is None


def test_this_repositorys_own_text_has_no_secret() -> None:
    root = Path(__file__).parents[4]
    files = [*root.glob("docs/**/*.md"), *root.glob("services/**/*.py"), *root.glob("requirements/*.lock")]
    found = {file.name: kind for file in files if (kind := find(file.read_text()))}

    assert len(files) > 100
    assert found == {}


def test_nearly_every_random_key_is_recognised() -> None:
    randomness = random.Random(20261125)
    keys = ["".join(randomness.choices(BASE64, k=40)) for _ in range(1000)]

    assert sum(find(f"list my buckets with {key} please") is not None for key in keys) > 970
    assert sum(find(f"the secret is {key}") is not None for key in keys) > 990


def test_a_secret_is_found_wherever_it_is_in_a_value_and_the_place_does_not_repeat_it() -> None:
    value = {"goal": "g", "steps": [{"arguments": {"tags": [{"value": f"x {SECRET}"}]}}, {"arguments": {SECRET: 1}}]}

    assert find_in_value(value) == (AWS_KEY, ("steps", "1", "arguments"))
    del value["steps"][1]
    assert find_in_value(value) == (AWS_KEY, ("steps", "0", "arguments", "tags", "0", "value"))
    assert find_in_value(None) is None
    assert find_in_value([1, True, None, {"a": 1.5}, "no"]) is None
