"""What is no fault of the request: AWS is busy, fails, or something else has the resource just now.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
"""

SERVICE = {
    "Try again in a moment: AWS takes no more requests of this kind just now": (
        "Throttling ThrottlingException ThrottledException RequestThrottled RequestThrottledException"
        " RequestLimitExceeded TooManyRequestsException SlowDown BandwidthLimitExceeded EC2ThrottledException"
        " ProvisionedThroughputExceededException TransactionInProgressException RequestAbortedException 429"
    ),
    "Try again; where it stays, look at AWS's Health Dashboard": (
        "InternalFailure InternalError InternalServiceError InternalServerError ServiceException ServiceFailure"
        " ServiceFailureException ServiceUnavailable ServiceUnavailableException Unavailable ResponseInterrupted"
        " ConnectionClosedByRequester 500 502 503 504"
    ),
    "Try again: the request did not arrive whole in AWS's time": "RequestTimeout RequestTimeoutException 408",
    "Try again in a minute: another change of the same thing is under way": (
        "OperationAborted ConcurrentModification ConcurrentModificationException ConditionalRequestConflict"
        " PriorRequestNotComplete EntityTemporarilyUnmodifiable EntityTemporarilyUnmodifiableException"
        " ResourceConflictException ResourceInUseException RestoreAlreadyInProgress"
    ),
    "Try again later, in another availability zone or with another type: AWS has no room left for it": (
        "InsufficientAddressCapacity InsufficientCapacity InsufficientInstanceCapacity InsufficientHostCapacity"
        " InsufficientReservedInstanceCapacity InsufficientVolumeCapacity InsufficientCapacityOnHost"
    ),
}
