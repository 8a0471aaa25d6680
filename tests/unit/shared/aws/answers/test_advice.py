"""Each error code that AWS documents has a sentence of what to do, which is part of the problem that a person reads."""

from __future__ import annotations

import botocore.session
import pytest
from botocore.exceptions import ClientError

from shared.aws.answers.advice import advice_on
from shared.aws.clients import translate

# https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html, which IAM and Lambda share, now and before
COMMON = """AccessDeniedException ExpiredTokenException IncompleteSignature InternalFailure InvalidAction
InvalidClientTokenId InvalidParameterCombination InvalidParameterValue InvalidQueryParameter
MalformedHttpRequestException
MalformedQueryString MissingAction MissingAuthenticationToken MissingParameter NotAuthorized OptInRequired
RequestAbortedException RequestEntityTooLargeException RequestExpired RequestTimeoutException ServiceUnavailable
ThrottlingException UnknownOperationException UnrecognizedClientException ValidationError"""
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
EC2 = """AuthFailure Blocked DryRunOperation IdempotentParameterMismatch IncompleteSignature InvalidAction
InvalidCharacter InvalidClientTokenId InvalidPaginationToken InvalidParameter InvalidParameterCombination
InvalidParameterValue InvalidQueryParameter MalformedQueryString MissingAction MissingAuthenticationToken
MissingParameter OptInRequired PendingVerification RequestExpired UnauthorizedOperation UnknownParameter
UnsupportedInstanceAttribute UnsupportedOperation UnsupportedProtocol ValidationError BandwidthLimitExceeded
InsufficientAddressCapacity InsufficientCapacity InsufficientInstanceCapacity InsufficientHostCapacity
InsufficientReservedInstanceCapacity InsufficientVolumeCapacity InternalError InternalFailure RequestLimitExceeded
ServiceUnavailable Unavailable"""
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
S3 = """AccessControlListNotSupported AccessDenied AccessPointAlreadyOwnedByYou AccountProblem AllAccessDisabled
AmbiguousGrantByEmailAddress AuthorizationHeaderMalformed AuthorizationQueryParametersError BadDigest
BucketAlreadyExists BucketAlreadyOwnedByYou BucketHasAccessPointsAttached BucketNotEmpty ClientTokenConflict
ConditionalRequestConflict ConnectionClosedByRequester CredentialsNotSupported CrossLocationLoggingProhibited
DeviceNotActiveError EndpointNotFound EntityTooLarge EntityTooSmall ExpiredToken IllegalLocationConstraintException
IllegalVersioningConfigurationException IncompleteBody IncorrectEndpoint IncorrectNumberOfFilesInPostRequest
InlineDataTooLarge InternalError InvalidAccessKeyId InvalidAccessPoint InvalidAccessPointAliasError
InvalidAddressingHeader InvalidArgument InvalidBucketAclWithObjectOwnership InvalidBucketName
InvalidBucketOwnerAWSAccountID InvalidBucketState InvalidDigest InvalidEncryptionAlgorithmError InvalidHostHeader
InvalidHttpMethod InvalidLocationConstraint InvalidObjectState InvalidPart InvalidPartOrder InvalidPayer
InvalidPolicyDocument InvalidRange InvalidRegion InvalidRequest InvalidSecurity InvalidSessionException
InvalidSignature InvalidSOAPRequest InvalidStorageClass InvalidTag InvalidTargetBucketForLogging InvalidToken
InvalidURI KeyTooLongError KMS.DisabledException KMS.InvalidKeyUsageException KMS.KMSInvalidStateException
KMS.NotFoundException MalformedACLError MalformedPOSTRequest MalformedXML MaxMessageLengthExceeded
MaxPostPreDataLengthExceededError MetadataTooLarge MethodNotAllowed MissingAttachment MissingAuthenticationToken
MissingContentLength MissingRequestBodyError MissingSecurityElement MissingSecurityHeader NoLoggingStatusForKey
NoSuchAccessPoint NoSuchAsyncRequest NoSuchBucket NoSuchBucketPolicy NoSuchCORSConfiguration NoSuchKey
NoSuchLifecycleConfiguration NoSuchMultiRegionAccessPoint NoSuchObjectLockConfiguration NoSuchTagSet NoSuchUpload
NoSuchVersion NoSuchWebsiteConfiguration NotDeviceOwnerError NotImplemented NotModified NotSignedUp OperationAborted
OwnershipControlsNotFoundError PermanentRedirect PreconditionFailed Redirect ReplicationConfigurationNotFoundError
RequestHeaderSectionTooLarge RequestIsNotMultiPartContent RequestTimeout RequestTimeTooSkewed
RequestTorrentOfBucketError ResponseInterrupted RestoreAlreadyInProgress
ServerSideEncryptionConfigurationNotFoundError ServiceUnavailable SignatureDoesNotMatch SlowDown TagPolicyException
TemporaryRedirect TokenCodeInvalidError TokenRefreshRequired TooManyAccessPoints TooManyBuckets
TooManyMultiRegionAccessPointregionsError TooManyMultiRegionAccessPoints UnauthorizedAccess UnauthorizedAccessError
UnexpectedContent UnexpectedIPError UnresolvableGrantByEmailAddress UnsupportedArgument UnsupportedSignature
UserKeyMustBeSpecified XAmzContentSHA256Mismatch"""


