"""ETag and If-None-Match (RFC 9110, 8.8.3 and 13.1.2): who has an answer already gets 304 instead of its body.

The tag is a hash of the body, so that it is another one as soon as anything of the answer is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import Response

from services.orchestrator.http.responses import Answer, respond
from services.orchestrator.rest import RestModel


def answer_tagged(request: Request, body: RestModel, headers: Mapping[str, str] | None = None) -> Response:
    """200 with the model as JSON and its ETag, or 304."""
    return tagged(request, respond(request, Answer.of(200, body, headers)))


def tagged(request: Request, response: Response) -> Response:
    """The response with its ETag; 304 where the request's If-None-Match names it."""
    tag = f'"{hashlib.sha256(bytes(response.body)).hexdigest()[:32]}"'
    response.headers["ETag"] = tag
    response.headers["Vary"] = "Accept"
    if not _names(request.headers.get("if-none-match", ""), tag):
        return response
    return Response(status_code=304, headers={"ETag": tag, "Vary": "Accept"})


def _names(if_none_match: str, tag: str) -> bool:
    """Whether the header's list has the tag; weak tags count too, as the RFC says for If-None-Match."""
    tags = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return tags == ["*"] or tag in tags
