"""Adds to AWS's denial of a call which permission to ask the account's administrator for."""

from __future__ import annotations

from collections.abc import Sequence

from shared.aws.answers.advice import advice_on
from shared.aws.denials.read import read_denial
from shared.errors import AssistantError, Forbidden


def explain_denial(error: AssistantError, actions: Sequence[str]) -> AssistantError:
    """The error, with what to ask for where AWS denied the call; any other error as it is.

    `actions` are the step's IAM actions, for services whose denial names no action.
    """
    if error.code != "aws_access_denied":
        return error
    denial = read_denial(error.detail)
    what = denial.action + (f" on {denial.resource}" if denial.resource else "") if denial.action else ""
    if denial.explicit:
        ask = f"A policy denies {what or 'it'} explicitly: ask the account's administrator to narrow that statement"
    else:
        named = what or f"what the step needs ({', '.join(actions)})"
        ask = f"Ask the account's administrator to allow {named}"
    # What it says to everybody is said here of this step.
    said = error.detail.removesuffix(advice_on("AccessDenied")).rstrip(". ")
    return Forbidden(f"{said}. {ask}.", code=error.code)
