"""Words as the index has them: lower case, without plural and verb endings; the same for the index and for a query."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

_PART = re.compile(r"IPv[46]|[A-Z]{2,}s(?![a-z])|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
# What stands in nearly every question or description and tells nothing.
STOPWORDS = frozenset(
    {
        "a", "about", "all", "also", "am", "amazon", "an", "and", "another", "any", "are", "as", "at", "aws",
        "be", "been", "by", "can", "could", "current", "currently", "detail", "details", "did", "do", "does",
        "each", "every", "exist", "existing", "exists", "find", "for", "from", "give", "given", "got", "had",
        "has", "have", "how", "i", "if", "in", "information", "into", "is", "it", "its", "just", "many",
        "may", "me", "more", "most", "much", "my", "need", "new", "not", "of", "on", "one", "only", "or",
        "our", "out", "please", "provided", "retrieve", "retrieves", "return", "returned", "returns", "see",
        "certain", "particular", "shall", "should", "single", "so", "some", "specific", "specified", "tell", "than",
        "that", "the", "their", "them", "there",
        "these", "they", "thing", "things", "this", "those", "to", "up", "us", "using", "want", "was", "we",
        "were", "what", "when", "where", "whether", "which", "who", "whom", "whose", "will", "with", "within",
        "would", "you", "your", "yours"
    }
)  # fmt: skip
# What says little of the thing that is asked for: when, how big, in which state.
WEAK = frozenset(
    {
        "active", "big", "biggest", "broken", "close", "cheap", "daily", "day", "days", "enabled", "ever", "failed",
        "failing", "first", "five", "hour", "hours", "inactive", "large", "largest", "last", "lately", "latest", "left",
        "long", "month", "months", "newest", "night", "now", "number", "old", "older", "oldest", "recent", "recently",
        "right", "running", "size", "small", "space", "still", "stopped", "take", "takes", "time", "today", "total",
        "type", "unused", "used", "week", "weeks", "work", "worked", "year", "years", "yesterday"
    }
)  # fmt: skip
# Two words in some of AWS's names, and one in others.
_COMPOUNDS = frozenset(
    {
        ("access", "point"), ("code", "space"), ("dash", "board"), ("data", "base"), ("data", "set"),
        ("data", "source"), ("data", "store"), ("end", "point"), ("file", "system"), ("key", "pair"),
        ("life", "cycle"), ("name", "space"), ("node", "group"), ("note", "book"), ("on", "premises"),
        ("sub", "net"), ("web", "site"), ("work", "flow"), ("work", "group"), ("work", "load"), ("work", "space")
    }
)  # fmt: skip
_ENDINGS = (
    *((ending, 3, "") for ending in ("ation", "ating", "ated", "ate")),
    ("tion", 5, "t"),
    *((ending, 4, "") for ending in ("ing", "ed", "e")),
    ("y", 6, ""),
)
_KEPT = frozenset({"alias", "analysis", "canvas", "gas", "atlas"})


def split(text: str) -> Iterator[str]:
    """The words of a text, unstemmed, in lower case; names as AWS writes them fall into their words.

    "DescribeDBInstances" is describe, db, instances; "describe-db-instances" too; "EC2" is ec2, "ListObjectsV2" …v2.
    """
    for run in re.findall(r"[A-Za-z0-9]+", text):
        parts: list[str] = []
        for part in _PART.findall(run):
            # A number belongs to the word before it: S3, EC2, V2.
            if part.isdigit() and parts and not parts[-1].isdigit():
                parts[-1] += part
            else:
                parts.append(part)
        # A single letter is the end of "user's".
        yield from (part.lower() for part in parts if len(part) > 1 or part.isdigit())


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """A word without its ending: "policies" and "policy", "encrypted" and "encryption" become one."""
    if word in _KEPT or len(word) <= 3:
        return word
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith(("sses", "shes", "ches", "xes", "zes")):
        word = word[:-2]
    elif word.endswith("s") and (len(word) == 4 or not word.endswith(("ss", "us", "is"))):
        word = word[:-1]
    for ending, shortest, put in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= shortest:
            return _single(word[: -len(ending)]) + put
    return word


def _single(root: str) -> str:
    """ "logg" of "logging" is "log"."""
    return root[:-1] if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "aeiouls" else root


def joined(words: Iterable[str]) -> list[str]:
    """The words, with two that AWS also writes as one made one: "data set" and "dataset"."""
    found: list[str] = []
    for word in words:
        if found and (found[-1], word.removesuffix("s")) in _COMPOUNDS:
            found[-1] += word
        else:
            found.append(word)
    return found


def stems(text: str) -> list[str]:
    """The stems of a text's words, stopwords left out."""
    return [stem(word) for word in joined(split(text)) if word not in STOPWORDS]
