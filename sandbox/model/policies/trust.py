"""Trust policies: which services and accounts a message says may assume a role, and the document for them."""

import re

from sandbox.model.types import JsonObject

_TRUSTED: dict[str, str] = {
    "lambda.amazonaws.com": r"(?:aws )?lambdas?|serverless functions?|functions?",
    "ec2.amazonaws.com": r"ec2(?: instances?| servers?)?|instances?|virtual machines?|servers?|vms?",
    "ecs-tasks.amazonaws.com": r"ecs(?: tasks?)?|fargate|containers?|tasks",
    "states.amazonaws.com": r"step functions?|state machines?",
    "events.amazonaws.com": r"event\s?bridge|cloudwatch events",
    "apigateway.amazonaws.com": r"api gateway",
    "glue.amazonaws.com": r"glue(?: jobs?)?",
    "sagemaker.amazonaws.com": r"sage\s?maker",
    "codebuild.amazonaws.com": r"code\s?build",
    "codepipeline.amazonaws.com": r"code\s?pipeline",
    "cloudformation.amazonaws.com": r"cloud\s?formation",
    "eks.amazonaws.com": r"eks",
    "bedrock.amazonaws.com": r"bedrock",
    "batch.amazonaws.com": r"aws batch",
    "scheduler.amazonaws.com": r"scheduler",
}


def trusted_services(text: str) -> list[str]:
    """Service principals that a text says may assume a role ("for Lambda", "EC2 can assume")."""
    lowered = text.lower()
    found: list[tuple[int, str]] = []
    for principal, words in _TRUSTED.items():
        noun = rf"(?:(?:an?|the|my|our|aws|amazon|any|all) )*(?:{words})"
        patterns = (
            rf"(?:for|by|trusts?|trusting|lets?|allows?|allowing|letting|to) {noun}(?![\w-])(?! (?:full|read))",
            rf"{noun} (?:service )?(?:can|may|could|is allowed to|to|should be able to|will|are able to)? ?"
            rf"(?:assume|take on|use)(?![\w-])",
            rf"(?<![\w-])(?:{words}) (?:execution |service |task |instance |trust )*role",
            rf"(?<![\w-])(?:{words}) (?:trust|as (?:the )?(?:trusted|principal))",
            rf"and {noun} (?:can|may|to) (?:both )?assume",
            rf"(?:so that|so|that|which|letting|lets?) {noun} (?:can|may|could|should|must|needs?)(?![\w-])",
        )
        spots = [match.start() for pattern in patterns if (match := re.search(pattern, lowered))]
        if spots:
            found.append((min(spots), principal))
        elif principal in lowered:
            found.append((lowered.index(principal), principal))
    return [principal for _, principal in sorted(found)]


def trusted_account(text: str) -> str:
    """The twelve-digit account a text says may assume a role, or an empty string."""
    match = re.search(r"account(?: id| number)?\W+(\d{12})|(\d{12})", re.sub(r"arn:\S+", " ", text))
    return next((group for group in match.groups() if group), "") if match else ""


def trust_policy(services: list[str], account: str = "") -> JsonObject:
    """The trust policy document that lets exactly these services (or this account) assume a role."""
    principal: JsonObject = {}
    if services:
        principal["Service"] = services[0] if len(services) == 1 else services
    if account:
        principal["AWS"] = f"arn:aws:iam::{account}:root"
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}
