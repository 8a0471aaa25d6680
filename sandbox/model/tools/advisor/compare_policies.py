"""`compare_policies`: whether one of two policies is no wider than the other."""

import re

from sandbox.model.declaration import ReadTool
from sandbox.model.phrasing import paragraphs
from sandbox.model.policies.wording import bullets, unwrapped
from sandbox.model.types import Focus, JsonObject

# "Is A narrower than B?": the first is then the one that may be wider.
_THAN = re.compile(
    r"\b(?:narrower|wider|broader|stricter|tighter|looser|more|less|permissive|restrictive)\b.*\bthan\b", re.DOTALL
)
_VERDICTS = {True: "Yes", False: "No", None: "Unknown"}


def _asked(clause: Focus) -> list[JsonObject]:
    if len(clause.policies) != 2 or not clause.has("comparison"):
        return []
    before, after = clause.policies
    if _THAN.search(clause.text.lower()):
        before, after = after, before
    return [{"before_json": before, "after_json": after}]


def _answer(result: JsonObject, _focus: Focus) -> str:
    example = result.get("example") or result.get("deny_example") or {}
    return paragraphs(
        f"Does the second policy grant nothing new? {_VERDICTS[result.get('grants_nothing_new')]}.",
        str(result.get("summary") or ""),
        unwrapped(result),
        bullets("About the example", example.get("notes")),
    )


TOOL = ReadTool(
    "compare_policies",
    answer=_answer,
    words={
        "comparison": "narrower than, wider than, broader than, stricter than, tighter than, looser than, more "
        "permissive, less permissive than, more restrictive, allow more, allows more, grant more, grants more, "
        "anything new, nothing new, new permissions, no wider, compare these, compare the, compare two, as narrow as"
    },
    asked=_asked,
    order=0,
    can="whether one policy is wider than another",
    free_form=True,
)
