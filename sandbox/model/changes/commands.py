"""Finds the commands in a message ("create", "delete", "attach") and leaves out those it only talks about."""

from dataclasses import dataclass

from sandbox.model.reading.names import names_in
from sandbox.model.reading.vocabulary import phrase_set, word_set
from sandbox.model.tools import CREATED, RESOURCES
from sandbox.model.types import Named, Token

VERBS = frozenset({"create", "delete", "undo", "attach", "detach", "modify"})
_ENDS = ".?!;\n"
# "How do I create…", "what happens if I delete…", "did you remove…" ask; they command nothing.
_ASKING = phrase_set(
    "how do i, how can i, how to, how would i, how does, how do you, what if, what happens, what would, should i, "
    "should we, did i, did you, did we, can i, may i, could i, who can, who may, who could, what can, which can, why, "
    "when did, if i, if we, if you, is it possible to, is it safe to, do i have to, what does it take, when was, who"
)
_ALLOWED = word_set("allow allowed allows able permission permissions right rights access ability permitted")
_NEW = word_set("a an another new two three four five some fresh additional second extra brand-new")
_OLD = word_set("the my our existing that this current your its same")
_ASKS = phrase_set(
    "how, how many, how much, how big, what, show, tell, list, summarize, describe, explain, tell me about, what is, "
    "whats, display"
)
_PREPOSITIONS = word_set("using to for with by on in and")
_OPENING = word_set("which who do does is are")
_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5, "2": 2, "3": 3, "4": 4, "5": 5}


@dataclass(frozen=True)
class Mention:
    """A resource that a command speaks of; ``new`` by its article, None where there is none."""

    kind: str
    at: int
    new: bool | None
    count: int
    plural: bool


@dataclass(frozen=True)
class Command:
    """One command: its verb and the words up to the next one."""

    verb: str
    word: str
    tokens: tuple[Token, ...]

    @property
    def text(self) -> str:
        """Its words as one line."""
        return " ".join(token.text for token in self.tokens)

    @property
    def access_text(self) -> str:
        """The words after its verb without names of resources: the bucket "old-logs" asks for no log policy."""
        named = {each.at for each in self.named if each.kind != "policy"}
        return " ".join("_" if at in named else token.text for at, token in enumerate(self.tokens) if at)

    @property
    def named(self) -> list[Named]:
        """The names in it."""
        return names_in(self.tokens)

    def has(self, *concepts: str) -> bool:
        """True when a word of one of these concepts is in it."""
        return any(token.concept in concepts for token in self.tokens)

    def says(self, *words: str) -> bool:
        """True when one of these words is in it."""
        return any(token.word in words and token.kind == "word" for token in self.tokens)


def commands_in(tokens: tuple[Token, ...]) -> list[Command]:
    """The commands of a message, in order; negated, asked-about and merely permitted ones are left out."""
    starts = [at for at, token in enumerate(tokens) if token.kind == "word" and token.concept in VERBS]
    real = [at for at in starts if _is_command(tokens, at)]
    # A verb that is no command belongs to the words of the one before it ("a role to delete objects").
    ends = [end for end in sorted({*starts, len(tokens)}) if end in (*real, len(tokens)) or _negated(tokens, end)]
    found = []
    for at in real:
        end = next(end for end in ends if end > at)
        found.append(Command(tokens[at].concept, tokens[at].word, tokens[at : _question_in(tokens, at, end)]))
    return found


def rest_of(tokens: tuple[Token, ...], commands: list[Command]) -> tuple[Token, ...]:
    """The tokens that belong to no command: what a message asks besides."""
    said = {id(token) for command in commands for token in command.tokens}
    return tuple(token for token in tokens if id(token) not in said)


def _question_in(tokens: tuple[Token, ...], at: int, end: int) -> int:
    """Where a question begins inside a command's words ("... and tell me how many I have")."""
    for place in range(at + 2, end):
        token, before = tokens[place], tokens[place - 1]
        new_sentence = before.kind == "mark" and before.text in _ENDS
        joined = before.word in ("and", "then", "also") or before.text == ","
        asks = token.word in _ASKS and (new_sentence or joined)
        if token.kind == "word" and (asks or (new_sentence and token.word in _OPENING)):
            return place
    return end


def _is_command(tokens: tuple[Token, ...], at: int) -> bool:
    before = sentence_before(tokens, at)
    words = [word for token in before for word in token.word.split()]
    line = " ".join(words)
    if _negated(tokens, at) or any(line.startswith(ask) or f" {ask}" in line for ask in _ASKING):
        return False
    last = words[-1] if words else ""
    if last == "to":
        return not (len(words) > 1 and words[-2] in _ALLOWED)
    if last in ("can", "may", "could", "might", "must", "will", "would"):
        return False
    verb = tokens[at]
    if verb.concept in ("attach", "modify") and last in ("the", "a", "an", "my", "of", "for", "this", "that", "is"):
        return False
    if verb.concept == "modify" and not _opens(before):
        return False
    return not (verb.word == "let" and at + 1 < len(tokens) and tokens[at + 1].word in ("me", "us"))


def _opens(before: list[Token]) -> bool:
    """True when a verb stands where an order starts: first, or after "please", "can you", "to", "and"."""
    if not before:
        return True
    polite = {"please", "you", "to", "and", "then", "now", "just", "also", "kindly", "go", "ahead"}
    return before[-1].word.split()[-1] in polite or before[-1].kind == "mark" or before[-1].concept == "greet"


def sentence_before(tokens: tuple[Token, ...], at: int) -> list[Token]:
    """The words of the same sentence before a position."""
    start = at
    while start and not (tokens[start - 1].kind == "mark" and tokens[start - 1].text in _ENDS):
        start -= 1
    return [token for token in tokens[start:at] if token.kind != "mark" or token.text == ","]


def _negated(tokens: tuple[Token, ...], at: int) -> bool:
    for token in reversed(sentence_before(tokens, at)[-4:]):
        if token.text == "," or token.word in ("but", "just", "only", "then", "and", "instead"):
            return False
        if token.concept == "not" or token.word == "than":
            return True
    return False


def mentions_in(command: Command) -> list[Mention]:
    """The resources in a command that can be made; a "Lambda role" is one role."""
    tokens = command.tokens
    found: list[Mention] = []
    for at, token in enumerate(tokens):
        kind = token.concept
        if token.kind != "word" or kind not in CREATED:
            continue
        following = [each for each in tokens[at + 1 : at + 4] if each.word not in ("execution", "service", "iam")]
        if following and following[0].concept in ("role", "function"):
            continue  # "lambda role", "lambda function": the last noun is the head
        new, count = _article(tokens, at)
        plural = token.word.endswith("s") and not token.word.endswith("ss")
        found.append(Mention(kind, at, new, count, plural))
    return found


def _article(tokens: tuple[Token, ...], at: int) -> tuple[bool | None, int]:
    """Whether a noun is introduced as new ("a", "another") or known ("the", "my"), and how many there are."""
    for back in range(at - 1, max(-1, at - 6), -1):
        token = tokens[back]
        last = token.word.split()[-1] if token.word else ""
        if token.word in _COUNTS:
            return True, _COUNTS[token.word]
        if last in _NEW:
            return not any(each.word == "existing" for each in tokens[back:at]), 1
        if last in _OLD:
            return any(each.word == "new" for each in tokens[back:at]), 1
        if token.kind in ("mark", "arn", "json", "name", "quoted") or token.word in _PREPOSITIONS:
            break
        if token.concept in RESOURCES:
            break
    return None, 1
