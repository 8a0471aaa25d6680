"""What a policy names is looked up in AWS's own data: offline, in bounded time, and never with a library's error."""

from __future__ import annotations

import re
import socket
import time
from pathlib import Path
from typing import Any

import iam_validator.checks
import pytest
from iam_validator.core.check_registry import PolicyCheck

from shared.access import action_data
from shared.iam.lint import services, vocabulary
from shared.iam.lint.linter import lint, refused
from shared.iam.policy_json import PolicyKind

ONE = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/*"}
ROLE = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def codes(document: object, kind: PolicyKind = "identity") -> dict[str, str]:
    return {one.code: one.severity for one in lint(document, kind)}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Action": "s3:GetObjects"}, "unknown_action"),
        ({"Action": "s3:Fetch*"}, "unknown_action"),
        ({"Action": "s4:GetObject"}, "unknown_action"),
        ({"Action": ["s3:GetObject", "s3:" + "*a" * 200]}, "unknown_action"),
        ({"Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos"}, "resource_mismatch"),
        ({"Action": "s3:ListBucket"}, "resource_mismatch"),
        ({"Action": "s3:ListAllMyBuckets"}, "resource_mismatch"),
        ({"Action": "s3:*", "Resource": "arn:aws:s3:::photos"}, "resource_mismatch"),
        ({"Action": "sqs:SendMessage", "Resource": "arn:aws:sns:*:*:topic"}, "resource_mismatch"),
        ({"Action": "dynamodb:Query", "Resource": "arn:aws:dynamodb:::table/orders"}, "resource_mismatch"),
        ({"Condition": {"StringEquals": {"s3:prefx": "a"}}}, "unknown_condition_key"),
        ({"Condition": {"StringEquals": {"aws:SourceIP4": "a"}}}, "unknown_condition_key"),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "300.0.0.0/8"}}}, "bad_condition_value"),
        ({"Condition": {"Bool": {"aws:SecureTransport": "perhaps"}}}, "bad_condition_value"),
        ({"Condition": {"NumericEquals": {"aws:PrincipalArn": "1"}}}, "condition_type_mismatch"),
        ({"Condition": {"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-1/*"}}}, "weak_condition"),
        ({"Condition": {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}}, "weak_condition"),
        ({"Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}, "weak_condition"),
    ],
)
def test_what_aws_does_not_have_is_found_and_refuses_nothing(change: dict[str, Any], code: str) -> None:
    document = policy({**ONE, **change})
    assert code in codes(document)
    assert refused(document, "identity") == ()


@pytest.mark.parametrize(
    "change",
    [
        {"Action": ["s3:getobject", "S3:PutObject*", "s3:Get?bject"]},
        {
            "Action": "EC2:createtags",
            "Resource": "arn:aws:ec2:*:111111111111:instance/*",
            "Condition": {"StringEquals": {"aws:RequestTag/team": "a"}},
        },
        {"Action": "kms:Decrypt", "Resource": "arn:aws:kms:eu-west-1:111111111111:key/*"},
        {"NotAction": "iam:*", "Action": None, "Effect": "Deny", "Resource": "*"},
        {"Condition": {"StringEquals": {"S3:ExistingObjectTag/team": "a", "aws:principalorgid": "o-1"}}},
        {"Condition": {"Bool": {"aws:SecureTransport": True}, "NumericLessThan": {"s3:signatureAge": 600}}},
        {"Condition": {"Null": {"aws:TokenIssueTime": "false"}}},
    ],
)
def test_what_aws_has_is_not_complained_of(change: dict[str, Any]) -> None:
    document = policy({key: value for key, value in {**ONE, **change}.items() if value is not None})
    assert codes(document) == {}


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("s3:ListBuckets", "it is allowed with s3:ListAllMyBuckets"),
        ("s3:headobject", "it is allowed with s3:GetObject"),
        ("lambda:Invoke", "it is allowed with lambda:InvokeFunction"),
        ("bedrock:Converse", "it is allowed with bedrock:InvokeModel"),
        ("s3:GetObjects", "did you mean s3:GetObject"),
        ("dynamodb:GetItems", "did you mean dynamodb:GetItem"),
        ("lamda:InvokeFunction", "did you mean lambda:InvokeFunction"),
        ("dynamo:getitem", "did you mean dynamodb:GetItem"),
        ("cloudwatchlogs:PutLogEvents", "did you mean logs:PutLogEvents"),
        ("stepfunctions:StartExecution", "did you mean states:StartExecution"),
        ("secretmanager:GetSecretValue", "did you mean secretsmanager:GetSecretValue"),
        ("s3:Fetch*", "No action of s3 matches"),
        ("qqqqqq:Go", "AWS documents no service"),
    ],
)
def test_an_action_that_aws_does_not_have_says_what_may_be_meant(action: str, said: str) -> None:
    (found,) = lint(policy({**ONE, "Action": action}), "identity")
    assert found.code == "unknown_action"
    assert said in found.message


@pytest.mark.parametrize(
    ("action", "resource", "said"),
    [
        ("s3:GetObject", "arn:aws:s3:::photos", "write arn:aws:s3:::photos/*"),
        ("s3:ListBucket", "arn:aws:s3:::photos/*", "write arn:aws:s3:::photos."),
        ("s3:ListAllMyBuckets", "arn:aws:s3:::*", 'Resource "*" alone'),
        ("iam:PassRole", "arn:aws:iam::111111111111:policy/x", "role/"),
    ],
)
def test_a_resource_of_the_wrong_kind_says_what_to_write(action: str, resource: str, said: str) -> None:
    (found,) = lint(policy({**ONE, "Action": action, "Resource": resource}), "identity")
    assert (found.code, found.path) == ("resource_mismatch", "Statement[0].Resource")
    assert said in found.message


@pytest.mark.parametrize(
    "change",
    [
        {"Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::photos", "arn:aws:s3:::photos/*"]},
        {"Resource": "arn:aws:s3:::photos*"},
        {"Resource": "arn:aws:s3:::${aws:username}-home/*"},
        {"Action": "s3:Get*", "Resource": "arn:aws:s3:::photos/*"},
        {"Action": "dynamodb:Query", "Resource": "arn:aws:dynamodb:*:*:table/orders/index/by-date"},
        {"Action": "ec2:TerminateInstances", "Resource": "arn:aws:ec2:*:*:*/*"},
        {"Action": "lambda:InvokeFunction", "Resource": "arn:aws:lambda:eu-west-1:111111111111:function:a:live"},
        {"Action": "iam:GetRole", "Resource": "arn:aws:iam::111111111111:role/team/*"},
    ],
)
def test_a_resource_that_can_be_of_the_right_kind_is_not_complained_of(change: dict[str, Any]) -> None:
    assert "resource_mismatch" not in codes(policy({**ONE, **change}))


