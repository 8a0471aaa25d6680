"""AWS managed policies by what people call them: their ARN, their name, or "read access to S3"."""

import re

_POLICY = "arn:aws:iam::aws:policy/"

# service: (words for it, full access, read only)
_SERVICES: dict[str, tuple[str, str, str]] = {
    "logs": (r"cloud\s?watch\s+logs?|logs", "CloudWatchLogsFullAccess", "CloudWatchLogsReadOnlyAccess"),
    "cloudwatch": (r"cloud\s?watch", "CloudWatchFullAccess", "CloudWatchReadOnlyAccess"),
    "s3": (
        r"s3(?: buckets?| objects?)?|simple storage service|buckets?|object storage",
        "AmazonS3FullAccess",
        "AmazonS3ReadOnlyAccess",
    ),
    "dynamodb": (r"dynamo\s?-?db|dynamo", "AmazonDynamoDBFullAccess", "AmazonDynamoDBReadOnlyAccess"),
    "sqs": (r"sqs|queues?", "AmazonSQSFullAccess", "AmazonSQSReadOnlyAccess"),
    "sns": (r"sns|topics?", "AmazonSNSFullAccess", "AmazonSNSReadOnlyAccess"),
    "ecr": (r"ecr", "AmazonEC2ContainerRegistryFullAccess", "AmazonEC2ContainerRegistryReadOnly"),
    "ec2": (r"ec2|instances?", "AmazonEC2FullAccess", "AmazonEC2ReadOnlyAccess"),
    "rds": (r"rds", "AmazonRDSFullAccess", "AmazonRDSReadOnlyAccess"),
    "kinesis": (r"kinesis", "AmazonKinesisFullAccess", "AmazonKinesisReadOnlyAccess"),
    "secrets": (r"secrets?\s*manager", "SecretsManagerReadWrite", "SecretsManagerReadWrite"),
    "ssm": (r"ssm|systems manager|parameter store", "AmazonSSMFullAccess", "AmazonSSMReadOnlyAccess"),
    "ses": (r"ses", "AmazonSESFullAccess", "AmazonSESReadOnlyAccess"),
    "route53": (r"route\s?53", "AmazonRoute53FullAccess", "AmazonRoute53ReadOnlyAccess"),
    "vpc": (r"vpc", "AmazonVPCFullAccess", "AmazonVPCReadOnlyAccess"),
    "events": (r"event\s?bridge", "AmazonEventBridgeFullAccess", "AmazonEventBridgeReadOnlyAccess"),
    "states": (r"step\s?functions?", "AWSStepFunctionsFullAccess", "AWSStepFunctionsReadOnlyAccess"),
    "cloudformation": (r"cloud\s?formation", "AWSCloudFormationFullAccess", "AWSCloudFormationReadOnlyAccess"),
    "iam": (r"iam", "IAMFullAccess", "IAMReadOnlyAccess"),
    "lambda": (r"lambda", "AWSLambda_FullAccess", "AWSLambda_ReadOnlyAccess"),
}
_WHOLE: tuple[tuple[str, str], ...] = (
    (
        r"lambda\W+(?:vpc|eni)\W+(?:access )?execution|vpc access execution",
        "service-role/AWSLambdaVPCAccessExecutionRole",
    ),
    (
        r"(?:aws\s*)?lambda\W+basic\W*execution|basic\W+(?:lambda\W+)?execution|basic lambda|"
        r"(?:basic|standard|usual|default|minimal) (?:execution|logging) (?:policy|permissions?|rights|access)|"
        r"(?:permission|access|able|rights?|allowed) to (?:write|send|put) (?:to |its |its own )*logs",
        "service-role/AWSLambdaBasicExecutionRole",
    ),
    (
        r"administrator access|admin(?:istrator)? (?:rights|access|permissions?|policy)|full admin",
        "AdministratorAccess",
    ),
    (r"power\s?user", "PowerUserAccess"),
    (r"security audit", "SecurityAudit"),
    (r"read\W?only access to (?:everything|all|the (?:whole )?account)", "ReadOnlyAccess"),
)
_LEVEL_FULL = (
    r"full|complete|unrestricted|total|unlimited|all|any|anything|whatever|carte blanche|free rein|"
    r"write|writes|writing|read[\s/-]*(?:and[\s-]*)?write|"
    r"read\s*&\s*write|admin|everything|manage|upload|store|modify|put|send|publish|delete"
)
_LEVEL_READ = r"read[\s-]?only|read|reads|reading|view(?:[\s-]?only)?|list|look|get|download|browse|fetch|see"
# "… access for my Lambda function" says who gets it, not what it opens.
_FOR_WHOM = re.compile(r"(?:for|by) (?:use by )?(?:(?:an?|my|our|the|any|new|existing) )*$")
# Services that may stand before another one and share its level: "read access to S3 and SQS".
_ALSO = r"and|s3|dynamo\s?db|sqs|sns|ec2|rds|kinesis|lambda|cloudwatch|logs|#+"
_ACCESS = r"access|control|permissions?|rights|policy|privileges|managed policy"
# An AWS managed policy's own name, as people type it without the ARN.
_MANAGED_NAME = re.compile(
    r"(?<![\w/-])((?:service-role/|job-function/)?(?:Amazon|AWS|CloudWatch|IAM|SecretsManager|Administrator|PowerUser|"
    r"SecurityAudit|ViewOnly|ReadOnly)\w*(?:Access|Role|ReadOnly|ReadWrite|_v2|Audit|FullAccess|PowerUser))(?![\w-])"
)
_SERVICE_ROLE = re.compile(r"AWSLambda\w*ExecutionRole|AWSLambdaRole|AmazonAPIGatewayPush\w+")


