"""Completes a request for new resources with what the rest of the message says: names, regions, rights."""

from sandbox.model.changes.change_request import ChangeRequest
from sandbox.model.changes.commands import Command, Mention, commands_in, mentions_in, sentence_before
from sandbox.model.policies.managed import policies_named
from sandbox.model.reading.names import regions_in
from sandbox.model.reading.vocabulary import word_set
from sandbox.model.types import Token, names_of

_KNOWN = word_set("existing already present current")
_OWN = word_set("its own their whose fresh new dedicated")
_QUESTIONS = word_set("how what which who whose when where why list show many much do does is are have")


def complete(tokens: tuple[Token, ...], request: ChangeRequest) -> None:
    """Fill the gaps of a request that makes something."""
    if not request.regions:
        request.regions += _regions_before(tokens)
    if not (request.roles or request.functions):
        return
    whole = Command("create", "create", tokens)
    mentions = mentions_in(whole)
    _role_for_function(whole, mentions, request)
    _function_for_role(whole, mentions, request)
    _fill(request.roles, _written_names(whole, "role"))
    _fill(request.functions, _written_names(whole, "function"))
    request.attach_to = [role for role in request.attach_to if role not in request.roles]
    if not request.policies and request.permissions is None:
        request.policies += policies_named(whole.access_text)
    if request.functions and set(request.functions) & {request.target_function, ""}:
        request.target_function, request.targets_known_function = "", False


def _written_names(command: Command, kind: str) -> list[str]:
    """The names of a kind that no ARN gave: what has an ARN exists."""
    plain = [each for each in command.named if each.at < 0 or command.tokens[each.at].kind != "arn"]
    return names_of(plain, kind)


def _fill(wanted: list[str], names: list[str]) -> None:
    """Give the nameless ones the names that nothing else has."""
    left = [name for name in names if name not in wanted]
    for at, name in enumerate(wanted):
        if name == "" and left:
            wanted[at] = left.pop(0)


def _words_before(tokens: tuple[Token, ...], at: int, most: int = 4) -> list[str]:
    """The words that introduce a noun: back to the last mark or name."""
    out: list[str] = []
    for token in reversed(tokens[max(0, at - most) : at]):
        if token.kind != "word" and token.text not in ("(",):
            break
        out += token.word.split()
    return out


def _role_for_function(command: Command, mentions: list[Mention], request: ChangeRequest) -> None:
    """A function's "own" role, or one with rights of its own and no article, is new with it."""
    roles = [mention for mention in mentions if mention.kind == "role"]
    if request.roles or not request.functions or not roles or request.existing_role_arn or request.delete:
        return
    words = [word for mention in roles for word in _words_before(command.tokens, mention.at)]
    if _KNOWN & {token.word for token in command.tokens}:
        return
    name = request.existing_role
    bare = all(mention.new is None for mention in roles) and policies_named(command.access_text)
    making = any(mention.new is True for mention in roles)
    other_order = any(each.verb == "create" and _makes_role(each) for each in commands_in(command.tokens))
    if set(words) & _OWN or bare or making or other_order:
        request.roles.append(name)
        request.existing_role, request.points_at_role = "", False


def _makes_role(command: Command) -> bool:
    """ "… make the role too": the first noun of the order is the role."""
    mentions = mentions_in(command)
    return bool(mentions) and mentions[0].kind == "role"


def _function_for_role(command: Command, mentions: list[Mention], request: ChangeRequest) -> None:
    """ "… and use it for a new lambda": the function that the new role is for comes with it."""
    if request.functions or not request.roles or request.target_function or request.targets_known_function:
        return
    for mention in mentions:
        if mention.kind != "function" or mention.plural:
            continue
        before = _words_before(command.tokens, mention.at)
        after = [token.word for token in command.tokens[mention.at + 1 : mention.at + 3]]
        if (mention.new is True and {"new", "another"} & set(before)) or "itself" in after:
            request.functions.append("")
            return


def _regions_before(tokens: tuple[Token, ...]) -> list[str]:
    """ "In Frankfurt, create …": a region said before the verb, in its sentence."""
    commands = [each for each in commands_in(tokens) if each.verb in ("create", "attach")]
    if not commands:
        return []
    at = next(place for place, token in enumerate(tokens) if token is commands[0].tokens[0])
    before = sentence_before(tokens, at)
    return [] if {token.word for token in before} & _QUESTIONS else regions_in(before)
