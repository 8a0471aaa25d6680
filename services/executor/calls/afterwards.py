"""Reads what a change has left, once it is known to have happened: that AWS does not show it now does not undo it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from shared.aws.clients import translate
from shared.errors import AssistantError

log = structlog.get_logger(__name__)
T = TypeVar("T")


def as_left(ask: Callable[[], T], expected: T) -> T:
    """What AWS shows; `expected` where it may not be read, or fails to answer.

    A step that failed for it would leave what it made, and the plan would not undo it.
    """
    try:
        return ask()
    except AssistantError as error:
        why = error.detail
    except (ClientError, BotoCoreError) as error:
        why = translate(error).detail
    log.warning("effect_not_read", why=why)
    return expected
