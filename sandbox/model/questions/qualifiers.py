"""Finds the words of a question that its answer does not heed, so that the answer can say so.

A word is heeded if it is part of what the calls were chosen by or made with: a tool's topic, a name or region in its
arguments, an aspect that the tool's answer speaks of. What is left of the words that carry a meaning is a qualifier
that was not understood.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from sandbox.model.phrasing import INSTANCE_TYPE, join
from sandbox.model.reading.names import PREFIX_WORDS
from sandbox.model.reading.tokens import one_slip
from sandbox.model.reading.vocabulary import COMMON, CONCEPT_OF, TOPICS, word_set
from sandbox.model.tools import READ_TOOLS
from sandbox.model.types import Call, Focus, Token

# Plain English that narrows a question down; all other plain English only holds a sentence together.
_TIMES = word_set(
    "yesterday today tonight tomorrow week weeks weekly day days daily hour hours minute minutes seconds month months "
    "quarter year years yearly january february march april june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday weekend monthly annual annually fortnight"
)
_NARROWING = _TIMES | word_set(
    "changed changes "
    "public private encrypted encryption tagged tags tag untagged versioned versioning lifecycle replication logging "
    "website accessible reachable open unused temporary older younger newer cheap cheapest fast missing owned owner "
    "owners wrong bad problem important limited linked visible compute idle personal spendiest median average similar "
    "content contents different shared partial plugged permitted carrying matching except least fewest lately oldest"
)
# Words of questions that are neither plain English to the model nor narrow anything down.
_SAID = word_set(
    "give show iam amount volume room status switched turned powered shut eats eat deployed carry carries see "
    "work volume pull fetch kinda pls plz thx lemme gimme wanna gotta folks guys mate hiya yo ya u ur r whats hows "
    "wheres anyways btw fyi curious wondering wonder hoping currently exactly roughly basically literally stuff "
    "thingy team company org whole teh hte adn whihc wich waht em im ive launched answer question tell prod-wise "
    "sitting lying kept hosted sits spread dollars usd euros amazon's tally fine grand arn arns id ids names name "
    "sized sizewise total wise per across entire setup environment infra infrastructure resources resource "
    "console cli api quick glance sum report overview summary inventory list listing table rundown"
)
_PRESENT = word_set("today tonight now")  # of anything but costs, which have periods, only the present is known
# Concepts that say what is asked about a thing; a tool heeds those that it declares.
_ASPECTS = word_set("largest smallest newest oldest empty not other modify delete detach undo cost policy trust object")
_ASPECTS |= TOPICS - {"summary", "identity", "storage", "s3"}
_LINKS = word_set("a an the of my our your with and or in on by to for than is are any some that which have has be")
_LEADS = word_set(
    "this last past next previous than without with not no by since before after during under over above below "
    "from who except older newer"
)
_WHO_DID = re.compile(
    r"(?i)\bwho(?:m|se)?\s+(?:has\s+|had\s+|did\s+|was\s+)?(?:last\s+|ever\s+)?(?:it\s+was\s+)?"
    r"(created?|made|makes?|built|deleted?|removed?|changed?|modified|edited|uploaded|wrote|owns?|accessed|touched|"
    r"launched|started|stopped|deployed|set\s+up|added|updated?|uses?|used)\b"
)
_COMPARED = re.compile(
    r"(?i)\b(?:(?:bigger|larger|smaller|more|less|fewer|greater) than|over|under|above|below|at (?:least|most))"
    r"\s+(?:\d[\d.,]*\s?(?:[kmgt]?i?b|bytes|objects|files|items|%)?|[a-z]\d\w*\.\w+)(?![\w-])"
)
# A place in an order: answers name the first alone.
_RANKED = re.compile(
    r"(?i)\b(?:second|third|fourth|fifth|\d+(?:st|nd|rd|th))[ -](?:(?:most|least) \w+"
    r"|(?:bigg|larg|small|new|old|young|lat|earli|cheap|high|low|full)(?:e?st))\b"
)
# A part of a name: answers know whole names, and prefixes of objects where a call takes one.
_PART_OF_NAME = re.compile(
    r"(?i)\b(?:(?:start|begin)(?:s|ning|ing)? with|end(?:s|ing)? (?:with|in)) [`'\"]?(?P<part>[\w.*/-]*\w)"
    r"|\b(?:(?:that |which )?(?:contain|include|ha[sv]|with)(?:s|e|ing)? )[`'\"]?[\w.-]+[`'\"]?"
    r" in (?:the|their|its) names?\b"
    r"|\b(?:named|called|names?) like [`'\"]?[\w.*-]*\w"
)
_INSTANCE_ID = re.compile(r"i-[0-9a-f]{6,}")
_PLACE_VERBS = word_set("running up active live on off started start stop stopped")


def left_out(focus: Focus, calls: Sequence[Call]) -> list[str]:
    """The phrases of a question that these calls and their answers do not heed."""
    tools = [READ_TOOLS[call.name] for call in calls if call.name in READ_TOOLS]
    if not tools or len(tools) < len(calls) or any(tool.free_form for tool in tools):
        return []
    heeded = {aspect for tool in tools for aspect in (*tool.topics, *tool.heeds)}
    heeded -= {aspect for tool in tools if tool.misses for aspect in tool.misses(focus)}
    values = _values(calls)
    flagged = [_is_left_out(token, at, focus, heeded, values) for at, token in enumerate(focus.tokens)]
    phrases = [*_phrases(focus.tokens, flagged)]
    if "limits" not in heeded:
        compared = [match.group() for match in _COMPARED.finditer(focus.text)]
        phrases = [one for one in phrases if not any(one.lower() in each.lower() for each in compared)] + [
            each for each in compared if not any(each.lower() in one.lower() for one in phrases)
        ]
    phrases += [each for each in _of_pattern(focus, heeded, values) if each.lower() not in " ".join(phrases).lower()]
    did = _WHO_DID.search(focus.text)
    if did and "who did" not in heeded and not (heeded & {"trust"} and did[1].lower() in ("use", "uses", "used")):
        phrases = [did[0], *(phrase for phrase in phrases if phrase.lower() not in did[0].lower())]
    for tool in tools:
        phrases += [phrase for phrase in (tool.unanswered(focus) if tool.unanswered else []) if phrase not in phrases]
    return phrases


def _of_pattern(focus: Focus, heeded: set[str], values: str) -> Iterable[str]:
    """What is said in several plain words: a place in an order, a part of a name."""
    if "rank" not in heeded:
        yield from (found[0] for found in _RANKED.finditer(focus.text))
    for found in _PART_OF_NAME.finditer(focus.text):
        if not (found["part"] and found["part"].lower().rstrip("*") in values):
            yield found[0]


def note_about(phrases: Sequence[str], calls: Sequence[Call]) -> str:
    """What was not understood, and what is answered instead; empty where all was."""
    if not phrases:
        return ""
    told = [READ_TOOLS[call.name].answers(call.arguments) for call in calls if call.name in READ_TOOLS]
    instead = join(list(dict.fromkeys(told)))
    return f"I did not understand {join([f'“{phrase}”' for phrase in phrases])} and left it out. This is {instead}:"


def _values(calls: Iterable[Call]) -> str:
    """All that the calls' arguments say, to look names up in."""
    return " ".join(str(value) for call in calls for value in call.arguments.values()).lower()


