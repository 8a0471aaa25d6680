"""Takes one layer off pasted text: a code fence, URL encoding, quotation marks, words before and after the JSON."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, unquote_plus

from shared.iam.pasted.mend import block_end, mend
from shared.iam.pasted.search import policies_in
from shared.iam.policy_json import BadSyntax, NotJson, is_too_deep, load_json

# The text of a file with a byte order mark, and the same read in a wrong encoding.
_MARKS = ("\ufeff", "ï»¿")
_FENCES = ("```", "~~~")
_URL_ENCODED = re.compile(r"""\s*["']?%(25)*7[Bb]""")
_WRAPPED = re.compile(r"""\s*(['`])\s*([{\[].*[}\]])\s*\1\s*""", re.DOTALL)
_TERRAFORM = re.compile(r"jsonencode[ \t]*\(|^[ \t]*\"?(Statement|Action|Effect)\"?[ \t]*=[^=]", re.MULTILINE)
_YAML = re.compile(r"^[ \t]*(-[ \t]+)?(Version|Statement|Effect|Action)[ \t]*:", re.MULTILINE)
# Places at which a JSON object in other text is looked for. For one that has to be mended, the text is read so often.
_MAX_STARTS, _MAX_READINGS = 200, 3


@dataclass(frozen=True, slots=True)
class Peeled:
    """What came out: text to go on with, or a JSON value. `note` says what was taken away, `slips` what was mended."""

    value: Any
    note: str = ""
    slips: tuple[str, ...] = ()


def peel(text: str) -> Peeled:
    """Take one layer off. Raises NotJson, with line and column, where it is no JSON and none can be made of it."""
    for mark in _MARKS:
        if text.startswith(mark):
            return Peeled(text[len(mark) :], "a byte order mark before it")
    if not text.strip():
        raise NotJson("is empty")
    try:
        return Peeled(load_json(text))
    except BadSyntax as error:
        broken = error
    for way in (_url_decoded, _out_of_fence, _out_of_quotes, _unescaped, _mended, _out_of_text, _mended_in_text):
        if (peeled := way(text)) is not None:
            return peeled
    raise NotJson(f"{_still_broken(text) or broken}{_hint(text)}")


def _url_decoded(text: str) -> Peeled | None:
    if not _URL_ENCODED.match(text):
        return None
    decoded = unquote(text)
    # As forms encode it, with + for blanks; a + of the policy itself is encoded.
    if "+" in text and _loads(decoded) is None:
        decoded = unquote_plus(text)
    return Peeled(decoded, "URL encoding")


def _out_of_fence(text: str) -> Peeled | None:
    lines = text.splitlines()
    fences = [number for number, line in enumerate(lines) if line.strip().startswith(_FENCES)]
    if len(fences) != 2:
        return None
    return Peeled("\n".join(lines[fences[0] + 1 : fences[1]]), "the code fence around it")


def _out_of_quotes(text: str) -> Peeled | None:
    found = _WRAPPED.fullmatch(text)
    return Peeled(found[2], f"the {found[1]} around it") if found else None


def _unescaped(text: str) -> Peeled | None:
    """Text that was copied out of a JSON string: {\\"Version\\": …}."""
    if not re.match(r"\s*\{\s*(\\n|\\t|\\r|\s)*\\\"", text):
        return None
    value = _loads('"' + text.strip().replace("\n", "\\n") + '"')
    return Peeled(value, "the backslashes before its quotation marks") if isinstance(value, str) else None


def _mended(text: str) -> Peeled | None:
    mended = mend(text)
    slips = mended.slips()
    if not slips:
        return None
    try:
        return Peeled(load_json(mended.text), slips=slips)
    except BadSyntax:
        return None


def _still_broken(text: str) -> BadSyntax | None:
    """What is wrong besides what could be mended: comments and the like are not in the way of seeing it."""
    mended = mend(text)
    try:
        load_json(mended.text)
    except BadSyntax as error:
        return error if mended.lines else None
    except NotJson:
        pass
    return None


def _out_of_text(text: str) -> Peeled | None:
    """The one policy in other text. Raises NotJson where there are several."""
    return _only(text, _objects(text))


def _mended_in_text(text: str) -> Peeled | None:
    """The one policy in other text that has to be mended."""
    found, end, left = list[tuple[int, Peeled]](), 0, _MAX_READINGS * len(text)
    for start in [one.start() for one in re.finditer(r"\{\s*[\"'“/#]", text)]:
        if start < end or left < 0:
            continue
        stop = block_end(text, start)
        left -= (stop or len(text)) - start
        if stop is not None:
            mended = mend(text[start:stop], text.count("\n", 0, start) + 1)
            if _holds_policies(_loads(mended.text)):
                found.append((start, Peeled(load_json(mended.text), slips=mended.slips())))
                end = stop
    return _only(text, found)


def _only(text: str, found: list[tuple[int, Peeled]]) -> Peeled | None:
    if not found:
        return None
    lines = [text.count("\n", 0, start) + 1 for start, _ in found]
    if len(found) > 1:
        raise NotJson(f"holds {len(found)} policies (in lines {', '.join(map(str, lines))}): give one of them")
    [(_, one)] = found
    return Peeled(one.value, f"the text around the JSON, which begins in line {lines[0]}", one.slips)


def _objects(text: str) -> list[tuple[int, Peeled]]:
    """Where JSON objects begin that hold a policy, and the objects."""
    decoder, found, end = json.JSONDecoder(), list[tuple[int, Peeled]](), 0
    for start in [one.start() for one in re.finditer(r"\{", text)][:_MAX_STARTS]:
        if start < end:
            continue
        try:
            value, stop = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if _holds_policies(value):
            # Read again as strictly as all policies are: no key twice.
            found.append((start, Peeled(load_json(text[start:stop]))))
            end = stop
    return found


def _holds_policies(value: Any) -> bool:
    return value is not None and not is_too_deep(value) and bool(policies_in(value))


def _loads(text: str) -> Any:
    """The value of JSON text, None where it is none."""
    try:
        return load_json(text)
    except NotJson:
        return None


def _hint(text: str) -> str:
    if _TERRAFORM.search(text):
        return "; it looks like Terraform's own language: give the JSON that it makes (terraform show -json)"
    if _YAML.search(text) and not re.match(r"\s*[\[{]", text):
        return "; it looks like YAML: give the policy as JSON"
    return ""
