"""Cuts a user's message into tokens: words with a meaning, names, regions, ARNs, files and JSON documents."""

import json
import re
from dataclasses import replace
from functools import lru_cache

from sandbox.model.reading.implied_orders import as_order
from sandbox.model.reading.regions import REGION_CODE, REGION_NAME, REGION_SPACED, region_code
from sandbox.model.reading.vocabulary import COMMON, CONCEPT_OF, HYPHENATED, IDLE_PHRASES, LONGEST_PHRASE, PHRASES
from sandbox.model.types import JsonObject, Token

_RUNTIME = (
    r"python[\s-]?v?\d\.\d{1,2}|node(?:\.?js)?[\s-]?v?\d{2}(?:\.x)?|nodejs\d{2}\.x|java[\s-]?\d{1,2}"
    r"|dotnet[\s-]?\d{1,2}|\.net[\s-]?(?:core\s)?\d{1,2}|ruby[\s-]?\d\.\d|provided\.al\d{1,4}"
)
_TOKEN = re.compile(
    r"(?i)(?P<json>\x00)"
    r"|(?P<arn>arn:aws[\w-]*:[\w-]*:[\w-]*:\d*:[^\s,;'\"`)?]+)"
    r"|(?P<s3uri>s3://[^\s,;'\"`)?]+)"
    r"|(?P<file>\bfile[_-][A-Za-z0-9_-]{3,})"
    r"|(?P<quoted>`[^`\n]{1,200}`|\"[^\"\n]{1,200}\"|“[^”\n]{1,200}”|(?<!\w)'[^'\n]{1,128}'(?!\w))"
    rf"|(?P<region>{REGION_CODE.pattern}|{REGION_SPACED.pattern}|{REGION_NAME.pattern})"
    rf"|(?P<runtime>(?<![\w.-])(?:{_RUNTIME})(?![\w-]))"
    r"|(?P<word>[^\W_][\w./+=@:&-]*(?:'[a-z]{1,2}(?!\w))?|[\w/][\w./+=@-]*)"
    r"|(?P<mark>[.,;:?!()\n&])"
)
_FENCE = re.compile(r"```[a-z]*\n?", re.IGNORECASE)
# "take the policy away", "roll that back": a verb whose second half comes late.
_PARTED = re.compile(
    r"\b(take|roll|tear|spin|set)\s+((?:(?!and\b|then\b)[^\s.,;?!]+\s+){1,5}?)(away|back|down|up)\b", re.IGNORECASE
)
_CONTRACTIONS = {"can't": "cannot", "won't": "not", "what's": "what is", "who's": "who is"}


def read_message(text: str) -> tuple[list[Token], list[JsonObject], str]:
    """The tokens of a message, the JSON documents in it, and the text of one that is broken.

    Names keep their spelling, words are lower-cased and their slips corrected.
    """
    plain = _PARTED.sub(r"\1 \3 \2 ", text.replace("’", "'").replace("‘", "'"))
    cut, documents, broken = _cut_documents(plain)
    cut = as_order(cut)
    tokens = [token for match in _TOKEN.finditer(cut) for token in _classify(match)]
    return _join_phrases(tokens), documents, broken


def _cut_documents(text: str) -> tuple[str, list[JsonObject], str]:
    """Take JSON objects out of the text, so that their words order nothing."""
    text = _FENCE.sub(" ", text)
    decoder, documents, out, at = json.JSONDecoder(), [], [], 0
    while (start := text.find("{", at)) >= 0:
        try:
            document, end = decoder.raw_decode(text, start)
        except ValueError:
            break
        out.append(text[at:start] + " \x00 ")
        documents.append(document)
        at = end
    rest = text[at:]
    broken = ""
    found = re.search(r"\{.*(?:statement|effect|action).*", rest, re.IGNORECASE | re.DOTALL)
    if found:
        broken = found.group()
        rest = rest[: found.start()] + " \x00 "
    return "".join(out) + rest, documents, broken


def _classify(match: re.Match[str]) -> list[Token]:
    text, kind = match.group(), str(match.lastgroup)
    if kind == "quoted":
        return _classify_quoted(text[1:-1].strip())
    if kind == "word":
        return _classify_word(text)
    if kind in ("arn", "s3uri", "file"):
        text = text.rstrip(".,:")
    words = {"json": "", "region": region_code(text), "runtime": _runtime_id(text)}
    return [Token("" if kind == "json" else text, words.get(kind, text), kind)]


def _classify_quoted(inner: str) -> list[Token]:
    """A quoted region or file id is still one; several quoted words are read as words."""
    whole = _TOKEN.fullmatch(inner)
    if whole and whole.lastgroup in ("arn", "s3uri", "file", "region", "runtime"):
        return _classify(whole)
    if re.search(r"\s", inner):
        return [token for match in _TOKEN.finditer(inner) for token in _classify(match)]
    return [Token(inner, inner, "quoted")]