def _is_left_out(token: Token, at: int, focus: Focus, heeded: set[str], values: str) -> bool:
    if token.kind == "region":
        return token.word not in values and ("region" not in heeded or token.word not in focus.regions)
    if token.kind in ("name", "quoted", "number"):
        return _is_name_left_out(token, at, focus, heeded, values)
    if token.kind != "word":
        return False
    if focus.prefix and token.word in PREFIX_WORDS:
        return False
    if token.word in focus.states or token.word in _PLACE_VERBS:
        return bool(focus.states) and "states" not in heeded and token.word not in ("on", "start", "up")
    if token.concept:
        return _is_concept_left_out(token, at, focus, heeded)
    if token.word in _TIMES:
        return "period" not in heeded and token.word not in _PRESENT
    if token.word in _NARROWING:
        return token.word not in heeded
    known = token.word in COMMON or token.word in _SAID or token.word in heeded or len(token.word) < 3
    return not (known or token.word in values or _is_prefix(token, focus) or _is_slip(token.word))


@lru_cache(maxsize=4096)
def _is_slip(word: str) -> bool:
    """Whether a plain word was meant and typed wrong."""
    return len(word) > 2 and any(
        known[0] == word[0] and abs(len(known) - len(word)) <= 1 and one_slip(word, known)
        for known in (*COMMON - _NARROWING, *CONCEPT_OF)
        if len(known) > 3 and known != word
    )


