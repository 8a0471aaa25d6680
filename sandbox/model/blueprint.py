"""Completes a wish for a role or a function with what the rest of the message says: names, regions, rights."""

from __future__ import annotations

from sandbox.model.commands import Command, Mention, commands_in, mentions_in
from sandbox.model.entities import names_of, regions_in
from sandbox.model.permissions import policies_named
from sandbox.model.tokens import Token
from sandbox.model.types import Kind
from sandbox.model.vocabulary import word_set
from sandbox.model.wish import Wish

_KNOWN = word_set("existing already present current")
_OWN = word_set("its own their whose fresh new dedicated")
_QUESTIONS = word_set("how what which who whose when where why list show many much do does is are have")


def complete(tokens: tuple[Token, ...], wish: Wish) -> None:
    """Fill the gaps of a wish that makes something."""
    if not wish.regions:
        wish.regions += _regions_before(tokens)
    if not (wish.roles or wish.functions):
        return
    whole = Command("create", "create", tokens)
    mentions = mentions_in(whole)
    _role_for_function(whole, mentions, wish)
    _function_for_role(whole, mentions, wish)
    _fill(wish.roles, _written_names(whole, "role"))
    _fill(wish.functions, _written_names(whole, "function"))
    wish.attach_to = [role for role in wish.attach_to if role not in wish.roles]
    if not wish.policies and wish.permissions is None:
        wish.policies += policies_named(whole.access_text)
    if wish.functions and set(wish.functions) & {wish.target_function, ""}:
        wish.target_function, wish.targets_known_function = "", False


def _written_names(command: Command, kind: Kind) -> list[str]:
    """The names of a kind that no ARN gave: a thing with an ARN exists."""
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


def _role_for_function(command: Command, mentions: list[Mention], wish: Wish) -> None:
    """A function's "own" role, or one with rights of its own and no article, is new with it."""
    roles = [mention for mention in mentions if mention.kind == "role"]
    if wish.roles or not wish.functions or not roles or wish.existing_role_arn or wish.delete:
        return
    words = [word for mention in roles for word in _words_before(command.tokens, mention.at)]
    if _KNOWN & {token.word for token in command.tokens}:
        return
    name = wish.existing_role
    bare = all(mention.new is None for mention in roles) and policies_named(command.access_text)
    making = any(mention.new is True for mention in roles)
    other_order = any(each.verb == "create" and _makes_role(each) for each in commands_in(command.tokens))
    if set(words) & _OWN or bare or making or other_order:
        wish.roles.append(name)
        wish.existing_role, wish.points_at_role = "", False


def _makes_role(command: Command) -> bool:
    """ "… make the role too": the first noun of the order is the role."""
    mentions = mentions_in(command)
    return bool(mentions) and mentions[0].kind == "role"


def _function_for_role(command: Command, mentions: list[Mention], wish: Wish) -> None:
    """ "… and use it for a new lambda": the function that the new role is for comes with it."""
    if wish.functions or not wish.roles or wish.target_function or wish.targets_known_function:
        return
    for mention in mentions:
        if mention.kind != "function" or mention.plural:
            continue
        before = _words_before(command.tokens, mention.at)
        after = [token.word for token in command.tokens[mention.at + 1 : mention.at + 3]]
        if (mention.new is True and {"new", "another"} & set(before)) or "itself" in after:
            wish.functions.append("")
            return


def _regions_before(tokens: tuple[Token, ...]) -> list[str]:
    """ "In Frankfurt, create …": a region said before the verb, in its sentence."""
    commands = [each for each in commands_in(tokens) if each.verb in ("create", "attach")]
    if not commands:
        return []
    at = next(place for place, token in enumerate(tokens) if token is commands[0].tokens[0])
    start = at
    while start and not (tokens[start - 1].kind == "mark" and tokens[start - 1].text in ".?!;\n"):
        start -= 1
    before = tokens[start:at]
    return [] if {token.word for token in before} & _QUESTIONS else regions_in(before)
