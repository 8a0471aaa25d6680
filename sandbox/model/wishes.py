"""Turns the commands of a message into wishes: what to make, attach, detach and delete."""

from __future__ import annotations

import re

from sandbox.model.blueprint import complete
from sandbox.model.commands import Command, Mention, commands_in, mentions_in
from sandbox.model.entities import handler_in, names_of, package_in, regions_in, runtime_in
from sandbox.model.focus import Focus
from sandbox.model.permissions import policies_named, trusted_account, trusted_services
from sandbox.model.tokens import Token
from sandbox.model.types import KINDS, Kind
from sandbox.model.wish import Wish

_MAKING = ("create", "provision", "launch", "deploy", "spin up")
_REPORTS = ("summary", "list", "count", "usage", "size", "cost")


def wishes_of(focus: Focus) -> Wish:
    """What a message wants changed; an empty wish when it only asks."""
    wish = Wish()
    tokens = _with_nouns(focus.tokens)
    for command in commands_in(tokens):
        reader = _READERS.get(command.verb)
        if reader:
            reader(command, wish)
    if wish.buckets or wish.roles or wish.functions:
        complete(tokens, wish)
    if wish.roles or wish.functions:
        _add_details(focus, wish)
    return wish


def _with_nouns(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """ "How many buckets are there? Create one named x": the noun that "one" stands for, in its place."""
    out: list[Token] = []
    noun: Token | None = None
    for at, token in enumerate(tokens):
        if token.kind == "word" and token.concept in KINDS:
            noun = Token(token.concept, token.concept, "word", token.concept)
        before = tokens[at - 1] if at else None
        if (
            token.word == "one"
            and noun
            and before
            and (before.concept == "create" or before.word in ("new", "another"))
        ):
            out += [Token("a", "a"), noun]
        else:
            out.append(token)
    return tuple(out)


def _add_details(focus: Focus, wish: Wish) -> None:
    """What may stand anywhere in the message: documents, the trusted party, runtime, handler, package."""
    for document in focus.documents:
        if "Principal" in str(document):
            wish.trust_document = document
        else:
            wish.permissions = document
    line = " ".join(token.text for token in focus.tokens)
    wish.trusted = trusted_services(line)
    wish.trusted_account = trusted_account(line)
    wish.runtime = runtime_in(focus.tokens)
    wish.handler = handler_in(focus.tokens)
    wish.package = package_in(focus.tokens)


def _names(command: Command, kind: Kind, only: bool) -> list[str]:
    """The command's names of one kind; nameless-kind names too when the command speaks of nothing else."""
    named = command.named
    names = names_of(named, kind)
    loose = list(dict.fromkeys(each.value for each in named if each.kind is None))
    return names or (loose if only else [])


def _read_create(command: Command, wish: Wish) -> None:
    mentions = mentions_in(command)
    several = bool(wish.roles or wish.functions) or len({mention.kind for mention in mentions}) > 1
    with_it = several and bool(mentions) and mentions[0].at < 4  # "also create the function", "create the role and …"
    if not mentions or not (_introduces(command, mentions[0]) or with_it):
        if command.word in _MAKING and not mentions and not command.has(*_REPORTS):
            wish.unsupported = wish.unsupported or command.text
        return
    wish.regions += [region for region in regions_in(command.tokens) if region not in wish.regions]
    kinds = [mention.kind for mention in mentions]
    for mention in mentions:
        names = _names(command, mention.kind, len(set(kinds)) == 1)
        if mention is not mentions[0] and not _made_too(command, mention, mentions, names):
            _take_role(command, mention, names, wish)
            continue
        target = {"bucket": wish.buckets, "role": wish.roles, "function": wish.functions}[mention.kind]
        wanted = names or [""] * mention.count
        target += [name for name in wanted if name == "" or name not in target]
    if wish.functions and not wish.roles and re.search(r"\b(?:uses?|using|with|as) (?:it|that|this)\b", command.text):
        wish.points_at_role = True
    if wish.roles or wish.functions:
        _add_policies(command, wish)


def _introduces(command: Command, mention: Mention) -> bool:
    """True when the first noun is what the verb makes, not what a report or list is to be about."""
    between = command.tokens[1 : mention.at]
    about = {"list", "count", "summary", "total", "size", "describe", "explain", "usage", "cost", "policy", "object"}
    if any(token.concept in about or token.word in ("of", "about", "sure", "how", "for") for token in between):
        return False
    after = command.tokens[mention.at + 1] if mention.at + 1 < len(command.tokens) else None
    if after and after.concept in about:
        return False  # "give me a bucket list"
    return mention.new is not False or bool(command.named) or command.says("new")


def _made_too(command: Command, mention: Mention, mentions: list[Mention], names: list[str]) -> bool:
    """Whether a further noun of a create command is made as well, or only tells about the first."""
    if any(other.kind == mention.kind and other.at < mention.at for other in mentions):
        return mention.new is True and command.says("another", "second")
    before = [token.word for token in command.tokens[max(0, mention.at - 5) : mention.at]]
    if {"instead", "rather", "without", "not"} & set(before[-3:]):
        return False
    if mention.kind == "function" and mentions[0].kind == "role":
        purpose = {"for", "by", "that", "let", "lets", "allow", "allows", "trusted", "trusts", "trusting"} & set(before)
        if purpose and "and" not in before:
            return "new" in before or (bool(names) and mention.new is True)
        after = command.tokens[mention.at + 1].word if mention.at + 1 < len(command.tokens) else ""
        added = "and" in before[-2:]  # "… and a function to go with it"
        trusting = ("can", "may", "could", "should", "is", "will", "assumes", "service")
        trusted = after in trusting or (after == "to" and not added)
        return mention.new is not False and not mention.plural and not trusted
    if mention.kind == "role" and mentions[0].kind == "function":
        return mention.new is True or (mention.new is None and before[-1:] in (["and"], ["plus"]))
    if mention.kind == "bucket":
        return mention.new is True and not {"for", "from", "to", "in", "on"} & set(before)
    return mention.new is True or (mention.new is None and bool(names))


def _take_role(command: Command, mention: Mention, names: list[str], wish: Wish) -> None:
    """A role a new function shall use and that exists already."""
    if mention.kind != "role":
        return
    arn = next((token.text for token in command.tokens if token.kind == "arn" and ":role/" in token.text), "")
    wish.existing_role_arn = arn
    wish.existing_role = "" if arn else next(iter(names), "")
    wish.points_at_role = not (arn or wish.existing_role)


def _add_policies(command: Command, wish: Wish) -> None:
    wish.policies += [policy for policy in policies_named(command.access_text) if policy not in wish.policies]


def _read_attach(command: Command, wish: Wish) -> None:
    mentions = mentions_in(command)
    making = bool(wish.roles or wish.functions)
    functions = [mention for mention in mentions if mention.kind == "function"]
    policies = policies_named(command.access_text)
    if command.word in ("add", "hook") and mentions and not policies and mentions[0].new:
        _read_create(command, wish)
        return
    new_roles = [mention for mention in mentions if mention.kind == "role" and _is_new(command, mention)]
    if functions and policies and not names_of(command.named, "role"):
        new_roles = [mention for mention in mentions if mention.kind == "role" and mention.new is True]
    if new_roles and (functions or making):
        wish.roles += [name for name in names_of(command.named, "role") or [""] if name not in wish.roles]
        wish.policies += [policy for policy in policies if policy not in wish.policies]
        if functions:
            _give_function_role(command, functions[0], True, wish)
        return
    unnamed = bool(functions) and functions[0].new is True and bool(policies) and not command.named
    if functions and not making and (unnamed or _is_new(command, functions[0])):
        wish.functions += names_of(command.named, "function") or [""]
        wish.regions += [region for region in regions_in(command.tokens) if region not in wish.regions]
        wish.points_at_role = not policies
        wish.policies += policies
        return
    if functions and not policies:
        _give_function_role(command, functions[0], making, wish)
        return
    roles = _names(command, "role", not functions)
    if policies and roles and not (making and set(roles) <= set(wish.roles)):
        wish.attach_to += roles
        wish.policies += [policy for policy in policies if policy not in wish.policies]
    elif policies and functions and not making:
        wish.target_function = next(iter(_names(command, "function", True)), "")
        wish.targets_known_function = True
        wish.policies += policies
    elif policies and making:
        wish.policies += [policy for policy in policies if policy not in wish.policies]
    elif policies or (roles and command.has("policy", "access")):
        wish.points_at_role = not roles
        wish.attach_to += roles
        wish.policies += policies


def _is_new(command: Command, mention: Mention) -> bool:
    before = {token.word for token in command.tokens[max(0, mention.at - 4) : mention.at]}
    return mention.new is True and bool(before & {"new", "fresh"})


def _give_function_role(command: Command, mention: Mention, making: bool, wish: Wish) -> None:
    names = names_of(command.named, "function")
    roles = names_of(command.named, "role")
    wish.regions += [region for region in regions_in(command.tokens) if region not in wish.regions]
    if not making and roles:
        wish.existing_role = roles[0]
    nameless = mention.new is None and making and not names  # "… and attach to lambda"
    if (mention.new is True or nameless) and not (wish.functions and command.has("it")):
        wish.functions += [name for name in names or [""] if name not in wish.functions]
        wish.points_at_role = wish.points_at_role or not (making or roles)
    elif not (wish.functions and (not names or set(names) <= set(wish.functions))):
        wish.target_function = next(iter(names), "")
        wish.targets_known_function = mention.new is False or not names


def _read_detach(command: Command, wish: Wish) -> None:
    roles = _names(command, "role", True)
    wish.detach += [(role, policies_named(command.access_text), command.text) for role in roles]
    if not roles:
        wish.points_at_role = True
        wish.detach.append(("", policies_named(command.access_text), command.text))


def _read_delete(command: Command, wish: Wish) -> None:
    speaks_of_policy = command.has("policy", "access")
    off_a_role = command.says("from", "off") and (speaks_of_policy or policies_named(command.access_text))
    if off_a_role or (speaks_of_policy and policies_named(command.access_text)):
        _read_detach(command, wish)
        return
    mentions = mentions_in(command)
    kinds = list(dict.fromkeys(mention.kind for mention in mentions))
    wish.regions += regions_in(command.tokens)
    named = [each for each in command.named if each.kind != "policy"]
    for each in named:
        wish.delete.append((each.kind or (kinds[0] if len(kinds) == 1 else None), each.value))
    if named:
        return
    if kinds and (command.says("all", "every", "everything") or (mentions[0].plural and not command.has("them"))):
        wish.delete_all = True
    elif (
        kinds
        or command.has("it", "them")
        or command.says("again", "everything", "all", "you", "we", "just", "i", "both")
    ):
        wish.delete_referred = True
        wish.delete_kinds += kinds
    else:
        wish.unsupported = wish.unsupported or command.text


def _read_undo(_command: Command, wish: Wish) -> None:
    wish.undo = True


def _read_modify(command: Command, wish: Wish) -> None:
    wish.unsupported = wish.unsupported or command.text


_READERS = {
    "create": _read_create,
    "attach": _read_attach,
    "detach": _read_detach,
    "delete": _read_delete,
    "undo": _read_undo,
    "modify": _read_modify,
}
