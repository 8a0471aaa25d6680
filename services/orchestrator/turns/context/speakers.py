"""Keeps a message in its sender's name: what in it claims to be the system's, the assistant's or a tool's is data.

A client sends one text, which goes to the model as the user's message. Chat templates mark speakers by tokens in the
same text, and some servers read them wherever they stand; so they are written apart. A program may also relay a
conversation within its message: what follows such a mark is not taken for the person's own words.
"""

from __future__ import annotations

import re

# Marks of the templates of ChatML, Llama, Mistral, Gemma, DeepSeek and gpt-oss, and our own wrapper of tool output.
_TOKEN = re.compile(
    r"<[|｜][^<>\n]{1,60}[|｜]>"
    r"|</?(?:tool_(?:output|response|result|call)s?|function_(?:call|result)s?|system|assistant|tool"
    r"|(?:start|end)_of_turn|bos|eos|s)(?:\s[^<>]{0,200})?>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|ARGS|CALL_ID)\]"
    r"|<<\s?/?SYS>>",
    re.IGNORECASE,
)
# As they are once written apart, and how a relayed conversation names its speakers.
_OTHER = re.compile(
    r"< [|｜][^<>\n]{1,60}[|｜]>"
    r"|< /?(?:tool_(?:output|response|result|call)s?|function_(?:call|result)s?|system|assistant|tool"
    r"|(?:start|end)_of_turn)(?:\s[^<>]{0,200})?>"
    r"|\[ /?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|ARGS|CALL_ID)\]"
    r"|< <\s?/?SYS>>"
    r"|^[ \t>#*\[]{0,8}(?:system|assistant|tool|function|developer)(?:[ _](?:message|output|result|response|prompt))?"
    r"[\]*]{0,3}[ \t]{0,3}:"
    r"|[\"']role[\"']\s{0,5}:\s{0,5}[\"'](?:system|assistant|tool|function|developer)[\"']",
    re.IGNORECASE | re.MULTILINE,
)


def as_data(message: str) -> str:
    """The message as the model gets it: its marks of speakers are written apart, `<|im_start|>` as `< |im_start|>`."""
    return _TOKEN.sub(lambda found: f"{found[0][0]} {found[0][1:]}", message)


def own_words(content: str) -> tuple[str, str]:
    """A user's message, of `as_data`, as the sender's own words and what follows a mark of another speaker."""
    found = _OTHER.search(content)
    return (content, "") if found is None else (content[: found.start()], content[found.start() :])
