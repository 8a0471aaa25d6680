"""What the usage summary counts of disks, snapshots, Auto Scaling groups and containers."""

from __future__ import annotations

from services.info_tools.inventory.declaration import Attention, Listing

LISTINGS = (
    Listing(
        "ec2",
        "volumes",
        "describe_volumes",
        "Volumes",
        action="ec2:DescribeVolumes",
        name="VolumeId",
        state="State",
        figures={"storage_gib": "Size"},
        attention=(Attention("unattached", "State == 'available'"), Attention("not encrypted", "Encrypted == `false`")),
    ),
    Listing(
        "ec2",
        "snapshots",
        "describe_snapshots",
        "Snapshots",
        action="ec2:DescribeSnapshots",
        name="SnapshotId",
        arguments={"OwnerIds": ["self"]},
        figures={"volumes_gib": "VolumeSize"},
        attention=(Attention("failed", "State == 'error'"),),
    ),
    Listing(
        "autoscaling",
        "groups",
        "describe_auto_scaling_groups",
        "AutoScalingGroups",
        action="autoscaling:DescribeAutoScalingGroups",
        name="AutoScalingGroupName",
        figures={"desired_instances": "DesiredCapacity"},
    ),
    Listing("ecs", "clusters", "list_clusters", "clusterArns", action="ecs:ListClusters"),
    Listing("eks", "clusters", "list_clusters", "clusters", action="eks:ListClusters"),
    Listing(
        "ecr",
        "repositories",
        "describe_repositories",
        "repositories",
        action="ecr:DescribeRepositories",
        name="repositoryName",
    ),
)
