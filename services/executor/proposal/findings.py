"""Deterministic findings about a plan's arguments and regions; those about its policies come from `shared.iam.lint`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from shared.messages import Finding, SessionInfo
from shared.plans.acknowledging import DELETES_DATA
from shared.plans.step import OTHER_SPEAKER, Step, UntrustedArgument

UNTRUSTED = frozenset({"argument_from_model", "argument_from_other_speaker", "argument_from_tool_output"})


def of_untrusted_arguments(borrowed: Iterable[UntrustedArgument]) -> Iterator[Finding]:
    """Findings for untrusted arguments: values that nobody in the conversation wrote, which a person must check."""
    for item in borrowed:
        if item.tool is None:
            yield Finding(
                code="argument_from_model",
                severity="medium",
                message=f"The model chose the {item.argument}: neither you nor the session named it. Check it.",
                step=item.step,
                path=item.argument,
            )
            continue
        if item.tool == OTHER_SPEAKER:
            yield Finding(
                code="argument_from_other_speaker",
                severity="medium",
                message=f"{item.argument} comes from a part of the message that claims to be the system's, the "
                "assistant's or a tool's: check it.",
                step=item.step,
                path=item.argument,
            )
            continue
        yield Finding(
            code="argument_from_tool_output",
            severity="medium",
            message=f"{item.argument} comes from the output of {item.tool}, not from what you wrote: check it.",
            step=item.step,
            path=item.argument,
        )


def of_deletions(steps: Iterable[Step], named: Mapping[str, str]) -> Iterator[Finding]:
    """Findings for steps that delete what can hold data; `named` is by step what."""
    for step in steps:
        if step.id in named:
            yield Finding(
                code=DELETES_DATA,
                severity="medium",
                message=f"This step deletes {named[step.id]} for good; what it holds, and its settings, are lost.",
                step=step.id,
            )


def of_regions(named: Iterable[str], info: SessionInfo) -> Iterator[Finding]:
    """The regions a plan names that the session was not opened for."""
    for region in dict.fromkeys(named):
        if region not in info.regions:
            yield Finding(
                code="region_outside_session",
                severity="medium",
                message=f"{region} is not among the session's regions ({', '.join(info.regions)}).",
            )
