"""A Lambda function's code: a file the user uploaded, an object in S3, or a minimal handler packed here."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from services.executor.operations.lambda_.code_files import code_file
from shared.errors import InvalidArguments

PYTHON = """\
def {function}(event, context):
    return {{"statusCode": 200, "body": "Hello from AWS Lambda"}}
"""
NODE = """\
exports.{function} = async (event) => ({{ statusCode: 200, body: "Hello from AWS Lambda" }});
"""
_PART = r"[A-Za-z_][A-Za-z0-9_]*"


@dataclass(frozen=True, slots=True)
class Package:
    """What CreateFunction takes as `Code`, and how it came to be."""

    code: dict[str, Any]
    packaged: Literal["minimal", "uploaded", "s3"]


def is_file_id(source: str) -> bool:
    return re.fullmatch(r"file_[A-Za-z0-9]{8,64}", source) is not None


def s3_object(source: str) -> tuple[str, str] | None:
    """Bucket and key of `s3://bucket/key`, or None for anything else."""
    match = re.fullmatch(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/([^*?$\s]{1,1024})", source)
    return (match[1], match[2]) if match else None


def check_source(source: str) -> None:
    """Raise InvalidArguments unless `source` is an uploaded file's id or an S3 object; never a path."""
    if not is_file_id(source) and s3_object(source) is None:
        raise InvalidArguments(
            f"zip_file_path: {source!r} is neither an uploaded file (POST /v1/files answers with its id, file_…) nor"
            " s3://bucket/key; paths are not read",
            code="package_not_found",
        )


def minimal_package(runtime: str, handler: str) -> bytes:
    """A zip with a handler that answers "Hello"; the same bytes each time.

    Raises InvalidArguments for a runtime without one, or a handler that no file can be named after.
    """
    template = PYTHON if runtime.startswith("python") else NODE
    name = code_file(runtime, handler) if runtime.startswith(("python", "nodejs")) else None
    if name is None:
        raise InvalidArguments(
            f"zip_file_path: {runtime} needs a package (upload one with POST /v1/files, or name s3://bucket/key);"
            " a minimal handler can be packed for python and nodejs only",
            code="package_needed",
        )
    if not re.fullmatch(rf"(?:{_PART}[./])*{_PART}\.{_PART}", handler):
        raise InvalidArguments(f'handler: {handler!r} does not fit {runtime}; it is "file.function"')
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, template.format(function=handler.rpartition(".")[2]))
    return packed.getvalue()


def load(runtime: str, handler: str, source: str | None, read_file: Callable[[str], bytes]) -> Package:
    """The code of a function from the argument that names it; `read_file` takes an uploaded file's id."""
    if source is None:
        return Package({"ZipFile": minimal_package(runtime, handler)}, "minimal")
    check_source(source)
    if found := s3_object(source):
        return Package({"S3Bucket": found[0], "S3Key": found[1]}, "s3")
    return Package({"ZipFile": read_file(source)}, "uploaded")
