"""Asks the model for its next message, with what it may take several requests for: a conversation too long for its
context, an empty answer, and a function call written into the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import structlog

from services.orchestrator.llm.completion import Completion
from services.orchestrator.llm.failures import ContextExceededError, NoAnswerError
from services.orchestrator.llm.late import Model, OnText
from services.orchestrator.llm.tokens import estimate_tokens, messages_tokens
from services.orchestrator.turns.context.history import ChatMessage, fit
from services.orchestrator.turns.context.prompt import WRITTEN_CALL_NOTE
from services.orchestrator.turns.function_calls import Functions
from services.orchestrator.turns.written_calls import given_up, judged

log = structlog.get_logger(__name__)

# A refused conversation is sent again with this part of its tokens, at most so often.
SHRINK = 0.6
MAX_SHRINKS = 6
MAX_EMPTY = 1  # how often an empty answer is asked for again


@dataclass(frozen=True, slots=True)
class Question:
    """What the model is asked with: the instructions, the earlier turns, the turn so far, the functions offered."""

    system: str
    earlier: Sequence[Sequence[ChatMessage]]
    current: Sequence[ChatMessage]
    functions: Functions
    tool_choice: Literal["none"] | None = None

    def conversation(self) -> list[ChatMessage]:
        """All messages, whole."""
        return [*(message for messages in self.earlier for message in messages), *self.current]


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, and the messages it was given for."""

    completion: Completion
    sent: Sequence[ChatMessage]


class Asking:
    """One per gateway process: what one conversation shows of the model's context holds for all."""

    def __init__(self, model: Model, max_tokens: int) -> None:
        self._model, self._budget = model, max_tokens

    async def ask(self, question: Question, on_text: OnText) -> list[Answered]:
        """The answers given, the last of which counts. Raises AssistantError."""
        first = await self._complete(question, question.system, on_text)
        if question.tool_choice:
            return [first]
        conversation = question.conversation()
        settled = judged(first.completion, question.functions, conversation)
        if settled is not None:
            return [Answered(settled, first.sent)]
        log.info("model_wrote_call_into_text")
        second = await self._complete(question, question.system + WRITTEN_CALL_NOTE, on_text)
        settled = judged(second.completion, question.functions, conversation)
        return [first, Answered(settled or given_up(second.completion, question.functions), second.sent)]

    async def _complete(self, question: Question, system: str, on_text: OnText) -> Answered:
        budget, shrinks, empty, exceeded = self._budget, 0, 0, False
        messages = fit(system, question.earlier, question.current, budget)
        while True:
            try:
                completion = await self._model.complete(
                    messages,
                    question.functions.openai,
                    on_text,
                    tool_choice=question.tool_choice,
                    reads=question.functions.reads,
                    unoffered=question.functions.unoffered,
                )
            except (ContextExceededError, NoAnswerError) as error:
                if isinstance(error, NoAnswerError) and not error.ran_out:
                    empty += 1
                    if empty > MAX_EMPTY:
                        raise
                    continue
                budget = int(min(budget, messages_tokens(messages)) * SHRINK)
                shorter = fit(system, question.earlier, question.current, budget)
                shrinks += 1
                if shrinks > MAX_SHRINKS or shorter == messages:
                    raise _too_small(error, messages, question.functions) from None
                log.info("conversation_shortened", code=error.code, tokens=messages_tokens(shorter), shrinks=shrinks)
                messages, exceeded = shorter, exceeded or isinstance(error, ContextExceededError)
                continue
            if exceeded:
                # Other conversations meet the same context.
                self._budget = min(self._budget, max(budget, messages_tokens(messages)))
            return Answered(completion, messages)


def _too_small(
    error: ContextExceededError | NoAnswerError, messages: Sequence[ChatMessage], functions: Functions
) -> ContextExceededError | NoAnswerError:
    if isinstance(error, NoAnswerError):
        return error
    taken = estimate_tokens(str(functions.openai))
    return ContextExceededError(
        f"even shortened, this conversation is too long for the model: instructions and messages take about "
        f"{messages_tokens(messages)} tokens, the functions {taken}. Ask for less at once, or give the model a "
        f"larger context (llama.cpp -c, OLLAMA_CONTEXT_LENGTH, vLLM --max-model-len). {error.detail}"
    )
