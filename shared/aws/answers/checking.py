"""Hangs the recognition of AWS's answers into a botocore session, for every client that it makes.

botocore parses each answer with a parser that it gets from the session. This one asks first whether the answer is
AWS's; where it is not, or where it cannot be parsed, botocore gets an error without any of its contents. So a read is
repeated as after any error of that status, and what is left in the end is raised as NotAws, with the host.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.parsers import ResponseParser, ResponseParserFactory
from urllib3.exceptions import HTTPError

from shared.aws.answers.not_aws import LOOKED_AT, not_aws
from shared.aws.answers.recognition import Answer, doubt, missing
from shared.aws.answers.timestamps import timestamp
from shared.aws.answers.xml_parsers import XML_PARSERS

# Where the doubt stands in what botocore passes on; no member of any output is called so.
_DOUBT = "NotAwsBecause"
# When an answer was read (Unix seconds), beside its headers: what its date is compared with.
RECEIVED_AT = "ReceivedAt"


def check_answers(session: botocore.session.Session) -> None:
    """Have every client that this session makes from now on raise NotAws for what is no answer of AWS."""
    session.register_component("response_parser_factory", CheckedParsers())
    events = session.get_component("event_emitter")
    # botocore reads the body of GetBucketLocation by itself, in a handler of its own that comes before general ones.
    for event in ("after-call", "after-call.s3.GetBucketLocation"):
        events.register_first(event, _raise_doubt)
    # Before botocore looks for the bucket's region where S3 seems to send on to another.
    events.register_first("needs-retry.s3.*", _raise_doubt_of_redirect)


class CheckedParsers(ResponseParserFactory):  # type: ignore[misc]  # botocore has no types
    """botocore's parsers, each asked only about answers of AWS."""

    def __init__(self) -> None:
        super().__init__()
        self.set_parser_defaults(timestamp_parser=timestamp)

    def create_parser(self, protocol_name: str) -> CheckedParser:
        """The parser of a protocol."""
        quick = XML_PARSERS.get(protocol_name)
        parser = quick(**self._defaults) if quick else super().create_parser(protocol_name)
        return CheckedParser(protocol_name, parser)


class CheckedParser:
    """One protocol's parser."""

    def __init__(self, protocol: str, parser: ResponseParser) -> None:
        self._protocol, self._parser = protocol, parser

    def parse(self, response: dict[str, Any], shape: Any) -> Any:
        """What botocore's parser makes of the answer; an error with the doubt where it is not AWS's."""
        body = response["body"] if isinstance(response["body"], bytes) else None
        is_error_shape = shape is not None and shape.metadata.get("exception", False)
        name, status = str(response.get("context", {}).get("operation_name", "")), int(response["status_code"])
        # An error's own members are read from an answer that was believed already.
        why = None if is_error_shape else doubt(Answer(self._protocol, name, status, response["headers"], body, shape))
        if why is None:
            try:
                parsed = self._parser.parse(response, shape)
            except Exception as error:  # parsers raise whatever an answer of another form makes them stumble over
                why = f"it cannot be read as {self._protocol} ({type(error).__name__})"
            else:
                why = missing(name, status, parsed) if isinstance(parsed, dict) else None
                if why is None:
                    return _with_time(parsed)
        if is_error_shape:
            return {}
        headers = {name.lower(): value for name, value in response["headers"].items()}
        return {
            "Error": {"Code": str(status), "Message": why},
            "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers},
            _DOUBT: why,
        }


def _with_time(parsed: Any) -> Any:
    if isinstance(parsed, dict) and "ResponseMetadata" in parsed:
        parsed["ResponseMetadata"][RECEIVED_AT] = time.time()
    return parsed


def _raise_doubt(*, http_response: Any, parsed: Any, model: Any, **_: Any) -> None:
    why = parsed.pop(_DOUBT, None) if isinstance(parsed, dict) else None
    if why is None:
        return
    # botocore shows S3's errors inside a 200 as a 500; the connection knows what was sent.
    status = getattr(http_response.raw, "status", None) or http_response.status_code
    body = _beginning(http_response, streams=model.has_streaming_output or model.has_event_stream_output)
    host = urlsplit(str(http_response.url)).hostname or "the endpoint"
    raise not_aws(
        host, f"{model.service_model.service_name}:{model.name}", int(status), why, body, http_response.headers
    )


def _raise_doubt_of_redirect(*, response: Any, operation: Any, **_: Any) -> None:
    if response is not None and 300 <= response[0].status_code < 400:
        _raise_doubt(http_response=response[0], parsed=response[1], model=operation)


def _beginning(http_response: Any, *, streams: bool) -> bytes:
    """The body, or the beginning of one that is a stream and was not read."""
    if not streams or http_response.status_code >= 300:
        return bytes(http_response.content)
    try:
        return bytes(http_response.raw.read(LOOKED_AT))
    except (HTTPError, OSError):
        return b""
