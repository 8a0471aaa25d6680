"""AWS's endpoints: they answer, and it is AWS that answers (or the sandbox), and no login page on the way."""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor.checks.clock import judged
from cli.doctor.finding import Finding, Findings
from cli.doctor.http import Answer, Unreachable, ask
from cli.doctor.situation import Situation

make = Findings("aws")

DEFAULT_REGION = "us-east-1"
# AWS refuses an unsigned call, and says so in its own form: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
UNSIGNED = "?Action=GetCallerIdentity&Version=2011-06-15"


def check(situation: Situation) -> Iterator[Finding]:
    """Send one unsigned request to STS and to Bedrock, where the services would."""
    if not situation.knows_aws:
        yield make.skipped("AWS is the sandbox's, and it does not run here")
        return
    region = str(situation.session.get("region") or DEFAULT_REGION)
    bedrock_region = situation.setting("BEDROCK_REGION") or region
    sts = situation.aws_endpoint or f"https://sts.{region}.{_suffix(region)}"
    bedrock = situation.bedrock_endpoint or (
        None if situation.aws_endpoint else f"https://bedrock-runtime.{bedrock_region}.{_suffix(bedrock_region)}"
    )
    yield from _asked(f"{sts.rstrip('/')}/{UNSIGNED}", sts, expected_real=situation.real_aws)
    if bedrock:
        yield from _asked(f"{bedrock.rstrip('/')}/", bedrock, expected_real=situation.real_aws)


def _suffix(region: str) -> str:
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


def _asked(url: str, shown: str, *, expected_real: bool) -> Iterator[Finding]:
    try:
        answer = ask(url)
    except Unreachable as error:
        yield make.failure(
            f"{shown} does not answer: {error}", "check the region's name, the network, HTTPS_PROXY and AWS_CA_BUNDLE"
        )
        return
    yield from judged(answer.ahead, shown)
    yield _judged(answer, shown, expected_real=expected_real)


def _judged(answer: Answer, shown: str, *, expected_real: bool) -> Finding:
    sandbox = answer.header("x-sandbox") == "true"
    if sandbox and expected_real:
        return make.failure(f"USE_REAL_AWS is on and {shown} is the sandbox", "unset AWS_ENDPOINT_URL and start again")
    if sandbox:
        return make.ok(f"{shown} is the sandbox")
    if answer.header("x-amzn-requestid") or answer.header("x-amz-request-id"):
        if expected_real:
            return make.ok(f"{shown} is AWS")
        return make.warning(
            f"{shown} answers as AWS does and not as the sandbox", "set USE_REAL_AWS=yes if the real AWS is meant"
        )
    where = answer.header("location")
    seen = f"a redirect to {where}" if where else (answer.header("content-type") or "nothing that AWS sends")
    return make.failure(
        f"{shown} is not AWS: it answers {answer.status} with {seen}",
        "check AWS_ENDPOINT_URL; behind a hotel's or company's login page, log in or set HTTPS_PROXY first",
    )
