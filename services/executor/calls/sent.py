"""The requests of one call that left for AWS, each with AWS's own id of it, as the journal keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from services.executor.calls.classify import SEND_ERRORS, Failure, classify
from shared.aws.answers.requests import AnsweredRequest, listening
from shared.messages import Message

# What AWS refuses for a while (a name that is not free yet) is sent every 15 s at most, for up to an hour.
MAX_KEPT = 250


class Sent(Message):
    """One request. `at` is when it left (Unix seconds); `id` is empty while no answer of AWS was read."""

    at: float
    id: str = ""
    status: int = 0
    code: str = ""


class SentRequests:
    """All of one call, oldest first; an earlier run's come first. `not_kept` counts those that there is no room for."""

    def __init__(self, known: Sequence[Sent] = (), not_kept: int = 0) -> None:
        self._sent, self.not_kept = list(known), not_kept
        # Whether the last one is under way.
        self._open = False

    @property
    def all(self) -> tuple[Sent, ...]:
        return tuple(self._sent)

    def leaves(self, at: float) -> None:
        """A request is about to leave."""
        self._sent.append(Sent(at=at))
        self._open = True
        while len(self._sent) > MAX_KEPT:
            # One without an answer may have changed something, and is kept as long as any other can go.
            gone = next((place for place, one in enumerate(self._sent) if one.status >= 400), 0)
            del self._sent[gone]
            self.not_kept += 1

    def never_left(self) -> None:
        """The request that was about to leave did not: there was no connection, or nothing to send."""
        if self._open:
            self._sent.pop()
            self._open = False

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note what AWS answers to the requests that leave in the block."""
        try:
            with listening(self._hear):
                yield
        except SEND_ERRORS as error:
            if classify(error) is Failure.NOT_SENT:
                self.never_left()
            raise
        finally:
            self._open = False

    def _hear(self, answered: AnsweredRequest) -> None:
        """AWS answered a request: the one under way, or one more that botocore made of it."""
        at = self._sent.pop().at if self._open else answered.at
        self._open = False
        self._sent.append(Sent(at=at, id=answered.request_id, status=answered.status, code=answered.code))
