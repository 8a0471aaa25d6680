"""What a resource's properties tell of the names in ARNs: of its own, and of the resources that it mentions.

A name is taken only from what surely is that name. A queue's own name is never that of the queue that it names for
its dead letters; what AWS numbers (`VpcId`) is never what somebody calls it (`Name`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from pydantic import JsonValue

from services.executor.registry.location import Location
from services.executor.registry.operation import UNKNOWN
from services.executor.resources.handler_actions import prefix_of, word_of
from shared.access.arn_forms import ArnForm, Place, check_name, forms_of_service, is_wild, pattern_of, values_of
from shared.access.arn_names import written
from shared.resource_types.models import ResourceType

Properties = Mapping[str, JsonValue]
_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:\d{0,12}:\S{1,1024}", re.ASCII)
_BUCKET = re.compile(r"bucket(name)?$")
_ENDS = ("name", "identifier", "id", "arn", "url")
_PATH = re.compile(r"(withpath|withoutleadingslash)$")
# By which ending of a property a variable may be named: what AWS numbers is no name. Of another service's resources
# only what is called a name, or has none of these endings ("Role"), is one.
_NAMES, _IDS, _OTHERS = (
    frozenset({"name", "identifier", "", "url"}),
    frozenset({"id", "identifier"}),
    frozenset({"name", ""}),
)
# (prefix, variable) → the properties that are it under another name, of any type of the service.
_CALLED: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        ("ec2", "SecurityGroupId"): ("GroupId",),
        ("ec2", "KeyPairName"): ("KeyName",),
        ("iam", "PolicyNameWithPath"): ("ManagedPolicyName",),
        ("kms", "KeyId"): ("TargetKeyId",),
        ("ssm-contacts", "ContactAlias"): ("Alias",),
    }
)
# What AWS calls an id and is made of the name: a secret's has the name and six characters.
_NAMED_IDS = frozenset({("secretsmanager", "SecretId")})
# Variables that are not the property of their name: a scope is "CLOUDFRONT" in a property and "global" in an ARN, a
# catalog is an account there.
_NEVER = frozenset({("wafv2", "Scope"), ("glue", "CatalogName")})


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a resource before a step.

    `own`: the stems of its own names ("queue" of `QueueName` and of the ARN's `${QueueName}`). `texts`: its properties
    that are texts, and those of its identifier, by name. `arns`: what it mentions outside of policies. `buckets`: those
    of another service's resource, wherever it names them. `incomplete`: some of it is known only once a step before
    has run.
    """

    kind: ResourceType
    place: Place
    own: frozenset[str]
    texts: Mapping[str, str]
    arns: tuple[str, ...] = ()
    buckets: tuple[str, ...] = ()
    incomplete: bool = False

    @property
    def prefix(self) -> str:
        """The IAM prefix of its own actions."""
        return prefix_of(self.kind)

    @property
    def own_arn(self) -> str | None:
        """The resource's ARN, where that is what identifies it."""
        names = self.kind.primary_identifier
        text = self.texts.get(names[0].rpartition("/")[2], "") if len(names) == 1 else ""
        return text if _ARN.fullmatch(text) and not is_wild(text) else None

    def is_own(self, prefix: str, form: ArnForm) -> bool:
        """Whether ARNs of a form are of the resource itself or a part of it."""
        if prefix != self.prefix:
            return False
        return self._is_kind(form.kind) or any(stem(name) in self.own for name in form.variables)

    def _is_kind(self, kind: str) -> bool:
        return _plain(kind) == word_of(self.kind)

    def value(self, prefix: str, kind: str, variable: str) -> str | None:
        """What fills a variable of the forms of a service; None where that is not known.

        Raises InvalidArguments (`unnameable_resource`) where it is what a policy would read as a pattern.
        """
        if not stem(variable) and not self._is_kind(kind):
            return None
        for text in self._texts(prefix, variable):
            if UNKNOWN in text:
                return None
            value = _of_arn(prefix, variable, text) if _ARN.fullmatch(text) else _of_text(prefix, kind, text)
            if value:
                check_name(value)
                return value
        if stem(variable) in self.own and prefix == self.prefix:
            return None
        found = {value for arn in self.arns if (value := _of_arn(prefix, variable, arn))}
        return found.pop() if len(found) == 1 else None

    def may_name(self, prefix: str, form: ArnForm) -> bool:
        """Whether a step before will say what one of the form's resources is."""
        return self.incomplete and any(UNKNOWN in text for name in form.variables for text in self._texts(prefix, name))

    def _texts(self, prefix: str, variable: str) -> Iterator[str]:
        """The values of the properties that are what the variable names, the most certain first."""
        is_own, plain, wanted = prefix == self.prefix, _plain(variable), stem(variable)
        if is_own:
            yield from (self.texts[name] for name in _CALLED.get((prefix, variable), ()) if name in self.texts)
        if (prefix, variable) in _NEVER or not (_end(variable) or plain.endswith("alias")):
            # A classifier, such as `Engine`: what AWS writes for it in an ARN is not known.
            return
        yield from (text for name, text in self.texts.items() if _plain(name) == plain)
        ends = _ends(prefix, variable, is_own=is_own)
        for name, text in self.texts.items():
            about = stem(name) or (word_of(self.kind) if is_own else "")
            if about and about == wanted and (_end(name) in ends or _ARN.fullmatch(text)):
                yield text


