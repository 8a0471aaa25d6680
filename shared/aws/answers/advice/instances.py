"""EC2's own refusals: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html."""

INSTANCES = {
    "Check the id and the region: there is no such thing there": (
        "InvalidInstanceID.NotFound InvalidInstanceID.Malformed InvalidAMIID.NotFound InvalidAMIID.Malformed"
        " InvalidAMIID.Unavailable InvalidSubnetID.NotFound InvalidVpcID.NotFound InvalidGroup.NotFound"
        " InvalidGroupId.Malformed InvalidKeyPair.NotFound InvalidVolume.NotFound InvalidSnapshot.NotFound"
        " InvalidSecurityGroupID.NotFound InvalidNetworkInterfaceID.NotFound InvalidAllocationID.NotFound"
        " InvalidRouteTableID.NotFound InvalidInternetGatewayID.NotFound InvalidLaunchTemplateId.NotFound"
        " InvalidLaunchTemplateName.NotFoundException"
    ),
    "Choose another key pair name: the account has this one": "InvalidKeyPair.Duplicate",
    "Leave the rule out: the security group has it already": "InvalidPermission.Duplicate",
    "Name a rule that the security group has": "InvalidPermission.NotFound",
    "Remove first what still uses it": "DependencyViolation InvalidGroup.InUse VolumeInUse InvalidSnapshot.InUse",
    "Wait until the instance or volume is in a state that allows it": (
        "IncorrectInstanceState IncorrectState InvalidState IncorrectSpotRequestState"
    ),
    "Have the quota of instances, processors or addresses raised (Service Quotas)": (
        "InstanceLimitExceeded VcpuLimitExceeded AddressLimitExceeded VpcLimitExceeded VolumeLimitExceeded"
        " SecurityGroupLimitExceeded RulesPerSecurityGroupLimitExceeded MaxSpotInstanceCountExceeded"
    ),
    "Choose a type or zone that the region offers": "Unsupported InvalidAvailabilityZone InvalidInstanceType",
    "Turn termination protection off first": "OperationNotPermitted",
}
