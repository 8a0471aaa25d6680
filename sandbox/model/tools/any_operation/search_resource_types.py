"""`search_resource_types`: which resource types there are for something."""

from sandbox.model.declaration import ReadTool
from sandbox.model.phrasing import join, objects_of, paragraphs, rows
from sandbox.model.types import Focus, JsonObject

_MOST_CHARACTERS = 200


def _asked(clause: Focus) -> list[JsonObject]:
    about = clause.text.lower().replace("resource types", " ").replace("resource type", " ")
    return [{"query": " ".join(about.split())[:_MOST_CHARACTERS]}] if clause.has("resource_type") else []


def _line(row: JsonObject) -> str:
    needs = list(row.get("required") or [])
    with_what = f", which needs {join(needs)}" if needs else ""
    can = row.get("can") or "nothing, through Cloud Control"
    return f"{row.get('type_name')}{with_what}; a plan can {can}: {row.get('purpose') or 'AWS says no more of it'}"


def _answer(result: JsonObject, _focus: Focus) -> str:
    found = objects_of(result, "types")
    if not found:
        return "No resource type of AWS has these words."
    return paragraphs("These resource types may be meant:", rows([_line(row) for row in found]))


TOOL = ReadTool(
    "search_resource_types",
    answer=_answer,
    asked=_asked,
    topics=("resource_type",),
    words={"resource_type": "resource type, resource types"},
    order=40,
    free_form=True,
    can="which types of resources a plan can make",
)
