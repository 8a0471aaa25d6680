"""What servers of many makers say when they refuse a request, by what it means.

The patterns come from the sources and documentation of OpenAI, Azure, Anthropic, Mistral, Google, Groq, DeepSeek,
OpenRouter, LiteLLM, vLLM, SGLang, llama.cpp, Ollama, LM Studio and TGI.
"""

from __future__ import annotations

import re

MAX_CHARS = 4000  # of a refusal that is looked at


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in patterns), re.IGNORECASE | re.DOTALL)


CONTEXT_EXCEEDED = _any(
    r"context_length_exceeded|exceed_context_size|context_window_exceeded|ContextWindowExceeded|string_above_max_length",
    r"(?:maximum|max|model'?s|model) (?:context|prompt|model|input|sequence) (?:length|size|window)",
    r"context (?:length|size|window|limit|overflow)\b.{0,80}(?:exceed|overflow|too|only|longer|larger|limit|reached)",
    r"(?:exceed|overflow|longer|larger|too (?:long|large|big)|more tokens).{0,80}context",
    r"prompt (?:is )?too long|input is too long|input too long|prompt contains \d+ tokens.{0,60}too large",
    r"reduce (?:the|your) (?:length|size) of the (?:messages|prompt|input)|reduce your (?:message size|prompt)",
    r"`?inputs`? (?:tokens|must have).{0,60}(?:max_new_tokens|less than|must be <=)",
    r"input (?:token count|length|tokens?)\b.{0,60}exceed",
    r"(?:prompt|request|messages?) (?:token|length|size)s?\b.{0,60}exceed",
    r"tokens to keep from the initial prompt|context the overflows|context shift is disabled",
    # vLLM, where the prompt leaves no room for an answer; templates, where the server has cut the question off.
    r"max(?:_completion)?_tokens must be at least 1\b|no user query found in messages",
    r"request too large for model|too many (?:input )?tokens|tokens? limit exceeded|exceeds? the token limit",
)
NO_TOOLS = _any(
    r"(?:does not|doesn'?t|do not|not|cannot|no endpoints? found that) support (?:for )?(?:tool|function[ _-]?call)",
    r"(?:tools?|tool[ _-]?(?:use|call(?:s|ing)?)|function[ _-]?call(?:s|ing)?)[`'\"]? (?:is|are) "
    r"(?:not|un)[ -]?(?:supported|available|enabled)",
    r"requires? --enable-auto-tool-choice|requires? --jinja|tools param requires",
    r"only user and assistant roles are supported|unsupported_tool_use",
)
NO_MODEL = _any(
    r"model\b.{0,120}(?:not (?:found|exist|available|deployed)|does not exist|doesn'?t exist|not a valid model)",
    r"(?:invalid|unknown|unsupported|no such) model\b|not a valid model id|invalid model name",
    r"model_not_found|DeploymentNotFound|API deployment for this resource does not exist|no models? loaded",
    r"unexpected endpoint|invalid url|page not found|no (?:such )?route",
)
QUOTA = _any(
    r"insufficient[ _](?:quota|balance|credits?|funds)|exceeded your current quota|credit balance|payment required",
    r"quota.{0,40}(?:used up|exhausted)|check your (?:plan and )?billing",
)
REFUSED_CONTENT = _any(r"content[ _]?(?:filter|management policy)|content_policy|safety (?:system|settings)")
LOADING = _any(r"loading model|model is (?:currently )?loading|is being loaded|warming up|starting up")
NO_STREAMS = _any(
    r"stream(?:ing)?\b.{0,30}\b(?:not|un)[ -]?(?:be |been |is )?(?:support|allow|implement|available|enabled)",
    r"(?:not|n't|un)[ -]?support.{0,20}\bstream(?:s|ing)?\b",
)
NO_NULL_CONTENT = _any(
    r"content.{0,160}(?:null|none\b|nonetype|nil|required|missing|must be|expected|should be|valid string|untagged)",
    r"(?:null|none\b|nonetype|missing|required|invalid type).{0,160}content",
    r"can only concatenate str|'?NoneType'? (?:object )?(?:is|has|and)|None has no element|untagged enum MessageBody",
)
NO_SYSTEM = _any(
    r"system(?:'|\"|`)? (?:role|message|prompt)s?.{0,40}(?:not|un)[ -]?(?:be )?(?:support|allow|accept)",
    r"not support.{0,40}'?system'?|roles? must alternate|alternat(?:e|ing).{0,60}(?:user|role)",
    r"(?:unexpected|invalid|unsupported|unknown) role.{0,20}system|system.{0,40}(?:not a valid|invalid) role",
    r"expected.{0,20}(?:user|'user').{0,40}after.{0,20}system|only user.{0,40}roles",
)
UNKNOWN_FIELD = _any(
    r"unknown|unsupported|unrecogni[sz]ed|unexpected|not (?:be )?(?:support|permitted|allowed|accept|available)",
    r"not implemented|extra (?:inputs|fields)|additional propert|invalid|cannot (?:find|be used)|does not support",
    r"no endpoints|no longer|deprecated|remove|must (?:be|start|have|not)|only .{0,40}(?:supported|allowed)",
    r"is not|isn't|can't|forbidden",
)
MAX_TOKENS_REQUIRED = _any(
    r"max_tokens.{0,60}(?:required|missing|must be (?:provided|specified|set))|(?:required|missing).{0,60}max_tokens"
)
ABOUT_TOOLS = _any(r"tools?\b|functions?\b|schema|grammar|propert(?:y|ies)|parameters?\b|unknown name")
