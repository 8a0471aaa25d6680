"""AWS regions by code and by the names people use for them."""

import re

REGION_CODE = re.compile(
    r"(?<![\w-])(?:us|eu|ap|ca|sa|af|me|il|mx|cn)(?:-gov)?-"
    r"(?:northeast|southeast|northwest|southwest|north|south|east|west|central)-\d(?![\w-])",
    re.IGNORECASE,
)

_NAMES: dict[str, str] = {
    "us-east-1": r"n(?:orth(?:ern)?|\.)?\s*virginia|virginia",
    "us-east-2": r"ohio",
    "us-west-1": r"n(?:orth(?:ern)?|\.)?\s*california|california",
    "us-west-2": r"oregon",
    "eu-central-1": r"frankfurt(?:\s+am\s+main)?|germany",
    "eu-central-2": r"zurich|zürich|switzerland",
    "eu-west-1": r"ireland|dublin",
    "eu-west-2": r"london|england",
    "eu-west-3": r"paris|france",
    "eu-north-1": r"stockholm|sweden",
    "eu-south-1": r"milan|italy",
    "eu-south-2": r"spain|aragon",
    "ap-northeast-1": r"tokyo",
    "ap-northeast-2": r"seoul|korea",
    "ap-northeast-3": r"osaka",
    "ap-southeast-1": r"singapore",
    "ap-southeast-2": r"sydney|australia",
    "ap-southeast-3": r"jakarta|indonesia",
    "ap-southeast-4": r"melbourne",
    "ap-south-1": r"mumbai",
    "ap-south-2": r"hyderabad",
    "ap-east-1": r"hong\s*kong",
    "ca-central-1": r"montr[eé]al|canada",
    "ca-west-1": r"calgary",
    "sa-east-1": r"s[aã]o\s*paulo|brazil",
    "af-south-1": r"cape\s*town",
    "me-south-1": r"bahrain",
    "me-central-1": r"uae|dubai",
    "il-central-1": r"tel\s*aviv|israel",
    "mx-central-1": r"mexico",
}
# "the eu-central region" is not a code, but "us-east-1" written with spaces is.
REGION_SPACED = re.compile(
    r"(?<![\w-])(us|eu|ap|ca|sa)[ _]?(northeast|southeast|north|south|east|west|central)[ _]?(\d)(?![\w-])",
    re.IGNORECASE,
)
REGION_NAME = re.compile(rf"(?<![\w.-])(?:{'|'.join(_NAMES.values())})(?![\w-])", re.IGNORECASE)


def region_code(text: str) -> str:
    """The region code of a code or a human name; the text itself (lower-cased) when it is neither."""
    spaced = REGION_SPACED.fullmatch(text.strip())
    if spaced:
        return "-".join(part.lower() for part in spaced.groups())
    codes = (code for code, pattern in _NAMES.items() if re.fullmatch(pattern, text.strip(), re.IGNORECASE))
    return next(codes, text.strip().lower())
