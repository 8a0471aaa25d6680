"""What a client of chat completions sends: https://platform.openai.com/docs/api-reference/chat/create.

Fields that only tune a model (`temperature`, `seed` …) are accepted and ignored: the operator chooses the model. What
would need an answer of another kind is refused.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.errors import InvalidArguments

MAX_MESSAGES = 1000
# What a client may ask for that this cannot give; empty or neutral values are nothing asked for.
_UNSUPPORTED = ("tools", "functions", "audio", "logprobs", "top_logprobs", "logit_bias", "prediction")
OWN_FUNCTIONS = "the functions are the assistant's own"
ONLY_TEXT = "answers are text; POST /v1/tools/{name} answers with JSON"

Role = Literal["system", "developer", "user", "assistant", "tool", "function"]


class Lenient(BaseModel):
    """What newer clients send besides is no error."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Part(Lenient):
    """A part of a message's content."""

    type: str
    text: str | None = None
    refusal: str | None = None


class ClientMessage(Lenient):
    """One message of the conversation as the client has it."""

    role: Role
    content: str | Annotated[list[Part], Field(max_length=100)] | None = None

    @property
    def text(self) -> str:
        """Its text. Raises InvalidArguments (`unsupported_content`) for an image, a file or a sound."""
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        for part in self.content:
            if part.type not in ("text", "input_text", "output_text", "refusal"):
                raise InvalidArguments(
                    f"a message has a part of the type {part.type[:40]!r}; only text is read here",
                    code="unsupported_content",
                )
        return "\n".join(part.text or part.refusal or "" for part in self.content)


class StreamOptions(Lenient):
    include_usage: bool = False


class ResponseFormat(Lenient):
    type: str


class CompletionRequest(Lenient):
    """The body of `POST /v1/chat/completions`."""

    model_config = ConfigDict(frozen=True, extra="allow")

    messages: Annotated[list[ClientMessage], Field(min_length=1, max_length=MAX_MESSAGES)]
    model: str = Field(default="", max_length=200)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    n: int | None = 1
    response_format: ResponseFormat | None = None

    @property
    def streams(self) -> bool:
        return bool(self.stream)

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with a chunk of its usage."""
        return self.stream_options is not None and self.stream_options.include_usage

    def check(self) -> None:
        """Raise InvalidArguments (`unsupported_parameter`) for what cannot be answered as it was asked."""
        given: dict[str, Any] = self.model_extra or {}
        for name in _UNSUPPORTED:
            if given.get(name):
                raise unsupported(name, OWN_FUNCTIONS if name in ("tools", "functions") else "")
        if self.n not in (None, 1):
            raise unsupported("n", "there is one answer")
        if self.response_format is not None and self.response_format.type != "text":
            raise unsupported("response_format", ONLY_TEXT)


def unsupported(name: str, why: str = "") -> InvalidArguments:
    """What a client is told of a field that cannot be answered as it was asked."""
    reason = f": {why}" if why else ""
    return InvalidArguments(f"{name} is not supported{reason}; leave it out", code="unsupported_parameter", param=name)
