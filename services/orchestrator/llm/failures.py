"""What a model's answer can lack; apart from `errors.py`, which needs the provider's client."""

from __future__ import annotations

from shared.errors import AssistantError


class ModelError(AssistantError):
    """The model provider answered, but not with what was asked for."""

    code = "model_bad_response"


class ContextExceededError(ModelError):
    """The request is longer than the model's context."""

    code = "model_context_exceeded"


class NoAnswerError(ModelError):
    """The model answered with neither text nor calls. `ran_out`: it had no room left for an answer."""

    def __init__(self, detail: str, *, ran_out: bool = False) -> None:
        super().__init__(detail)
        self.ran_out = ran_out
