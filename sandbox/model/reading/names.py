"""Finds what a message names: resources with their kind, regions, prefixes, runtimes, handlers and packages."""

import re
from collections.abc import Container, Iterable

from sandbox.model.reading.vocabulary import COMMON, word_set
from sandbox.model.tools import RESOURCES, kind_by_hint
from sandbox.model.types import Named, Token

_NAMING = word_set("called named titled dubbed name labelled labeled")
_CALLING = _NAMING | {"call"}
_FILLER = word_set(
    "is as it to be with the a an my our : = of aws iam s3 execution new existing one another id - ( should shall must "
    "will simply just"
)
PREFIX_WORDS = word_set(
    "prefix folder directory path under beneath below starting beginning start starts begin begins prefixed subfolder"
)
_HANDLER = re.compile(r"[\w/-]+[.:]{1,2}[\w.:]+")
_LISTING = word_set("and or , & plus")
# Concepts a resource may well be called after: "the reports bucket", "the billing role".
_NAMEABLE = frozenset({"", "cost", "summary", "other", "object", "storage", "modify"})
_TAGS = ("tag", "tags")
_ENDS = word_set("in with and please for from now")
_DETERMINERS = word_set("the my our that this of in from to role bucket function is does")


def name_tokens(tokens: list[Token]) -> tuple[Token, ...]:
    """The tokens with plain words that serve as names ("the photos bucket") turned into names."""
    tokens = list(tokens)
    for at, token in enumerate(tokens):
        if token.kind == "word" and _serves_as_name(tokens, at):
            tokens[at] = Token(token.text, token.text, "name")
    return tuple(tokens)


def _serves_as_name(tokens: list[Token], at: int) -> bool:
    token = tokens[at]
    before = tokens[at - 1] if at else None
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if " " in token.word:
        return False
    if before and before.word in _NAMING and before.kind == "word":
        return token.word not in (*_TAGS, "it", "that", "as", "is", "and", "or", "the", "by", "after", "in", "for")
    before2 = tokens[at - 2] if at > 1 else None
    if before and before2 and before.word in ("it", "is", "=", ":") and before2.word in (*_NAMING, "call", "name"):
        return token.word not in ("the", "a", "an", "whatever", "something", "up", "it")
    unknown = token.concept == "" and token.word not in COMMON and len(token.word) > 1
    asked = before2 is not None and (before2.word in ("which", "what", "any", "every", "each", "some", "whose", "no"))
    if before and before.concept in RESOURCES and before.concept != "policy" and _singular(before) and not asked:
        ends = after is None or after.kind == "mark" or after.word in _ENDS
        if token.concept in ("modify", "other", "summary", "cost") and ends:
            return token.word not in ("cost", "costs", "charge", "summary", "overview", "report", "start", "stop")
        return unknown and not _verb_like(token.word, after)
    if after and after.concept in RESOURCES and after.concept != "policy" and _singular(after):
        fits = token.concept in _NAMEABLE and token.word not in COMMON
        return fits and bool(before and before.word in _DETERMINERS)
    return False


def _singular(token: Token) -> bool:
    return not token.word.endswith("s") or token.word == "aws"


def _verb_like(word: str, after: Token | None) -> bool:
    """True for the verb of "a role granting full access", not for the name in "the role reporting in Ohio"."""
    return word.endswith(("ing", "ed")) and after is not None and after.kind == "word" and after.word not in _ENDS


def names_in(tokens: tuple[Token, ...]) -> list[Named]:
    """Every name of the message with the kind the words around it give it."""
    found: list[Named] = []
    for at, token in enumerate(tokens):
        if token.kind == "arn":
            named = _from_arn(token.text, at)
            if named:
                found.append(named)
        elif token.kind == "s3uri":
            if not token.text.lower().endswith((".zip", ".jar")):  # a code package is no question about a bucket
                found.append(Named(token.text.removeprefix("s3://").split("/")[0], "bucket", at))
        elif token.kind in ("name", "quoted") and "/" in token.text and _is_role_path(tokens, at):
            found.append(Named(token.text.rsplit("/", 1)[-1], "role", at))
        elif token.kind in ("name", "quoted") and not _is_other_value(tokens, at):
            found.append(Named(token.text, _kind_of(tokens, at, found), at))
    return found


def _is_role_path(tokens: tuple[Token, ...], at: int) -> bool:
    """True for "team/ops-admin" where roles are spoken of: IAM's names may be written with their path."""
    near = {token.concept for token in tokens if token.kind == "word"}
    text = tokens[at].text
    spoken = bool(near & {"role", "trust", "policy"}) or "role" in text.lower()
    return spoken and not near & {"bucket", "object", "s3"} and text[-1] not in "/*"


