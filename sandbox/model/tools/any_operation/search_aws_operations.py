"""`search_aws_operations`: which operations of AWS a question may mean; asked where no other tool is meant."""

from sandbox.model.declaration import ReadTool
from sandbox.model.phrasing import join, objects_of, paragraphs, rows
from sandbox.model.types import Focus, JsonObject


def _line(row: JsonObject) -> str:
    needs = list(row.get("required") or {})
    with_what = f", with {join(needs)}" if needs else ""
    how = "" if row.get("call_with") == "read_aws" else "; a person must approve it"
    return f"{row.get('service')}:{row.get('operation')}{with_what}{how}: {row.get('purpose')}"


def _answer(result: JsonObject, _focus: Focus) -> str:
    found = objects_of(result, "operations")
    if not found:
        return "I can't do that: I have no function for it, and no operation of AWS has these words."
    near = [str(row.get("title")) for row in objects_of(result, "nearest_services")]
    lead = "I have no function of its own for that. These operations of AWS may be meant:"
    if near or result.get("advice"):
        nearest = f" (nearest: {join(near, 'or')})" if near else ""
        lead = (
            f"I can't do that: I have no function for it, and no operation of AWS clearly is it{nearest}. "
            "These may be meant:"
        )
    return paragraphs(lead, rows([_line(row) for row in found]))


TOOL = ReadTool(
    "search_aws_operations",
    answer=_answer,
    asked=lambda _clause: [],
    order=90,
    free_form=True,
    can="anything else that an operation of AWS lists",
)
