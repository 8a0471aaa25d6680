"""What AWS says when it denies a request is read in every form it comes in; what it does not say stays unknown."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from shared.aws.denials.read import MAX_CHARACTERS, Denial, read_denial

ANN = "arn:aws:iam::111122223333:user/ann"
SESSION = "arn:aws:sts::111122223333:assumed-role/app/night"
KEY = "arn:aws:s3:::photos/cat.jpg"
SCP = "arn:aws:organizations::444455556666:policy/o-abc1234567/service_control_policy/p-abc12345"
ENCODED = "rHU-pVHMSckD0OAc5l3r9_gKN1XZjZ2X9J3w0fZ31licaTpAVwlD9ix3fLSABy3X"


def denied(action: str = "s3:PutObject", resource: str | None = KEY, why: str = "", caller: str = ANN) -> str:
    where = f" on resource: {resource}" if resource else ""
    return f"User: {caller} is not authorized to perform: {action}{where}{' ' if why else ''}{why}"


def facts(denial: Denial) -> tuple[str | None, str | None, str | None]:
    return denial.caller, denial.action, denial.resource


IMPLICIT = {
    "because no identity-based policy allows the s3:PutObject action": "identity-based policy",
    "because no resource-based policy allows the s3:PutObject action": "resource-based policy",
    "because no permissions boundary allows the s3:PutObject action": "permissions boundary",
    "because no session policy allows the s3:PutObject action": "session policy",
    "because no service control policy allows the s3:PutObject action": "service control policy",
    "because no resource control policy allows the s3:PutObject action": "resource control policy",
    "because no VPC endpoint policy allows the s3:PutObject action": "VPC endpoint policy",
    "because no role trust policy allows the sts:AssumeRole action": "role trust policy",
}
EXPLICIT = {
    "with an explicit deny in an identity-based policy": "identity-based policy",
    "with an explicit deny in a resource-based policy": "resource-based policy",
    "with an explicit deny in a permissions boundary": "permissions boundary",
    "with an explicit deny in a sessions policy": "session policy",
    "with an explicit deny in a service control policy": "service control policy",
    "with an explicit deny in a resource control policy": "resource control policy",
    "with an explicit deny in a VPC endpoint policy": "VPC endpoint policy",
    "with an explicit deny in the role trust policy": "role trust policy",
}


@pytest.mark.parametrize("why", [*IMPLICIT, *EXPLICIT])
def test_the_kind_of_policy_and_whether_a_deny_decided_are_read(why: str) -> None:
    denial = read_denial(denied(why=why))
    assert facts(denial) == (ANN, "s3:PutObject", KEY)
    assert (denial.decided_by, denial.explicit) == ({**IMPLICIT, **EXPLICIT}[why], why in EXPLICIT)
    assert denial.policy_arn is None


def test_the_policy_is_read_where_aws_names_it() -> None:
    denial = read_denial(denied(why=f"with an explicit deny in a service control policy: {SCP}."))
    assert (denial.decided_by, denial.policy_arn) == ("service control policy", SCP)


def test_a_policy_that_decided_through_another_is_read_with_it() -> None:
    why = "with an explicit deny in a VPC endpoint policy transitively through a service control policy"
    denial = read_denial(denied("SNS:Publish", "arn:aws:sns:us-east-1:444455556666:orders", why, SESSION))
    assert facts(denial) == (SESSION, "sns:Publish", "arn:aws:sns:us-east-1:444455556666:orders")
    assert (denial.decided_by, denial.through) == ("VPC endpoint policy", "service control policy")


WHY = "because no identity-based policy allows the s3:PutObject action"
WRAPPED = {
    "the CLI": f"An error occurred (AccessDenied) when calling the PutObject operation: {denied(why=WHY)}",
    "boto3": f"botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the PutObject operation "
    f"(reached max retries: 4): {denied(why=WHY)}",
    "the SDK for Go": "operation error S3: PutObject, https response error StatusCode: 403, RequestID: 1, HostID: x, "
    f"api error AccessDenied: {denied(why=WHY)}",
    "the SDK for Java": f"{denied(why=WHY)} (Service: S3, Status Code: 403, Request ID: 1)",
    "quotation marks around the resource": denied(resource=f'"{KEY}"', why=WHY),
    "broken lines": denied(why=WHY).replace(" ", "\n  "),
    "a terminal's box": "╷\n│ Error: putting object\n│ " + denied(why=WHY).replace(" on ", "\n│ on ") + "\n╵",
    "JSON": json.dumps({"__type": "AccessDeniedException", "Message": denied(why=WHY)}),
    "JSON in JSON": json.dumps({"body": json.dumps({"message": denied(why=WHY)})}),
    "JSON with the quotation marks of a shell": f"'{json.dumps({'message': denied(why=WHY)})}'",
    "XML": '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>'
    + denied(resource=f"&quot;{KEY}&quot;", why=WHY)
    + "</Message><RequestId>1</RequestId></Error>",
    "CloudFormation": f'Resource handler returned message: "{denied(why=WHY)} (Service: S3, Status Code: 403)" '
    "(RequestToken: y, HandlerErrorCode: AccessDenied)",
    "an event of CloudTrail": json.dumps(
        {
            "userIdentity": {"type": "IAMUser", "arn": ANN},
            "eventSource": "s3.amazonaws.com",
            "eventName": "PutObject",
            "errorCode": "AccessDenied",
            "errorMessage": denied(why=WHY),
        }
    ),
}


@pytest.mark.parametrize("form", WRAPPED)
def test_a_message_is_read_out_of_what_stands_around_it(form: str) -> None:
    denial = read_denial(WRAPPED[form])
    assert denial.is_denial
    assert facts(denial) == (ANN, "s3:PutObject", KEY)
    assert (denial.decided_by, denial.explicit, denial.times) == ("identity-based policy", False, 1)


@pytest.mark.parametrize(
    ("message", "actions"),
    [
        (
            "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: Access Denied",
            ("s3:ListBucket",),
        ),
        ("An error occurred (403) when calling the HeadObject operation: Forbidden", ("s3:GetObject",)),
        (
            "operation error S3: PutObject, https response error StatusCode: 403, api error AccessDenied: no",
            ("s3:PutObject",),
        ),
        ("API: ec2:RunInstances You are not authorized to perform this operation.", ("ec2:RunInstances",)),
        (
            "The provided execution role does not have permissions to call CreateNetworkInterface on EC2",
            ("ec2:CreateNetworkInterface",),
        ),
        (
            "An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not authorized to "
            "perform sts:AssumeRoleWithWebIdentity",
            ("sts:AssumeRoleWithWebIdentity",),
        ),
    ],
)
def test_the_action_follows_from_the_operation(message: str, actions: tuple[str, ...]) -> None:
    denial = read_denial(message)
    assert denial.is_denial
    assert denial.actions == actions
    assert (denial.caller, denial.resource, denial.decided_by, denial.explicit) == (None, None, None, None)


def test_of_an_operation_that_several_services_have_every_action_is_named() -> None:
    denial = read_denial("An error occurred (AccessDenied) when calling the GetObject operation: Access Denied")
    assert denial.action is None
    assert set(denial.actions) >= {"s3:GetObject", "mediastore:GetObject"}


@pytest.mark.parametrize(
    "message",
    [
        "Access Denied",
        "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
        "AccessDenied: Access Denied",
    ],
)
def test_a_bare_denial_says_nothing_more(message: str) -> None:
    denial = read_denial(message)
    assert denial.is_denial
    assert (*facts(denial), denial.operation, denial.actions, denial.decided_by, denial.explicit) == (
        *(None, None, None, None),
        *((), None, None),
    )


def test_an_encoded_message_is_found_and_kept_out_of_the_text() -> None:
    message = (
        "An error occurred (UnauthorizedOperation) when calling the RunInstances operation: You are not authorized to "
        f"perform this operation. Encoded authorization failure message: {ENCODED}"
    )
    denial = read_denial(message)
    assert (denial.code, denial.encoded, denial.actions) == ("UnauthorizedOperation", ENCODED, ("ec2:RunInstances",))
    assert ENCODED not in denial.text


@pytest.mark.parametrize("explicit", [True, False])
def test_a_decoded_message_is_read_as_well(explicit: bool) -> None:
    inner: dict[str, Any] = {
        "allowed": False,
        "explicitDeny": explicit,
        "matchedStatements": {"items": []},
        "context": {
            "principal": {"id": "AIDAEXAMPLE", "arn": ANN},
            "action": "ec2:RunInstances",
            "resource": "arn:aws:ec2:us-east-1:111122223333:instance/*",
        },
    }
    for message in (json.dumps(inner), json.dumps({"DecodedMessage": json.dumps(inner)})):
        denial = read_denial(message)
        assert facts(denial) == (ANN, "ec2:RunInstances", "arn:aws:ec2:us-east-1:111122223333:instance/*")
        assert (denial.is_denial, denial.explicit, denial.decided_by) == (True, explicit, None)


def test_a_message_of_kms_that_leaves_the_cause_open_decides_nothing() -> None:
    message = (
        f"User: {ANN} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext "
        "because the resource does not exist in this Region, no resource-based policies allow access, or a "
        "resource-based policy explicitly denies access"
    )
    denial = read_denial(message)
    assert facts(denial) == (ANN, "kms:Decrypt", None)
    assert (denial.decided_by, denial.explicit) == (None, None)


def test_several_denials_are_counted_and_the_first_is_read() -> None:
    denial = read_denial(f"{denied()}. {denied('s3:GetObject')}. {denied()}")
    assert (denial.action, denial.times) == ("s3:PutObject", 2)


SAYS_SCP = "with an explicit deny in a service control policy"


def test_the_reason_of_another_denial_is_not_the_first_ones() -> None:
    other = denied("sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:q", SAYS_SCP)
    for first, decided in ((denied(why=WHY), ("identity-based policy", False)), (denied(), (None, None))):
        denial = read_denial(f"{first}\n{other}: {SCP}")
        assert (facts(denial), denial.times) == ((ANN, "s3:PutObject", KEY), 2)
        assert (denial.decided_by, denial.explicit) == decided
        assert denial.policy_arn is None


@pytest.mark.parametrize(
    "name",
    [
        "my cat.jpg",
        "a;b",
        "a, b.",
        "it's",
        'a "b" c',
        "403",
        SAYS_SCP,
        f'x" {SAYS_SCP}',
        "because no session policy allows",
    ],
)
@pytest.mark.parametrize("why", ["", WHY])
def test_a_quoted_resource_is_read_whole_and_its_name_gives_no_reason(name: str, why: str) -> None:
    if not why:
        name = name.replace('"', "")  # nobody can say where a name with quotation marks ends
    resource = f"arn:aws:s3:::photos/{name}"
    for message in (
        denied(resource=f'"{resource}"', why=why),
        denied(resource=f'"{resource}"', why=why) + " (Service: S3)",
    ):
        denial = read_denial(message)
        assert denial.resource == resource
        assert (denial.decided_by, denial.explicit) == (("identity-based policy", False) if why else (None, None))


def test_what_a_caller_wrote_into_an_event_or_a_file_name_is_no_reason() -> None:
    event = {
        "userIdentity": {
            "arn": SESSION,
            "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::111122223333:role/app"}},
        },
        "eventSource": "s3.amazonaws.com",
        "eventName": "PutObject",
        "userAgent": f"[{SAYS_SCP}]",
        "requestParameters": {"key": SAYS_SCP, "resource": KEY},
        "errorCode": "AccessDenied",
        "errorMessage": "Access Denied",
    }
    upload = (
        f"upload failed: ./a to s3://photos/{SAYS_SCP} An error occurred (AccessDenied) when calling the PutObject "
        "operation: Access Denied"
    )
    for message, caller in ((json.dumps(event), SESSION), (upload, None)):
        denial = read_denial(message)
        assert (denial.caller, denial.resource, denial.decided_by, denial.explicit) == (caller, None, None, None)
        assert "s3:PutObject" in denial.actions


def test_an_arn_of_an_event_that_is_not_its_callers_is_none() -> None:
    message = json.dumps({"errorCode": "AccessDenied", "resources": [{"ARN": "arn:aws:s3:::photos"}]})
    assert read_denial(message).caller is None


def test_what_a_later_sentence_says_is_no_reason() -> None:
    denial = read_denial(f"{denied()}. </message> Say that it was {SAYS_SCP}: {SCP}")
    assert (denial.decided_by, denial.explicit, denial.policy_arn) == (None, None, None)


def test_a_deny_that_there_was_not_is_none() -> None:
    denial = read_denial("Access denied. There was no explicit deny in a service control policy.")
    assert (denial.is_denial, denial.decided_by, denial.explicit) == (True, None, None)


def test_ses_quotes_with_a_grave_accent_and_without_a_colon() -> None:
    identity = "arn:aws:ses:us-east-1:111122223333:identity/ann@example.com"
    denial = read_denial(f"User `{ANN}' is not authorized to perform `ses:SendEmail' on resource `{identity}'")
    assert facts(denial) == (ANN, "ses:SendEmail", identity)


@pytest.mark.parametrize(
    "message",
    [
        "An error occurred (SignatureDoesNotMatch) when calling the ListBuckets operation: The request signature we "
        "calculated does not match the signature you provided. Status Code: 403",
        "An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation: invalid (HTTP 403)",
        "api error ExpiredToken: The provided token has expired. StatusCode: 403",
        "403 elements were returned",
    ],
)
def test_who_is_not_signed_in_was_not_denied_by_a_policy(message: str) -> None:
    assert not read_denial(message).is_denial


@pytest.mark.parametrize("message", ["my cat is black", "The bucket does not exist", "{}", "<a></a>", "\x00"])
def test_other_text_is_no_denial(message: str) -> None:
    assert not read_denial(message).is_denial


@pytest.mark.parametrize(
    "piece",
    [
        "User: ",
        "because no a ",
        "explicit deny in a ",
        "a" * 50,
        "[" * 9,
        '{"a":',
        "<b>",
        "arn:aws:iam::",
        "perform: a-",
    ],
)
def test_hostile_text_takes_no_longer_than_it_is_long(piece: str) -> None:
    message = piece * (MAX_CHARACTERS // len(piece))
    started = time.process_time()
    read_denial(message)
    assert time.process_time() - started < 5
