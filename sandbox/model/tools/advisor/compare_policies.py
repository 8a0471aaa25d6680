"""`compare_policies`: whether one of two policies is no wider than the other."""

import re

from sandbox.model.declaration import ReadTool
from sandbox.model.phrasing import paragraphs
from sandbox.model.policies.wording import bullets, unwrapped
from sandbox.model.types import Focus, JsonObject

_COMPARES = re.compile(
    r"\b(?:narrow|wid|broad|strict|tight|loos|permissive|restrictive|compar|differ|more|less|new|subset|same)\w*"
)
_ORDERS = re.compile(r"\b(?:make|tighten|optimi[sz]e|narrow|harden|simplify|restrict)\b")
# "Is A narrower than B?": the first is then the one that may be wider.
_THAN = re.compile(r"\bthan\b|\bsubset of\b|\bas \w+ as\b")
_VERDICTS = {True: "Yes", False: "No", None: "Unknown"}


def _asked(clause: Focus) -> list[JsonObject]:
    said = " ".join(token.text.lower() for token in clause.tokens if token.kind == "word")
    if len(clause.policies) != 2 or not _COMPARES.search(said) or _ORDERS.search(said):
        return []
    before, after = clause.policies
    if _THAN.search(said):
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
    asked=_asked,
    order=0,
    can="whether one policy is wider than another",
    free_form=True,
)
