"""Reads which tags a message wants set or removed ("tag the bucket x with team=data"), and draws up the steps."""

import re

from sandbox.model.changes.change_request import Tagging
from sandbox.model.phrasing import join
from sandbox.model.reading.history import Conversation
from sandbox.model.types import JsonObject, Proposal, Step

TAG_TOOL = "tag_resource"

_POLITE = r"(?i)^\W*(?:(?:please|can you|could you|now|then|and|also|just)\s+)*"
_RESOURCE = (
    r"(?:(?:the|my|our)\s+)?(?:(?:s3|iam|aws)\s+)?"
    r"(?P<kind>bucket|role|(?:lambda\s+)?function|lambda)\s+(?:called\s+|named\s+)?[`'\"]?(?P<name>[\w.+=@-]*\w)[`'\"]?"
)
_SETTING = (
    re.compile(rf"{_POLITE}(?:tag|label)\s+{_RESOURCE}\s+(?:with|as)\s+(?P<tags>.+)"),
    re.compile(rf"{_POLITE}(?:set|add|put)\s+(?:the\s+|an?\s+)?tags?\s+(?P<tags>.+?)\s+(?:on|to|for)\s+{_RESOURCE}"),
)
_REMOVING = re.compile(
    rf"{_POLITE}(?:remove|delete|drop)\s+(?:the\s+|its\s+)?tags?\s+(?P<keys>.+?)\s+(?:from|of|on)\s+{_RESOURCE}"
)
_PAIR = re.compile(
    r"(?P<key>[\w.:/@+-]*[\w/@+-])\s*=\s*(?:\"(?P<quoted>[^\"]*)\"|'(?P<single>[^']*)'|(?P<plain>[\w.:/@+-]*[\w/@+-]))"
)
_KEY = re.compile(r"(?<![\w.:/@+-])(?!(?:and|or)\b)[\w.:/@+-]*[\w/@+-]", re.IGNORECASE)


def tagging_in(text: str) -> list[Tagging]:
    """What a message wants tagged: one resource, as it is named; nothing where it asks for no tags."""
    for pattern in _SETTING:
        if found := pattern.match(text):
            pairs = [
                (pair["key"], next(each for each in pair.group("quoted", "single", "plain") if each is not None))
                for pair in _PAIR.finditer(found["tags"])
            ]
            return [Tagging(_kind(found["kind"]), found["name"], tags=tuple(pairs))] if pairs else []
    if found := _REMOVING.match(text):
        keys = tuple(_KEY.findall(found["keys"]))
        return [Tagging(_kind(found["kind"]), found["name"], remove=keys)]
    return []


def tagged(tagging: list[Tagging], conversation: Conversation, region: str) -> Proposal:
    """The plan that sets and removes these tags."""
    steps = []
    for number, one in enumerate(tagging, 1):
        place = region or conversation.regions_seen().get(one.name, conversation.region)
        arguments: JsonObject = {
            "resource_arn": _arn(one, conversation.account, place),
            "tags": [{"key": key, "value": value} for key, value in one.tags],
        }
        if one.remove:
            arguments["remove"] = list(one.remove)
        steps.append(Step("tags" if number == 1 else f"tags_{number}", TAG_TOOL, arguments))
    named = join([f"the {one.kind} {one.name}" for one in tagging])
    return Proposal(tuple(steps), goal=f"Change the tags of {named}")


def _kind(said: str) -> str:
    return "function" if "lambda" in said.lower() or "function" in said.lower() else said.lower()


def _arn(one: Tagging, account: str, region: str) -> str:
    if one.kind == "bucket":
        return f"arn:aws:s3:::{one.name}"
    if one.kind == "role":
        return f"arn:aws:iam::{account}:role/{one.name}"
    return f"arn:aws:lambda:{region}:{account}:function:{one.name}"
