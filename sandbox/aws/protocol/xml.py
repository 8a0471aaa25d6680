"""Answers of the query protocol (IAM, STS) as XML."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from xml.sax.saxutils import escape

from sandbox.aws.protocol.errors import Answer

NAMESPACES = {
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
}


def _element(value: object) -> str:
    if isinstance(value, Mapping):
        return "".join(f"<{k}>{_element(v)}</{k}>" for k, v in value.items() if v is not None)
    if isinstance(value, list | tuple):
        return "".join(f"<member>{_element(item)}</member>" for item in value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return escape(str(value))


def query_answer(service: str, operation: str, result: Mapping[str, object]) -> Answer:
    """A successful answer of a query-protocol operation."""
    body = (
        f'<{operation}Response xmlns="{NAMESPACES[service]}">'
        f"<{operation}Result>{_element(result)}</{operation}Result>"
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata>"
        f"</{operation}Response>"
    )
    return Answer(200, {"Content-Type": "text/xml"}, body.encode())
