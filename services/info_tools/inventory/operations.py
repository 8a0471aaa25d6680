"""What the usage summary counts of CloudWatch alarms, log groups, CloudTrail trails and CloudFormation stacks."""

from __future__ import annotations

from services.info_tools.inventory.declaration import Attention, Listing

# Without a filter ListStacks names stacks for 90 days after they were deleted.
_STACKS_THAT_ARE = [
    "CREATE_IN_PROGRESS", "CREATE_FAILED", "CREATE_COMPLETE", "ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED",
    "ROLLBACK_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_FAILED", "UPDATE_IN_PROGRESS",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE", "UPDATE_FAILED", "UPDATE_ROLLBACK_IN_PROGRESS",
    "UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE",
    "REVIEW_IN_PROGRESS", "IMPORT_IN_PROGRESS", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_IN_PROGRESS",
    "IMPORT_ROLLBACK_FAILED", "IMPORT_ROLLBACK_COMPLETE",
]  # fmt: skip
_FAILED = "contains(StackStatus, 'FAILED') || contains(StackStatus, 'ROLLBACK')"

LISTINGS = (
    Listing(
        "cloudwatch",
        "alarms",
        "describe_alarms",
        "[MetricAlarms, CompositeAlarms][]",
        action="cloudwatch:DescribeAlarms",
        name="AlarmName",
        state="StateValue",
        # Without it only metric alarms are listed.
        arguments={"AlarmTypes": ["MetricAlarm", "CompositeAlarm"]},
        attention=(
            Attention("firing", "StateValue == 'ALARM'"),
            Attention("without data", "StateValue == 'INSUFFICIENT_DATA'"),
        ),
    ),
    Listing(
        "logs",
        "log groups",
        "describe_log_groups",
        "logGroups",
        action="logs:DescribeLogGroups",
        name="logGroupName",
        figures={"stored_bytes": "storedBytes"},
        attention=(Attention("kept forever", "!retentionInDays"),),
    ),
    Listing(
        "cloudtrail",
        "trails",
        "describe_trails",
        "trailList",
        action="cloudtrail:DescribeTrails",
        name="Name",
        arguments={"includeShadowTrails": False},
    ),
    Listing(
        "cloudformation",
        "stacks",
        "list_stacks",
        "StackSummaries",
        action="cloudformation:ListStacks",
        name="StackName",
        state="StackStatus",
        arguments={"StackStatusFilter": _STACKS_THAT_ARE},
        attention=(Attention("failed or rolled back", _FAILED),),
    ),
)