def _is_prefix(token: Token, focus: Focus) -> bool:
    return bool(focus.prefix) and token.text in focus.prefix


def _is_name_left_out(token: Token, at: int, focus: Focus, heeded: set[str], values: str) -> bool:
    said = token.text.lower()
    if any(each in values for each in (token.word.lower(), said, said.rsplit("/", 1)[-1])) or _is_prefix(token, focus):
        return False
    if "instance type" in heeded and INSTANCE_TYPE.fullmatch(said):
        return False
    if token.kind == "number" and "limits" in heeded:
        return False
    if token.kind == "number":
        before = focus.tokens[at - 1].word if at else ""
        after = focus.tokens[at + 1].word if at + 1 < len(focus.tokens) else ""
        narrows = before in (
            "than",
            "least",
            "most",
            "last",
            "past",
            "before",
            "after",
            "since",
            "until",
            "in",
            "exactly",
        )
        return (narrows or after in _TIMES) and "period" not in heeded
    # A name that the sentence gives to nothing, such as a policy's in a question about roles, is looked for nowhere.
    known = any(said == each.value.lower() for each in focus.named) or _INSTANCE_ID.fullmatch(said)
    return "named" not in heeded or not known


def _is_concept_left_out(token: Token, at: int, focus: Focus, heeded: set[str]) -> bool:
    if token.concept not in _ASPECTS or token.concept in heeded or token.word in heeded:
        return False
    if token.concept == "not":
        # "Don't I have any?", "is there no bucket?" ask for what there is.
        after = [each for each in focus.tokens[at + 1 : at + 4] if each.kind != "mark" and each.word not in _LINKS]
        plain = token.word in ("no", "not", "none", "never") and (not after or after[0].concept in heeded)
        aside = bool(after) and after[0].concept in ("delete", "modify", "detach", "undo")
        return not (plain or aside or token.text.lower().endswith("n't") or focus.states)
    if focus.tokens[at - 1].concept == "not" and at and token.concept in ("delete", "modify", "detach", "undo"):
        return False  # "don't delete anything, just list them"
    return token.word not in ("use", "let", "give", "add", "start", "run_it", "one")


def _phrases(tokens: Sequence[Token], flagged: list[bool]) -> Iterable[str]:
    """The flagged words, neighbours together, with the word that leads them in."""
    at = 0
    while at < len(tokens):
        if not flagged[at]:
            at += 1
            continue
        first, last, look = at, at, at + 1
        while look < len(tokens) and (flagged[look] or tokens[look].word in _LINKS | _LEADS):
            last = look if flagged[look] else last
            look += 1
        while first > 0 and (tokens[first - 1].word in _LINKS | _LEADS) and not flagged[first - 1]:
            if tokens[first - 1].word in _LEADS:
                first -= 1
                break
            if first < 2 or tokens[first - 2].word not in _LEADS:
                break
            first -= 1
        yield " ".join(token.text for token in tokens[first : last + 1])
        at = last + 1
