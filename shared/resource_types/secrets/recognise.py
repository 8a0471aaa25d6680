"""Recognises, in a type's schema, the properties that hold secrets though AWS reads them back.

By name (`MasterUserPassword`, `PrivateKey`), where the property is a text that a person writes; by kind (the values of
environment variables, of a machine's start script); and by a table for what no name tells (the value of a parameter).
A name that only points at a secret (`SecretArn`, `KmsKeyId`) is none. It is done when the catalogue is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.resource_types.paths import PropertyPaths
from shared.resource_types.policies import is_policy
from shared.resource_types.shapes import target, walk

Schema = Mapping[str, Any]

# What no name tells.
_BY_TYPE: Mapping[str, tuple[str, ...]] = {
    "AWS::SSM::Parameter": ("Value",),
    "AWS::ApiGateway::ApiKey": ("Value",),
    "AWS::Glue::Connection": ("ConnectionInput/ConnectionProperties", "ConnectionInput/AthenaProperties"),
    "AWS::ElasticBeanstalk::Environment": ("OptionSettings/*/Value",),
    "AWS::ElasticBeanstalk::ConfigurationTemplate": ("OptionSettings/*/Value",),
    "AWS::EC2::VPNConnection": ("VpnTunnelOptionsSpecifications/*/PreSharedKey",),
}
# The last words of a name: "MasterUserPassword", "ApiSecretKey", "OauthToken".
_SECRET = re.compile(
    r"(password|passphrase|passwd|(client|app|api|wallet|shared|user)?secret(key|value|string|accesskey)?|privatekey"
    r"|(api|auth|access|shared|preshared|license|signing|hmac|integration|routing)key(value)?"
    r"|token(value|key)?"
    r"|authorizationcode|authcode|connectionstring|keytab|kerberoskeytab|securitystring|joinpassword|userdata"
    r"|credentialsmap|credentialmap|headervalue|authparameters|webhookurl|serviceaccountkey|certificatekey)$"
)
# Tokens that make a request the same one, or only name something.
_NO_SECRET = re.compile(
    r"(client|next|pagination|idempotency|creation|request|version|eventsource|billing|service)token$"
)
# Of write-only properties: what they name, say or run.
_NO_SECRET_AT_ALL = re.compile(
    r"(Arns?|Ids?|Identifier|Names?|Bucket|S3Key|ObjectVersion|Region|Prefix|Description|Date|Time|Uri|ZipFile)$"
)
_VARIABLES = re.compile(r"((^|/)environment(/variables)?|environmentvariables|dynamicvariables)$")
_VALUES = ("Value", "value")

# Write-only texts that are keys or credentials though no other name of theirs says so.
_KEY_MATERIAL = re.compile(
    r"(keybody|authenticationmaterial|credentials?|wallet|activationkey|applicationkey|datakey|presignedurl"
    r"|certificateauthorityprivatekey)$"
)
_CODES = re.compile(r"(^|/)providerinput/.*code$")


def must_not_be_given(path: str) -> bool:
    """Whether a literal value at a write-only path is refused, because its name says that it is a secret.

    AWS marks much as write-only that is none, such as a definition that only goes in: who approves has to see that.
    """
    name = path.rpartition("/")[2].lower().replace("_", "")
    named = _SECRET.search(name) is not None and _NO_SECRET.search(name) is None
    return named or _KEY_MATERIAL.search(name) is not None or _CODES.search(path.lower()) is not None


def secret_paths(schema: Schema, write_only: Sequence[str] = ()) -> list[str]:
    """The paths of a type's secret properties, as `PropertyPaths` writes them, in order.

    `write_only` are the type's write-only paths: of these, whatever is written freely. A choice, a number, a name of
    something else and the code of a function are no secrets, and a person who approves has to see them: a bucket's
    `AccessControl` makes it public.
    """
    found = set(_BY_TYPE.get(schema["typeName"], ()))
    never_read = PropertyPaths(tuple(write_only))
    for path, declared in walk(schema):
        found.update(_of_property(schema, path, declared))
        if never_read.covers(tuple(path.split("/"))) and _is_text_or_map(declared) and not _to_be_seen(path):
            found.add(path)
    return sorted(path for path in found if not _within_another(path, found))


def _of_property(schema: Schema, path: str, declared: Schema) -> Iterator[str]:
    last = path.rpartition("/")[2]
    name = last.lower().replace("_", "")
    if _is_text_or_map(declared) and _SECRET.search(name) and not _NO_SECRET.search(name):
        yield path
    elif _VARIABLES.search(path.lower()):
        yield from _values(schema, path, declared)


def _to_be_seen(path: str) -> bool:
    return is_policy(path) or _NO_SECRET_AT_ALL.search(path) is not None


def _is_text_or_map(declared: Schema) -> bool:
    """Whether a person writes the value freely: a text that is no choice and no ARN, or a map of texts."""
    kinds = _types(declared)
    if "enum" in declared or "const" in declared or re.match(r"\^?arn", str(declared.get("pattern", ""))):
        return False
    if "object" in kinds:
        return not declared.get("properties")
    return not kinds or "string" in kinds


def _values(schema: Schema, path: str, declared: Schema) -> Iterator[str]:
    """The values of variables: of a map, or of a list of names with values."""
    kinds = _types(declared)
    if "items" in declared:
        below = target(schema, declared["items"])
        yield from (f"{path}/*/{name}" for name in _VALUES if name in below.get("properties", {}))
    elif "object" in kinds and not declared.get("properties"):
        yield f"{path}/*"


def _types(declared: Schema) -> list[str]:
    kinds = declared.get("type", [])
    return kinds if isinstance(kinds, list) else [kinds]


def _within_another(path: str, found: set[str]) -> bool:
    return any(path.startswith(f"{other}/") for other in found)
