"""Who asks, and whether it may: credentials, signatures, permissions.

https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

ACCESS = {
    "Ask the account's administrator to allow it": (
        "AccessDenied AccessDeniedException UnauthorizedOperation NotAuthorized AuthorizationError 403 Forbidden"
        " UnauthorizedAccess UnauthorizedAccessError Client.UnauthorizedOperation"
    ),
    "Open a new session, or renew this one, with credentials that have not ended": (
        "ExpiredToken ExpiredTokenException TokenRefreshRequired InvalidSessionException"
    ),
    "Renew the session's credentials; where they are new, set the clock of the machine that runs the services": (
        "RequestExpired"
    ),
    "Set the clock of the machine that runs the services, by NTP": "RequestTimeTooSkewed RequestInTheFuture",
    "Check the access key id: it may be of another partition, or was deactivated or deleted": (
        "InvalidClientTokenId InvalidAccessKeyId InvalidSecurity"
    ),
    "Check the access key and its session token, and that the account has enabled this region": (
        "UnrecognizedClientException AuthFailure"
    ),
    "Check the secret access key: it is not the one that belongs to the access key id": (
        "SignatureDoesNotMatch InvalidSignatureException InvalidSignature"
    ),
    "Give access key id, secret access key and session token whole, without line breaks": (
        "IncompleteSignature MissingAuthenticationToken"
        " MissingSecurityHeader MissingSecurityElement AuthorizationQueryParametersError CredentialsNotSupported"
        " UnsupportedSignature MissingAttachment"
    ),
    (
        "The session token is not valid in this region: enable the region in the account, and where it is, get"
        " credentials from STS in a region instead of the global endpoint, whose tokens hold in default regions alone"
    ): "InvalidToken",
    "Name the bucket's own region; S3 refuses requests that are signed for another": (
        "AuthorizationHeaderMalformed IncorrectEndpoint InvalidRegion"
    ),
    "Sign up for the service, or activate the account in the Billing console": (
        "OptInRequired NotSignedUp SubscriptionRequiredException PendingVerification"
    ),
    "Ask AWS Support: AWS has blocked or suspended something in the account": (
        "Blocked AccountProblem AllAccessDisabled InvalidPayer"
    ),
    (
        "Have an administrator activate STS for this region (IAM console, Account settings), or open the session in"
        " another region"
    ): "RegionDisabled RegionDisabledException",
    (
        "Ask for fewer permissions at once: split the plan, or shorten the session's policies and tags, which AWS packs"
        " together and bounds"
    ): "PackedPolicyTooLarge PackedPolicyTooLargeException",
    "Ask the identity provider for a fresh token, and check that the role's trust policy names its audience": (
        "InvalidIdentityToken IDPRejectedClaim IDPRejectedClaimException InvalidIdentityTokenException"
    ),
    "Try again: AWS could not reach the identity provider": (
        "IDPCommunicationError OpenIdIdpCommunicationError IDPCommunicationErrorException"
        " OpenIdIdpCommunicationErrorException"
    ),
    "Pass on the encoded message as AWS gave it": ("InvalidAuthorizationMessageException InvalidAuthorizationMessage"),
    "Give a current code of the MFA device": "InvalidAuthenticationCode TokenCodeInvalidError",
    "Get a new trade-in token: this one has expired": "ExpiredTradeInTokenException",
    "Have an administrator enable outbound web identity federation for the account first": (
        "OutboundWebIdentityFederationDisabledException OutboundWebIdentityFederationDisabled"
    ),
    "Ask for a shorter token, or fewer tags in it": "JWTPayloadSizeExceededException",
    "Ask for a duration that ends before the session does": "SessionDurationEscalationException",
    "Nothing: it was a trial, and the request would have succeeded": "DryRunOperation",
}
