"""Puts the verb first in a request that has it at the end or not at all: "bucket x-1 please", "…, create both"."""

import re

from sandbox.model.reading.vocabulary import NOUNS

_ADJECTIVES = r"(?:s3|iam|aws|lambda|execution|service|serverless|python|node|small|simple|new)[\s-]+"
_NOUN = rf"(?:{_ADJECTIVES})*(?:{'|'.join(NOUNS)})\b"
_PLURAL = re.compile(rf"(?:{'|'.join(noun for noun in NOUNS if noun[:-1] in NOUNS)})\W*$", re.I)
_NEW = r"(?:(?:an?|one|new|another|fresh|some)\s+)+"
# "The bucket" alone only announces one; only with a name next to it can it be meant to come about.
_LEAD = r"\W*(?:(?:please|and|also|plus|now|then|next|great|thanks|ok|okay|cool|perfect|nice)[,.!\s]+)*"
_OPENING = re.compile(rf"(?P<lead>{_LEAD})(?P<new>{_NEW})?(?:the\s+)?{_NOUN}(?P<rest>.*)", re.I | re.S)
_NAMED = re.compile(
    r"(?i)\s*(?:\(|:|,|is\b|(?:should|shall|must|will|to)\s+be\b|(?:named?|called)\b|['\"`“]|[\w.]*(?:[-_.]\w|\d)|"
    r"(?:and|plus)\s)"
)
_ORDERING = re.compile(
    r"(?i)\b(?:please|pls|plz|needed|required|wanted|thanks|using|uses|that (?:can|runs|uses|may)|with|for|named|"
    r"called)\b"
)
_ASKING = re.compile(
    r"(?i)\?|\b(?:how|what|which|who|whose|when|where|why|sizes?|big|count|list|show|describe|details?|objects|usage|info|"
    r"do i|have|exists?|is there|are there|delete|remove|drop|don't|not|never|detach|empty|overview|report|summary)\b"
)
_MAKE = r"(?:create|make|build|set up|provision|deploy|spin up)"
_LATE = re.compile(
    rf"(?i)[\s,.;:-]*(?:\b(?:please|then|and|so|now|just|go ahead and|can you|could you)\s+)*\b{_MAKE}"
    r"(?:\s+(?:it|them|both|that|these|those|all|everything|the two|of them))*"
    r"(?:\s+(?:please|for me|now|too|pls))*[.!\s]*"
)
_BOTH = r"\brole.*\b(?:lambda|function)|\b(?:lambda|function).*\brole"
_ONE_THING = re.compile(rf"^(?!.*\bbucket)(?!.*(?:{_BOTH}))", re.I | re.S)
# What "the function is to be named x, the role y; create both" introduces is new.
_INTRODUCED = re.compile(rf"(^\W*|[,;.:]\s*|\band\s+)(?:the|its)\s+(?={_NOUN})", re.I)
_MAKING = re.compile(rf"\b(?:{_MAKE}|need|want|like|love|give|get|add|attach|grant)\b", re.I)
_THAT_ROLE = r"(?:that|this|the(?: same)?|it)(?: (?:new |iam )?role)?"
_SHORT: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<!\S)w/o(?=\s)", re.I), "without"),
    (re.compile(r"(?<!\S)w/\s*", re.I), "with "),
    (re.compile(r"(?<=\s)\+(?=\s)"), "and"),
    (re.compile(r"\b(role|function|lambda|policy|bucket|region|runtime)(?:[_-]?name)?=(?=\S)", re.I), r"\1: "),
    (re.compile(rf"\b(?:re)?use ({_THAT_ROLE}) (?:for|in|with|on) (?=(?:an?|another)\b)", re.I), r"attach \1 to "),
    (re.compile(r"\b(s3|dynamodb|sqs|sns|ec2):\*", re.I), r"full \1 access"),
    (re.compile(r"\b(?=(?:S3|DynamoDB|SQS|SNS|EC2)(?:FullAccess|ReadOnlyAccess)\b)"), "Amazon"),
)


def as_order(text: str) -> str:
    """The message with its order said first; unchanged where it has a verb of its own or asks something."""
    for pattern, word in _SHORT:
        text = pattern.sub(word, text)
    late = next((found for found in _LATE.finditer(text) if found.end() == len(text)), None)
    head = text[: late.start()] if late else text
    if late and re.search(_NOUN, head, re.I) and not _MAKING.search(head) and not _ASKING.search(head):
        return "create " + _INTRODUCED.sub(r"\1a new ", head)
    opening = _OPENING.match(text)
    if opening is None or _ASKING.search(text) or re.match(rf"\W*{_MAKE}", text, re.I):
        return text
    # "New bucket x-1" orders by its article, "bucket x-1 please" by its tone.
    rest = opening["rest"]
    # "Role x please" may as well ask to see it: only a bucket needs no further word on what it shall be.
    asked = re.sub(r"\b(?:please|pls|plz|thanks)\b", "", rest) if _ONE_THING.search(text) else rest
    plural = _PLURAL.search(text[: opening.start("rest")])
    told = opening["new"] or (not plural and (_NAMED.match(rest) and _ORDERING.search(asked)))
    return f"create {text[opening.end('lead') :]}" if told else text
