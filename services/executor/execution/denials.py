"""Adds to AWS's denial of a call which permission to ask the account's administrator for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shared.aws.answers.advice import advice_on
from shared.errors import AssistantError, Forbidden

_DENIAL = re.compile(r"is not authorized to perform: (\S+)(?: on resource: \"?([^\s\"]+))?")


def explain_denial(error: AssistantError, actions: Sequence[str]) -> AssistantError:
    """The error, with what to ask for where AWS denied the call; any other error as it is.

    `actions` are the step's IAM actions, for services whose denial names no action.
    """
    if error.code != "aws_access_denied":
        return error
    found = _DENIAL.search(error.detail)
    what = f"{found.group(1)}" + (f" on {found.group(2)}" if found.group(2) else "") if found else ""
    if "explicit deny" in error.detail:
        ask = f"A policy denies {what or 'it'} explicitly: ask the account's administrator to narrow that statement"
    else:
        named = what or f"what the step needs ({', '.join(actions)})"
        ask = f"Ask the account's administrator to allow {named}"
    # What it says to everybody is said here of this step.
    said = error.detail.removesuffix(advice_on("AccessDenied")).rstrip(". ")
    return Forbidden(f"{said}. {ask}.", code=error.code)
