"""The answer of `compare_policies`: the verdicts of `shared/iam/comparison` with their examples, in words."""

from __future__ import annotations

from services.bedrock_advisor.answers import ExampleRequest, PolicyComparison
from services.bedrock_advisor.plain import short
from shared.iam.comparison.compare import Answer, Comparison, Example, compare
from shared.iam.pasted.read import Pasted
from shared.text.plain import seen

_MOST_CHARACTERS = 1000
_PROVEN = (
    "The second policy allows nothing that the first does not. This is proven from the two documents, for every "
    "action, resource and condition."
)


def compared(before: Pasted, after: Pasted) -> PolicyComparison:
    """Compare two policies as they were pasted."""
    found = compare(before.document, after.document)
    new, denies = found.grants_nothing_new, found.keeps_every_deny
    reasons = list(dict.fromkeys(answer.reason for answer in (new, denies) if answer.holds is None))
    return PolicyComparison(
        kind=after.kind,
        unwrapped=tuple(
            f"{name}: {note}" for name, one in (("before", before), ("after", after)) for note in one.notes()
        ),
        grants_nothing_new=new.holds,
        example=_example(new),
        keeps_every_deny=denies.holds,
        deny_example=_example(denies),
        summary=_summary(found),
        reason_unknown="; ".join(map(_reason, reasons)) or None,
    )


def what_it_adds(found: Comparison) -> str | None:
    """Why a suggested policy is not taken, the first being the original; None where it is proven to be no wider."""
    new, denies = found.grants_nothing_new, found.keeps_every_deny
    if new.holds is not True:
        if new.example:
            return f"it allows {_request(new.example)}, which the original does not"
        return f"it could not be proven to allow nothing more: {new.reason}"
    if denies.holds is not True:
        if denies.example:
            return f"it no longer denies {_request(denies.example)}"
        return f"it could not be proven to keep every Deny: {denies.reason}"
    return None


def _summary(found: Comparison) -> str:
    return " ".join(filter(None, (_about_grants(found.grants_nothing_new), _about_denies(found))))


def _about_grants(answer: Answer) -> str:
    if answer.holds:
        return _PROVEN
    if answer.example is None:
        return f"Whether the second policy allows anything new is unknown: {_reason(answer.reason)}."
    example = answer.example
    return (
        f"The second policy allows something that the first does not: {_request(example)}. "
        f"In the first, {example.before}; in the second, {example.after}."
    )


def _about_denies(found: Comparison) -> str:
    answer = found.keeps_every_deny
    if answer.holds:
        return ""
    if answer.example:
        return (
            f"It no longer denies {_request(answer.example)}, which the first denies ({answer.example.before}): where "
            "another policy allows that, the change lets it through."
        )
    if answer.reason == found.grants_nothing_new.reason:
        return ""
    return f"Whether it denies all that the first denies is unknown: {_reason(answer.reason)}."


def _request(example: Example) -> str:
    request = example.request
    words = [short(request.action), "on", short(request.resource)]
    if request.caller:
        words += ["by", short(_principal(request.caller))]
    for key, values in request.context.items():
        words += ["without", short(key)] if values is None else [f"with {short(key)}", short(", ".join(values))]
    return " ".join(words)


def _example(answer: Answer) -> ExampleRequest | None:
    if answer.example is None:
        return None
    request = answer.example.request
    return ExampleRequest(
        action=request.action,
        resource=request.resource,
        principal=_principal(request.caller) if request.caller else None,
        context=dict(request.context),
        before=answer.example.before,
        after=answer.example.after,
        notes=request.notes,
    )


def _reason(text: str) -> str:
    """Why a verdict is unknown; parts of the policies in it are shown without odd characters."""
    return seen(text[:_MOST_CHARACTERS])


def _principal(caller: str) -> str:
    """The ARN of an AWS principal; of another, its kind and name."""
    return caller.removeprefix("AWS:")
