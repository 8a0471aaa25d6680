"""Reads a policy out of what was pasted, and says what stood around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shared.errors import InvalidArguments
from shared.iam.pasted.peel import peel
from shared.iam.pasted.search import MAX_FOUND, Found, policies_in
from shared.iam.policy_json import (
    NotJson,
    PolicyDocument,
    PolicyKind,
    check_policy,
    infer_kind,
    is_too_deep,
    json_type,
    statement_missing,
)

# URL encoding makes a policy up to three times as long, and an answer of the CLI has more around it.
MAX_PASTED_BYTES = 80 * 1024
_MAX_LAYERS = 8


@dataclass(frozen=True, slots=True)
class Pasted:
    """A policy document and how it was found.

    `unwrapped`: what stood around it. `mended`: what had to be replaced to read it at all, so that AWS would refuse the
    text as it is. `kind`: what the place where it stood, or else its shape, says that it is.
    """

    document: PolicyDocument
    kind: PolicyKind
    unwrapped: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()

    def notes(self) -> tuple[str, ...]:
        """What was done to read it, a sentence each; none for a policy that stood there plainly."""
        taken = (f"Taken away to read the policy: {', '.join(self.unwrapped)}.",) if self.unwrapped else ()
        replaced = f"Replaced to read the policy: {', '.join(self.mended)}; AWS refuses the text as it was given."
        return (*taken, *((replaced,) if self.mended else ()))


def read_pasted(source: str | PolicyDocument, name: str = "policy_json", kind: PolicyKind | None = None) -> Pasted:
    """The policy in `source`, text or an object already. `name` is what errors call it, `kind` the kind that is wanted.

    Raises InvalidArguments where there is no policy (with line and column of what is no JSON), or more than one.
    """
    unwrapped, mended = list[str](), list[str]()
    try:
        value = _value(source, unwrapped, mended)
        found = _one_of(value, kind)
        if found is None:
            raise InvalidArguments(f"{name} {_missing(value)}")
        check_policy(found.document)
    except NotJson as error:
        raise InvalidArguments(f"{name} {error}") from None
    if found.path:
        unwrapped.append(f"what stands around {found.path}")
    return Pasted(
        found.document, found.kind or infer_kind(found.document), tuple(dict.fromkeys(unwrapped)), tuple(mended)
    )


def _value(source: Any, unwrapped: list[str], mended: list[str]) -> Any:
    """The JSON value in the text, layer by layer. Raises NotJson."""
    value, texts = source, 0
    for _ in range(_MAX_LAYERS):
        if not isinstance(value, str):
            break
        _check_size(value)
        peeled = peel(value)
        texts += isinstance(peeled.value, str) and not peeled.note
        if peeled.note:
            unwrapped.append(peeled.note)
        mended.extend(peeled.slips)
        value = peeled.value
    if texts and not isinstance(value, str):
        unwrapped.append("the JSON string that it was encoded as")
    if is_too_deep(value):
        raise NotJson("is nested too deeply to be a policy")
    return value


def _check_size(text: str) -> None:
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        raise NotJson("is not valid Unicode: it holds a lone surrogate") from None
    if size > MAX_PASTED_BYTES:
        raise NotJson(f"has {size} bytes; at most {MAX_PASTED_BYTES} are read")


def _one_of(value: Any, kind: PolicyKind | None) -> Found | None:
    """The policy that is meant. Raises NotJson where several may be."""
    found = policies_in(value)
    if len(found) <= 1:
        return found[0] if found else None
    fitting = [one for one in found if one.likely_kind == kind]
    if len(fitting) == 1:
        return fitting[0]
    named = ", ".join(one.path for one in found[:5]) + (", …" if len(found) > 5 else "")
    count = f"more than {MAX_FOUND}" if len(found) > MAX_FOUND else str(len(found))
    raise NotJson(f"holds {count} policies ({named}): give one of them")


def _missing(value: Any) -> str:
    """What to say of a value in which there is no policy."""
    if isinstance(value, list) and value and all(isinstance(one, dict) and "Effect" in one for one in value):
        return 'is a list of statements: put them into {"Version": "2012-10-17", "Statement": […]}'
    if not isinstance(value, dict):
        return f"must be a JSON object, not {json_type(value)}"
    return statement_missing(value)
