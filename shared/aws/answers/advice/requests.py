"""What is wrong in the request itself, whatever the service.

https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

REQUESTS = {
    "Mend the value that the message names": (
        "ValidationError ValidationException Validation InvalidParameterValue InvalidParameter InvalidInput"
        " InvalidParameterValueException InvalidArgument InvalidCharacter InvalidInputException BadRequestException"
        " InvalidRequest"
    ),
    "Leave out one of the values that the message says do not go together": (
        "InvalidParameterCombination InvalidParameterCombinationException"
    ),
    "Give the value that the message says is missing": "MissingParameter UserKeyMustBeSpecified",
    "Leave out what the message names: the service does not know it": (
        "UnknownParameter InvalidQueryParameter UnsupportedArgument"
    ),
    "Check the name of the operation: this service, or this region, does not have it": (
        "InvalidAction UnknownOperationException MissingAction UnsupportedOperation UnsupportedOperationException"
        " NotImplemented MethodNotAllowed InvalidHttpMethod UnsupportedInstanceAttribute UnsupportedProtocol"
    ),
    "Begin the listing anew: AWS does not know this page any more": "InvalidPaginationToken InvalidNextToken",
    "Propose the change anew: the same request was made before with other values": (
        "IdempotentParameterMismatch IdempotencyParameterMismatch ClientTokenConflict"
    ),
    "Report it with the time and the region: the request left the services in a form that AWS cannot read": (
        "MalformedQueryString MalformedHttpRequestException MalformedXML MalformedPOSTRequest InvalidSOAPRequest"
        " InvalidURI InvalidHostHeader InvalidAddressingHeader MissingContentLength"
        " MissingRequestBodyError IncompleteBody UnexpectedContent RequestIsNotMultiPartContent"
        " RequestHeaderSectionTooLarge IncorrectNumberOfFilesInPostRequest MaxMessageLengthExceeded"
        " MaxPostPreDataLengthExceededError SerializationException InvalidRequestContentException BadDigest"
        " InvalidDigest XAmzContentSHA256Mismatch"
    ),
    (
        "AWS gives no reason here: the session's credentials may have ended, or not be valid in this region. Ask in"
        " another way, such as for the location of the bucket"
    ): "400",
    "Send less at once, or a smaller package": (
        "RequestEntityTooLargeException RequestTooLargeException EntityTooLarge MetadataTooLarge InlineDataTooLarge 413"
    ),
    "Send it in the media type that the message names": "UnsupportedMediaType UnsupportedMediaTypeException 415",
    "Choose another name, or look at what has it already": (
        "EntityAlreadyExists EntityAlreadyExistsException ResourceAlreadyExistsException InvalidGroup.Duplicate"
    ),
    "Check name and region: there is no such thing, or not any more": (
        "NoSuchEntity NoSuchEntityException ResourceNotFoundException 404 NotFound NotFoundException"
    ),
    "Delete what is not needed, or have the quota raised (Service Quotas)": (
        "LimitExceeded LimitExceededException ServiceQuotaExceededException"
    ),
    "Mend the policy at the place that the message names": (
        "MalformedPolicyDocument MalformedPolicyDocumentException InvalidPolicyDocument MalformedACLError"
        " PolicyEvaluation PolicyEvaluationException"
    ),
    "Look at the state of the thing, then propose the change as it is now": (
        "PreconditionFailed PreconditionFailedException NotModified 412 409 ConflictException"
    ),
}
