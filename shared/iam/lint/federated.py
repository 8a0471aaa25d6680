"""Findings about identity providers in trust policies: whom the values of the conditions let in."""

from __future__ import annotations

from collections.abc import Iterator

from shared.iam.federation import Claim, Judged, claims, conditions, host_of, judge
from shared.iam.lint.codes import finding, show
from shared.iam.policy_json import PolicyDocument, texts
from shared.messages import Finding

_COGNITO = "cognito-identity.amazonaws.com"


def check_federated(path: str, item: PolicyDocument) -> Iterator[Finding]:
    """Yield the findings about the providers that one Allow statement names."""
    principal = item.get("Principal")
    named = texts(principal.get("Federated")) if isinstance(principal, dict) else []
    hosts = [host for host in map(host_of, named) if host]
    for provider in named:
        where = f"{path}.Principal.Federated"
        host = host_of(provider)
        if host is None:
            yield from _saml(provider, item, path, where)
            continue
        yield from _of_verdict(judge(item, host), provider, path, where)
        yield from _literal_wildcards(item, host, path)
    if _COGNITO in hosts:
        yield from _guests(item, path)
    yield from _of_other_hosts(item, hosts, path)


def _of_verdict(judged: Judged, named: str, path: str, where: str) -> Iterator[Finding]:
    provider, claim = judged.provider, judged.claim
    ask = f"ask for a subject such as {provider.example}"
    if judged.verdict == "nothing":
        text = f"Every identity of {show(named)} is let in: there is no condition on its audience or subject."
        yield finding("federation_unconditioned", "high", text, where)
    elif judged.verdict == "missing" and provider.name == "GitHub":
        text = f"Every repository on GitHub is let in: there is no condition on the subject (…:sub); {ask}."
        yield finding("github_subject_missing", "high", text, where)
    elif judged.verdict == "missing" and provider.shared:
        text = f"{_upper(provider.everyone)} is let in: no condition tells them apart; {ask}."
        yield finding("federation_subject_open", "high", text, where)
    elif judged.verdict == "audience":
        text = f"{_upper(provider.everyone)} and signs in to the named application is let in; no subject is asked for."
        yield finding("federation_condition_missing", "medium", text, where)
    elif claim is not None and judged.verdict == "open":
        text = f"{_upper(provider.everyone)} is let in: {_said(claim)} is met by all of them; {ask}."
        yield finding("federation_subject_open", "high" if provider.shared else "medium", text, f"{path}.Condition")
    elif claim is not None and judged.verdict == "weak":
        text = f"The condition on {claim.name} also holds where the token has none: use StringEquals or StringLike."
        yield finding("weak_condition", "medium", text, f"{path}.Condition")
    elif claim is not None and judged.verdict == "broad":
        text = f"{_said(claim)} lets in all that one party has at {provider.name}: name what you mean of it."
        yield finding("federation_subject_broad", "low", text, f"{path}.Condition")


def _said(claim: Claim) -> str:
    values = ", ".join(show(one) for one in claim.values[:2]) or "no value"
    return f"{claim.name} {'like' if claim.like else 'equal to'} {values}"


def _literal_wildcards(item: PolicyDocument, host: str, path: str) -> Iterator[Finding]:
    """StringEquals takes a * for itself, so that no token ever has the value."""
    for claim in claims(item, host):
        wrong = [one for one in claim.values if set(one) & set("*?")]
        if wrong and not claim.like:
            text = f"{show(wrong[0])} has a wildcard, which StringEquals takes for itself: use StringLike."
            yield finding("bad_condition_value", "medium", text, f"{path}.Condition")
            return


def _guests(item: PolicyDocument, path: str) -> Iterator[Finding]:
    """Cognito's pools may have guests; `amr` tells them from people who have signed in."""
    values = [one for claim in claims(item, _COGNITO) if claim.name == "amr" for one in claim.values]
    if not item.get("Condition") or (values and all(one.startswith("auth") for one in values)):
        return
    why = "amr is unauthenticated or anything" if values else "there is no condition on amr"
    text = f"Guests of the identity pool, who have not signed in, are let in: {why}."
    yield finding("federation_guests", "medium", text, f"{path}.Condition")


def _of_other_hosts(item: PolicyDocument, hosts: list[str], path: str) -> Iterator[Finding]:
    """A condition on the claims of a provider that the statement does not name."""
    if not hosts:
        return
    known = {host.casefold() for host in hosts}
    for _, key, _values in conditions(item):
        host, _, claim = key.casefold().rpartition(":")
        if claim in ("sub", "aud") and host not in known and "." in host:
            text = (
                f"The condition asks for {show(key)}, which is no claim of {show(hosts[0])}: its tokens do not have it."
            )
            yield finding("federation_condition_missing", "medium", text, f"{path}.Condition")
            return


def _saml(named: str, item: PolicyDocument, path: str, where: str) -> Iterator[Finding]:
    found = {key.casefold(): values for _, key, values in conditions(item)}
    if not item.get("Condition"):
        text = f"Every identity of {show(named)} is let in: there is no condition on its audience or subject."
        yield finding("federation_unconditioned", "high", text, where)
    elif (audience := found.get("saml:aud")) and any(set(one) <= set("*?") for one in audience):
        text = "SAML:aud is any audience: ask for https://signin.aws.amazon.com/saml."
        yield finding("federation_subject_open", "medium", text, f"{path}.Condition")


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
