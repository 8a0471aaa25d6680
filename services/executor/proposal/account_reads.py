"""Reads the facts of the account that a plan depends on: read-only, in parallel, within a time limit."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from services.executor.credentials.assume_role import assume
from services.executor.registry.facts import Question, Unread
from shared.aws.clients import Aws, error_code, translate
from shared.errors import AssistantError
from shared.sessions.role_sessions import session_name

log = structlog.get_logger(__name__)

PARALLEL_READS = 8
DURATION_SECONDS = 900


def read(aws: Aws, questions: Iterable[Question], purpose: str, seconds: float) -> dict[Question, Any]:
    """The answer to every question, `Unread` where it could not be read in time. An error of AWS is no exception here.

    With a session of the session's role where it has one, else with the caller's credentials.
    """
    wanted = list(dict.fromkeys(questions))
    if not wanted or seconds <= 0:
        return dict.fromkeys(wanted, Unread("there was no time"))
    until = time.monotonic() + seconds
    pool = ThreadPoolExecutor(PARALLEL_READS, thread_name_prefix="account-read")
    try:
        actions = {action for question in wanted for action in question.iam}
        reader = pool.submit(for_reading, aws, actions, purpose).result(timeout=max(until - time.monotonic(), 0))
        futures = {question: pool.submit(_answer, reader, question) for question in wanted}
        return {question: _result(future, until) for question, future in futures.items()}
    except Late:
        why = "there was no time"
    except AssistantError as error:
        why = error.detail
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    log.info("conflicts_unchecked", reason=why)
    return dict.fromkeys(wanted, Unread(why))


def session_policy(actions: Iterable[str]) -> str:
    """The policy that reading runs under, whatever else its role may do: the actions that these facts need."""
    statement = {"Effect": "Allow", "Action": sorted(set(actions)), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))


def for_reading(aws: Aws, actions: Iterable[str], purpose: str) -> Aws:
    """AWS with a session of the session's role that may do these actions alone; without a role the caller's own."""
    if aws.session.role_arn is None:
        return aws
    credentials = assume(aws, session_name(purpose), session_policy(actions), DURATION_SECONDS)
    return Aws(aws.session.model_copy(update={"credentials": credentials}), aws.deadline, aws.cache)


def _result(future: Future[Any], until: float) -> Any:
    try:
        return future.result(timeout=max(until - time.monotonic(), 0))
    except Late:
        return Unread("there was no time")


def _answer(aws: Aws, question: Question) -> Any:
    try:
        return question.read(aws)
    except ClientError as error:
        if error_code(error) in question.fact.absent:
            return None
        return Unread(translate(error).detail)
    except BotoCoreError as error:
        return Unread(translate(error).detail)
