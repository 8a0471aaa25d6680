"""Keeps what a sensitive read answered: sealed for the person, and as far as the approval says, for the model."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue
from redis import Redis

from services.executor.clock import Clock
from services.executor.records.journal import persistently
from shared.errors import Conflict
from shared.keys import sealed_values
from shared.keys.sealed_values import MAX_SHARED_CHARACTERS, VALUE_SECONDS, RevealedValue
from shared.sessions.credentials import AgentSession
from shared.text.shorten import shorten


@dataclass(frozen=True, slots=True)
class Answered:
    """What AWS answered, as JSON; `base64` are the paths of the texts in it that are bytes in base64."""

    service: str
    operation: str
    region: str
    value: JsonValue
    base64: tuple[str, ...]
    complete: bool
    # The same without what no model gets: links and keys that give power.
    for_model: JsonValue


@dataclass(frozen=True, slots=True)
class Kept:
    """Until when it can be looked at, in Unix seconds, and whether the model may see it too."""

    expires_at: float
    shared_with_model: bool


class KeepValue(Protocol):
    """Keeps the value of a step. A value that is there already, of a run that was cut off, is replaced."""

    def __call__(self, step_id: str, answered: Answered) -> Kept: ...


@dataclass(frozen=True, slots=True)
class PlanValues:
    """The values of one plan's steps. `shared` are the steps whose value every approval lets the model see."""

    redis: Redis
    session: AgentSession
    signing_key: bytes
    clock: Clock
    plan_id: str
    shared: Collection[str]

    def keep(self, step_id: str, answered: Answered) -> Kept:
        """See `KeepValue`. Raises Conflict (`session_without_value_key`)."""
        key, info, now = value_key_of(self.session), self.session.info, self.clock.now()
        expires_at = min(now + VALUE_SECONDS, info.expires_at)
        value = RevealedValue(
            service=answered.service,
            operation=answered.operation,
            region=answered.region,
            value=answered.value,
            base64=answered.base64,
            complete=answered.complete,
            read_at=now,
            expires_at=expires_at,
        )
        sealed = sealed_values.seal(value, key, self.signing_key, (self.plan_id, step_id, info.session_id))
        where, seconds = sealed_values.stored_under(self.plan_id, step_id), max(1, int(expires_at - now))
        persistently(lambda: self._store(where, sealed, seconds))
        if step_id in self.shared:
            self._share(step_id, answered.for_model, seconds)
        return Kept(expires_at, step_id in self.shared)

    def _store(self, where: str, sealed: str, seconds: int) -> None:
        listed = sealed_values.listed_under(self.session.info.session_id)
        pipe = self.redis.pipeline(transaction=True)
        pipe.set(where, sealed, ex=seconds)
        # So that it ends with the session.
        pipe.sadd(listed, where)
        pipe.expire(listed, VALUE_SECONDS)
        pipe.execute()

    def _share(self, step_id: str, value: JsonValue, seconds: int) -> None:
        short, cut = shorten(value, MAX_SHARED_CHARACTERS)
        body: dict[str, JsonValue] = {"value": short, "cut": cut}
        sealed = sealed_values.seal_for_model(json.dumps(body), self.signing_key, self.plan_id, step_id)
        where, listed = (
            sealed_values.shared_under(self.plan_id),
            sealed_values.listed_under(self.session.info.session_id),
        )

        def store() -> None:
            pipe = self.redis.pipeline(transaction=True)
            pipe.hset(where, step_id, sealed)
            pipe.expire(where, seconds)
            pipe.sadd(listed, where)
            pipe.execute()

        persistently(store)


def value_key_of(session: AgentSession) -> str:
    """What values are sealed for. Raises Conflict (`session_without_value_key`) in a session of an older gateway."""
    if session.value_key is None:
        raise Conflict(
            "the session was opened before values could be sealed for its person; open a new session",
            code="session_without_value_key",
        )
    return session.value_key