def _classify_word(text: str) -> list[Token]:
    bare = text.rstrip(".,:&=@+-")
    mark = next((mark for mark in ",." if mark in text[len(bare) :]), "")
    marks, text = [Token(mark, mark, "mark")] if mark else [], bare
    if not text:
        return marks
    lowered = text.lower()
    if lowered in _CONTRACTIONS:
        return [Token(word, word, "word", CONCEPT_OF.get(word, "")) for word in _CONTRACTIONS[lowered].split()]
    if lowered.endswith("n't"):
        return [Token(lowered, "not", "word", "not")]
    possessive = re.match(r"(.+)'(s|re|ve|ll|d|m|t)$", text, re.IGNORECASE)
    if possessive:
        text, lowered = possessive.group(1), possessive.group(1).lower()
    if lowered in HYPHENATED:
        return [_word(part) for part in lowered.split("-")] + marks
    if _looks_like_name(text):
        return [Token(text, text, "name"), *marks]
    if lowered.isdigit():
        return [Token(text, lowered, "number"), *marks]
    return [_word(text), *marks]


def _looks_like_name(text: str) -> bool:
    """True for what only a resource can be called: ``data-lake-1``, ``web_app``, ``DeployRole``, ``logs/``."""
    lowered = text.lower()
    if lowered in CONCEPT_OF or lowered in COMMON or lowered in ("e.g", "i.e", "s3", "ec2", "iam", "t3"):
        return False
    if "/" in text and all(part in CONCEPT_OF or part in COMMON for part in lowered.split("/") if part):
        return text.endswith("/") or text.startswith("/")
    if re.fullmatch(r"(?:s3|lambda|iam|ec2)-(?:capable|enabled|backed|based|powered|ready)", lowered):
        return False
    if re.search(r"[-_./]", text):
        return not re.fullmatch(r"\d+(\.\d+)?", text)
    capital = re.search(r"[a-z][A-Z]", text) or (re.search(r"[A-Z]{2,}[a-z]", text) and not text.endswith("s"))
    mixed = re.search(r"[a-z]\d|\d[a-z]", lowered) and not re.fullmatch(r"\d+(st|nd|rd|th|gb|mb|kb|tb|x|k|m)", lowered)
    return bool(capital or mixed)


def _runtime_id(text: str) -> str:
    """Lambda's identifier of a runtime a person named: ``python 3.12`` is ``python3.12``."""
    compact = re.sub(r"[\s-]+", "", text.lower())
    number = next(iter(re.findall(r"\d+(?:\.\d+)?", compact)), "")
    if compact.startswith("node"):
        return f"nodejs{number.split('.')[0]}.x"
    if compact.startswith((".net", "dotnet")):
        return f"dotnet{number}"
    return compact.replace("v", "") if compact.startswith("python") else compact


def _word(text: str) -> Token:
    lowered = text.lower()
    if lowered in CONCEPT_OF:
        return Token(text, lowered, "word", CONCEPT_OF[lowered])
    if lowered in COMMON or text.isupper():
        return Token(text, lowered)
    known = _correct(lowered)
    return Token(text, known, "word", CONCEPT_OF.get(known, ""))


@lru_cache(maxsize=4096)
def _correct(word: str) -> str:
    """The known word that a misspelt one is one slip away from; the word itself when there is none."""
    if len(word) < 5:
        return word
    for known in (*CONCEPT_OF, "called", "named", "existing"):
        if len(known) >= 5 and known[0] == word[0] and abs(len(known) - len(word)) <= 1 and one_slip(word, known):
            return known
    return word


def one_slip(left: str, right: str) -> bool:
    """True when one insertion, deletion, substitution or swap turns one word into the other."""
    if len(left) != len(right):
        shorter, longer = sorted((left, right), key=len)
        return any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))
    wrong = [at for at in range(len(left)) if left[at] != right[at]]
    first, last = wrong[0], wrong[-1]
    return len(wrong) == 1 or (last == first + 1 and left[first : last + 1] == right[last] + right[first])


def _join_phrases(tokens: list[Token]) -> list[Token]:
    """Give phrases ("get rid of") the one meaning they have together, longest first."""
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        for length in range(min(LONGEST_PHRASE, len(tokens) - at), 0, -1):
            part = tokens[at : at + length]
            words = tuple(token.word if token.kind == "word" else "" for token in part)
            if words in PHRASES:
                out.append(Token(" ".join(words), " ".join(words), "word", PHRASES[words]))
                break
            if words in IDLE_PHRASES:
                out.extend(replace(token, concept="") for token in part)
                break
        else:
            out.append(tokens[at])
            length = 1
        at += length
    return out