def known_of(
    kind: ResourceType, properties: Properties, identifier: str | None, location: Location, region: str
) -> Known:
    """What the properties, and the identifier where there is one, tell of the resource's ARNs."""
    texts = {name: value for name, value in properties.items() if isinstance(value, str) and value}
    if identifier is not None:
        texts |= dict(zip(kind.primary_identifier, identifier.split("|"), strict=False))
    every = [*(text for _, text in _named(properties)), *texts.values(), *([identifier] if identifier else [])]
    return Known(
        kind=kind,
        place=Place(location.partition, location.account, region),
        own=frozenset({word_of(kind), *(stem(name) or word_of(kind) for name in kind.primary_identifier)} - {"scope"}),
        texts={name.rpartition("/")[2]: text for name, text in texts.items()},
        arns=tuple(dict.fromkeys(text for text in every if _ARN.fullmatch(text) and not is_wild(text))),
        buckets=_buckets(properties) if prefix_of(kind) != "s3" else (),
        incomplete=any(UNKNOWN in text for text in every),
    )


@lru_cache(maxsize=16384)
def stem(name: str) -> str:
    """What a property, or a variable of an ARN, names: "queue" of `QueueName`, "" of `Name`."""
    plain = _plain(name)
    for end in _ENDS:
        if plain.endswith(end):
            return plain.removesuffix(end)
    return plain


@lru_cache(maxsize=4096)
def _ends(prefix: str, variable: str, *, is_own: bool) -> frozenset[str]:
    """How the name of a property may end that is what the variable names."""
    if _end(variable) in _IDS and (prefix, variable) not in _NAMED_IDS:
        return _IDS
    return _NAMES if is_own else _OTHERS


@lru_cache(maxsize=16384)
def _end(name: str) -> str:
    """How a name says that it is one: "name", "id" …; "" for a classifier such as `Scope`, or a bare word."""
    plain = _plain(name)
    return next((end for end in _ENDS if plain.endswith(end)), "")


@lru_cache(maxsize=16384)
def _plain(name: str) -> str:
    return _PATH.sub("", re.sub(r"[^a-z0-9]", "", name.lower()))


def _of_text(prefix: str, kind: str, text: str) -> str | None:
    """A name as it stands in an ARN; of addresses, only a queue's is one."""
    return None if "://" in text and prefix != "sqs" else written(prefix, kind, text)


@lru_cache(maxsize=4096)
def _of_arn(prefix: str, variable: str, arn: str) -> str | None:
    """The value of a variable in an ARN of the service; None where it is of another, or does not say."""
    found: dict[int, str] = {}
    for forms in forms_of_service(prefix).values():
        for form in forms:
            if pattern_of(form).fullmatch(arn):
                found[len(re.sub(r"\$\{\w+\}", "", form))] = values_of(form, arn).get(variable, "")
    return found[max(found)] or None if found else None


def _buckets(properties: Properties) -> tuple[str, ...]:
    """The names of buckets; none where not all are known. Raises InvalidArguments (`unnameable_resource`)."""
    names = [text for key, text in _named(properties) if _BUCKET.search(_plain(key)) and not _ARN.fullmatch(text)]
    for name in names:
        check_name(name)
    return () if any(UNKNOWN in name for name in names) else tuple(dict.fromkeys(names))


def _named(value: JsonValue | Properties, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text by its property, outside of policies: what those name is what others may do, or who."""
    if isinstance(value, str) and value:
        yield name, value
    elif isinstance(value, list):
        for item in value:
            yield from _named(item, name)
    elif isinstance(value, Mapping) and not _is_policy(value):
        for key, item in value.items():
            yield from _named(item, key)


def _is_policy(value: Mapping[str, JsonValue]) -> bool:
    """Whether it is a policy of IAM's language; a firewall's rule has a `Statement` too."""
    statement = value.get("Statement")
    return isinstance(statement, list) or (isinstance(statement, dict) and "Effect" in statement)
