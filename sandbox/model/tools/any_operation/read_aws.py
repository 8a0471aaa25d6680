"""`read_aws`: what an operation answered that was found by searching, in rows."""

from sandbox.model.declaration import ReadTool
from sandbox.model.phrasing import in_one_line, objects_of, plural, rows, searched
from sandbox.model.types import Focus, JsonObject


def _answer(result: JsonObject, _focus: Focus) -> str:
    """How many rows, where, and each in a line: its plain values, the region last."""
    found = objects_of(result, "rows")
    asked = f"{result.get('service')}:{result.get('operation')}"
    count = result.get("row_count", len(found))
    if not count:
        return f"{asked} found nothing.{searched(result)}"
    lines = [_line(row) for row in found]
    return f"{asked} found {plural(count, 'row')}:\n\n{rows(lines)}{searched(result)}"


def _line(row: JsonObject) -> str:
    plain = {key: value for key, value in row.items() if isinstance(value, (str, int, float)) and key != "_region"}
    region = row.get("_region")
    where = f" ({region})" if region else ""
    return f"{in_one_line(plain) if plain else 'no plain value'}{where}"


TOOL = ReadTool("read_aws", answer=_answer, asked=lambda _clause: [], order=91, free_form=True)
