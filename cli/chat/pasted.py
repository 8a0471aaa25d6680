"""What comes on standard input with a question: `assistant ask "Explain this policy" < policy.json`."""

from __future__ import annotations

import sys

from cli.errors import Usage

# The gateway takes 32,000 characters of message by default (MAX_MESSAGE_CHARS); far more is refused before it is read.
MAX_BYTES = 1024 * 1024


def message_of(words: str | None, *, read_stdin: bool) -> str:
    """The message: the words, with what is piped in below them as pasted text. Raises Usage."""
    pasted = _piped() if read_stdin and not sys.stdin.isatty() else ""
    text = "\n\n".join(part for part in (words or "", pasted) if part.strip())
    if not text:
        raise Usage("there is no question", do='Write it: assistant ask "What is my total S3 usage?"')
    return text


def _piped() -> str:
    raw = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise Usage("more than 1 MiB comes on standard input", do="Give a part of it, or ask with --no-stdin.")
    try:
        return raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise Usage("what comes on standard input is no text in UTF-8", do="Ask with --no-stdin.") from None