def test_an_action_that_another_statement_has_is_not_missed() -> None:
    everywhere = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    both = {**ONE, "Action": ["s3:GetObject", "s3:ListAllMyBuckets"]}
    assert codes(policy(both, everywhere)) == {}
    assert codes(policy(both, {**everywhere, "Effect": "Deny"})) == {"resource_mismatch": "low"}


def test_a_key_with_a_placeholder_after_its_colon_is_known() -> None:
    key = {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::photos"}}
    decrypt = {**ONE, "Action": "kms:Decrypt", "Resource": "arn:aws:kms:eu-west-1:111111111111:key/*"}
    assert codes(policy({**decrypt, "Condition": key})) == {}
    assert codes(policy({**decrypt, "Condition": {"StringEquals": {"kms:EncryptionContext:": "a"}}})) != {}


def test_a_trust_policys_action_goes_with_its_principal() -> None:
    provider = "arn:aws:iam::111111111111:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC"
    web = {**ROLE, "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": provider}}
    key = provider.partition("oidc-provider/")[2]
    audience = {"StringEquals": {f"{key}:aud": "sts.amazonaws.com"}}
    subject = {"StringEquals": {f"{key}:sub": "system:serviceaccount:default:photos"}}
    assert codes(policy({**web, "Action": "sts:AssumeRole"}), "trust")["principal_type_mismatch"] == "medium"
    assert codes(policy(web), "trust") == {"federation_unconditioned": "high"}
    assert codes(policy({**web, "Condition": audience}), "trust") == {"federation_condition_missing": "medium"}
    assert codes(policy({**web, "Condition": subject}), "trust") == {}