def _from_arn(arn: str, at: int) -> Named | None:
    shapes = {
        "role": r":iam::.*:role/(?:.*/)?(.+)",
        "function": r":lambda:.*:function:([^:]+)",
        "bucket": r":s3:::([^/]+)$",
    }
    found = ((kind, re.search(shape, arn)) for kind, shape in shapes.items())
    return next((Named(match.group(1), kind, at) for kind, match in found if match), None)


def _is_other_value(tokens: tuple[Token, ...], at: int) -> bool:
    """True for a handler, an object prefix, a file name, an instance type: names, but of nothing we look up."""
    text, near = tokens[at].text, {token.word for token in tokens[max(0, at - 3) : at + 2]}
    return bool(
        (_HANDLER.fullmatch(text) and "handler" in near)
        or _is_prefix(tokens, at)
        or "/" in text
        or text.lower().endswith((".zip", ".jar"))
        or re.fullmatch(r"[a-z]\d\w?\.\d*\w+|i-[0-9a-f]{6,}|[a-z]{2,3}-[0-9a-f]{8,}", text)
        or re.fullmatch(r"(?:Amazon|AWS|CloudWatch|IAM|Administrator|PowerUser|ReadOnly|Security)\w*", text)
    )


def _is_prefix(tokens: tuple[Token, ...], at: int) -> bool:
    """True for an object prefix by the words beside it: "under", "starting with", "folder"."""
    if _word_at(tokens, at + 1) in ("prefix", "folder", "directory"):
        return True
    left = _left_of(tokens, at, ("the", "a", "with", "is", "of", ":", "=", "by", "named", "called"))
    return left >= 0 and tokens[left].word in PREFIX_WORDS


def _left_of(tokens: tuple[Token, ...], at: int, words: Container[str]) -> int:
    """The place of the nearest token before that is none of these words; -1 when there is none."""
    return next((left for left in range(at - 1, -1, -1) if tokens[left].word not in words), -1)


def _word_at(tokens: tuple[Token, ...], at: int) -> str:
    return tokens[at].word if 0 <= at < len(tokens) else ""


def _kind_of(tokens: tuple[Token, ...], at: int, found: list[Named]) -> str | None:
    left = _left_of(tokens, at, _FILLER | _CALLING)
    if left > 0 and left == at - 1 and tokens[left].text == "," and _noun(tokens[left - 1]):
        left -= 1  # "make a role, sage-role, with …"
    naming = any(token.word in _NAMING or token.word in ("call", "name") for token in tokens[left + 1 : at])
    right = tokens[at + 1] if at + 1 < len(tokens) else None
    right_kind = _noun(right) if right else None
    if right_kind == "policy" and right and not right.word.startswith("polic"):
        right_kind = None  # "give app-role permission to …" names a role
    if right_kind is None and right and right.word in ("s3", "iam", "execution") and at + 2 < len(tokens):
        right_kind = _noun(tokens[at + 2])
    direct = left >= 0 and _noun(tokens[left])
    right_kind = right_kind or _said_for(tokens, at)
    if direct == "policy" and left != at - 1 and not naming:
        direct = None  # "the permissions of app-role" do not name a policy
    if direct and (left == at - 1 or naming or not right_kind):
        return direct
    if right_kind:
        return right_kind
    if left >= 0 and tokens[left].word in _LISTING and found and found[-1].at >= left - 4:
        return found[-1].kind or _list_head(tokens, at)
    said = kind_by_hint(tokens[at].text)
    if naming and said and any(_noun(token) == said for token in tokens[:at]):
        return said  # "a role that Lambda can assume, name it app-role"
    if naming or (left >= 0 and tokens[left].concept == "create"):
        return _nearest_noun(tokens, at)
    return _list_head(tokens, at)


def _said_for(tokens: tuple[Token, ...], at: int) -> str | None:
    """The noun of "quince-r for the role": its name came first."""
    if at + 2 >= len(tokens) or tokens[at + 1].word not in ("for", "as"):
        return None
    right = at + 2
    while right < len(tokens) and tokens[right].word in ("the", "a", "my", "iam", "execution", "new", "lambda"):
        right += 1
    if right < len(tokens) and tokens[right - 1].word == "lambda" and not _noun(tokens[right]):
        right -= 1
    noun = _noun(tokens[right]) if right < len(tokens) else None
    named = right + 1 < len(tokens) and (
        tokens[right + 1].kind in ("name", "quoted") or tokens[right + 1].word in (*_NAMING, ":")
    )
    return None if named or noun == "policy" else noun


