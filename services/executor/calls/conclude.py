"""Ends a call: writes into the journal what it came to, and returns or raises that."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from pydantic import JsonValue

from services.executor.calls.call import MAX_SENDS, Call
from services.executor.calls.entry import write_entry
from services.executor.calls.observation import Happened, NotYet, Unclear
from services.executor.calls.outcome import Answered, Outcome, OutcomeUnknown, Refused
from services.executor.records.journal import Journal
from shared.broker.failures import LeaseLost
from shared.errors import AssistantError, AwsError, Unavailable

log = structlog.get_logger(__name__)


def conclude(
    journal: Journal, call: Call, outcome: Outcome, at: float, on_late_effect: Callable[[], None]
) -> JsonValue:
    """Return the call's value where it happened, by AWS's answer or by what a probe found.

    Raises the refusal where it did not happen (AwsError `aws_unavailable` where AWS carried out none of the sends), and
    OutcomeUnknown where that is unknown; the intent then stays in the journal. `at` is the time for the journal, Unix
    seconds. Every write raises LeaseLost once the lease is lost; where AWS had confirmed the change by then,
    `on_late_effect` is called first.
    """
    match outcome:
        case Answered(value):
            return _answered(journal, call, value, at, on_late_effect)
        case Happened(value):
            return _adopt(journal, call, value, at)
        case Unclear(why):
            raise OutcomeUnknown(call.field, call.request.name, why)
        case Refused(error):
            raise _refuse(journal, call, error, at)
        case NotYet():
            raise _refuse(journal, call, _no_effect(call), at)


def _answered(
    journal: Journal, call: Call, value: JsonValue, at: float, on_late_effect: Callable[[], None]
) -> JsonValue:
    try:
        write_entry(journal, call.field, call.entry("done", at, value=value))
    except LeaseLost:
        on_late_effect()
        raise
    return value


def _adopt(journal: Journal, call: Call, value: JsonValue, at: float) -> JsonValue:
    """Count the effect that a probe found as the call's own.

    Where the lease is lost by now the effect may be that of the run that has the plan, so it is not a late one.
    """
    log.info("aws_call_adopted", request=call.request.name, field=call.field)
    write_entry(journal, call.field, call.entry("done", at, value=value, adopted=True))
    return value


def _refuse(journal: Journal, call: Call, error: AssistantError, at: float) -> AssistantError:
    """Write the refusal, to be replayed word for word, and return it."""
    write_entry(journal, call.field, call.entry("refused", at, code=error.code, detail=error.detail))
    return error


def _no_effect(call: Call) -> AssistantError:
    last = call.last_failure
    if last is not None and last.code == "not_aws":
        return Unavailable(
            f"{call.request.operation}: AWS did not answer {MAX_SENDS} times, and none of the calls had an effect."
            f" {last.detail}",
            code="not_aws",
        )
    return AwsError(
        f"{call.request.operation}: AWS failed {MAX_SENDS} times, and none of the calls had an effect."
        " Propose the change again later.",
        code="aws_unavailable",
    )
