"""`count_s3_objects`: how many objects a bucket holds, or a prefix in it."""

from sandbox.model.declaration import ReadTool
from sandbox.model.phrasing import method_note, plural, size
from sandbox.model.tools.s3._storage import TOPICS, figure
from sandbox.model.types import Focus, JsonObject


def _asked(clause: Focus) -> list[JsonObject]:
    if figure(clause) != "objects":
        return []
    prefix: JsonObject = {"prefix": clause.prefix} if clause.prefix else {}
    return [{"bucket_name": bucket} | prefix for bucket in clause.names("bucket")]


def _answer(result: JsonObject, _focus: Focus) -> str:
    prefix = f" under the prefix {result['prefix']}" if result.get("prefix") else ""
    region = f" (in {result['region']})" if result.get("region") else ""
    total = f", {size(result)} in all" if "size_bytes" in result else ""
    objects = plural(result.get("object_count", "an unknown number of"), "object")
    return f"The bucket {result.get('bucket_name')}{region} holds {objects}{prefix}{total}.{method_note(result)}"


def _tells(arguments: JsonObject) -> str:
    prefix = f" under {arguments['prefix']}" if arguments.get("prefix") else ""
    return f"the number of all objects in {arguments.get('bucket_name')}{prefix}"


TOOL = ReadTool(
    "count_s3_objects",
    answer=_answer,
    topics=TOPICS,
    words={"object": "object, objects, file, files, key, keys, item, items, blob, blobs, document, documents"},
    asked=_asked,
    order=90,
    rows=("", "bucket_name", "bucket"),
    again=lambda _, focus: {"bucket_name": focus.named[0].value} if focus.named else None,
    instead=("get_s3_bucket_sizes", "get_s3_usage"),
    tells=_tells,
    can="object counts",
)