def _noun(token: Token) -> str | None:
    return token.concept if token.kind == "word" and token.concept in RESOURCES else None


def _list_head(tokens: tuple[Token, ...], at: int) -> str | None:
    """The plural noun that a list ends with: "the a-1 and b-2 buckets"."""
    for right in range(at + 1, min(len(tokens), at + 8)):
        token = tokens[right]
        noun = _noun(token)
        if noun:
            return noun if token.word.endswith("s") and right > at + 1 else None
        if token.kind not in ("name", "quoted") and token.word not in _LISTING:
            return None
    return None


def _nearest_noun(tokens: tuple[Token, ...], at: int) -> str | None:
    """The noun a trailing "called X" belongs to: the nearest before it that is no mere purpose of another."""
    refers = any(token.word == "it" for token in tokens[max(0, at - 5) : at])
    for left in range(at - 1, -1, -1):
        if tokens[left].kind == "mark" and tokens[left].text in ".;?!\n" and not refers:
            return None
        noun = _noun(tokens[left])
        if noun and noun != "policy" and not tokens[left].word.endswith("s") and not _is_purpose(tokens, left):
            return noun
    return None


def _is_purpose(tokens: tuple[Token, ...], at: int) -> bool:
    """True for the Lambda of "a role that Lambda can assume" and "a role for Lambda": it only says what for."""
    before = _word_at(tokens, _left_of(tokens, at, ("a", "an", "the", "my", "our", "aws", "lambda", "any")))
    purposes = ("for", "by", "that", "which", "let", "lets", "letting", "allow", "allows", "trusts", "trusting", "so")
    assumes = _word_at(tokens, at + 1) in ("can", "may", "could", "should", "to", "will", "assumes")
    return tokens[at].concept == "function" and (assumes or before in purposes)


def regions_in(tokens: Iterable[Token]) -> list[str]:
    """Region codes the tokens name, once each; not those that are ruled out: "not in eu-west-1"."""
    tokens = list(tokens)
    named = [token.word for at, token in enumerate(tokens) if token.kind == "region" and not _ruled_out(tokens, at)]
    return list(dict.fromkeys(named))


def _ruled_out(tokens: list[Token], at: int) -> bool:
    before = [token.word for token in tokens[max(0, at - 3) : at] if token.kind == "word"]
    return bool({"not", "except", "outside", "excluding", "without"} & set(before)) or before[-2:] == ["other", "than"]


def prefix_in(tokens: tuple[Token, ...]) -> str:
    """The object prefix a question is limited to, or an empty string."""
    for at, token in enumerate(tokens):
        if token.kind == "s3uri":
            parts = token.text.removeprefix("s3://").split("/", 1)
            return parts[1] if len(parts) > 1 else ""
        if token.kind not in ("name", "quoted", "word", "number"):
            continue
        if "/" in token.text and token.kind != "word":
            return token.text.removeprefix("/")
        named = token.kind in ("name", "quoted", "number") or (token.concept == "" and token.word not in COMMON)
        if named and _is_prefix(tokens, at):
            return token.text
    return ""


def runtime_in(tokens: tuple[Token, ...]) -> str:
    """Lambda's identifier of the runtime a message names, or an empty string."""
    named = [token.word for token in tokens if token.kind == "runtime"]
    words = {token.word for token in tokens if token.kind == "word"}
    bare = {"python": "python3.12", "node": "nodejs20.x", "nodejs": "nodejs20.x", "node.js": "nodejs20.x"}
    bare |= {"javascript": "nodejs20.x", "java": "java21", "ruby": "ruby3.3", "dotnet": "dotnet8"}
    return next(iter([*named, *(runtime for word, runtime in bare.items() if word in words)]), "")


def handler_in(tokens: tuple[Token, ...]) -> str:
    """The handler a message names ("app.main"), or an empty string."""
    for at, token in enumerate(tokens):
        said = token.text.endswith("handler") or "handler" in {each.word for each in tokens[max(0, at - 4) : at + 2]}
        if said and token.kind in ("name", "quoted") and _HANDLER.fullmatch(token.text):
            return token.text
    return ""


def package_in(tokens: tuple[Token, ...]) -> str:
    """The code package a message names: an uploaded file's id or ``s3://bucket/key``; empty when none."""
    named = (token for token in tokens if token.kind == "file" or (token.kind == "s3uri" and token.text.count("/") > 2))
    return next((token.text for token in named), "")
