"""S3's own refusals: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html."""

STORAGE = {
    "Choose another name: a bucket's name is unique among all accounts, and this one is taken": "BucketAlreadyExists",
    "Nothing to make: the account has this bucket already; look at its region": "BucketAlreadyOwnedByYou",
    "Empty the bucket first: its objects, old versions, delete markers and incomplete uploads": "BucketNotEmpty",
    "Delete the bucket's access points first": "BucketHasAccessPointsAttached",
    "Check the bucket's name and account: there is no such bucket, or not any more": (
        "NoSuchBucket InvalidBucketOwnerAWSAccountID"
    ),
    "Check the key: there is no such object, or no such version of it": "NoSuchKey NoSuchVersion",
    "Nothing to read: the bucket has no such configuration": (
        "NoSuchBucketPolicy NoSuchCORSConfiguration NoSuchLifecycleConfiguration NoSuchTagSet"
        " NoSuchWebsiteConfiguration NoSuchObjectLockConfiguration ObjectLockConfigurationNotFoundError"
        " OwnershipControlsNotFoundError ReplicationConfigurationNotFoundError NoSuchPublicAccessBlockConfiguration"
        " ServerSideEncryptionConfigurationNotFoundError NoLoggingStatusForKey NoSuchConfiguration NoSuchAnnotation"
    ),
    "Begin the upload anew: it was completed or given up": "NoSuchUpload NoSuchAsyncRequest",
    "Use 3 to 63 lowercase letters, digits, dots and hyphens": "InvalidBucketName",
    "Send the request to the bucket's own region": (
        "PermanentRedirect TemporaryRedirect Redirect 301 307 IllegalLocationConstraintException"
        " InvalidLocationConstraint CrossLocationLoggingProhibited"
    ),
    "Restore the object first: it is in an archive": "InvalidObjectState ObjectNotInActiveTierError",
    "Nothing to restore: the object is not in an archive": "ObjectAlreadyInActiveTierError",
    "Turn ACLs on for the bucket, or leave them out and use a policy": (
        "AccessControlListNotSupported InvalidBucketAclWithObjectOwnership AmbiguousGrantByEmailAddress"
        " UnresolvableGrantByEmailAddress"
    ),
    "Change the bucket's versioning, lock or replication to what the operation needs first": (
        "InvalidBucketState IllegalVersioningConfigurationException"
    ),
    "Upload parts of 5 MiB or more, in order, each as S3 answered it": (
        "EntityTooSmall InvalidPart InvalidPartOrder TooManyParts InvalidWriteOffset"
    ),
    "Use a key of at most 1,024 bytes": "KeyTooLongError",
    "Ask for a range within the object": "InvalidRange",
    "Delete buckets that are not needed, or have the quota raised (Service Quotas)": "TooManyBuckets",
    "Delete access points that are not needed": (
        "TooManyAccessPoints TooManyMultiRegionAccessPoints TooManyMultiRegionAccessPointregionsError"
    ),
    "Check the access point's name, account and region": (
        "NoSuchAccessPoint NoSuchMultiRegionAccessPoint InvalidAccessPoint InvalidAccessPointAliasError"
        " AccessPointAlreadyOwnedByYou EndpointNotFound"
    ),
    "Choose a storage class or an encryption that S3 offers": (
        "InvalidStorageClass InvalidEncryptionAlgorithmError EncryptionTypeMismatch"
    ),
    "Use at most 50 tags, each key once, with the characters that S3 takes": "InvalidTag",
    "Tag it as the organisation's tag policy asks": "TagPolicyException",
    "Name a bucket of the same account and region that lets S3's logging write to it": "InvalidTargetBucketForLogging",
    "Download the object in another way: S3 makes no torrent of it": "RequestTorrentOfBucketError",
    "Look at the device in the Snow console": "DeviceNotActiveError NotDeviceOwnerError UnexpectedIPError",
    "Give the annotation another name, or delete some first": (
        "InvalidAnnotationName AnnotationNameTooLong AnnotationLimitExceeded"
    ),
    "Use a prefix that S3 takes": "InvalidPrefix",
}