def _managed_policy_arn(name: str) -> str:
    """The ARN of an AWS managed policy by its own name."""
    if "/" not in name and _SERVICE_ROLE.fullmatch(name):
        name = f"service-role/{name}"
    return _POLICY + name


def policies_named(text: str) -> list[str]:
    """ARNs of the policies a text asks for: by ARN, by name, or by description ("read access to S3")."""
    arns = re.findall(r"arn:aws[\w-]*:iam::(?:\d{12}|aws):policy/[\w+=,.@/-]*[\w]", text)
    rest = re.sub(r"arn:aws\S+", " ", text)
    found = [(match.start(), _managed_policy_arn(match.group(1))) for match in _MANAGED_NAME.finditer(rest)]
    rest = _MANAGED_NAME.sub(lambda match: " " * len(match.group()), rest).lower()
    for pattern, name in _WHOLE:
        for match in re.finditer(rf"(?<![\w-])(?:{pattern})(?![\w-])", rest):
            found.append((match.start(), _POLICY + name))
        rest = re.sub(rf"(?<![\w-])(?:{pattern})(?![\w-])", lambda match: "#" * len(match.group()), rest)
    found += _described(rest)
    return list(dict.fromkeys([*arns, *(arn for _, arn in sorted(found))]))


def _described(text: str) -> list[tuple[int, str]]:
    """Find "S3 full access", "read access to DynamoDB", "can write to SQS" and their like."""
    found: list[tuple[int, str]] = []
    for name, (words, full, read) in _SERVICES.items():
        service = rf"(?<![\w-])(?:(?:amazon|aws) )?(?:{words})(?![\w-])"
        for match in re.finditer(service, text):
            if name in ("lambda", "ec2") and _FOR_WHOM.search(text[: match.start()]):
                continue
            if name == "lambda" and re.match(r"\W*(?:functions? |fn )?_(?!\w)", text[match.end() :]):
                continue  # "… and lambda _": a function of that name, not what the role may reach
            arn = _level(text, match, full, read)
            if arn:
                found.append((match.start(), _POLICY + arn))
                text = text[: match.start()] + "#" * len(match.group()) + text[match.end() :]
    return found


def _level(text: str, match: re.Match[str], full: str, read: str) -> str:
    """The policy for the access the words around a service speak of; empty when none do."""
    before, after = text[max(0, match.start() - 60) : match.start()], text[match.end() : match.end() + 40]
    gap = r"(?:\W+(?:and|or|only|level))*"
    shape_after = re.match(
        rf"\W*(?P<level>{_LEVEL_FULL}|{_LEVEL_READ})?{gap}\W*(?:-?\s*only\s*)?(?:{_ACCESS})(?![\w-])|"
        rf"\W*(?P<bare>full|admin|read[\s-]?only)(?!\w)",
        after,
    )
    verbs = rf"(?:{_LEVEL_FULL}|{_LEVEL_READ})"
    before_match = re.search(
        rf"(?<!\w)(?P<verbs>{verbs}(?:\W+(?:and|or|from|to|only|objects|data|files|in|into|messages|logs)|\W+{verbs})*)"
        rf"\W+(?:(?:{_ACCESS})\W+)?(?:(?:to|on|for|from|in|into|of|over|all|my|the|any|our|it|likes?|wants?|actions?|operations?|objects|data|files|messages|{_ALSO})\W+)*$",
        before,
    )
    plain = re.search(
        rf"(?<!\w)(?:{_ACCESS}|talk|use|work|interact)\W+(?:(?:to|on|for|with|all|my|the|our|{_ALSO})\W+)*$", before
    )
    wide = before[-60:]
    if shape_after and (shape_after.group("level") or shape_after.group("bare")):
        spoken = shape_after.group("level") or shape_after.group("bare")
    elif before_match:
        spoken = before_match.group("verbs")
    elif shape_after or plain:
        spoken = wide if re.search(r"full|read|write", wide[-30:]) else "read"
    else:
        return ""
    return full if re.search(rf"(?<!\w)(?:{_LEVEL_FULL})(?!\w)", spoken) else read
