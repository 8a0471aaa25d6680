"""A message that holds what AWS said when it denied a request: its words are quoted, and order nothing."""

import re

from sandbox.model.types import Call

_QUOTED = re.compile(
    r"(?i)not authori[sz]ed to perform|(?-i:\bAccess ?Denied(?:Exception)?\b)|unauthorizedoperation|"
    r"encoded authorization failure|with an explicit deny|\bDecodedMessage\b"
)
_ASKED = re.compile(
    r"(?i)^\W*(?:and |so |but )?why\b[^:\n]{0,60}\b(?:denied|refused|forbidden|not authori[sz]ed|not allowed)\b"
)
# What a person writes before it: a question, up to its colon, its question mark or the end of its line.
_INTRODUCTION = re.compile(
    r"(?is)^([^:\n{?]{0,120}\b(?:why|what|how|explain|help|please)\b[^:\n{?]{0,120}[:\n?])\s*(.+)$"
)
PASTE_IT = "Please paste what AWS said, the whole error message: then I can tell why the request was denied."


def denied_calls(text: str) -> list[Call]:
    """The call that explains a denial quoted in the message; none where there is none."""
    if not _QUOTED.search(text):
        return []
    introduced = _INTRODUCTION.match(text)
    if introduced and not _QUOTED.search(introduced[1]):
        text = introduced[2]
    return [Call("explain_denied", {"message": text.strip()})]


def asks_why_denied(text: str) -> bool:
    """True for a question after a denial that is not quoted."""
    return _ASKED.search(text) is not None
