"""Reads the commands of a message into a change request: what to make, attach, detach and delete."""

import re

from sandbox.model.changes.beyond import is_of_something_else
from sandbox.model.changes.calls import order_in
from sandbox.model.changes.change_request import ChangeRequest
from sandbox.model.changes.commands import Command, Mention, commands_in, mentions_in
from sandbox.model.changes.completing import complete
from sandbox.model.changes.resources import made_in
from sandbox.model.changes.secret_value import secret_in
from sandbox.model.changes.tagging import tagging_in
from sandbox.model.policies.managed import policies_named
from sandbox.model.policies.trust import trusted_account, trusted_services
from sandbox.model.reading.names import handler_in, package_in, regions_in, runtime_in
from sandbox.model.tools import CREATED
from sandbox.model.types import Focus, Token, names_of

_MAKING = ("create", "provision", "launch", "deploy", "spin up")
_REFERRING = ("again", "everything", "all", "you", "we", "just", "i", "both")
_REPORTS = ("summary", "list", "count", "usage", "size", "cost")


def change_request_of(focus: Focus) -> ChangeRequest:
    """What a message wants changed; an empty request when it only asks."""
    if tagging := tagging_in(focus.text):
        return ChangeRequest(tagging=tagging, regions=list(focus.regions))
    if secret := secret_in(focus.text):
        return ChangeRequest(secret=secret, regions=list(focus.regions))
    if order := order_in(focus.text):
        return ChangeRequest(order=order, regions=list(focus.regions))
    # What an operation of its own makes is made by that.
    if (made := made_in(focus.text)) and made.kind.noun not in CREATED:
        return ChangeRequest(resource=made, regions=list(focus.regions))
    request = ChangeRequest()
    tokens = _with_nouns(focus.tokens)
    for command in commands_in(tokens):
        if command.verb in _READERS:
            _READERS[command.verb](command, request)
        elif command.verb == "undo":
            request.undo = True
        else:
            request.unsupported = request.unsupported or command.text
    if request.makes:
        complete(tokens, request)
    if request.roles or request.functions:
        _add_details(focus, request)
    return request


