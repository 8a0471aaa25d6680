"""Whom of an identity provider a statement of a trust policy lets in, by the values of its conditions.

Sources: "Available keys for AWS OIDC federation" and "Condition operators" in the IAM user guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from shared.iam.policy_json import PolicyDocument, as_list, texts
from shared.iam.providers import Provider, provider_of

Verdict = Literal["nothing", "missing", "audience", "open", "weak", "broad", "narrow"]
"""`nothing`: there is no condition at all. `missing`: none on a claim that tells parties apart. `audience`: one on the
application alone. `open`: its values tell nobody apart. `weak`: it also holds where the claim is missing. `broad`: all
of one party. `narrow`: a part of it."""

_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:oidc-provider/(.+)", re.ASCII | re.DOTALL)
_POSITIVE = {"stringequals", "stringlike", "stringequalsignorecase", "arnlike", "arnequals"}
# These take * and ? for wildcards, the others for themselves.
_LIKE = {"stringlike", "arnlike", "arnequals"}
MAX_VALUE_CHARACTERS = 1024


@dataclass(frozen=True, slots=True)
class Claim:
    """A positive condition on one claim of a provider's tokens."""

    name: str
    values: tuple[str, ...]
    like: bool
    # It holds where the token has no such claim (…IfExists, ForAllValues).
    weak: bool

    def fits(self, pattern: str) -> bool:
        """Whether every value is of a form; a value that is compared letter by letter matches no wildcard."""
        return bool(self.values) and all(
            len(one) <= MAX_VALUE_CHARACTERS
            and (re.fullmatch(pattern, one, re.DOTALL) is not None or (not self.like and bool(set(one) & set("*?"))))
            for one in self.values
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """What the conditions of a statement make of one provider; `claim` is the one that decides."""

    provider: Provider
    verdict: Verdict
    claim: Claim | None = None

    @property
    def open_to_all(self) -> bool:
        """Whether parties are let in that have nothing to do with the role's account."""
        return self.provider.shared and self.verdict in ("nothing", "missing", "audience", "open", "weak")


def host_of(federated: str) -> str | None:
    """The host, with its path, of an OIDC provider in a Federated principal; None for SAML and for what is neither."""
    if federated.startswith("arn:"):
        found = _ARN.fullmatch(federated)
        return found[1] if found else None
    return federated if federated != "*" else None


def judge(item: PolicyDocument, host: str) -> Judged:
    """What the statement's conditions make of the provider at this host."""
    provider = provider_of(host)
    if not item.get("Condition"):
        return Judged(provider, "nothing")
    found = list(claims(item, host))
    telling = [one for one in found if one.name in provider.claims]
    pinned = [one for one in telling if one.fits(provider.claims[one.name])]
    if not pinned:
        if any(one.name in provider.audience and one.fits(r"[^*?]+") for one in found):
            return Judged(provider, "audience")
        return Judged(provider, "open", telling[0]) if telling else Judged(provider, "missing")
    strong = [one for one in pinned if not one.weak]
    if not strong:
        return Judged(provider, "weak", pinned[0])
    narrow = [one for one in strong if not provider.narrow or one.fits(provider.narrow.get(one.name, r"(?!)"))]
    return Judged(provider, "narrow", narrow[0]) if narrow else Judged(provider, "broad", strong[0])


def claims(item: PolicyDocument, host: str) -> Iterator[Claim]:
    """The positive conditions on claims of this provider."""
    beginning = host.casefold() + ":"
    for operator, key, values in conditions(item):
        quantifier, _, name = operator.casefold().rpartition(":")
        base = name.removesuffix("ifexists")
        if base in _POSITIVE and key.casefold().startswith(beginning):
            weak = quantifier == "forallvalues" or name != base
            yield Claim(key[len(beginning) :].casefold(), tuple(values), base in _LIKE, weak)


def conditions(item: PolicyDocument) -> Iterator[tuple[str, str, list[str]]]:
    """Operator, key and the texts among the values of each condition."""
    block = item.get("Condition")
    for operator, keys in block.items() if isinstance(block, dict) else ():
        for key, values in keys.items() if isinstance(keys, dict) else ():
            yield str(operator), str(key), texts(as_list(values))
