"""Deterministic findings about a plan's arguments and regions; those about its policies come from `shared.iam.lint`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shared.messages import Finding, SessionInfo, UntrustedArgument


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
        yield Finding(
            code="argument_from_tool_output",
            severity="medium",
            message=f"{item.argument} comes from the output of {item.tool}, not from what you wrote: check it.",
            step=item.step,
            path=item.argument,
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
