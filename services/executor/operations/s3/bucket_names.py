"""The names that S3 takes for a general purpose bucket, and the ARN of one.

Rules: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
"""

from __future__ import annotations

import ipaddress
import re

from shared.errors import InvalidArguments

BUCKET = "arn:{partition}:s3:::{bucket_name}"
_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def check_bucket_name(bucket_name: str) -> None:
    """Raise InvalidArguments unless S3 takes the name for a general purpose bucket."""
    problem = None
    if not 3 <= len(bucket_name) <= 63:
        problem = "has 3 to 63 characters"
    elif not re.fullmatch(r"[a-z0-9][a-z0-9.-]*[a-z0-9]", bucket_name):
        problem = "has only lowercase letters, digits, dots and hyphens, and begins and ends with a letter or digit"
    elif ".." in bucket_name:
        problem = "has no two dots in a row"
    elif _is_ip_address(bucket_name):
        problem = "is not formatted as an IP address"
    elif bucket_name.startswith(_RESERVED_PREFIXES):
        problem = f"does not begin with {', '.join(_RESERVED_PREFIXES)}"
    elif bucket_name.endswith(_RESERVED_SUFFIXES):
        problem = f"does not end with {', '.join(_RESERVED_SUFFIXES)}"
    if problem:
        raise InvalidArguments(f"bucket_name: {bucket_name!r} is no bucket name; one {problem}")


def _is_ip_address(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True