def _with_nouns(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """ "How many buckets are there? Create one named x": the noun that "one" stands for, in its place."""
    out: list[Token] = []
    noun: Token | None = None
    for at, token in enumerate(tokens):
        if token.kind == "word" and token.concept in CREATED:
            noun = Token(token.concept, token.concept, "word", token.concept)
        made = at and (tokens[at - 1].concept == "create" or tokens[at - 1].word in ("new", "another"))
        out += [Token("a", "a"), noun] if token.word == "one" and noun and made else [token]
    return tuple(out)


def _add_details(focus: Focus, request: ChangeRequest) -> None:
    """What may stand anywhere in the message: documents, the trusted party, runtime, handler, package."""
    for document in focus.documents:
        if "Principal" in str(document):
            request.trust_document = document
        else:
            request.permissions = document
    line = " ".join(token.text for token in focus.tokens)
    request.trusted = trusted_services(line)
    request.trusted_account = trusted_account(line)
    request.runtime = runtime_in(focus.tokens)
    request.handler = handler_in(focus.tokens)
    request.package = package_in(focus.tokens)


def _names(command: Command, kind: str, only: bool) -> list[str]:
    """The command's names of one kind; nameless-kind names too when the command speaks of nothing else."""
    loose = names_of(command.named, None) if only else []
    return names_of(command.named, kind) or loose


def _read_create(command: Command, request: ChangeRequest) -> None:
    mentions = mentions_in(command)
    several = bool(request.roles or request.functions) or len({mention.kind for mention in mentions}) > 1
    added = several and bool(mentions) and mentions[0].at < 4  # "also create the function", "create the role and …"
    if not mentions or not (_introduces(command, mentions[0]) or added):
        if command.word in _MAKING and not mentions and not command.has(*_REPORTS):
            request.unsupported = request.unsupported or command.text
        return
    _add(request.regions, regions_in(command.tokens))
    kinds = [mention.kind for mention in mentions]
    for mention in mentions:
        names = _names(command, mention.kind, len(set(kinds)) == 1)
        if mention is not mentions[0] and not _made_too(command, mention, mentions, names):
            _take_role(command, mention, names, request)
            continue
        target = request.names(mention.kind)
        wanted = names or [""] * mention.count
        target += [name for name in wanted if name == "" or name not in target]
    with_it = re.search(r"\b(?:uses?|using|with|as) (?:it|that|this)\b", command.text) is not None
    if request.functions and not request.roles and with_it:
        request.points_at_role = True
    if request.roles or request.functions:
        _add(request.policies, policies_named(command.access_text))


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
    if mention.kind not in ("role", "function"):
        return mention.new is True and not {"for", "from", "to", "in", "on"} & set(before)
    return mention.new is True or (mention.new is None and bool(names))


def _take_role(command: Command, mention: Mention, names: list[str], request: ChangeRequest) -> None:
    """A role a new function shall use and that exists already."""
    if mention.kind != "role":
        return
    arn = next((token.text for token in command.tokens if token.kind == "arn" and ":role/" in token.text), "")
    request.existing_role_arn = arn
    request.existing_role = "" if arn else next(iter(names), "")
    request.points_at_role = not (arn or request.existing_role)


def _add(target: list[str], found: list[str]) -> None:
    target += [each for each in found if each not in target]


def _read_attach(command: Command, request: ChangeRequest) -> None:
    mentions = mentions_in(command)
    making = bool(request.roles or request.functions)
    functions = [mention for mention in mentions if mention.kind == "function"]
    policies = policies_named(command.access_text)
    if command.word in ("add", "hook") and mentions and not policies and mentions[0].new:
        _read_create(command, request)
        return
    new_roles = [mention for mention in mentions if mention.kind == "role" and _is_new(command, mention)]
    if functions and policies and not names_of(command.named, "role"):
        new_roles = [mention for mention in mentions if mention.kind == "role" and mention.new is True]
    if new_roles and (functions or making):
        _add(request.roles, names_of(command.named, "role") or [""])
        _add(request.policies, policies)
        if functions:
            _give_function_role(command, functions[0], True, request)
        return
    unnamed = bool(functions) and functions[0].new is True and bool(policies) and not command.named
    if functions and not making and (unnamed or _is_new(command, functions[0])):
        request.functions.extend(names_of(command.named, "function") or [""])
        _add(request.regions, regions_in(command.tokens))
        request.points_at_role = not policies
        request.policies += policies
        return
    if functions and not policies:
        _give_function_role(command, functions[0], making, request)
        return
    roles = _names(command, "role", not functions)
    if policies and roles and not (making and set(roles) <= set(request.roles)):
        request.attach_to += roles
        _add(request.policies, policies)
    elif policies and functions and not making:
        request.target_function = next(iter(_names(command, "function", True)), "")
        request.targets_known_function = True
        request.policies += policies
    elif policies and making:
        _add(request.policies, policies)
    elif policies or (roles and command.has("policy", "access")):
        request.points_at_role = not roles
        request.attach_to += roles
        request.policies += policies


def _is_new(command: Command, mention: Mention) -> bool:
    before = {token.word for token in command.tokens[max(0, mention.at - 4) : mention.at]}
    return mention.new is True and bool(before & {"new", "fresh"})


def _give_function_role(command: Command, mention: Mention, making: bool, request: ChangeRequest) -> None:
    names = names_of(command.named, "function")
    roles = names_of(command.named, "role")
    _add(request.regions, regions_in(command.tokens))
    if not making and roles:
        request.existing_role = roles[0]
    nameless = mention.new is None and making and not names  # "… and attach to lambda"
    if (mention.new is True or nameless) and not (request.functions and command.has("it")):
        _add(request.functions, names or [""])
        request.points_at_role = request.points_at_role or not (making or roles)
    elif not (request.functions and (not names or set(names) <= set(request.functions))):
        request.target_function = next(iter(names), "")
        request.targets_known_function = mention.new is False or not names


def _read_detach(command: Command, request: ChangeRequest) -> None:
    roles = _names(command, "role", True)
    request.points_at_role = request.points_at_role or not roles
    request.detach += [(role, policies_named(command.access_text), command.text) for role in roles or [""]]


def _read_delete(command: Command, request: ChangeRequest) -> None:
    if is_of_something_else(command.tokens):
        request.unsupported = request.unsupported or command.text
        return
    speaks_of_policy = command.has("policy", "access")
    off_a_role = command.says("from", "off") and (speaks_of_policy or policies_named(command.access_text))
    if off_a_role or (speaks_of_policy and policies_named(command.access_text)):
        _read_detach(command, request)
        return
    mentions = mentions_in(command)
    kinds = list(dict.fromkeys(mention.kind for mention in mentions))
    only = kinds[0] if len(kinds) == 1 else None
    request.regions += regions_in(command.tokens)
    named = [(each.kind or only, each.value) for each in command.named if each.kind != "policy"]
    request.delete += named
    if named:
        return
    if kinds and (command.says("all", "every", "everything") or (mentions[0].plural and not command.has("them"))):
        request.delete_all = True
    elif kinds or command.has("it", "them") or command.says(*_REFERRING):
        request.delete_referred = True
        request.delete_kinds += kinds
    else:
        request.unsupported = request.unsupported or command.text


_READERS = {"create": _read_create, "attach": _read_attach, "detach": _read_detach, "delete": _read_delete}
