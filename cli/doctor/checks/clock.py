"""The clock: AWS refuses signed requests whose time is off, and approvals and sessions would end at wrong times."""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor.finding import Finding, Findings

make = Findings("clock")

# AWS takes a signature for five minutes (S3: fifteen).
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html#signature-v4-troubleshooting-credential-time
PROBLEM_SECONDS, WARNING_SECONDS = 240, 30


def judged(ahead: float | None, than: str) -> Iterator[Finding]:
    """What it means that this machine's clock is so many seconds ahead (behind where negative); None is not known."""
    if ahead is None:
        return
    off = abs(ahead)
    said = f"this machine's clock is {off:.0f} s {'ahead of' if ahead > 0 else 'behind'} {than}"
    do = "set the clock by NTP (timedatectl set-ntp true), on the other machine if that one is wrong"
    if off > PROBLEM_SECONDS:
        yield make.failure(f"{said}: AWS refuses requests that are five minutes off", do)
    elif off > WARNING_SECONDS:
        yield make.warning(said, do)
    else:
        yield make.ok("this machine's clock agrees with those of the servers that were asked")
