"""The error for an answer that is not AWS's, or not a whole one of AWS's, and the first words of it to show."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from botocore.exceptions import HTTPClientError

from shared.secrets.redaction import redact_text
from shared.text.answers import visible

# Enough of a page to see whose it is.
MAX_WORDS_CHARACTERS = 160
# What is looked at of a body, before tags and white space are taken out.
LOOKED_AT = 4096
_UNREAD = re.compile(r"(?is)<(script|style|head)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|<!doctype[^>]*>|<\?xml[^>]*>")
_TITLE = re.compile(r"(?is)<title[^>]*>(.*?)</title")
_TAG = re.compile(r"(?s)<[^<>]{0,1024}>")
# A page may repeat the address that was asked for, with what signs it.
_QUERY = re.compile(r"(?i)\b(https?://[^\s?\"'<>]{1,512})\?[^\s\"'<>]*")
_SIGNED = re.compile(r"(?i)\b(x-amz-[a-z-]+|signature|authorization)\s*[=:]\s*[^\s&\"'<>]+")


class NotAws(HTTPClientError):  # type: ignore[misc]  # botocore has no types
    """Something between here and AWS answered in its place, or cut AWS's answer off: nothing in it is believed.

    An HTTPClientError, because to whoever sent the request it is a lost answer: AWS may have carried it out.
    """

    fmt = "{host} answered {operation} with HTTP {status}, and that is no answer of AWS: {why}{words}"


def not_aws(host: str, operation: str, status: int, why: str, body: bytes, headers: Mapping[str, str]) -> NotAws:
    """The error. `host` is the one that was asked, `status` the HTTP status, `why` what an answer of AWS would have."""
    shown = first_words(body) if body else ""
    words = f'; it begins with "{shown}"' if shown else ""
    if place := _place(headers.get("location")):
        words += f"; it sends on to {place}"
    return NotAws(host=host, operation=operation, status=status, why=why, words=words, error=why)


def first_words(body: bytes) -> str:
    """The first words of a body as a person would read them: without tags, secrets and queries of URLs."""
    text = body[:LOOKED_AT].decode("utf-8", "replace")
    title = _TITLE.search(text)
    text = f"{title.group(1) if title else ''} {_UNREAD.sub(' ', text)}"
    text = html.unescape(_TAG.sub(" ", text))
    text = _SIGNED.sub(r"\1=…", _QUERY.sub(r"\1?…", text))
    # Bytes of a compressed or encrypted body are no words.
    text = " ".join(redact_text(visible(text)).replace("\ufffd", " ").split())
    return f"{text[:MAX_WORDS_CHARACTERS]}…" if len(text) > MAX_WORDS_CHARACTERS else text


def _place(location: str | None) -> str:
    """Host and path of a redirect."""
    parts = urlsplit(visible(location or "")[:512])
    return f"{parts.hostname or ''}{parts.path}"[:MAX_WORDS_CHARACTERS]