@pytest.mark.parametrize("listed", [COMMON, EC2, S3], ids=["common", "EC2", "S3"])
def test_every_code_that_the_documentation_lists_has_its_advice(listed: str) -> None:
    assert [code for code in listed.split() if not advice_on(code)] == []


@pytest.mark.parametrize("service", ["sts", "s3", "iam", "lambda"])
def test_every_error_of_the_service_s_own_model_has_its_advice(service: str) -> None:
    model = botocore.session.Session().get_service_model(service)
    assert [shape.error_code for shape in model.error_shapes if not advice_on(shape.error_code)] == []


@pytest.mark.parametrize(
    ("code", "status", "expected", "told"),
    [
        ("PackedPolicyTooLarge", 400, "aws_packed_policy_too_large", "split the plan"),
        ("RegionDisabledException", 403, "aws_region_disabled_exception", "activate STS for this region"),
        ("InvalidToken", 400, "aws_invalid_token", "not valid in this region"),
        ("OperationAborted", 409, "aws_operation_aborted", "Try again in a minute"),
        ("OptInRequired", 403, "aws_access_denied", "Sign up for the service"),
        ("LimitExceeded", 409, "aws_limit_exceeded", "have the quota raised"),
        ("SlowDown", 503, "aws_throttled", "Try again in a moment"),
        ("AccessDenied", 403, "aws_access_denied", "Ask the account's administrator"),
    ],
)
def test_a_problem_says_what_to_do(code: str, status: int, expected: str, told: str) -> None:
    response = {"Error": {"Code": code, "Message": "So says AWS."}, "ResponseMetadata": {"HTTPStatusCode": status}}
    problem = translate(ClientError(response, "AssumeRole"))  # type: ignore[arg-type]  # as much of it as is read
    assert problem.code == expected
    assert "AssumeRole: So says AWS. " in problem.detail
    assert told in problem.detail


@pytest.mark.parametrize(
    ("message", "expected", "told"),
    [
        ("Rate exceeded", "aws_throttled", "Try again in a moment"),
        ("You made too many calls in a short period of time.", "aws_throttled", "Try again in a moment"),
        ("Cannot exceed quota for RolesPerAccount: 1000", "aws_limit_exceeded_exception", "have the quota raised"),
    ],
)
def test_a_limit_of_requests_is_told_from_a_quota_by_the_message(message: str, expected: str, told: str) -> None:
    response = {"Error": {"Code": "LimitExceededException", "Message": message}}
    problem = translate(ClientError(response, "GetCostAndUsage"))  # type: ignore[arg-type]  # as much of it as is read
    assert (problem.code, problem.retryable) == (expected, expected == "aws_throttled")
    assert told in problem.detail
