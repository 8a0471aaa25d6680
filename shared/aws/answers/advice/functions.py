"""Lambda's own refusals: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html and its neighbours."""

FUNCTIONS = {
    "Choose a runtime that Lambda still takes": "InvalidRuntimeException RuntimeAliasDeletedException",
    "Choose another version of the runtime: Lambda has removed this one": "RuntimeVersionDeletedException",
    "Pack the code anew as a zip that can be opened": "InvalidZipFileException",
    "Delete functions or old versions of them: the region's code storage is full": "CodeStorageExceededException",
    "Sign the package with a profile that the function's code signing configuration names": (
        "CodeVerificationFailedException InvalidCodeSignatureException CodeSigningConfigNotFoundException"
    ),
    "Shorten the function's resource policy: it is at its length limit": "PolicyLengthExceededException",
    "Narrow the policy: the account's settings refuse one that lets everybody in": "PublicPolicyException",
    "Allow the function's role to use the KMS key, and see that the key is enabled and in this region": (
        "KMSAccessDeniedException KMSDisabledException KMSInvalidStateException KMSNotFoundException"
        " KMS.DisabledException KMS.InvalidKeyUsageException KMS.KMSInvalidStateException KMS.NotFoundException"
    ),
    "Allow the function's role to manage network interfaces (AWSLambdaVPCAccessExecutionRole)": (
        "EC2AccessDeniedException"
    ),
    "Check the function's subnets and security groups: they must be of one network, with addresses left": (
        "InvalidSecurityGroupIDException InvalidSubnetIDException SubnetIPAddressLimitReachedException"
        " ENILimitReachedException ENINotReadyException EC2UnexpectedException"
    ),
    "Check the function's file system, its mount target and its access point": (
        "EFSIOException EFSMountConnectivityException EFSMountFailureException EFSMountTimeoutException"
        " S3FilesMountConnectivityException S3FilesMountFailureException S3FilesMountTimeoutException"
    ),
    "Try again in a moment: the function is being prepared": "ResourceNotReadyException SnapStartNotReadyException",
    "Publish a new version: its snapshot could not be made or restored": (
        "SnapStartException SnapStartTimeoutException SnapStartRegenerationFailureException"
    ),
    "Break the loop: the function calls itself through another service": "RecursiveInvocationException",
    "Configure provisioned concurrency first: there is none": "ProvisionedConcurrencyConfigNotFoundException",
    "Delete aliases or versions that are not needed": (
        "AliasLimitExceededException FunctionVersionsPerCapacityProviderLimitExceededException"
        " CapacityProviderLimitExceededException"
    ),
    "Publish a version first": "NoPublishedVersionException",
    "Send a smaller payload": "SerializedRequestEntityTooLargeException",
    "Choose another name for the execution: one of this name has begun": "DurableExecutionAlreadyStartedException",
    "Begin the execution anew: its callback was not answered in time": "CallbackTimeoutException",
    "Call the function in a mode that it is configured for": "ModeNotSupportedException",
    "Deploy the function's code anew, where AWS keeps it for you": (
        "CodeArtifactUserDeletedException CodeArtifactUserFailedException CodeArtifactUserPendingException"
    ),
}