def test_many_of_a_kind_are_one_finding() -> None:
    (found,) = lint(policy({**ONE, "Action": [f"s3:No{number}" for number in range(50)]}), "identity")
    assert found.code == "unknown_action"
    assert found.path == "Statement[0].Action"
    assert found.message.endswith("And 49 more.")


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the linter opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setenv("HOME", str(tmp_path))
    services.service.cache_clear()
    document = policy({**ONE, "Action": ["s3:GetObject", "glue:GetJob", "nowhere:Go"]})
    assert "unknown_action" in codes(document)
    assert list(tmp_path.iterdir()) == []


ACTIONS = [f"ec2:{one['name']}" for one in action_data.actions("ec2").values()]
KEYS = {f"ec2:no{number}": "x" for number in range(300)}
HOSTILE = {
    "stars": policy({**ONE, "Action": "s3:" + "*a" * 5000}),
    "patterns": policy({**ONE, "Action": [f"ec2:*{'*e' * 12}*{number}" for number in range(500)]}),
    "question marks": policy({**ONE, "Action": [f"ec2:{'?*' * 15}Z{number}" for number in range(400)]}),
    "keys": policy({**ONE, "Action": ["ec2:*a*", "ec2:*e*"] * 50, "Condition": {"StringEquals": KEYS}}),
    "actions and keys": policy({**ONE, "Action": ACTIONS[:300], "Condition": {"StringEquals": KEYS}}),
    "ARNs": policy({**ONE, "Resource": ["arn:aws:s3:::" + "*a" * 900 for _ in range(8)]}),
    "other ARNs": policy({**ONE, "Resource": ["arn:aws:s3:::" + ("/" * 28 + "*") * 8 for _ in range(60)]}),
    "kinds of resources": policy(
        {**ONE, "Action": ACTIONS[:300], "Resource": [f"arn:aws:ec2:*:*:{'*a' * 40}{number}" for number in range(60)]}
    ),
    "variables": policy({**ONE, "Resource": "arn:aws:s3:::" + "${a}" * 4000}),
    "statements": policy(*[{**ONE, "Action": "ec2:*", "Resource": "*"} for _ in range(330)]),
    "size": policy(*[{**ONE, "Sid": f"S{number}"} for number in range(1100)]),
    "numbers": policy({**ONE, "Condition": {"DateLessThan": {"aws:CurrentTime": "9" * 6000}}}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_policy_takes_no_time(name: str) -> None:
    started = time.process_time()
    found = lint(HOSTILE[name], "identity")
    assert time.process_time() - started < 3
    assert len(found) <= 101


def test_what_is_too_much_to_look_at_is_said() -> None:
    found = {one.code: one for one in lint(HOSTILE["patterns"], "identity")}
    assert found["check_incomplete"].severity == "info"
    assert found["check_incomplete"].path == "Statement[0]"


def test_a_defect_of_the_library_is_a_finding_too(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(PolicyCheck):
        check_id = "broken"
        description = "raises"

        async def execute(self, *_: object) -> list[Any]:
            raise KeyError("oh")

    monkeypatch.setattr(vocabulary, "CONDITIONS", (Broken(),))
    document = policy(
        {**ONE, "Action": ["s3:No", "s3:GetObject"], "Condition": {"Null": {"aws:TokenIssueTime": "true"}}}
    )
    assert codes(document) == {"unknown_action": "medium", "check_incomplete": "info"}


def test_everything_the_librarys_checks_can_find_has_a_code_or_is_left_out_on_purpose() -> None:
    folder = Path(iam_validator.checks.__file__).parent
    one_each = (vocabulary.ACTIONS, vocabulary.TRUST)
    used = (*vocabulary.CONDITIONS, *one_each)
    files = {type(check).__module__.rpartition(".")[2] for check in used}
    found = {
        issue
        for name in files
        for issue in re.findall(r'issue_type="(\w+)"', (folder / f"{name}.py").read_text(encoding="utf-8"))
    }
    assert found == set(vocabulary.ISSUES)
