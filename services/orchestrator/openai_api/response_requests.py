"""What a client of the Responses API sends: https://platform.openai.com/docs/api-reference/responses/create.

As with chat completions: what only tunes a model is accepted and ignored, what would need another answer is refused.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from services.orchestrator.openai_api.requests import (
    MAX_MESSAGES,
    ONLY_TEXT,
    OWN_FUNCTIONS,
    ClientMessage,
    Lenient,
    Part,
    ResponseFormat,
    Role,
    unsupported,
)
from shared.errors import InvalidArguments

_UNSUPPORTED = {
    "tools": OWN_FUNCTIONS,
    "background": "stream the answer, or POST /v1/chat and follow its turn",
    "conversation": "give previous_response_id, or the whole conversation as input",
    "prompt": "the assistant has its own",
    "top_logprobs": "",
}
# What the model of such an answer had thought: clients send it back.
_REASONING = "reasoning"


class InputItem(Lenient):
    """An item of the input: a message, which may leave its type out, or something else."""

    type: str = "message"
    role: Role | None = None
    content: str | Annotated[list[Part], Field(max_length=100)] | None = None


class TextOptions(Lenient):
    format: ResponseFormat | None = None


class ResponseRequest(Lenient):
    """The body of `POST /v1/responses`. `instructions` are left out, as a front end's system message is."""

    model_config = ConfigDict(frozen=True, extra="allow")

    input: str | Annotated[list[InputItem], Field(min_length=1, max_length=MAX_MESSAGES)]
    model: str = Field(default="", max_length=200)
    stream: bool | None = False
    previous_response_id: str | None = Field(default=None, max_length=100)
    metadata: dict[str, str] | None = Field(default=None, max_length=16)
    text: TextOptions | None = None

    def check(self) -> None:
        """Raise InvalidArguments (`unsupported_parameter`) for what cannot be answered as it was asked."""
        given: dict[str, Any] = self.model_extra or {}
        for name, why in _UNSUPPORTED.items():
            if given.get(name):
                raise unsupported(name, why)
        if self.text is not None and self.text.format is not None and self.text.format.type != "text":
            raise unsupported("text.format", ONLY_TEXT)

    def messages(self) -> list[ClientMessage]:
        """The input as messages. Raises InvalidArguments (`unsupported_content`) for what is none."""
        if isinstance(self.input, str):
            return [ClientMessage(role="user", content=self.input)]
        found = []
        for item in self.input:
            if item.type == _REASONING:
                continue
            if item.type != "message" or item.role is None:
                raise InvalidArguments(
                    f"the input has an item of the type {item.type[:40]!r} without a role that is known; only messages "
                    "are read here",
                    code="unsupported_content",
                    param="input",
                )
            found.append(ClientMessage(role=item.role, content=item.content))
        return found
