"""Tells from an answer of AWS whether it was refused because of this machine's clock, and how far that is off.

Every answer has AWS's time in its `Date`. A signature holds for some minutes around its own time, which is this
machine's: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from botocore.exceptions import ClientError

from shared.aws.answers.checking import RECEIVED_AT

# Services say the same in different codes: the first can mean nothing else, the second also something else, such as a
# wrong secret or ended credentials. The third are all that HEAD tells.
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_ALWAYS = frozenset({"RequestTimeTooSkewed", "RequestInTheFuture"})
_PERHAPS = frozenset(
    {"SignatureDoesNotMatch", "InvalidSignatureException", "InvalidSignature", "RequestExpired", "AuthFailure"}
)
_BARE = frozenset({"400", "403"})
_SAYS_SO = re.compile(r"Signature (?:expired|not yet current)|time is too (?:skewed|large)", re.IGNORECASE)
# "Signature expired: 20261126T010000Z is now earlier than 20261126T011500Z (20261126T013000Z - 15 min.)"
_TIMES = re.compile(r"\b(\d{8}T\d{6}Z)\b")
# Services tolerate 5 minutes at least, S3 15; what is below is the network's.
MIN_SKEW_SECONDS, MIN_SKEW_OF_S3_SECONDS = 240.0, 840.0


def clock_skew(error: ClientError) -> float | None:
    """Seconds by which this machine's clock is ahead of AWS's, where that is why AWS refused; negative: behind.

    0 where AWS says that it is the clock and not by how much. None where the clock is not the reason.
    """
    said = error.response.get("Error", {})
    code, message = str(said.get("Code", "")), str(said.get("Message", ""))
    if code in _ALWAYS or _SAYS_SO.search(message):
        return skew_of(error) or 0.0
    if code not in _PERHAPS and code not in _BARE:
        return None
    skew = skew_of(error)
    least = MIN_SKEW_OF_S3_SECONDS if code in _BARE else MIN_SKEW_SECONDS
    return skew if skew is not None and abs(skew) >= least else None


def skew_of(error: ClientError) -> float | None:
    """Seconds by which this machine's clock is ahead of AWS's by the answer's own times; None where it has none."""
    metadata, said = error.response.get("ResponseMetadata", {}), error.response.get("Error", {})
    received = float(metadata.get(RECEIVED_AT) or time.time())
    theirs = _http_date(metadata.get("HTTPHeaders", {}).get("date")) or _iso_date(said.get("ServerTime"))
    if theirs is not None:
        return received - theirs
    stamps = [_stamp(found) for found in _TIMES.findall(str(said.get("Message", "")))]
    # The first is the signature's, the last is AWS's.
    return stamps[0] - stamps[-1] if len(stamps) > 1 else None


def in_words(skew: float) -> str:
    """By how much and which way, such as "2 h 5 min ahead of AWS's"."""
    if not skew:
        return "not AWS's"
    minutes = max(1, round(abs(skew) / 60))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [f"{amount} {unit}" for amount, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if amount]
    return f"{' '.join(parts)} {'ahead of' if skew > 0 else 'behind'} AWS's"


def _http_date(value: object) -> float | None:
    try:
        return parsedate_to_datetime(str(value)).timestamp() if value else None
    except ValueError:
        return None


def _iso_date(value: object) -> float | None:
    try:
        return datetime.fromisoformat(str(value)).timestamp() if value else None
    except ValueError:
        return None


def _stamp(value: str) -> float:
    return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
