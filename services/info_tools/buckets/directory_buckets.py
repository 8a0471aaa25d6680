"""S3's directory buckets (Express One Zone): found region by region, measured by CloudWatch.

No list of buckets has them. To list what is in one needs a session of the bucket (s3express:CreateSession), which could
read its objects too; so this agent does not ask for one, and its session policy allows none. Sources: "Working with
directory buckets" and "S3 Express One Zone Availability Zones and Regions" in the S3 user guide.
"""

from __future__ import annotations

from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from services.info_tools.aws import in_region, list_all, read_each
from services.info_tools.buckets.metrics import daily_size
from services.info_tools.buckets.sizes import Size, of_day
from shared.aws.clients import Aws, translate
from shared.errors import AssistantError, AwsError

SUFFIX = "--x-s3"
# The id of a zone begins with its region's short name: photos--use1-az4--x-s3.
REGIONS = {
    "use1": "us-east-1",
    "use2": "us-east-2",
    "usw2": "us-west-2",
    "aps1": "ap-south-1",
    "apne1": "ap-northeast-1",
    "euw1": "eu-west-1",
    "eun1": "eu-north-1",
}


def is_directory_bucket(bucket_name: str) -> bool:
    """Whether a name is that of a directory bucket."""
    return bucket_name.endswith(SUFFIX)


def region_of(aws: Aws, bucket_name: str) -> str:
    """The region that the name tells; the session's for a zone of a region that is not known here."""
    zone = bucket_name.removesuffix(SUFFIX).rpartition("--")[2]
    return REGIONS.get(zone.partition("-")[0], aws.info.region)


def list_directory_buckets(aws: Aws) -> dict[str, str]:
    """Every directory bucket of the account with its region. Regions that do not answer become a gap."""
    if aws.info.partition != "aws":
        return {}
    failed: dict[str, AssistantError] = {}

    def read(region: str) -> list[str]:
        try:
            client = aws.client("s3", region)
            listed = list_all(aws, client, "list_directory_buckets", "Buckets", place=in_region(region))
        except (ClientError, BotoCoreError) as error:
            failed[region] = translate(error)
            return []
        return [str(one["Name"]) for one in listed if is_directory_bucket(str(one["Name"]))]

    found = {
        name: region for region, names in read_each(aws, REGIONS.values(), read, place=in_region) for name in names
    }
    for region in failed:
        aws.covered.did_not_answer(region)
    if failed:
        reason = next(iter(failed.values())).detail
        detail = f"directory buckets in {', '.join(sorted(failed))} are not known: {reason}"
        aws.gap("directory_buckets_not_listed", detail, region=next(iter(failed)) if len(failed) == 1 else None)
    return found


def measure(aws: Aws, bucket_name: str, region: str) -> Size:
    """CloudWatch's daily figures of a directory bucket, with a gap that says so.

    Raises AwsError (`directory_bucket_not_measured`) where it has none; they appear a day or two after its objects.
    """
    daily = daily_size(aws.client("cloudwatch", region), bucket_name, now=datetime.now(UTC))
    why = "a directory bucket is not listed: that needs a session which could read its objects too"
    if daily is None:
        raise AwsError(f"{why}; CloudWatch has no daily figures of it", code="directory_bucket_not_measured")
    aws.gap(
        "daily_metrics",
        f"CloudWatch's daily figures of {daily.day:%Y-%m-%d}: {why}",
        region=region,
        resource=bucket_name,
    )
    return of_day(daily)
