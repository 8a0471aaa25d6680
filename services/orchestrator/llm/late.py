"""The model, whose client is imported beside everything else: that takes longer than all the rest of the gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

from services.orchestrator.late import Late
from services.orchestrator.settings import GatewaySettings

if TYPE_CHECKING:
    from services.orchestrator.llm.client import ChatModel
    from services.orchestrator.llm.completion import Completion

OnText = Callable[[str], Awaitable[None]]


class Model(Protocol):
    """What the reasoning loop asks; `client.ChatModel` says how."""

    async def warm_up(self) -> None: ...
    async def close(self) -> None: ...
    async def complete(
        self,
        messages: Sequence[dict[str, Any]],
        functions: Sequence[Mapping[str, Any]],
        on_text: OnText,
        *,
        tool_choice: Literal["none"] | None = None,
        reads: Collection[str] = (),
        unoffered: Sequence[Mapping[str, Any]] = (),
    ) -> Completion: ...


class LateModel:
    """The model of the settings. It is made in a thread, by `warm_up` or when it is first asked."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._model: Late[ChatModel] = Late(self._make, "model")

    async def warm_up(self) -> None:
        """Make it. Why it cannot be made hears who asks it."""
        await asyncio.wait([self._model.begin()])

    async def close(self) -> None:
        if model := await self._model.if_begun():
            await model.close()

    async def complete(
        self,
        messages: Sequence[dict[str, Any]],
        functions: Sequence[Mapping[str, Any]],
        on_text: OnText,
        *,
        tool_choice: Literal["none"] | None = None,
        reads: Collection[str] = (),
        unoffered: Sequence[Mapping[str, Any]] = (),
    ) -> Completion:
        """As `ChatModel.complete`."""
        model = await self._model.get()
        return await model.complete(
            messages, functions, on_text, tool_choice=tool_choice, reads=reads, unoffered=unoffered
        )

    def _make(self) -> ChatModel:
        from services.orchestrator.llm.client import ChatModel

        settings, key = self._settings, self._settings.openai_api_key
        return ChatModel(
            base_url=settings.openai_base_url,
            api_key=key.get_secret_value() if key else None,
            model=settings.openai_model,
            timeout=settings.openai_timeout,
        )
